//! The work of a verification where there is nothing to verify, so that time does not tell whether
//! a user exists.

use std::sync::LazyLock;

use oath::ocra::{Input, Suite, Window};
use oath::{Hotp, Key};

use crate::methods::Wanted;
use crate::policy::Limits;

/// Computes and compares as many candidates as a common authenticator would, and finds nothing.
pub fn verify_nothing(wanted: Wanted, limits: &Limits, unverified_code: &str) {
    let Some(decoy) = DECOY.as_ref() else { return };
    match wanted {
        Wanted::OneTimePassword => {
            let found = Hotp::default().find(&decoy.key, 0, limits.look_ahead, unverified_code);
            std::hint::black_box(found);
        }
        Wanted::Response | Wanted::ResponseTo | Wanted::Signature => {
            let Ok(question) = decoy.suite.question("00000000") else {
                return;
            };
            let input = Input {
                counter: None,
                question,
                pin: None,
                session: None,
                time_step: None,
            };
            let found = decoy
                .suite
                .find(&decoy.key, &input, &Window::EXACT, unverified_code);
            std::hint::black_box(found.is_ok());
        }
    }
}

struct Decoy {
    key: Key,
    suite: Suite,
}

static DECOY: LazyLock<Option<Decoy>> = LazyLock::new(|| {
    let key = Key::new([0x5A; 20]).ok()?;
    let suite = Suite::parse("OCRA-1:HOTP-SHA1-8:QN08").ok()?;
    Some(Decoy { key, suite })
});
