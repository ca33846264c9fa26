//! Time-based one-time passwords (RFC 6238): one step back at most, never the same step twice.

use std::ops::RangeInclusive;

use oath::{Key, Totp};

use crate::clock::Timestamp;
use crate::methods::Spend;
use crate::standing::Movement;

/// Steps to either side that are searched for the first code of a resynchronisation: at 30 s a
/// step, two hours of drift.
pub(crate) const RESYNCHRONISATION_STEPS: u32 = 240;

/// The time step of this code: the present one by the token's clock, or one of `drift_steps` before
/// it; or the awaited one, while it can be. Later than every step spent.
pub(super) fn verify(
    totp: &Totp,
    key: &Key,
    movement: &Movement,
    (drift_steps, now): (u32, Timestamp),
    unverified_code: &str,
) -> Option<Spend> {
    let ours = totp.time_step(now.unix_s())?;
    let present = ours.saturating_add_signed(movement.drift_steps);
    let first = present.saturating_sub(u64::from(drift_steps));
    // Spent steps are left out before the search: a later one may have the same digits.
    let unspent = first_unspent(totp, movement);
    let skipped = u32::try_from(unspent.saturating_sub(first)).unwrap_or(u32::MAX);
    let candidates = drift_steps.saturating_add(1);
    let near = totp.find(
        key,
        first.max(unspent),
        candidates.saturating_sub(skipped),
        unverified_code,
    );
    let awaited = movement
        .awaited
        .filter(|step| *step >= unspent && step.abs_diff(ours) <= FAR);
    let far = totp.find(key, awaited.unwrap_or(present), 1, unverified_code);
    match (near, far.filter(|_| awaited.is_some())) {
        (Some(step), _) => Some(Spend::Step {
            step,
            drift_steps: None,
        }),
        (None, Some(step)) => Some(Spend::Step {
            step,
            drift_steps: Some(drift_of(step, ours)),
        }),
        (None, None) => None,
    }
}

/// The first step that was not spent, as far as is known: after a restore none is that may have come before
/// it, by our clock or by a token's that runs ahead.
fn first_unspent(totp: &Totp, movement: &Movement) -> u64 {
    let spent = movement.last_step.map_or(0, |last| last.saturating_add(1));
    spent.max(first_known(totp, movement).unwrap_or(0))
}

/// The first step of which it is known that it was not spent before a restore; nothing where there was none.
fn first_known(totp: &Totp, movement: &Movement) -> Option<u64> {
    let begun = totp.time_step(movement.restored?.at.unix_s()).unwrap_or(0);
    let by_token = begun.saturating_add_signed(movement.drift_steps.max(0));
    Some(by_token.saturating_add(1))
}

/// Whether every step that could be taken now may have been spent before a restore: the clock has not passed
/// its moment, or was set back.
pub(super) fn is_too_early(totp: &Totp, movement: &Movement, now: Timestamp) -> bool {
    let Some(first) = first_known(totp, movement) else {
        return false;
    };
    let ours = totp.time_step(now.unix_s());
    let present = ours.map(|ours| ours.saturating_add_signed(movement.drift_steps));
    let known = |step: Option<u64>| step.is_some_and(|step| step >= first);
    !known(present) && !known(movement.awaited)
}

/// How far a token's clock runs from ours, when a code of `step` came at our step `ours`.
///
/// A code is typed some seconds after it was shown, which may have been in the step before: so the
/// token's clock is where the code says or one step further, and the window reaches one step back.
fn drift_of(step: u64, ours: u64) -> i64 {
    let difference = i64::try_from(step).unwrap_or(i64::MAX) - i64::try_from(ours).unwrap_or(0);
    if difference == 0 { 0 } else { difference + 1 }
}

const FAR: u64 = RESYNCHRONISATION_STEPS as u64;

/// The movement after the first, or both, of the codes of two consecutive steps.
pub(super) fn resynchronise(
    totp: &Totp,
    key: &Key,
    movement: &Movement,
    (first, second): (&str, Option<&str>),
    (drift_steps, now): (u32, Timestamp),
) -> Option<Movement> {
    let present = totp.time_step(now.unix_s())?;
    let by_token = present.saturating_add_signed(movement.drift_steps);
    let ordinary = by_token.saturating_sub(u64::from(drift_steps))..=by_token;
    let earliest = present.saturating_sub(FAR);
    let unspent = first_unspent(totp, movement);
    let start = earliest.max(unspent);
    if let (Some(awaited), None) = (movement.awaited, second)
        && awaited >= start
        && totp.find(key, awaited, 1, first).is_some()
    {
        return Some(finished(movement, awaited, present));
    }
    let end = present.saturating_add(FAR);
    let mut from = start;
    while from <= end {
        let left = u32::try_from(end - from)
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let found = totp.find(key, from, left, first)?;
        let next = found.checked_add(1)?;
        match second {
            None => return first_found(movement, found, ordinary),
            Some(second) if totp.find(key, next, 1, second).is_some() => {
                return Some(finished(movement, next, present));
            }
            Some(_) => from = next,
        }
    }
    None
}

