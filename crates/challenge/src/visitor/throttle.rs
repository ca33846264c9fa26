//! What is counted by address and minute, in a table that does not grow.
//!
//! Addresses that fall on one place of the table share its count: at the worst a stranger waits for
//! another, and never gets more tries than the limit.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;

/// Places in the table; each takes 12 bytes.
const PLACES: usize = 65_536;

/// Milliseconds in the span that is counted.
const SPAN_MS: i64 = 60_000;

/// Counts by address and minute.
pub(super) struct Throttle {
    limit: u32,
    hasher: RandomState,
    places: Mutex<Vec<(i64, u32)>>,
}

impl Throttle {
    /// At most `limit` counts an address and minute.
    pub(super) fn of(limit: u32) -> Self {
        Self {
            limit,
            hasher: RandomState::new(),
            places: Mutex::new(vec![(0, 0); PLACES]),
        }
    }

    /// Counts one more for an address; the error: it has reached its limit, is not counted, and has
    /// to wait so many seconds. Of many at once no more than the limit are counted.
    pub(super) fn take(&self, address: &str, now: Timestamp) -> Result<(), u32> {
        let limit = self.limit;
        let taken = self.at(address, |entry| {
            if entry.0 != span_of(now) {
                *entry = (span_of(now), 0);
            }
            let free = entry.1 < limit;
            entry.1 += u32::from(free);
            free
        });
        let left_ms = SPAN_MS - now.unix_ms().rem_euclid(SPAN_MS);
        let left_s = u32::try_from((left_ms + 999) / 1000).unwrap_or(1).max(1);
        if taken { Ok(()) } else { Err(left_s) }
    }

    /// Takes one count back, where the minute in which it was taken is still counted.
    pub(super) fn give_back(&self, address: &str, taken_at: Timestamp) {
        self.at(address, |(span, count)| {
            if *span == span_of(taken_at) {
                *count = count.saturating_sub(1);
            }
        });
    }

    fn at<T: Default>(&self, address: &str, does: impl FnOnce(&mut (i64, u32)) -> T) -> T {
        let bound = u64::try_from(PLACES).unwrap_or(1);
        let place = usize::try_from(self.hasher.hash_one(address) % bound).unwrap_or(0);
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.get_mut(place).map(does).unwrap_or_default()
    }
}

/// The span that a moment is in.
fn span_of(moment: Timestamp) -> i64 {
    moment.unix_ms().div_euclid(SPAN_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_800_000_000);

    #[test]
    fn an_address_waits_from_its_limit_to_the_end_of_the_minute() {
        let throttle = Throttle::of(2);
        let ten = NOON.plus_s(10);
        let take = |now| throttle.take("192.0.2.1", now);
        assert_eq!([take(ten), take(ten)], [Ok(()), Ok(())]);
        assert_eq!([take(ten), take(ten)], [Err(50), Err(50)]);
        assert_eq!(take(NOON.plus_s(60)), Ok(()));
    }

    #[test]
    fn what_was_given_back_can_be_taken_again() {
        let throttle = Throttle::of(1);
        throttle.take("192.0.2.1", NOON).unwrap();
        throttle.give_back("192.0.2.1", NOON);
        assert_eq!(throttle.take("192.0.2.1", NOON), Ok(()));
        assert!(throttle.take("192.0.2.1", NOON).is_err());
    }

    #[test]
    fn what_was_taken_a_minute_ago_gives_nothing_back_to_this_one() {
        let throttle = Throttle::of(1);
        let later = NOON.plus_s(60);
        throttle.take("192.0.2.1", NOON).unwrap();
        throttle.take("192.0.2.1", later).unwrap();
        throttle.give_back("192.0.2.1", NOON);
        assert!(throttle.take("192.0.2.1", later).is_err());
    }

    #[test]
    fn another_address_does_not_wait() {
        let throttle = Throttle::of(1);
        throttle.take("192.0.2.1", NOON).unwrap();
        let waits = (2..=200).filter(|last| {
            let address = format!("192.0.2.{last}");
            throttle.take(&address, NOON).is_err()
        });
        assert!(waits.count() <= 2, "places are shared by chance alone");
    }
}
