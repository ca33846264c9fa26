//! What the bank's authenticators show: codes, responses, signatures.

use challenge::clock::{Clock as _, ManualClock};
use oath::ocra::{Input, Suite};
use oath::{Algorithm, Digits, Hotp, Key, Totp};

/// The key in every authenticator of the bank.
pub(crate) const KEY: &str = "3132333435363738393031323334353637383930";
/// The suite of challenges.
pub(crate) const SUITE: &str = "OCRA-1:HOTP-SHA1-8:QN08";
/// The suite of signatures.
pub(crate) const SIGNATURE_SUITE: &str = "OCRA-1:HOTP-SHA1-8:QA64";

/// The event-based code of this counter.
pub(crate) fn hotp(counter: u64) -> String {
    plain().code(&key(), counter).as_str().to_owned()
}

/// The time-based code of this moment.
pub(crate) fn totp(clock: &ManualClock) -> String {
    let totp = Totp {
        hotp: plain(),
        t0: 0,
        step_s: 30.try_into().unwrap(),
    };
    totp.code_at(&key(), clock.now().unix_s())
        .unwrap()
        .as_str()
        .to_owned()
}

/// The response to a challenge.
pub(crate) fn response(question: &str) -> String {
    ocra(SUITE, question)
}

/// The signature of a question.
pub(crate) fn signature(question: &str) -> String {
    ocra(SIGNATURE_SUITE, question)
}

/// The response by a suite without a counter or time.
pub(crate) fn ocra(suite: &str, question: &str) -> String {
    ocra_at(suite, question, None)
}

/// The response by a suite, at a time step where it has time.
pub(crate) fn ocra_at(suite: &str, question: &str, time_step: Option<u64>) -> String {
    let suite = Suite::parse(suite).unwrap();
    let input = Input {
        counter: None,
        question: suite.question(question).unwrap(),
        pin: None,
        session: None,
        time_step,
    };
    suite.response(&key(), &input).unwrap().as_str().to_owned()
}

fn plain() -> Hotp {
    Hotp {
        algorithm: Algorithm::Sha1,
        digits: Digits::new(6).unwrap(),
    }
}

/// The key in every authenticator.
pub(crate) fn key() -> Key {
    Key::from_hex(KEY).unwrap()
}
