//! When a code is handed over again, and when it is dropped. Pure.

use crate::approval::delivery::later;
use crate::clock::Timestamp;
use crate::rng::Rng;

/// Seconds from one try to the next; the first try is at once. After the last of them the pause stays
/// the same until the code expires.
pub const PAUSES_S: [u32; 4] = [2, 10, 30, 60];

/// What a mail server or gateway did with a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handover {
    /// It took it.
    Taken,
    /// It will never take it: there is no such address, or the address is none.
    Rejected {
        /// What it was, for people. Never an address, a number or a code.
        trouble: String,
    },
    /// Anything else: it may take it another time.
    Failed {
        /// What it was, for people. Never an address, a number or a code.
        trouble: String,
        /// Seconds after which it asked to be tried again.
        retry_after_s: Option<u32>,
    },
}

/// When a code that failed `failed_tries` times before, and failed again `now`, is handed over again;
/// nothing where that would be too late.
pub(super) fn next_try(
    (failed_tries, retry_after_s): (u32, Option<u32>),
    expires_at: Timestamp,
    now: Timestamp,
    rng: &dyn Rng,
) -> Option<Timestamp> {
    let place = usize::try_from(failed_tries).unwrap_or(usize::MAX);
    let pause_s = PAUSES_S.get(place).or(PAUSES_S.last()).copied()?;
    let at = later(now, pause_s, rng).max(now.plus_s(retry_after_s.unwrap_or(0)));
    (at < expires_at).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::DangerCountingRng;

    const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_000);

    fn pause_ms(failed_tries: u32, asked_s: Option<u32>, left_s: u32) -> Option<i64> {
        let rng = DangerCountingRng::default();
        let tries = (failed_tries, asked_s);
        let at = next_try(tries, NOW.plus_s(left_s), NOW, &rng);
        at.map(|at| at.unix_ms() - NOW.unix_ms())
    }

    #[test]
    fn the_pauses_grow_and_then_stay() {
        for (failed_tries, pause_s) in [(0, 2), (1, 10), (2, 30), (3, 60), (4, 60), (99, 60)] {
            let pause = pause_ms(failed_tries, None, 3600).unwrap();
            let range = pause_s * 1000..=pause_s * 1200;
            assert!(range.contains(&pause), "{failed_tries}: {pause}");
        }
    }

    #[test]
    fn a_try_that_would_come_at_the_expiry_or_later_is_none() {
        assert_eq!(pause_ms(0, None, 2), None);
        assert!(pause_ms(0, None, 4).is_some());
        assert_eq!(pause_ms(3, None, 60), None);
        assert_eq!(pause_ms(0, Some(120), 120), None);
    }

    #[test]
    fn who_asks_for_a_longer_pause_gets_it() {
        assert_eq!(pause_ms(0, Some(45), 120), Some(45_000));
        assert!(pause_ms(2, Some(1), 120).unwrap() >= 30_000);
    }
}
