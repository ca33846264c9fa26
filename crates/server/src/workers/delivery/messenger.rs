//! What leaves when, for one way: claims codes that are due, has them brought side by side, and writes down
//! what became of them. It holds nothing that the outbox does not have.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use challenge::approval::ports::Claimed;
use challenge::clock::Timestamp;
use challenge::delivery::{Handout, Handover, Parcel, Way};
use challenge::refusal::Refusal;
use challenge::verifier::Verifier;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use super::gateway::Gateway;
use super::mail::Mail;
use crate::workers::pulse;

/// Deliveries of one way under way at once.
const UNDER_WAY_MAX: usize = 16;

/// How often the outbox is looked at without having been told to: for later tries, and for codes that
/// another node wrote. What this node writes is looked at at once.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long deliveries under way are waited for when the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(5);

/// Seconds that `per_min` is counted in.
const RATE_S: u32 = 60;

/// Who brings codes.
pub enum Carrier {
    /// A mail server.
    Mail(Box<Mail>),
    /// A gateway of short messages.
    Gateway(Gateway),
}

impl Carrier {
    /// The way that it serves.
    pub fn way(&self) -> Way {
        match self {
            Self::Mail(_) => Way::Email,
            Self::Gateway(_) => Way::Sms,
        }
    }

    async fn bring(&self, verifier: &Verifier, parcel: &Parcel) -> Handover {
        let Some(stored) = verifier.catalogue.delivery() else {
            return Handover::Failed {
                trouble: "no [delivery] is configured any more".to_owned(),
                retry_after_s: None,
            };
        };
        match self {
            Self::Mail(mail) => mail.bring(verifier, &stored, parcel).await,
            Self::Gateway(gateway) => gateway.bring(verifier, &stored, parcel).await,
        }
    }
}

/// A delivery that ended.
type Done = (Claimed, Handover);

/// Brings the codes of one way.
pub struct Messenger {
    verifier: Arc<Verifier>,
    carrier: Arc<Carrier>,
    deliveries: JoinSet<Done>,
    /// What ended and is not written down yet.
    done: Vec<Done>,
    /// When deliveries began, as long as that counts.
    begun: VecDeque<Timestamp>,
    well: bool,
}

impl Messenger {
    /// A messenger at rest.
    pub fn new(verifier: Arc<Verifier>, carrier: Carrier) -> Self {
        Self {
            verifier,
            carrier: Arc::new(carrier),
            deliveries: JoinSet::new(),
            done: Vec::new(),
            begun: VecDeque::new(),
            well: true,
        }
    }

    /// Brings codes until told to stop (or whoever could tell is gone), then waits for what is under way.
    pub async fn run(mut self, mut stop: watch::Receiver<()>) {
        let mut look_turn = tokio::time::interval(LOOK_EVERY);
        let mut look = true;
        loop {
            let verifier = Arc::clone(&self.verifier);
            // Made before looking: what is written after the look rings it.
            let ring = verifier.bell().codes();
            let full = look && self.claim().await;
            tokio::select! {
                _ = stop.changed() => break,
                ended = self.deliveries.join_next(), if !self.deliveries.is_empty() => {
                    self.note(ended);
                    self.write_down().await;
                    look = true;
                }
                () = ring => look = true,
                // What was claimed may not have been all.
                () = tokio::task::yield_now(), if full => look = true,
                _ = look_turn.tick() => {
                    self.write_down().await;
                    look = true;
                }
            }
        }
        self.finish().await;
    }

    /// Claims what is due and sends it off. Whether there may be more.
    async fn claim(&mut self) -> bool {
        let way = self.carrier.way();
        let room = self.room();
        if room == 0 {
            return false;
        }
        let handout = self.verifier.claim_deliveries(way, room).await;
        self.tell("codes could not be read", handout.as_ref().err());
        let Ok(Handout { parcels, dropped }) = handout else {
            return false;
        };
        count_dropped(way, dropped);
        let some = !parcels.is_empty() || dropped > 0;
        for parcel in parcels {
            self.begun.push_back(self.verifier.now());
            let (verifier, carrier) = (Arc::clone(&self.verifier), Arc::clone(&self.carrier));
            self.deliveries.spawn(async move {
                let handover = carrier.bring(&verifier, &parcel).await;
                (parcel.claimed, handover)
            });
        }
        some
    }

