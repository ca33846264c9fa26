//! The background tasks and their end.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use challenge::clock::Timestamp;
use challenge::rng::Rng;
use challenge::verifier::Verifier;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::audit;
use super::callbacks::Postman;
use super::callbacks::courier::Courier;
use super::delivery::{Carrier, Gateway, Messenger, Report};
use super::keys::Keys;
use super::pulse;
use super::push::Herald;
use super::statistics::Statistics;
use crate::serving::telemetry;

/// How often the directory is asked whether it moved: what an administrator does is honoured
/// within a second.
const REFRESH_EVERY: Duration = Duration::from_millis(250);

/// How often rows that serve nobody are swept.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// The pause between two batches of a sweep, which leaves the store to the requests.
const SWEEP_PAUSE: Duration = Duration::from_millis(25);

/// How long a closed challenge and an expired token stay for whoever asks what happened.
const KEEP_S: i64 = 86_400;

/// Rows of a kind that one batch removes at most: a few milliseconds of the writer's time.
const SWEEP_ROWS_MAX: u32 = 500;

/// How often what the server owes itself is looked for: an expiry is told within half a second.
const CHORES_EVERY: Duration = Duration::from_millis(250);

/// Chores that the verifier does in one turn at most.
const CHORES_AT_ONCE: usize = 256;

/// The tasks under way.
pub struct Workers {
    tasks: Vec<JoinHandle<()>>,
    statistics: Statistics,
    postman: JoinHandle<()>,
    herald: JoinHandle<()>,
    messengers: [JoinHandle<()>; 2],
    keys: JoinHandle<()>,
    /// Dropped, it tells the postman, the herald, the messengers and who follows the key to stop.
    stop: watch::Sender<()>,
}

impl Workers {
    /// Ends the tasks. What was counted is stored first; callbacks and pushes under way are given a
    /// moment, since a receiver would get them again; the others hold nothing that must not be lost.
    pub async fn stop(self) {
        drop(self.stop);
        self.statistics.stop().await;
        let [mail, gateway] = self.messengers;
        // Who panicked has nothing left to do.
        let _ = tokio::join!(self.postman, self.herald, mail, gateway, self.keys);
        for task in self.tasks {
            task.abort();
            // An aborted task says so; there is nothing to do about it.
            let _ = task.await;
        }
    }
}

/// What goes into everything that is sent to push services.
pub struct Signature {
    /// A `mailto:` or `https:` URI where whoever runs this server is reached.
    pub contact: String,
    /// Gives randomness.
    pub rng: Arc<dyn Rng>,
}

/// Starts the tasks. `audit_keep_days`: how long the audit log is kept; nothing: for ever.
pub fn start(
    verifier: &Arc<Verifier>,
    (signature, keys): (Signature, Keys),
    audit_keep_days: Option<u32>,
) -> anyhow::Result<Workers> {
    let courier = Arc::new(Courier::new()?);
    let (stop, stopped) = watch::channel(());
    let postman = Postman::new(Arc::clone(verifier), Arc::clone(&courier));
    let herald = Herald::new(Arc::clone(verifier), Arc::clone(&courier), signature);
    let messenger = |carrier| {
        let messenger = Messenger::new(Arc::clone(verifier), carrier);
        tokio::spawn(messenger.run(stopped.clone()))
    };
    let carriers = [
        Carrier::Mail(Box::default()),
        Carrier::Gateway(Gateway::new(courier)),
    ];
    let messengers = carriers.map(messenger);
    Ok(Workers {
        tasks: vec![
            tokio::spawn(refresh(Arc::clone(verifier))),
            tokio::spawn(sweep(Arc::clone(verifier))),
            tokio::spawn(do_chores(Arc::clone(verifier))),
            tokio::spawn(audit::run(Arc::clone(verifier), audit_keep_days)),
        ],
        statistics: Statistics::start(Arc::clone(verifier)),
        postman: tokio::spawn(postman.run(stopped.clone())),
        herald: tokio::spawn(herald.run(stopped.clone())),
        messengers,
        keys: tokio::spawn(keys.run(stopped)),
        stop,
    })
}

async fn do_chores(verifier: Arc<Verifier>) {
    let mut every = tokio::time::interval(CHORES_EVERY);
    let mut well = true;
    loop {
        every.tick().await;
        let mut done = verifier.do_chores().await;
        // A full turn means that there may be more.
        while matches!(done, Ok(CHORES_AT_ONCE..)) {
            done = verifier.do_chores().await;
        }
        if let Err(error) = &done
            && well
        {
            tracing::warn!(%error, "what the server owes itself could not be done");
        }
        well = done.is_ok();
        let failed = done.as_ref().err().map(|error| error as &dyn Display);
        pulse::note(&verifier, ("chores", CHORES_EVERY), failed);
    }
}

async fn refresh(verifier: Arc<Verifier>) {
    let mut every = tokio::time::interval(REFRESH_EVERY);
    let mut well = true;
    let mut report = Report::default();
    loop {
        every.tick().await;
        report.tell(&verifier);
        let refreshed = verifier.catalogue.refresh().await;
        let failed = refreshed.as_ref().err().map(|error| error as &dyn Display);
        pulse::note(&verifier, ("directory", REFRESH_EVERY), failed);
        match refreshed {
            Ok(moved) => {
                if moved {
                    tracing::info!("the directory was changed and read again");
                }
                well = true;
            }
            Err(error) => {
                // Said once, not four times a second.
                if well {
                    tracing::warn!(%error, "the directory could not be read");
                }
                well = false;
            }
        }
    }
}

async fn sweep(verifier: Arc<Verifier>) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    loop {
        every.tick().await;
        if let Some(recorder) = telemetry::recorder() {
            recorder.run_upkeep();
        }
        let before = Timestamp::from_unix_ms(verifier.now().unix_ms() - KEEP_S * 1000);
        loop {
            let swept = verifier.store().sweep(before, SWEEP_ROWS_MAX).await;
            let failed = swept.as_ref().err().map(|error| error as &dyn Display);
            pulse::note(&verifier, ("sweeping", SWEEP_EVERY), failed);
            match swept {
                // As many rows come in as go out, so the next batch need not wait for its turn.
                Ok(rows) if rows >= u64::from(SWEEP_ROWS_MAX) => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "sweeping failed");
                    break;
                }
            }
            tokio::time::sleep(SWEEP_PAUSE).await;
        }
    }
}
