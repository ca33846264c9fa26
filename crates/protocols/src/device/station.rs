//! What the device API needs beside the desk: the hasher of PINs, and what wakes those who wait.
//!
//! A start on this node rings the domain's bell at once. For what other nodes start, one task a node
//! asks the store once a second for all who wait here, and only while somebody does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use challenge::approval::pin::PinHasher;
use challenge::rng::Rng;
use challenge::verifier::Verifier;
use tokio::sync::watch;

use crate::device::hashing::Hashing;

/// The pause between two looks at what other nodes started.
const HEARING_PAUSE: Duration = Duration::from_secs(1);

/// What all requests of devices share.
pub struct Station {
    pub(super) hashing: Arc<Hashing>,
    waiting: AtomicUsize,
    hearing: AtomicBool,
    closed: watch::Sender<bool>,
}

/// Somebody who waits for sessions.
pub(super) struct Waiter {
    station: Arc<Station>,
    closed: watch::Receiver<bool>,
}

impl Station {
    /// A station where nobody waits yet; `rng` salts PINs.
    pub fn new(rng: Arc<dyn Rng>) -> Arc<Self> {
        Arc::new(Self {
            hashing: Arc::new(Hashing::new(rng)),
            waiting: AtomicUsize::new(0),
            hearing: AtomicBool::new(false),
            closed: watch::Sender::new(false),
        })
    }

    /// What hashes PINs, for others who have something to hash: the limits hold for all together.
    pub fn hasher(&self) -> Arc<dyn PinHasher> {
        self.hashing.clone()
    }

    /// Ends all event streams and waits, so that a server which stops need not wait for them.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    /// One more who waits; those who wait hear of other nodes.
    pub(super) fn enter(self: &Arc<Self>, verifier: &Arc<Verifier>) -> Waiter {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        metrics::gauge!("countersign_devices_waiting").increment(1);
        if !self.hearing.swap(true, Ordering::SeqCst) {
            tokio::spawn(hear(Arc::clone(self), Arc::clone(verifier)));
        }
        Waiter {
            station: Arc::clone(self),
            closed: self.closed.subscribe(),
        }
    }
}

impl Waiter {
    /// Resolves when the station closes.
    pub(super) async fn closed(&mut self) {
        // Without a station nobody rings any more either.
        let _ = self.closed.wait_for(|closed| *closed).await;
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.station.waiting.fetch_sub(1, Ordering::SeqCst);
        metrics::gauge!("countersign_devices_waiting").decrement(1);
    }
}

/// Rings for what other nodes started, while somebody waits.
async fn hear(station: Arc<Station>, verifier: Arc<Verifier>) {
    let mut closed = station.closed.subscribe();
    loop {
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            () = tokio::time::sleep(HEARING_PAUSE) => {}
        }
        if station.waiting.load(Ordering::SeqCst) == 0 {
            station.hearing.store(false, Ordering::SeqCst);
            // Somebody may have come in between, and found the task still there.
            let came = station.waiting.load(Ordering::SeqCst) > 0;
            if !came || station.hearing.swap(true, Ordering::SeqCst) {
                return;
            }
        }
        if let Err(error) = verifier.hear_other_nodes().await {
            tracing::warn!(%error, "what other nodes started could not be read");
        }
    }
}
