//! A turnstile for requests that lost a race: those about one user go through one at a time.
//!
//! It makes nothing correct, the store's compare-and-set does that. It makes a crowd on one user
//! end in verdicts instead of in endless retries.

use std::hash::{BuildHasher, RandomState};

use async_lock::{Mutex, MutexGuard};

/// Turnstiles; users that share one wait for each other now and then, which harms nobody.
const WIDTH: usize = 256;

/// A row of turnstiles.
pub(crate) struct Turnstiles {
    hasher: RandomState,
    gates: Vec<Mutex<()>>,
}

impl Turnstiles {
    /// A row of open turnstiles.
    pub(crate) fn new() -> Self {
        let gates = std::iter::repeat_with(Mutex::default).take(WIDTH).collect();
        Self {
            hasher: RandomState::new(),
            gates,
        }
    }

    /// Waits for its turn about one user.
    pub(crate) async fn pass(&self, user: i64) -> Option<MutexGuard<'_, ()>> {
        let width = u64::try_from(self.gates.len()).ok()?;
        let place = usize::try_from(self.hasher.hash_one(user) % width).ok()?;
        Some(self.gates.get(place)?.lock().await)
    }
}
