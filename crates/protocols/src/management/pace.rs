//! How many requests an officer may send: 600 a minute on each node, by a token, and as many pages at the
//! console. Not the lock-out, which is the domain's: what is limited here is work.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use challenge::clock::Timestamp;
use challenge::officers::Identity;

use crate::management::refusal::Refusal;

/// Requests that are answered for one officer in a minute.
pub const REQUESTS_PER_MINUTE: u32 = 600;

const MINUTE_MS: i64 = 60_000;

/// The requests of this minute, by officer; emptied when the next begins, so that it does not grow.
#[derive(Debug, Default)]
pub struct Paces(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    number: i64,
    requests: HashMap<Identity, u32>,
}

impl Paces {
    /// Counts a request of somebody who proved to be that officer; [`Refusal::TooFast`] where it is one too
    /// many.
    pub fn count(&self, officer: Identity, now: Timestamp) -> Result<(), Refusal> {
        let number = now.unix_ms().div_euclid(MINUTE_MS);
        // What a panic leaves behind is a count, and any count will do.
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.number != number {
            *minute = Minute {
                number,
                requests: HashMap::new(),
            };
        }
        let requests = minute.requests.entry(officer).or_default();
        if *requests >= REQUESTS_PER_MINUTE {
            let left_ms = MINUTE_MS - now.unix_ms().rem_euclid(MINUTE_MS);
            let left_s = u32::try_from(left_ms.unsigned_abs().div_ceil(1000)).unwrap_or(60);
            return Err(Refusal::TooFast(left_s));
        }
        *requests += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use challenge::id::Id;

    use super::*;

    #[test]
    fn each_officer_has_600_requests_a_minute_and_as_many_in_the_next() {
        let paces = Paces::default();
        let [one, other] = [1, 2].map(|id| Identity::Token(Id::from_number(id).unwrap()));
        let at = Timestamp::from_unix_ms;
        for _ in 0..REQUESTS_PER_MINUTE {
            assert_eq!(paces.count(one, at(60_000)), Ok(()));
        }
        assert_eq!(paces.count(one, at(60_001)), Err(Refusal::TooFast(60)));
        assert_eq!(paces.count(one, at(119_500)), Err(Refusal::TooFast(1)));
        assert_eq!(paces.count(other, at(119_500)), Ok(()));
        assert_eq!(paces.count(one, at(120_000)), Ok(()));
    }
}
