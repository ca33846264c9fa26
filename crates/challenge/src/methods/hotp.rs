//! Event-based one-time passwords (RFC 4226): look-ahead and resynchronisation.

use oath::{Hotp, Key};

use crate::standing::Movement;

/// Counters searched for the first code of a resynchronisation (RFC 4226, section 7.4, and E.4).
///
/// Two consecutive codes out of this many: a blind guess hits with 1,000 in 10^12.
pub(crate) const RESYNCHRONISATION_WINDOW: u32 = 1000;

/// The counter of this code: one of `window` from the next unspent one, or the awaited one. After a restore
/// it is the awaited one alone: the next unspent one is not known.
pub(super) fn verify(
    hotp: Hotp,
    key: &Key,
    movement: &Movement,
    window: u32,
    unverified_code: &str,
) -> Option<u64> {
    let near = hotp.find(key, movement.next_counter, window, unverified_code);
    // The second of two consecutive codes may be the one that signs in.
    let awaited = movement.awaited.unwrap_or(movement.next_counter);
    let far = hotp.find(key, awaited.max(movement.next_counter), 1, unverified_code);
    if movement.counter_is_lost() {
        return far.filter(|_| movement.awaited.is_some());
    }
    near.or(far)
}

/// The movement after the first, or both, of two consecutive codes.
pub(super) fn resynchronise(
    hotp: Hotp,
    key: &Key,
    movement: &Movement,
    (first, second): (&str, Option<&str>),
    window: u32,
) -> Option<Movement> {
    if let (Some(awaited), None) = (movement.awaited, second)
        && awaited >= movement.next_counter
        && hotp.find(key, awaited, 1, first).is_some()
    {
        return Some(finished(movement, awaited));
    }
    let found = find_from(hotp, key, movement.next_counter, (first, second))?;
    match second {
        Some(_) => Some(finished(movement, found.saturating_add(1))),
        None => first_found(movement, found, window),
    }
}

/// The next code is awaited. A code that could sign in is spent by this; one that was given before
/// is not given again.
fn first_found(movement: &Movement, found: u64, window: u32) -> Option<Movement> {
    let awaited = found.checked_add(1);
    if movement.awaited == awaited {
        return None;
    }
    let ordinary = found - movement.next_counter < u64::from(window);
    let next_counter = if ordinary {
        awaited?
    } else {
        movement.next_counter
    };
    Some(Movement {
        next_counter,
        awaited,
        ..movement.clone()
    })
}

/// The counter of the first code such that the second, where given, is that of the next counter.
///
/// Six digits repeat within a thousand counters once in a thousand times, so a first hit that the
/// second code does not confirm is passed over.
fn find_from(
    hotp: Hotp,
    key: &Key,
    start: u64,
    (first, second): (&str, Option<&str>),
) -> Option<u64> {
    let end = start.saturating_add(u64::from(RESYNCHRONISATION_WINDOW));
    let mut from = start;
    while from < end {
        let left = u32::try_from(end - from).unwrap_or(RESYNCHRONISATION_WINDOW);
        let found = hotp.find(key, from, left, first)?;
        let next = found.checked_add(1)?;
        if second.is_none_or(|second| hotp.find(key, next, 1, second).is_some()) {
            return Some(found);
        }
        from = next;
    }
    None
}

/// Both codes are spent, and everything before them.
fn finished(movement: &Movement, last: u64) -> Movement {
    Movement {
        next_counter: last.saturating_add(1),
        awaited: None,
        ..movement.clone()
    }
    .with_counter_found()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::new(b"12345678901234567890".to_vec()).unwrap()
    }

    fn code(counter: u64) -> String {
        Hotp::default().code(&key(), counter).to_string()
    }

    fn at(next_counter: u64) -> Movement {
        Movement {
            next_counter,
            ..Movement::default()
        }
    }

    #[test]
    fn the_window_holds_the_next_counter_and_those_after_it() {
        for (counter, found) in [(9, false), (10, true), (13, true), (14, false)] {
            let given = code(counter);
            let hit = verify(Hotp::default(), &key(), &at(10), 4, &given);
            assert_eq!(hit, found.then_some(counter));
        }
    }

    #[test]
    fn two_consecutive_codes_move_the_counter_past_both() {
        let (first, second) = (code(500), code(501));
        let moved =
            resynchronise(Hotp::default(), &key(), &at(10), (&first, Some(&second)), 4).unwrap();
        assert_eq!(moved.next_counter, 502);
    }

    #[test]
    fn codes_that_do_not_follow_each_other_move_nothing() {
        let (first, second) = (code(500), code(502));
        assert!(
            resynchronise(Hotp::default(), &key(), &at(10), (&first, Some(&second)), 4).is_none()
        );
    }

    #[test]
    fn spent_codes_and_codes_beyond_the_window_move_nothing() {
        for counter in [8, 1010] {
            let (first, second) = (code(counter), code(counter + 1));
            let moved = resynchronise(Hotp::default(), &key(), &at(10), (&first, Some(&second)), 4);
            assert!(moved.is_none());
        }
    }

    #[test]
    fn one_code_makes_the_next_one_good_for_signing_in() {
        let waiting =
            resynchronise(Hotp::default(), &key(), &at(10), (&code(500), None), 4).unwrap();
        assert_eq!((waiting.next_counter, waiting.awaited), (10, Some(501)));
        assert_eq!(
            verify(Hotp::default(), &key(), &waiting, 4, &code(501)),
            Some(501)
        );
        assert_eq!(
            verify(Hotp::default(), &key(), &waiting, 4, &code(502)),
            None
        );
        assert_eq!(
            verify(Hotp::default(), &key(), &waiting, 4, &code(500)),
            None
        );
    }

    #[test]
    fn the_awaited_code_finishes_a_resynchronisation_in_two_steps() {
        let waiting =
            resynchronise(Hotp::default(), &key(), &at(10), (&code(500), None), 4).unwrap();
        let done = resynchronise(Hotp::default(), &key(), &waiting, (&code(501), None), 4).unwrap();
        assert_eq!((done.next_counter, done.awaited), (502, None));
    }

    #[test]
    fn the_first_code_of_a_resynchronisation_cannot_sign_in_afterwards_nor_be_given_again() {
        let resync = |movement: &Movement| {
            resynchronise(Hotp::default(), &key(), movement, (&code(12), None), 4)
        };
        let waiting = resync(&at(10)).unwrap();
        assert_eq!((waiting.next_counter, waiting.awaited), (13, Some(13)));
        assert_eq!(
            verify(Hotp::default(), &key(), &waiting, 4, &code(12)),
            None
        );
        assert_eq!(resync(&waiting), None);
    }

    #[test]
    fn the_last_counter_is_found_without_overflow() {
        assert_eq!(
            verify(Hotp::default(), &key(), &at(u64::MAX), 4, &code(u64::MAX)),
            Some(u64::MAX)
        );
    }
}
