//! What was counted about visitors is stored: now and then, and at the end.
//!
//! A process that is killed loses what it counted since the last time. Nothing that is spent is counted
//! here, so that this harms no one. For the same reason it is borne that a commit which was written but
//! reported as failed (a lost connection at the wrong moment) is tried again, and its counts stand twice.

use std::sync::Arc;
use std::time::Duration;

use challenge::verifier::Verifier;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often counts are stored, and so the most that is lost by a kill.
const STORE_EVERY: Duration = Duration::from_secs(10);

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
    let hours = verifier.visitors.take_hours();
    if hours.is_empty() {
        return;
    }
    if let Err(error) = verifier.store().add_site_hours(hours.clone()).await {
        tracing::warn!(%error, "statistics could not be stored; they will be tried again");
        verifier.visitors.put_back(&hours);
    }
}
