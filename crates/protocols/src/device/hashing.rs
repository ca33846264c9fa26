//! PINs hashed off the async threads, a few at a time, with a bounded queue: one hash takes some
//! 20 ms and 19 MiB.

use std::sync::Arc;
use std::thread;

use async_trait::async_trait;
use challenge::approval::pin::{self, CannotHash, PinHasher};
use challenge::rng::Rng;
use secrecy::SecretString;
use tokio::sync::Semaphore;

/// Hashes made at a time at most, however many cores there are: 76 MiB.
const AT_ONCE_MAX: usize = 4;

/// Hashes that may wait for their turn; by then a decision takes a second or two.
const WAITING_MAX: usize = 256;

/// Hashes PINs on the runtime's blocking threads.
pub(super) struct Hashing {
    rng: Arc<dyn Rng>,
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Hashing {
    pub(super) fn new(rng: Arc<dyn Rng>) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let at_once = cores.clamp(1, AT_ONCE_MAX);
        Self {
            rng,
            turns: Arc::new(Semaphore::new(at_once)),
            places: Arc::new(Semaphore::new(at_once + WAITING_MAX)),
        }
    }

    /// Runs one hash when its turn comes; refused where too many wait already.
    ///
    /// A hash that has begun goes on when its request is gone, so it keeps place and turn to its end.
    async fn run<T: Send + 'static>(
        &self,
        hash: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CannotHash> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| CannotHash)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| CannotHash)?;
        let hashed = tokio::task::spawn_blocking(move || {
            let hashed = hash();
            drop((turn, place));
            hashed
        });
        hashed.await.map_err(|_| CannotHash)
    }
}

#[async_trait]
impl PinHasher for Hashing {
    async fn hash(&self, pin: SecretString) -> Result<String, CannotHash> {
        let rng = Arc::clone(&self.rng);
        self.run(move || pin::hash(&*rng, &pin)).await?
    }

    async fn matches(
        &self,
        hash: String,
        unverified_pin: SecretString,
    ) -> Result<bool, CannotHash> {
        self.run(move || pin::matches(&hash, &unverified_pin)).await
    }
}

#[cfg(test)]
mod tests {
    use challenge::rng::DangerCountingRng;

    use super::*;

    #[tokio::test]
    async fn a_pin_matches_its_own_hash_alone() {
        let hashing = Hashing::new(Arc::new(DangerCountingRng::default()));
        let hash = hashing.hash("1234".into()).await.unwrap();
        assert_eq!(hashing.matches(hash.clone(), "1234".into()).await, Ok(true));
        assert_eq!(hashing.matches(hash, "1235".into()).await, Ok(false));
        assert_eq!(hashing.matches("?".to_owned(), "1".into()).await, Ok(false));
    }

    #[tokio::test]
    async fn a_hash_whose_asker_is_gone_keeps_its_turn_to_the_end() {
        let hashing = Hashing::new(Arc::new(DangerCountingRng::default()));
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let all = hashing.turns.available_permits();
        let asked = hashing.run(move || ended.recv().unwrap());
        let gone = tokio::time::timeout(std::time::Duration::from_millis(50), asked);
        assert!(gone.await.is_err(), "the asker waits no longer");
        assert_eq!(hashing.turns.available_permits(), all - 1);
        end.send(()).unwrap();
        while hashing.turns.available_permits() < all {
            tokio::task::yield_now().await;
        }
        assert!(hashing.hash("1234".into()).await.is_ok());
    }

    #[tokio::test]
    async fn a_full_queue_refuses_instead_of_growing() {
        let hashing = Hashing::new(Arc::new(DangerCountingRng::default()));
        let all = u32::try_from(hashing.places.available_permits()).unwrap();
        let places = Arc::clone(&hashing.places);
        let held = places.try_acquire_many_owned(all).unwrap();
        assert_eq!(hashing.hash("1234".into()).await, Err(CannotHash));
        drop(held);
        assert!(hashing.hash("1234".into()).await.is_ok());
    }
}
