//! Challenge–response and transaction signatures (RFC 6287): questions, windows, and what was signed.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use oath::ocra::{Input, Match, PinHash, QuestionKind, Suite, Window};

use crate::clock::Timestamp;
use crate::methods::{Opened, OpenedMethod, Spend};
use crate::policy::Limits;
use crate::ports::SpentMark;
use crate::rng::{self, Rng};
use crate::standing::Movement;

/// Letters and digits that people do not take for one another.
const READABLE: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Draws a question that every one of these suites takes, as long as they allow.
///
/// A numeric question does not begin with 0: RFC 6287 drops leading zeros, and tokens differ in
/// whether they show them.
pub fn draw_question(suites: &[Suite], rng: &dyn Rng) -> Option<String> {
    let formats: Vec<_> = suites.iter().map(Suite::question_format).collect();
    let length = formats.iter().map(|format| usize::from(format.max)).min()?;
    let first = formats.first()?.kind;
    let alike = formats.iter().all(|format| format.kind == first);
    let kind = if alike { first } else { QuestionKind::Numeric };
    Some(match kind {
        QuestionKind::Numeric => {
            rng::text(rng, b"123456789", 1) + &rng::text(rng, b"0123456789", length - 1)
        }
        QuestionKind::Hexadecimal => rng::text(rng, b"0123456789ABCDEF", length),
        QuestionKind::Alphanumeric => rng::text(rng, READABLE, length),
    })
}

/// Makes a question of decimal digits out of a transaction, as long as the suite allows.
///
/// Digits come without bias from HMAC-SHA-256 blocks under `key`, over a block number (4 bytes,
/// big-endian) and `bound`; the first digit is not 0, as in [`draw_question`].
pub fn derive_question(suite: &Suite, key: &hmac::Key, bound: &[u8]) -> String {
    let length = usize::from(suite.question_format().max);
    let mut digits = String::with_capacity(length);
    for block in 0_u32.. {
        let mut context = hmac::Context::with_key(key);
        context.update(&block.to_be_bytes());
        context.update(bound);
        for &byte in context.sign().as_ref() {
            // 252 and 250 are the highest multiples of 9 and 10 that a byte holds.
            let digit = if digits.is_empty() {
                (byte < 252).then_some(1 + byte % 9)
            } else {
                (byte < 250).then_some(byte % 10)
            };
            digits.extend(digit.map(|digit| char::from(b'0' + digit)));
            if digits.len() == length {
                return digits;
            }
        }
    }
    digits
}

/// Whether this is the response to `question`.
pub(super) fn verify_response(
    opened: &Opened,
    movement: &Movement,
    limits: &Limits,
    (question, unverified_code): (&str, &str),
    now: Timestamp,
) -> Option<Spend> {
    let OpenedMethod::Ocra {
        suite: Some(suite),
        time_window,
        ..
    } = &opened.method
    else {
        return None;
    };
    let asked = Asked {
        suite,
        question,
        first_counter: movement.next_counter,
        limits,
        now,
    };
    let (found, hashed) = asked.find(opened, unverified_code)?;
    let lost = found.counter.is_some() && movement.counter_is_lost();
    let known = !lost && is_after_restore(suite, movement, &found, *time_window);
    known.then(|| asked.spent_by((opened, *time_window), &found, &hashed))
}

/// Whether a time step, if there is one, is none that was taken before a restore.
fn is_after_restore(suite: &Suite, movement: &Movement, found: &Match, time_window: u32) -> bool {
    let last = last_unknown(suite, movement, time_window).zip(found.time_step);
    last.is_none_or(|(last, step)| step > last)
}

/// The last time step that may have been taken before a restore; nothing where there was none, or the suite
/// has no time.
fn last_unknown(suite: &Suite, movement: &Movement, time_window: u32) -> Option<u64> {
    let begun = suite.time_step(movement.restored?.at.unix_s())?;
    // Those after it may have been taken from a token whose clock runs ahead.
    Some(begun.saturating_add(u64::from(time_window)))
}

/// Whether the present step may have been taken before a restore: a token whose clock is right gives nothing
/// that is taken. One that runs ahead waits for the others.
pub(super) fn is_too_early(
    suite: &Suite,
    movement: &Movement,
    time_window: u32,
    now: Timestamp,
) -> bool {
    let last = last_unknown(suite, movement, time_window);
    let present = suite.time_step(now.unix_s());
    last.zip(present)
        .is_some_and(|(last, present)| present <= last)
}