/// The next code is awaited. A code that could sign in is spent by this; one that was given before
/// is not given again.
fn first_found(movement: &Movement, found: u64, ordinary: RangeInclusive<u64>) -> Option<Movement> {
    let awaited = found.checked_add(1);
    if movement.awaited == awaited {
        return None;
    }
    let last_step = if ordinary.contains(&found) {
        Some(found)
    } else {
        movement.last_step
    };
    Some(Movement {
        last_step,
        awaited,
        ..movement.clone()
    })
}

/// Both steps are spent; the second one tells how far the token's clock runs from ours.
fn finished(movement: &Movement, last: u64, present: u64) -> Movement {
    Movement {
        last_step: Some(last),
        drift_steps: drift_of(last, present),
        awaited: None,
        ..movement.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The start of step 50,000,000.
    const NOW: Timestamp = Timestamp::from_unix_s(1_500_000_000);
    const STEP: u64 = 50_000_000;

    fn key() -> Key {
        Key::new(b"12345678901234567890".to_vec()).unwrap()
    }

    fn code(step: u64) -> String {
        Totp::default().code(&key(), step).to_string()
    }

    fn check(movement: &Movement, step: u64) -> Option<u64> {
        check_at(movement, step, NOW)
    }

    fn check_at(movement: &Movement, step: u64, now: Timestamp) -> Option<u64> {
        let found = verify(&Totp::default(), &key(), movement, (1, now), &code(step))?;
        match found {
            Spend::Step { step, .. } => Some(step),
            other => panic!("not a step: {other:?}"),
        }
    }

    #[test]
    fn the_present_step_and_one_before_it_are_accepted() {
        for (step, found) in [
            (STEP - 2, false),
            (STEP - 1, true),
            (STEP, true),
            (STEP + 1, false),
        ] {
            assert_eq!(check(&Movement::default(), step), found.then_some(step));
        }
    }

    #[test]
    fn the_same_or_an_earlier_step_is_never_accepted_again() {
        let spent = Movement {
            last_step: Some(STEP),
            ..Movement::default()
        };
        assert_eq!(check(&spent, STEP), None);
        assert_eq!(check(&spent, STEP - 1), None);
    }

    #[test]
    fn a_token_whose_clock_is_far_off_is_followed_after_two_consecutive_codes() {
        let codes = (code(STEP - 100), code(STEP - 99));
        let given = (codes.0.as_str(), Some(codes.1.as_str()));
        let moved = resynchronise(
            &Totp::default(),
            &key(),
            &Movement::default(),
            given,
            (1, NOW),
        )
        .unwrap();
        assert_eq!((moved.drift_steps, moved.last_step), (-98, Some(STEP - 99)));
        assert_eq!(check(&moved, STEP - 99), None, "the second code is spent");
        let later = NOW.plus_s(30);
        assert_eq!(check_at(&moved, STEP - 98, later), Some(STEP - 98));
    }

    #[test]
    fn a_token_on_time_whose_codes_were_typed_late_stays_usable() {
        let codes = (code(STEP - 2), code(STEP - 1));
        let given = (codes.0.as_str(), Some(codes.1.as_str()));
        let moved = resynchronise(
            &Totp::default(),
            &key(),
            &Movement::default(),
            given,
            (1, NOW),
        )
        .unwrap();
        assert_eq!(check(&moved, STEP), Some(STEP));
    }

    #[test]
    fn a_login_with_the_awaited_code_tells_how_far_the_clock_is_off() {
        let waiting = Movement {
            awaited: Some(STEP - 99),
            ..Movement::default()
        };
        let given = code(STEP - 99);
        let spend = verify(&Totp::default(), &key(), &waiting, (1, NOW), &given).unwrap();
        let moved = crate::methods::spend_into(&waiting, &spend);
        assert_eq!((moved.drift_steps, moved.awaited), (-98, None));
        assert_eq!(check_at(&moved, STEP - 98, NOW.plus_s(30)), Some(STEP - 98));
    }

    #[test]
    fn the_first_code_of_a_resynchronisation_cannot_sign_in_afterwards_nor_be_given_again() {
        let first = code(STEP);
        let resync = |movement: &Movement| {
            resynchronise(&Totp::default(), &key(), movement, (&first, None), (1, NOW))
        };
        let waiting = resync(&Movement::default()).unwrap();
        assert_eq!(waiting.awaited, Some(STEP + 1));
        assert_eq!(check(&waiting, STEP), None);
        assert_eq!(resync(&waiting), None);
    }

    #[test]
    fn two_old_codes_after_a_spent_one_resynchronise_nothing() {
        let spent = Movement {
            last_step: Some(STEP),
            ..Movement::default()
        };
        let codes = (code(STEP - 10), code(STEP - 9));
        let given = (codes.0.as_str(), Some(codes.1.as_str()));
        assert!(resynchronise(&Totp::default(), &key(), &spent, given, (1, NOW)).is_none());
    }

    #[test]
    fn nothing_is_valid_before_the_start_of_time() {
        let totp = Totp {
            t0: NOW.unix_s() + 1,
            ..Totp::default()
        };
        assert!(verify(&totp, &key(), &Movement::default(), (1, NOW), &code(0)).is_none());
    }
}
