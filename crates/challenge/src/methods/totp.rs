//! Time-based one-time passwords (RFC 6238): one step back at most, never the same step twice.

use oath::{Key, Totp};

use crate::clock::Timestamp;
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
) -> Option<u64> {
    let present = totp
        .time_step(now.unix_s())?
        .saturating_add_signed(movement.drift_steps);
    let first = present.saturating_sub(u64::from(drift_steps));
    let near = totp.find(key, first, drift_steps.saturating_add(1), unverified_code);
    let awaited = movement
        .awaited
        .filter(|step| step.abs_diff(present) <= FAR);
    let far = totp.find(key, awaited.unwrap_or(present), 1, unverified_code);
    let far = far.filter(|_| awaited.is_some());
    near.or(far)
        .filter(|step| movement.last_step.is_none_or(|last| *step > last))
}

const FAR: u64 = RESYNCHRONISATION_STEPS as u64;

/// The movement after the first, or both, of the codes of two consecutive steps.
pub(super) fn resynchronise(
    totp: &Totp,
    key: &Key,
    movement: &Movement,
    (first, second): (&str, Option<&str>),
    now: Timestamp,
) -> Option<Movement> {
    let present = totp.time_step(now.unix_s())?;
    let earliest = present.saturating_sub(FAR);
    let unspent = movement.last_step.map_or(0, |last| last.saturating_add(1));
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
            None => {
                return Some(Movement {
                    awaited: Some(next),
                    ..movement.clone()
                });
            }
            Some(second) if totp.find(key, next, 1, second).is_some() => {
                return Some(finished(movement, next, present));
            }
            Some(_) => from = next,
        }
    }
    None
}

/// Both steps are spent; the second one tells how far the token's clock runs from ours.
fn finished(movement: &Movement, last: u64, present: u64) -> Movement {
    let drift = i64::try_from(last).unwrap_or(i64::MAX) - i64::try_from(present).unwrap_or(0);
    Movement {
        last_step: Some(last),
        drift_steps: drift,
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
        verify(&Totp::default(), &key(), movement, (1, NOW), &code(step))
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
        let moved =
            resynchronise(&Totp::default(), &key(), &Movement::default(), given, NOW).unwrap();
        assert_eq!((moved.drift_steps, moved.last_step), (-99, Some(STEP - 99)));
        assert_eq!(check(&moved, STEP - 99), None, "the second code is spent");
        let later = NOW.plus_s(30);
        let next = code(STEP - 98);
        let found = verify(&Totp::default(), &key(), &moved, (1, later), &next);
        assert_eq!(found, Some(STEP - 98));
    }

    #[test]
    fn two_old_codes_after_a_spent_one_resynchronise_nothing() {
        let spent = Movement {
            last_step: Some(STEP),
            ..Movement::default()
        };
        let codes = (code(STEP - 10), code(STEP - 9));
        let given = (codes.0.as_str(), Some(codes.1.as_str()));
        assert!(resynchronise(&Totp::default(), &key(), &spent, given, NOW).is_none());
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