/// Counters searched for two consecutive responses, from the next one on: as many as for HOTP.
const LOST_COUNTERS: u32 = super::hotp::RESYNCHRONISATION_WINDOW;

/// The movement after two consecutive responses to one question, which whoever follows the token again
/// made up: by the counter of one-time passwords and responses, else by that of signatures.
pub(super) fn resynchronise(
    opened: &Opened,
    movement: &Movement,
    (question, codes): (&str, (&str, &str)),
    now: Timestamp,
) -> Option<Movement> {
    let OpenedMethod::Ocra {
        suite,
        signature_suite,
        ..
    } = &opened.method
    else {
        return None;
    };
    let search = |suite: &Option<Suite>, next: u64| {
        let suite = suite.as_ref().filter(|suite| suite.has_counter())?;
        find_two(opened, suite, (next, question, codes), now)
    };
    let responded = search(suite, movement.next_counter);
    let signed = search(signature_suite, movement.next_signature_counter);
    let next = Movement {
        awaited: None,
        ..movement.clone()
    };
    match (responded, signed) {
        (Some(last), _) => Some(
            Movement {
                next_counter: last.saturating_add(1),
                ..next
            }
            .with_counter_found(),
        ),
        (None, Some(last)) => Some(
            Movement {
                next_signature_counter: last.saturating_add(1),
                ..next
            }
            .with_signature_counter_found(),
        ),
        (None, None) => None,
    }
}

/// The counter of the second of two consecutive responses. A first hit that the second code does not
/// confirm is passed over.
fn find_two(
    opened: &Opened,
    suite: &Suite,
    (next, question, (first, second)): (u64, &str, (&str, &str)),
    now: Timestamp,
) -> Option<u64> {
    let end = next.saturating_add(u64::from(LOST_COUNTERS));
    let mut from = next;
    while from < end {
        let left = u32::try_from(end - from).unwrap_or(LOST_COUNTERS);
        let found = find_counter(opened, suite, (from, left, question, first), now)?;
        let after = found.checked_add(1)?;
        if find_counter(opened, suite, (after, 1, question, second), now).is_some() {
            return Some(after);
        }
        from = after;
    }
    None
}

/// The first of so many counters whose response to a question this is.
fn find_counter(
    opened: &Opened,
    suite: &Suite,
    (first, counters, question, unverified_code): (u64, u32, &str, &str),
    now: Timestamp,
) -> Option<u64> {
    let OpenedMethod::Ocra {
        time_window, pin, ..
    } = &opened.method
    else {
        return None;
    };
    let pin_hash = pin_hash(suite, pin.as_deref());
    let input = Input {
        counter: Some(first),
        question: suite.question(question).ok()?,
        pin: pin_hash.as_ref(),
        session: None,
        time_step: suite.time_step(now.unix_s()),
    };
    let window = Window {
        counters,
        steps_back: *time_window,
        steps_forward: *time_window,
    };
    let found = suite.find(&opened.key, &input, &window, unverified_code);
    found.ok()??.counter
}

/// The mark of the answer to a question under a suite that has neither counter nor time: the same
/// question has the same answer for ever. Nothing where it has, or does not take the question.
pub fn mark_of_question(opened: &Opened, question: &str) -> Option<[u8; 32]> {
    let suite = opened.suite().filter(|suite| !is_fresh_by_itself(suite))?;
    let OpenedMethod::Ocra { pin, .. } = &opened.method else {
        return None;
    };
    let pin_hash = pin_hash(&suite, pin.as_deref());
    let input = Input {
        counter: None,
        question: suite.question(question).ok()?,
        pin: pin_hash.as_ref(),
        session: None,
        time_step: None,
    };
    let hashed = suite.data_input(&input).ok()?;
    Some(mark_of(RESPONSE, opened, &hashed))
}

/// What marks of responses begin with.
const RESPONSE: &str = "ocra response";

fn pin_hash(suite: &Suite, pin: Option<&String>) -> Option<PinHash> {
    let (algorithm, pin) = suite.pin().zip(pin)?;
    Some(PinHash::of_pin(algorithm, pin))
}

/// Whether a suite answers questions that the caller makes: it must have a counter or time in it, or
/// one question would have one answer for ever.
pub fn is_fresh_by_itself(suite: &Suite) -> bool {
    suite.has_counter() || suite.time_step_s().is_some()
}

/// Whether this is the response to a question that the caller made by itself. Its counter is spent, or
/// else a mark of what was hashed is.
pub(super) fn verify_supplied(
    opened: &Opened,
    movement: &Movement,
    limits: &Limits,
    given: (&str, &str),
    now: Timestamp,
) -> Option<Spend> {
    let spend = verify_response(opened, movement, limits, given, now);
    let suite = opened.suite();
    spend.filter(|_| suite.as_ref().is_some_and(is_fresh_by_itself))
}

