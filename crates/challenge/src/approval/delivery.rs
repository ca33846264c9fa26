//! When a message is tried again, and when it is given up. Pure.

use super::ports::Fate;
use crate::clock::Timestamp;
use crate::rng::{self, Rng};

/// Seconds from one try to the next; the first try is at once.
pub const PAUSES_S: [u32; 9] = [
    5,
    5 * 60,
    30 * 60,
    2 * 3600,
    5 * 3600,
    10 * 3600,
    14 * 3600,
    20 * 3600,
    24 * 3600,
];

/// Failed tries after which a message leaves its line, and later ones may overtake it.
pub const TRIES_IN_LINE: u32 = 3;

/// Of a pause, the part in a hundred by which it may be longer, so that what failed at once is not
/// tried at once again.
const JITTER_PERCENT: u64 = 20;

/// The moment a pause after `now`, and a little later.
pub(crate) fn later(now: Timestamp, pause_s: u32, rng: &dyn Rng) -> Timestamp {
    let jitter_ms = rng::below(rng, u64::from(pause_s) * 1000 * JITTER_PERCENT / 100 + 1);
    let jitter_ms = i64::try_from(jitter_ms).unwrap_or(0);
    Timestamp::from_unix_ms(now.plus_s(pause_s).unix_ms() + jitter_ms)
}

/// The longest pause that a receiver may ask for.
pub const RETRY_AFTER_MAX_S: u32 = 24 * 3600;

/// Seconds for which a dead message is kept.
pub const DEAD_S: u32 = 30 * 86_400;

/// What a receiver did with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reception {
    /// It took it (2xx).
    Taken,
    /// It wants no messages any more (410).
    Gone,
    /// Anything else: another status, no answer in time, no connection.
    Failed {
        /// What it was, for people.
        trouble: String,
        /// Seconds after which the receiver asked to be tried again.
        retry_after_s: Option<u32>,
    },
}

/// What becomes of a message that failed `failed_tries` times before this try, which ended `now`.
pub fn fate(failed_tries: u32, reception: Reception, now: Timestamp, rng: &dyn Rng) -> Fate {
    let (trouble, retry_after_s) = match reception {
        Reception::Taken => return Fate::Delivered,
        Reception::Gone => {
            let trouble = "410: the receiver wants no callbacks any more".to_owned();
            return Fate::Dead { at: now, trouble };
        }
        Reception::Failed {
            trouble,
            retry_after_s,
        } => (trouble, retry_after_s),
    };
    let place = usize::try_from(failed_tries).unwrap_or(usize::MAX);
    let Some(&pause_s) = PAUSES_S.get(place) else {
        return Fate::Dead { at: now, trouble };
    };
    let asked_s = retry_after_s.unwrap_or(0).min(RETRY_AFTER_MAX_S);
    let at = later(now, pause_s, rng);
    Fate::Again {
        at: at.max(now.plus_s(asked_s)),
        trouble,
    }
}
