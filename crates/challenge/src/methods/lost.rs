//! What of an authenticator is not taken since the database was restored from a backup, because what it gave
//! between the two is not known; and until when. Not for refusing single codes: each method does that.

use oath::ocra::Suite;

use super::{Opened, OpenedMethod, Wanted, is_fresh_by_itself, ocra, totp};
use crate::clock::Timestamp;
use crate::directory::Method;
use crate::standing::Movement;

/// What of an authenticator is not taken until somebody does something about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Its codes or responses: two consecutive ones have to find the counter.
    pub counter: bool,
    /// Its signatures: two consecutive responses have to find their counter.
    pub signature_counter: bool,
    /// Its signatures, which have neither counter nor time in them: it has to be enrolled anew.
    pub texts: bool,
}

impl Lost {
    /// What is lost of an authenticator that computes this.
    pub fn of(method: &Method, movement: &Movement) -> Self {
        match method {
            Method::Hotp { .. } => Self::of_hotp(movement),
            Method::Ocra(suites) => {
                let parsed = |text: Option<&str>| Suite::parse(text?).ok();
                let suite = parsed(suites.suite.as_deref());
                let signing = parsed(suites.signature_suite.as_deref());
                Self::of_suites(suite.as_ref(), signing.as_ref(), movement)
            }
            Method::Totp { .. } | Method::Grid { .. } | Method::Card | Method::OnDemand { .. } => {
                Self::default()
            }
        }
    }

    fn of_hotp(movement: &Movement) -> Self {
        Self {
            counter: movement.counter_is_lost(),
            ..Self::default()
        }
    }

    fn of_suites(suite: Option<&Suite>, signing: Option<&Suite>, movement: &Movement) -> Self {
        let counts = |suite: Option<&Suite>| suite.is_some_and(Suite::has_counter);
        Self {
            counter: movement.counter_is_lost() && counts(suite),
            signature_counter: movement.signature_counter_is_lost() && counts(signing),
            texts: movement.texts_are_lost()
                && signing.is_some_and(|suite| !is_fresh_by_itself(suite)),
        }
    }
}

/// Whether nothing that the authenticator could give now for what is wanted is taken: until it is followed
/// again by two codes, or until the clock has passed the moment of the restore. What it gives meanwhile says
/// nothing about who gives it, right or wrong.
pub fn is_lost(opened: &Opened, movement: &Movement, wanted: Wanted, now: Timestamp) -> bool {
    match &opened.method {
        OpenedMethod::Hotp { .. } => Lost::of_hotp(movement).counter && movement.awaited.is_none(),
        OpenedMethod::Totp { totp } => totp::is_too_early(totp, movement, now),
        OpenedMethod::Ocra {
            suite,
            signature_suite,
            time_window,
            ..
        } => {
            let lost = Lost::of_suites(suite.as_ref(), signature_suite.as_ref(), movement);
            let (asked, is_lost) = match wanted {
                Wanted::Signature => (signature_suite, lost.signature_counter || lost.texts),
                Wanted::Response | Wanted::ResponseTo => (suite, lost.counter),
                Wanted::OneTimePassword => return false,
            };
            let is_too_early = |suite| ocra::is_too_early(suite, movement, *time_window, now);
            is_lost || asked.as_ref().is_some_and(is_too_early)
        }
        OpenedMethod::Grid { .. } | OpenedMethod::Card { .. } | OpenedMethod::OnDemand { .. } => {
            false
        }
    }
}
