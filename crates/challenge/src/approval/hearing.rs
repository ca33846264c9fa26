//! Hearing of what other nodes started, so that whoever waits on this node need not look by itself.
//!
//! Every start writes a message by which the server owes itself to tell the session's end. Its id
//! begins with the time, so the newest are found by one short walk over an index. It makes nothing
//! correct: who waits looks again after a while anyway.

use quick_cache::sync::Cache;

use super::callback::{CHORES, Chore};
use super::ports::Listing;
use super::refused::Refused;
use crate::clock::Timestamp;
use crate::id::TimedId;
use crate::verifier::Verifier;

/// Seconds that are looked back: a commit takes a moment, and the clocks of nodes differ a little.
const BACK_S: i64 = 5;

/// Messages read at a time.
const PAGE: u32 = 1000;

/// Pages read in one turn at most; beyond, those who wait look by themselves.
const PAGES_MAX: u32 = 20;

/// Messages kept in memory as heard.
const HEARD_KEPT: usize = 50_000;

/// The messages that rang already.
pub(super) struct Heard(Cache<TimedId, ()>);

impl Default for Heard {
    fn default() -> Self {
        Self(Cache::new(HEARD_KEPT))
    }
}

impl Heard {
    /// Whether this is the first time.
    fn is_first(&self, id: TimedId) -> bool {
        let first = self.0.get(&id).is_none();
        self.0.insert(id, ());
        first
    }
}

impl Verifier {
    /// Rings this node's bell for the users who were asked on any node of late, each start once.
    /// Gives how often it rang. To be called about once a second while somebody waits.
    pub async fn hear_other_nodes(&self) -> Result<usize, Refused> {
        let mut after = first_id_of(self.clock.now(), BACK_S);
        let mut rang = 0;
        for _ in 0..PAGES_MAX {
            let listing = Listing {
                kind: CHORES,
                tenant: None,
                line: None,
                dead_only: false,
                after: Some(after),
                limit: PAGE,
            };
            let page = self.store.waiting_messages(&listing).await?;
            for waiting in &page {
                let chore = serde_json::from_str(&waiting.message.body);
                let Ok(Chore::TellExpiry { user, .. }) = chore else {
                    continue;
                };
                if self.nearby.heard.is_first(waiting.message.id) {
                    self.nearby.bell.ring(user);
                    rang += 1;
                }
            }
            match page.last() {
                Some(last) if page.len() >= PAGE as usize => after = last.message.id,
                _ => break,
            }
        }
        Ok(rang)
    }
}

/// The first id that can have been drawn so many seconds before a moment.
fn first_id_of(now: Timestamp, back_s: i64) -> TimedId {
    let time = now.unix_ms().saturating_sub(back_s * 1000).max(0);
    let mut bytes = [0; 16];
    for (place, byte) in bytes.iter_mut().zip(time.to_be_bytes().into_iter().skip(2)) {
        *place = byte;
    }
    TimedId::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::DangerCountingRng;

    #[test]
    fn ids_drawn_within_the_time_come_after_the_first_and_older_ones_before() {
        let rng = DangerCountingRng::default();
        let now = Timestamp::from_unix_s(1_700_000_000);
        let first = first_id_of(now, 5);
        let drawn = |ms| TimedId::random(Timestamp::from_unix_ms(now.unix_ms() + ms), &rng);
        assert!(drawn(-5001) < first);
        assert!([-5000, -1, 0, 3000].into_iter().all(|ms| drawn(ms) > first));
        assert!(first_id_of(Timestamp::from_unix_s(1), 5) == TimedId::from_bytes([0; 16]));
    }

    #[test]
    fn a_message_is_heard_once() {
        let (heard, rng) = (Heard::default(), DangerCountingRng::default());
        let [one, other] = [0, 1].map(|_| TimedId::random(Timestamp::default(), &rng));
        assert_eq!(
            [one, other, one].map(|id| heard.is_first(id)),
            [true, true, false]
        );
    }
}
