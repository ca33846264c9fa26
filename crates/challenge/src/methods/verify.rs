//! One verification: what was given, whether it is right, and what it spends.

use crate::clock::Timestamp;
use crate::directory::Method;
use crate::methods::grid::Grid;
use crate::methods::{Opened, OpenedMethod, card, grid, hotp, ocra, on_demand, totp};
use crate::policy::Limits;
use crate::ports::SpentMark;
use crate::standing::{Movement, PasscodeDigest};

/// Passcodes read off grids that are not taken again.
pub const PASSCODES_KEPT: usize = 10;

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
    /// The response to a question that the caller made by itself.
    Supplied {
        /// The question.
        question: &'a str,
        /// The response.
        unverified_code: &'a str,
    },
    /// A code that was sent to the user.
    Delivered {
        /// What was kept of the code, as a challenge's question.
        question: &'a str,
        /// The code.
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
    /// A response: its counter where the suite has one, else a mark for what was answered, which is
    /// spent where the question may be asked again. The challenge is spent by its own state.
    Response(Option<u64>, Option<SpentMark>),
    /// What was read off a grid: a digest of it, which is not taken again for a while.
    Passcode(PasscodeDigest),
    /// An answer that is spent with its challenge alone.
    Challenge,
    /// A signature: its counter where the suite has one, else a mark for what was signed.
    Signature(Option<u64>, Option<SpentMark>),
}

/// What an authenticator is asked for, before anything is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A one-time password.
    OneTimePassword,
    /// A response to a challenge, computed by an OCRA suite.
    Response,
    /// A response to the calling client's own challenge, computed or read off a grid or a card.
    ResponseTo,
    /// A signature.
    Signature,
}

/// Whether an authenticator of this method can give what is wanted.
pub fn fits(method: &Method, wanted: Wanted) -> bool {
    match (method, wanted) {
        (Method::Hotp { .. } | Method::Totp { .. } | Method::OnDemand { .. }, wanted) => {
            wanted == Wanted::OneTimePassword
        }
        (Method::Grid { .. } | Method::Card, wanted) => wanted == Wanted::ResponseTo,
        (Method::Ocra(suites), Wanted::Response | Wanted::ResponseTo) => suites.suite.is_some(),
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
        (OpenedMethod::Ocra { .. }, given) => verify_ocra(opened, movement, limits, given, now),
        (
            OpenedMethod::Grid {
                secret,
                wraps,
                history,
            },
            Given::Response {
                question,
                unverified_code,
            },
        ) => {
            let digests = history.digests(&grid::normalised(unverified_code));
            let is_new = digests.iter().all(|one| !movement.recent.contains(one));
            let is_read = is_read_off(question, (secret, *wraps), unverified_code);
            let kept = digests.into_iter().next().map(Spend::Passcode);
            kept.filter(|_| is_read && is_new)
        }
        (
            OpenedMethod::Card { card },
            Given::Response {
                question,
                unverified_code,
            },
        ) => card::answers(card, question, unverified_code).then_some(Spend::Challenge),
        (
            OpenedMethod::OnDemand { .. },
            Given::Delivered {
                question,
                unverified_code,
            },
        ) => on_demand::is_delivered(&opened.key, question, unverified_code)
            .then_some(Spend::Challenge),
        (
            OpenedMethod::Hotp { .. }
            | OpenedMethod::Totp { .. }
            | OpenedMethod::Grid { .. }
            | OpenedMethod::Card { .. }
            | OpenedMethod::OnDemand { .. },
            _,
        ) => None,
    }
}

/// What an OCRA authenticator computes is told apart by what it was computed for.
fn verify_ocra(
    opened: &Opened,
    movement: &Movement,
    limits: &Limits,
    given: Given<'_>,
    now: Timestamp,
) -> Option<Spend> {
    match given {
        Given::Response {
            question,
            unverified_code,
        } => ocra::verify_response(opened, movement, limits, (question, unverified_code), now),
        Given::Supplied {
            question,
            unverified_code,
        } => ocra::verify_supplied(opened, movement, limits, (question, unverified_code), now),
        Given::Signature {
            question,
            unverified_code,
        } => ocra::verify_signature(opened, movement, limits, (question, unverified_code), now),
        Given::OneTimePassword(_) | Given::Delivered { .. } => None,
    }
}

/// Whether this is read off the grid of a challenge. Where there is none, a blank one takes as long.
fn is_read_off(
    question: &str,
    (secret, wraps): (&grid::Secret, bool),
    unverified_code: &str,
) -> bool {
    let issued = Grid::from_wire(question);
    let is_issued = issued.is_some();
    let grid = issued.unwrap_or_else(Grid::blank);
    grid::reads(&grid, secret, wraps, unverified_code) && is_issued
}

/// The movement after a right answer. A counter or step never goes back.
pub fn spend_into(movement: &Movement, spend: &Spend) -> Movement {
    let mut next = Movement {
        awaited: None,
        ..movement.clone()
    };
    match spend {
        Spend::Counter(counter) | Spend::Response(Some(counter), _) => {
            next.next_counter = next.next_counter.max(counter.saturating_add(1));
            next = next.with_counter_found();
        }
        Spend::Signature(Some(counter), _) => {
            next.next_signature_counter =
                next.next_signature_counter.max(counter.saturating_add(1));
            next = next.with_signature_counter_found();
        }
        Spend::Step { step, drift_steps } => {
            next.last_step = Some(next.last_step.map_or(*step, |last| last.max(*step)));
            next.drift_steps = drift_steps.unwrap_or(next.drift_steps);
        }
        Spend::Passcode(digest) => {
            let kept = next.recent.len().saturating_sub(PASSCODES_KEPT - 1);
            next.recent.drain(..kept);
            next.recent.push(digest.clone());
        }
        Spend::Response(None, _) | Spend::Signature(None, _) | Spend::Challenge => {}
    }
    next
}

/// Looks for one code, or two consecutive ones, in the wide window of a resynchronisation.
///
/// One code makes the next one awaited; two consecutive ones, or the awaited one, finish it. A
/// code that was spent, or lies before one that was, is never found, and a first code that could
/// sign in is spent. With a question, two codes are responses to it. Nothing: not found.
pub fn resynchronise(
    opened: &Opened,
    movement: &Movement,
    limits: &Limits,
    (codes, question): ((&str, Option<&str>), Option<&str>),
    now: Timestamp,
) -> Option<Movement> {
    match &opened.method {
        OpenedMethod::Ocra { .. } => {
            let (question, (first, second)) = (question?, codes);
            ocra::resynchronise(opened, movement, (question, (first, second?)), now)
        }
        _ if question.is_some() => None,
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
        OpenedMethod::Grid { .. } | OpenedMethod::Card { .. } | OpenedMethod::OnDemand { .. } => {
            None
        }
    }
}
