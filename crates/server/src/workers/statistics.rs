//! What was counted, about visitors and of all that comes in, is stored: now and then, and at the end.
//! What is older than is kept goes.
//!
//! A process that is killed loses what it counted since the last time. Nothing that is spent is counted
//! here, so that this harms no one. For the same reason it is borne that a commit which was written but
//! reported as failed (a lost connection at the wrong moment) is tried again, and its counts stand twice.

use std::sync::Arc;
use std::time::Duration;

use challenge::ports::StoreError;
use challenge::verifier::Verifier;
use challenge::watching::spread;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::pulse;

/// How often counts are stored, and so the most that is lost by a kill.
const STORE_EVERY: Duration = Duration::from_secs(10);

/// Minutes of tenants that are added in one transaction, each with its hour and those of the server.
const MINUTES_AT_ONCE: usize = 250;

/// Rows of each span that are swept at a time.
const SWEPT_MAX: u32 = 500;

/// The longest that a stopping server waits for the last counts to be stored.
const LAST_TIME_MAX: Duration = Duration::from_secs(5);

/// The task under way.
pub(super) struct Statistics {
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Statistics {
    /// Starts the task.
    pub(super) fn start(verifier: Arc<Verifier>) -> Self {
        let (stop, stopped) = watch::channel(());
        Self {
            stop,
            task: tokio::spawn(keep_storing(verifier, stopped)),
        }
    }

    /// Stores what is left and ends the task.
    pub(super) async fn stop(self) {
        drop(self.stop);
        if tokio::time::timeout(LAST_TIME_MAX, self.task)
            .await
            .is_err()
        {
            tracing::warn!("the last statistics could not be stored in time");
        }
    }
}

async fn keep_storing(verifier: Arc<Verifier>, mut stopped: watch::Receiver<()>) {
    let mut every = tokio::time::interval(STORE_EVERY);
    loop {
        let stopping = tokio::select! {
            _ = every.tick() => false,
            _ = stopped.changed() => true,
        };
        // Not part of the `select`: once begun, it is waited for; broken off, it could be counted twice.
        store(&verifier).await;
        if stopping {
            return;
        }
    }
}

async fn store(verifier: &Verifier) {
    let stored = [store_hours(verifier).await, store_traffic(verifier).await];
    let swept = verifier
        .store()
        .sweep_traffic(verifier.now(), SWEPT_MAX)
        .await;
    let failed = stored
        .into_iter()
        .chain([swept.map(drop)])
        .find_map(Result::err);
    if let Some(error) = &failed {
        tracing::warn!(%error, "statistics could not be stored; they will be tried again");
    }
    let failed = failed.as_ref().map(|error| error as &dyn std::fmt::Display);
    pulse::note(verifier, ("statistics", STORE_EVERY), failed);
}

async fn store_hours(verifier: &Verifier) -> Result<(), StoreError> {
    let hours = verifier.visitors.take_hours();
    if hours.is_empty() {
        return Ok(());
    }
    let added = verifier.store().add_site_hours(hours.clone()).await;
    added.inspect_err(|_| verifier.visitors.put_back(&hours))
}

async fn store_traffic(verifier: &Verifier) -> Result<(), StoreError> {
    let minutes = verifier.traffic.take();
    let mut rest = minutes.as_slice();
    while !rest.is_empty() {
        let (some, later) = rest.split_at(rest.len().min(MINUTES_AT_ONCE));
        let added = verifier.store().add_traffic(spread(some)).await;
        added.inspect_err(|_| verifier.traffic.put_back(rest))?;
        rest = later;
    }
    Ok(())
}
