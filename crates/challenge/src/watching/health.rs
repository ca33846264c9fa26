//! Whether what goes on beside the requests still goes on: each worker says so at every turn; and how
//! old the master key is, as far as that is known.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Timestamp;

/// Characters of a trouble that are kept.
const TROUBLE_LENGTH_MAX: usize = 200;

/// How a worker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// When it last began a turn, or ended one.
    pub beat_at: Timestamp,
    /// Seconds between two turns; who is silent for much longer does not work.
    pub every_s: u32,
    /// When a turn last failed, and with what; kept until a turn succeeds.
    pub trouble: Option<(Timestamp, String)>,
}

impl Pulse {
    /// Whether it works: it was heard within three turns and a quarter of a minute, and its last turn
    /// did not fail.
    pub fn is_well(&self, now: Timestamp) -> bool {
        let silent_from = self.beat_at.plus_s(self.every_s.saturating_mul(3) + 15);
        self.trouble.is_none() && now < silent_from
    }
}

/// How this process is: its workers by their names, and what it was told about its key.
#[derive(Default)]
pub struct Health {
    workers: Mutex<BTreeMap<&'static str, Pulse>>,
    key_made_at: Mutex<Option<Timestamp>>,
}

impl Health {
    /// Notes when the master key that seals was made; said by whoever read it, and when another one seals.
    pub fn know_key(&self, made_at: Timestamp) {
        *self.made_at() = Some(made_at);
    }

    /// When the master key was made; nothing where its place does not tell.
    pub fn key_made_at(&self) -> Option<Timestamp> {
        *self.made_at()
    }

    fn made_at(&self) -> MutexGuard<'_, Option<Timestamp>> {
        // What a panic left behind is a moment as good as any other.
        let made_at = self.key_made_at.lock();
        made_at.unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn of a worker ended well.
    pub fn well(&self, worker: &'static str, every_s: u32, now: Timestamp) {
        let pulse = Pulse {
            beat_at: now,
            every_s,
            trouble: None,
        };
        self.lock().insert(worker, pulse);
    }

    /// A turn of a worker failed; what went wrong is for people, and never a secret.
    pub fn failed(&self, worker: &'static str, every_s: u32, (now, why): (Timestamp, &str)) {
        let trouble = why.chars().take(TROUBLE_LENGTH_MAX).collect();
        let pulse = Pulse {
            beat_at: now,
            every_s,
            trouble: Some((now, trouble)),
        };
        self.lock().insert(worker, pulse);
    }

    /// All workers that were heard of.
    pub fn workers(&self) -> Vec<(&'static str, Pulse)> {
        let workers = self.lock();
        workers
            .iter()
            .map(|(name, pulse)| (*name, pulse.clone()))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Pulse>> {
        // What a panic left behind is a pulse as good as any other.
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_000);

    #[test]
    fn who_is_silent_or_fails_is_not_well() {
        let health = Health::default();
        health.well("sweeping", 10, NOW);
        let pulse = |health: &Health| health.workers()[0].1.clone();
        assert!(pulse(&health).is_well(NOW.plus_s(44)));
        assert!(!pulse(&health).is_well(NOW.plus_s(45)));
        health.failed("sweeping", 10, (NOW, "the disk is full"));
        assert!(!pulse(&health).is_well(NOW));
        health.well("sweeping", 10, NOW);
        assert!(pulse(&health).is_well(NOW));
    }
}
