//! One verification: what was given, whether it is right, and what it spends.

use crate::clock::Timestamp;
use crate::directory::Method;
use crate::methods::{Opened, OpenedMethod, hotp, ocra, totp};
use crate::policy::Limits;
use crate::ports::SpentMark;
use crate::standing::Movement;

/// What was given to be verified.
#[derive(Clone, Copy, Debug)]
pub enum Given<'a> {
    /// A one-time password.
    OneTimePassword(&'a str),
    /// The response to a challenge's question.
    Response {
        /// The question, as it was issued.
        question: &'a str,
        /// The response.
        unverified_code: &'a str,
    },
    /// The signature of a question that stands for a transaction.
    Signature {
        /// The question, as made of the transaction's fields for this authenticator's suite.
        question: &'a str,
        /// The signature.
        unverified_code: &'a str,
    },
}

/// What a right answer spends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spend {
    /// This counter and all before it.
    Counter(u64),
    /// This time step and all before it.
    Step {
        /// The step.
        step: u64,
        /// How far the token's clock runs from ours, where this code told it.
        drift_steps: Option<i64>,
    },
    /// A response: its counter, where the suite has one. The challenge is spent by its own state.
    Response(Option<u64>),
    /// A signature: its counter where the suite has one, else a mark for what was signed.
    Signature(Option<u64>, Option<SpentMark>),
}

/// What an authenticator is asked for, before anything is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A one-time password.
    OneTimePassword,
    /// A response to a challenge.
    Response,
    /// A signature.
    Signature,
}

/// Whether an authenticator of this method can give what is wanted.
pub fn fits(method: &Method, wanted: Wanted) -> bool {
    match (method, wanted) {
        (Method::Hotp { .. } | Method::Totp { .. }, wanted) => wanted == Wanted::OneTimePassword,
        (Method::Ocra(suites), Wanted::Response) => suites.suite.is_some(),
        (Method::Ocra(suites), Wanted::Signature) => suites.signature_suite.is_some(),
        (Method::Ocra(_), Wanted::OneTimePassword) => false,
    }
}

/// Whether the answer is right, and what it spends. Nothing: it is wrong, or was spent before.
///
/// Every candidate of the window is computed and compared, so that the time taken does not tell
/// which one matched, or whether any did.
pub fn verify(
    opened: &Opened,
    movement: &Movement,
    limits: &Limits,
    given: Given<'_>,
    now: Timestamp,
) -> Option<Spend> {
    match (&opened.method, given) {
        (OpenedMethod::Hotp { hotp, look_ahead }, Given::OneTimePassword(code)) => {
            let window = look_ahead.unwrap_or(limits.look_ahead);
            hotp::verify(*hotp, &opened.key, movement, window, code).map(Spend::Counter)
        }
        (OpenedMethod::Totp { totp }, Given::OneTimePassword(code)) => {
            totp::verify(totp, &opened.key, movement, (limits.drift_steps, now), code)
        }
        (
            OpenedMethod::Ocra { .. },
            Given::Response {
                question,
                unverified_code,
            },
        ) => ocra::verify_response(opened, movement, limits, (question, unverified_code), now),
        (
            OpenedMethod::Ocra { .. },
            Given::Signature {
                question,
                unverified_code,
            },
        ) => ocra::verify_signature(opened, movement, limits, (question, unverified_code), now),
        (OpenedMethod::Hotp { .. } | OpenedMethod::Totp { .. }, _)
        | (OpenedMethod::Ocra { .. }, Given::OneTimePassword(_)) => None,
    }
}

/// The movement after a right answer. A counter or step never goes back.
pub fn spend_into(movement: &Movement, spend: &Spend) -> Movement {
    let mut next = Movement {
        awaited: None,
        ..movement.clone()
    };
    match spend {
        Spend::Counter(counter) | Spend::Response(Some(counter)) => {
            next.next_counter = next.next_counter.max(counter.saturating_add(1));
        }
        Spend::Signature(Some(counter), _) => {
            next.next_signature_counter =
                next.next_signature_counter.max(counter.saturating_add(1));
        }
        Spend::Step { step, drift_steps } => {
            next.last_step = Some(next.last_step.map_or(*step, |last| last.max(*step)));
            next.drift_steps = drift_steps.unwrap_or(next.drift_steps);
        }
        Spend::Response(None) | Spend::Signature(None, _) => {}
    }
    next
}

/// Looks for one code, or two consecutive ones, in the wide window of a resynchronisation.
///
/// One code makes the next one awaited; two consecutive ones, or the awaited one, finish it. A
/// code that was spent, or lies before one that was, is never found, and a first code that could
/// sign in is spent. Nothing: not found.
pub fn resynchronise(
    opened: &Opened,
    movement: &Movement,
    limits: &Limits,
    codes: (&str, Option<&str>),
    now: Timestamp,
) -> Option<Movement> {
    match &opened.method {
        OpenedMethod::Hotp { hotp, look_ahead } => {
            let window = look_ahead.unwrap_or(limits.look_ahead);
            hotp::resynchronise(*hotp, &opened.key, movement, codes, window)
        }
        OpenedMethod::Totp { totp } => totp::resynchronise(
            totp,
            &opened.key,
            movement,
            codes,
            (limits.drift_steps, now),
        ),
        OpenedMethod::Ocra { .. } => None,
    }
}