    /// How many more deliveries may begin now.
    fn room(&mut self) -> u32 {
        let now = self.verifier.now();
        while self
            .begun
            .front()
            .is_some_and(|begun| begun.plus_s(RATE_S) <= now)
        {
            self.begun.pop_front();
        }
        let room = UNDER_WAY_MAX.saturating_sub(self.deliveries.len());
        let room = u32::try_from(room).unwrap_or(0);
        let stored = self.verifier.catalogue.delivery();
        let per_min = stored.and_then(|stored| match self.carrier.way() {
            Way::Email => stored.settings.smtp.as_ref()?.per_min,
            Way::Sms => stored.settings.gateway.as_ref()?.per_min,
        });
        let begun = u32::try_from(self.begun.len()).unwrap_or(u32::MAX);
        per_min.map_or(room, |most| room.min(most.saturating_sub(begun)))
    }

    /// Takes note of a delivery that ended, and of all others that did.
    fn note(&mut self, ended: Option<Result<Done, JoinError>>) {
        let mut next = ended;
        while let Some(ended) = next {
            match ended {
                Ok(done) => {
                    self.report(&done);
                    self.done.push(done);
                }
                // Its message is given out again when the lease is over.
                Err(error) => tracing::error!(%error, "a delivery broke off"),
            }
            next = self.deliveries.try_join_next();
        }
    }

    fn report(&self, (claimed, handover): &Done) {
        let (way, tenant) = (self.carrier.way().name(), claimed.message.tenant);
        let (outcome, trouble) = match handover {
            Handover::Taken => ("taken", None),
            Handover::Rejected { trouble } => ("rejected", Some(trouble)),
            Handover::Failed { trouble, .. } => ("failed", Some(trouble)),
        };
        metrics::counter!("countersign_codes_total", "way" => way, "outcome" => outcome)
            .increment(1);
        if let Some(trouble) = trouble {
            let (id, tries) = (claimed.message.id, claimed.failed_tries + 1);
            tracing::warn!(message = %id, %tenant, way, tries, trouble, "a code was not taken");
            return;
        }
        let written = claimed.message.id.drawn_at().unix_ms();
        let lag_ms = self.verifier.now().unix_ms().saturating_sub(written);
        let lag = Duration::from_millis(u64::try_from(lag_ms).unwrap_or(0));
        metrics::histogram!("countersign_code_lag_seconds", "way" => way).record(lag.as_secs_f64());
    }

    /// Writes down what ended; kept for the next time where that fails.
    async fn write_down(&mut self) {
        if self.done.is_empty() {
            return;
        }
        let way = self.carrier.way();
        let written = self.verifier.settle_deliveries(way, self.done.clone());
        let written = written.await;
        let what = "what became of codes could not be written down";
        self.tell(what, written.as_ref().err());
        if let Ok(dropped) = written {
            self.done.clear();
            count_dropped(way, dropped);
        }
    }

    /// Waits for what is under way; what takes too long is given out again later, here or elsewhere.
    async fn finish(mut self) {
        let all = async {
            while let Some(ended) = self.deliveries.join_next().await {
                self.note(Some(ended));
            }
        };
        if tokio::time::timeout(STOP_TIME_MAX, all).await.is_err() {
            tracing::info!(left = self.deliveries.len(), "stopped amid deliveries");
        }
        self.write_down().await;
    }

    /// Says once that something goes wrong, not twice a second.
    fn tell(&mut self, what: &'static str, error: Option<&Refusal>) {
        if let Some(error) = error
            && self.well
        {
            tracing::warn!(%error, "{what}");
        }
        self.well = error.is_none();
        let failed = error.map(|error| error as &dyn std::fmt::Display);
        pulse::note(
            &self.verifier,
            (self.carrier.way().name(), LOOK_EVERY),
            failed,
        );
    }
}

fn count_dropped(way: Way, dropped: u32) {
    metrics::counter!("countersign_codes_dropped_total", "way" => way.name())
        .increment(u64::from(dropped));
}
