//! What becomes of a push after a try. Pure.

use crate::approval::delivery::later;
use crate::approval::ports::Fate;
use crate::clock::Timestamp;
use crate::rng::Rng;

/// Seconds from one try to the next; the last one is kept to until nobody is asked any more.
const PAUSES_S: [u32; 6] = [1, 2, 4, 8, 15, 30];

/// What a push service did with a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushReception {
    /// It took it (2xx).
    Taken,
    /// It knows the subscription no more (404, 410).
    Gone,
    /// It will not take it a second time either: another status of its own, or an address that pushes
    /// may not go to. The text is for people.
    Refused(String),
    /// It may take it later (429, 5xx), or said nothing.
    Failed {
        /// What it was, for people.
        trouble: String,
        /// Seconds after which it asked to be tried again.
        retry_after_s: Option<u32>,
    },
}

/// What becomes of a push that failed `failed_tries` times before this try, which ended `now`. From
/// `answer_by` on it serves nobody, and leaves as if it had arrived: nobody redelivers a push.
pub(super) fn fate(
    failed_tries: u32,
    reception: &PushReception,
    (now, answer_by): (Timestamp, Timestamp),
    rng: &dyn Rng,
) -> Fate {
    let PushReception::Failed {
        trouble,
        retry_after_s,
    } = reception
    else {
        return Fate::Delivered;
    };
    let place = usize::try_from(failed_tries).unwrap_or(usize::MAX);
    let [.., last] = PAUSES_S;
    let pause_s = PAUSES_S.get(place).copied().unwrap_or(last);
    let at = later(now, pause_s, rng).max(now.plus_s(retry_after_s.unwrap_or(0)));
    if at < answer_by {
        let trouble = trouble.clone();
        Fate::Again { at, trouble }
    } else {
        Fate::Delivered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::DangerCountingRng;

    const NOW: Timestamp = Timestamp::from_unix_s(1_700_000_000);

    fn failed(retry_after_s: Option<u32>) -> PushReception {
        let trouble = "it answered 503".to_owned();
        PushReception::Failed {
            trouble,
            retry_after_s,
        }
    }

    fn pause_ms(failed_tries: u32, reception: &PushReception, left_s: u32) -> Option<i64> {
        let times = (NOW, NOW.plus_s(left_s));
        match fate(
            failed_tries,
            reception,
            times,
            &DangerCountingRng::default(),
        ) {
            Fate::Again { at, .. } => Some(at.unix_ms() - NOW.unix_ms()),
            Fate::Delivered => None,
            Fate::Dead { .. } => panic!("a push is never kept"),
        }
    }

    #[test]
    fn a_push_is_tried_at_growing_pauses_until_nobody_is_asked_any_more() {
        for (tries, seconds) in (0..).zip([1, 2, 4, 8, 15, 30, 30, 30]) {
            let pause = pause_ms(tries, &failed(None), 3600).unwrap();
            let allowed = seconds * 1000..=seconds * 1200;
            assert!(allowed.contains(&pause), "{tries}: {pause}");
        }
        assert_eq!(pause_ms(u32::MAX, &failed(None), 20), None);
        assert_eq!(pause_ms(0, &failed(None), 1), None);
        assert!(pause_ms(0, &failed(None), 2).is_some());
    }

    #[test]
    fn a_service_is_not_tried_before_it_asked_to_be() {
        assert_eq!(pause_ms(0, &failed(Some(60)), 120), Some(60_000));
        assert!(pause_ms(3, &failed(Some(1)), 120).unwrap() >= 8000);
        assert_eq!(pause_ms(0, &failed(Some(120)), 120), None);
        assert_eq!(pause_ms(0, &failed(Some(u32::MAX)), 120), None);
    }

    #[test]
    fn what_was_taken_or_never_will_be_is_not_tried_again() {
        let refused = PushReception::Refused("it answered 403".to_owned());
        for ended in [PushReception::Taken, PushReception::Gone, refused] {
            assert_eq!(pause_ms(0, &ended, 120), None, "{ended:?}");
        }
    }
}