/// Whether this is the signature of `question`.
///
/// With a counter, the counter is spent. Without one, a mark of what was hashed is: the same text
/// at another time step is another signature, the same text without time is the same for ever.
pub(super) fn verify_signature(
    opened: &Opened,
    movement: &Movement,
    limits: &Limits,
    (question, unverified_code): (&str, &str),
    now: Timestamp,
) -> Option<Spend> {
    let OpenedMethod::Ocra {
        signature_suite: Some(suite),
        time_window,
        ..
    } = &opened.method
    else {
        return None;
    };
    let first_counter = movement.next_signature_counter;
    let asked = Asked {
        suite,
        question,
        first_counter,
        limits,
        now,
    };
    let (found, hashed) = asked.find(opened, unverified_code)?;
    let lost = match (found.counter, found.time_step) {
        (Some(_), _) => movement.signature_counter_is_lost(),
        (None, None) => movement.texts_are_lost(),
        (None, Some(_)) => false,
    };
    if lost || !is_after_restore(suite, movement, &found, *time_window) {
        return None;
    }
    let mark = found.counter.is_none().then(|| SpentMark {
        digest: mark_of("ocra signature", opened, &hashed),
        keep_until: found
            .time_step
            .map(|step| forgettable_at(suite, step, *time_window)),
    });
    Some(Spend::Signature(found.counter, mark))
}

/// One question put to one authenticator.
struct Asked<'a> {
    suite: &'a Suite,
    question: &'a str,
    first_counter: u64,
    limits: &'a Limits,
    now: Timestamp,
}

impl Asked<'_> {
    /// What a response spends: its counter, else a mark of what was hashed.
    fn spent_by(
        &self,
        (opened, time_window): (&Opened, u32),
        found: &Match,
        hashed: &[u8],
    ) -> Spend {
        let mark = found.counter.is_none().then(|| SpentMark {
            digest: mark_of(RESPONSE, opened, hashed),
            keep_until: found
                .time_step
                .map(|step| forgettable_at(self.suite, step, time_window)),
        });
        Spend::Response(found.counter, mark)
    }

    /// What matched, and the data that was hashed for it.
    fn find(&self, opened: &Opened, unverified_code: &str) -> Option<(Match, Vec<u8>)> {
        let OpenedMethod::Ocra {
            counter_window,
            time_window,
            pin,
            ..
        } = &opened.method
        else {
            return None;
        };
        let pin_hash = pin_hash(self.suite, pin.as_deref());
        let mut input = Input {
            counter: self.suite.has_counter().then_some(self.first_counter),
            question: self.suite.question(self.question).ok()?,
            pin: pin_hash.as_ref(),
            session: None,
            time_step: self.suite.time_step(self.now.unix_s()),
        };
        let window = Window {
            counters: counter_window.unwrap_or(self.limits.look_ahead),
            steps_back: *time_window,
            steps_forward: *time_window,
        };
        let found = self
            .suite
            .find(&opened.key, &input, &window, unverified_code)
            .ok()??;
        input.counter = found.counter;
        input.time_step = found.time_step;
        let hashed = self.suite.data_input(&input).ok()?;
        Some((found, hashed.to_vec()))
    }
}

/// A mark for what a user answered or signed with one key, in whichever authenticators that key is.
fn mark_of(purpose: &str, opened: &Opened, hashed: &[u8]) -> [u8; 32] {
    let mut whole = purpose.as_bytes().to_vec();
    whole.push(0);
    whole.extend_from_slice(&opened.enrolled.user.number().to_be_bytes());
    whole.extend_from_slice(digest(&SHA256, opened.key.as_bytes()).as_ref());
    whole.extend_from_slice(hashed);
    digest(&SHA256, &whole)
        .as_ref()
        .try_into()
        .unwrap_or([0; 32])
}

/// When a time step has left the window for good, with as much again to spare for a clock set back.
fn forgettable_at(suite: &Suite, step: u64, time_window: u32) -> Timestamp {
    let step_s = u64::from(suite.time_step_s().unwrap_or(1));
    let last = step
        .saturating_add(2 * u64::from(time_window))
        .saturating_add(2);
    let end_s = last.saturating_mul(step_s).saturating_add(86_400);
    Timestamp::from_unix_s(i64::try_from(end_s).unwrap_or(i64::MAX))
}
