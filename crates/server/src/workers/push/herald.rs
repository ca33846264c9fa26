//! What leaves when: claims pushes that are due, has them sent side by side, and writes down what became
//! of them. It holds nothing that the outbox does not have: whatever was under way when it ends is given
//! out again when its lease is over, if its session still waits then.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use challenge::approval::push::{OutgoingPush, PushReception, PushesGivenOut};
use challenge::approval::{Refused, Wanted};
use challenge::verifier::Verifier;
use tokio::sync::watch;
use tokio::task::{self, JoinSet};

use super::sending;
use super::shares::{ALL_MAX, Shares, Taken};
use crate::workers::Signature;
use crate::workers::callbacks::courier::Courier;
use crate::workers::pulse;

/// Pushes of one tenant that are claimed at once.
const TENANT_CLAIM_MAX: u32 = 16;

/// How often the outbox is looked at without having been told to: for retries, and for pushes whose node
/// is gone. What this node writes is looked at at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long pushes under way are waited for when the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(5);

/// A push that was tried.
type Done = (OutgoingPush, PushReception);

/// Brings pushes to the push services.
pub(crate) struct Herald {
    verifier: Arc<Verifier>,
    courier: Arc<Courier>,
    signature: Arc<Signature>,
    under_way: JoinSet<Done>,
    /// What each task takes, so that one that panicked gives it back too.
    taken: HashMap<task::Id, Taken>,
    shares: Shares,
    /// What ended and is not written down yet.
    done: Vec<Done>,
    well: bool,
}

impl Herald {
    /// A herald at rest.
    pub(crate) fn new(
        verifier: Arc<Verifier>,
        courier: Arc<Courier>,
        signature: Signature,
    ) -> Self {
        Self {
            verifier,
            courier,
            signature: Arc::new(signature),
            under_way: JoinSet::new(),
            taken: HashMap::new(),
            shares: Shares::default(),
            done: Vec::new(),
            well: true,
        }
    }

    /// Sends until told to stop (or whoever could tell is gone), then waits for what is under way.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<()>) {
        let mut look_turn = tokio::time::interval(LOOK_EVERY);
        loop {
            let verifier = Arc::clone(&self.verifier);
            // Made before looking: what is written after the look rings it.
            let ring = verifier.bell().pushes();
            let full = self.take_turn().await;
            tokio::select! {
                _ = stop.changed() => break,
                ended = self.under_way.join_next_with_id(), if !self.under_way.is_empty() => {
                    self.note(ended);
                    self.write_down().await;
                }
                () = ring => {}
                // What was claimed may not have been all.
                () = task::yield_now(), if full => {}
                _ = look_turn.tick() => self.write_down().await,
            }
        }
        self.finish().await;
    }

    /// Claims what is due and sends it off. Whether there may be more.
    async fn take_turn(&mut self) -> bool {
        let room = ALL_MAX.saturating_sub(self.under_way.len());
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        if room == 0 {
            return false;
        }
        let wanted = Wanted {
            most_per_tenant: TENANT_CLAIM_MAX,
            most: room,
            first_tries_only: false,
            pass_over: self.shares.full_tenants(),
        };
        let given_out = self.verifier.claim_pushes(wanted).await;
        self.tell("pushes could not be read", given_out.as_ref().err());
        let Ok(PushesGivenOut { outgoing, passed }) = given_out else {
            return false;
        };
        count("passed", passed);
        let some = !outgoing.is_empty() || passed > 0;
        for push in outgoing {
            self.send(push);
        }
        some
    }

    fn send(&mut self, push: OutgoingPush) {
        let tenant = push.claimed.message.tenant;
        let service = push.subscription.service();
        let Some(taken) = self.shares.take(tenant, &service) else {
            let trouble = "its push service has enough to do".to_owned();
            let reception = PushReception::Failed {
                trouble,
                retry_after_s: None,
            };
            self.done.push((push, reception));
            return;
        };
        let (verifier, courier) = (Arc::clone(&self.verifier), Arc::clone(&self.courier));
        let signature = Arc::clone(&self.signature);
        let task = self.under_way.spawn(async move {
            let reception = sending::send(&verifier, &courier, &signature, &push).await;
            (push, reception)
        });
        self.taken.insert(task.id(), taken);
    }

    /// Takes note of a push that ended, and of all others that did.
    fn note(&mut self, ended: Option<Result<(task::Id, Done), task::JoinError>>) {
        let mut next = ended;
        while let Some(ended) = next {
            let id = match &ended {
                Ok((id, _)) => *id,
                Err(error) => error.id(),
            };
            if let Some(taken) = self.taken.remove(&id) {
                self.shares.give_back(&taken);
            }
            match ended {
                Ok((_, done)) => {
                    remember(&done);
                    self.done.push(done);
                }
                // Its message is given out again when the lease is over.
                Err(error) => tracing::error!(%error, "a push broke off"),
            }
            next = self.under_way.try_join_next_with_id();
        }
    }

    /// Writes down what ended; kept for the next time where that fails.
    async fn write_down(&mut self) {
        if self.done.is_empty() {
            return;
        }
        let written = self.verifier.settle_pushes(&self.done).await;
        self.tell("pushes could not be written down", written.as_ref().err());
        let Ok(settlement) = written else { return };
        self.done.clear();
        count("given_up", settlement.given_up);
        metrics::counter!("countersign_push_subscriptions_dropped_total")
            .increment(u64::from(settlement.dropped));
    }

    /// Waits for what is under way; what takes too long is given out again later, here or elsewhere.
    async fn finish(mut self) {
        let all = async {
            while let Some(ended) = self.under_way.join_next_with_id().await {
                self.note(Some(ended));
            }
        };
        if tokio::time::timeout(STOP_TIME_MAX, all).await.is_err() {
            tracing::info!(left = self.under_way.len(), "stopped amid pushes");
        }
        self.write_down().await;
    }

    /// Says once that something goes wrong, not every second.
    fn tell(&mut self, what: &'static str, error: Option<&Refused>) {
        if let Some(error) = error
            && self.well
        {
            tracing::warn!(%error, "{what}");
        }
        self.well = error.is_none();
        let failed = error.map(|error| error as &dyn std::fmt::Display);
        pulse::note(&self.verifier, ("pushes", LOOK_EVERY), failed);
    }
}

/// Counts a try, and says in the log what went wrong with it: never the endpoint, which is a secret of
/// the phone's.
fn remember((push, reception): &Done) {
    let outcome = match reception {
        PushReception::Taken => "sent",
        PushReception::Gone => "gone",
        PushReception::Refused(_) => "refused",
        PushReception::Failed { .. } => "failed",
    };
    count(outcome, 1);
    if let PushReception::Refused(trouble) | PushReception::Failed { trouble, .. } = reception {
        let (device, session) = (push.device, push.session);
        let tries = push.claimed.failed_tries + 1;
        tracing::info!(%device, %session, tries, trouble, "a push failed");
    }
}

fn count(outcome: &'static str, by: u32) {
    metrics::counter!("countersign_pushes_total", "outcome" => outcome).increment(u64::from(by));
}
