//! Wrong answers counted by address, in a table that does not grow.
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

    /// Counts one more for an address.
    pub(super) fn count(&self, address: &str, now: Timestamp) {
        self.at(address, now, |count| *count = count.saturating_add(1));
    }

    /// Seconds to wait, where an address has reached its limit.
    pub(super) fn wait_s(&self, address: &str, now: Timestamp) -> Option<u32> {
        let count = self.at(address, now, |count| *count);
        let left_ms = SPAN_MS - now.unix_ms().rem_euclid(SPAN_MS);
        let left_s = u32::try_from((left_ms + 999) / 1000).unwrap_or(1).max(1);
        (count >= self.limit).then_some(left_s)
    }

    fn at<T: Default>(&self, address: &str, now: Timestamp, does: impl FnOnce(&mut u32) -> T) -> T {
        let bound = u64::try_from(PLACES).unwrap_or(1);
        let place = usize::try_from(self.hasher.hash_one(address) % bound).unwrap_or(0);
        let span = now.unix_ms().div_euclid(SPAN_MS);
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = places.get_mut(place) else {
            return T::default();
        };
        if entry.0 != span {
            *entry = (span, 0);
        }
        does(&mut entry.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_800_000_000);

    #[test]
    fn an_address_waits_from_its_limit_to_the_end_of_the_minute() {
        let throttle = Throttle::of(2);
        let ten = NOON.plus_s(10);
        throttle.count("192.0.2.1", ten);
        assert_eq!(throttle.wait_s("192.0.2.1", ten), None);
        throttle.count("192.0.2.1", ten);
        assert_eq!(throttle.wait_s("192.0.2.1", ten), Some(50));
        assert_eq!(throttle.wait_s("192.0.2.1", NOON.plus_s(60)), None);
    }

    #[test]
    fn another_address_does_not_wait() {
        let throttle = Throttle::of(1);
        throttle.count("192.0.2.1", NOON);
        let waits = (2..=200).filter(|last| {
            let address = format!("192.0.2.{last}");
            throttle.wait_s(&address, NOON).is_some()
        });
        assert!(waits.count() <= 2, "places are shared by chance alone");
    }
}
