//! What leaves when: claims messages that are due, has them sent side by side, and writes down what
//! became of them. It holds nothing that the outbox does not have: whatever was under way when it
//! ends is given out again when its lease is over.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use challenge::approval::delivery::{PAUSES_S, Reception};
use challenge::approval::ports::Claimed;
use challenge::approval::{Callback, Outgoing, Refused};
use challenge::directory::Tenant;
use challenge::id::Id;
use challenge::verifier::Verifier;
use protocols::okay::callback::{Addressee, letter};
use tokio::sync::watch;
use tokio::task::{self, JoinSet};

use super::courier::Courier;

/// Deliveries under way at once.
const UNDER_WAY_MAX: usize = 512;

/// Callbacks of one tenant that are claimed at once; it gets more only when fewer are under way.
const TENANT_CLAIM_MAX: u32 = 16;

/// As many of a tenant whose last delivery failed: a dead receiver takes no room from the others.
const FAILING_CLAIM_MAX: u32 = 1;

/// How often the outbox is looked at without having been told to: for retries, and for callbacks
/// that another node wrote. What this node writes is looked at at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often tenants that fail get their turn.
const FAILING_EVERY: Duration = Duration::from_millis(250);

/// How long deliveries under way are waited for when the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(5);

/// A delivery that ended.
type Done = (Claimed, Reception);

/// Brings callbacks to the tenants' servers.
pub struct Postman {
    verifier: Arc<Verifier>,
    courier: Arc<Courier>,
    deliveries: JoinSet<Done>,
    /// Whose delivery a task is, so that one that panicked is still known.
    owners: HashMap<task::Id, Id<Tenant>>,
    under_way: HashMap<Id<Tenant>, u32>,
    failing: HashSet<Id<Tenant>>,
    /// What ended and is not written down yet.
    done: Vec<Done>,
    well: bool,
}

impl Postman {
    /// A postman at rest.
    pub fn new(verifier: Arc<Verifier>, courier: Arc<Courier>) -> Self {
        Self {
            verifier,
            courier,
            deliveries: JoinSet::new(),
            owners: HashMap::new(),
            under_way: HashMap::new(),
            failing: HashSet::new(),
            done: Vec::new(),
            well: true,
        }
    }

    /// Delivers until told to stop (or whoever could tell is gone), then waits for what is under way.
    pub async fn run(mut self, mut stop: watch::Receiver<()>) {
        let mut look_turn = tokio::time::interval(LOOK_EVERY);
        let mut failing_turn = tokio::time::interval(FAILING_EVERY);
        let mut look = true;
        loop {
            let verifier = Arc::clone(&self.verifier);
            // Made before looking: what is written after the look rings it.
            let ring = verifier.bell().outbox();
            let full = look && self.take_turn(TENANT_CLAIM_MAX).await;
            tokio::select! {
                _ = stop.changed() => break,
                ended = self.deliveries.join_next_with_id(), if !self.deliveries.is_empty() => {
                    self.note(ended);
                    self.write_down().await;
                    look = true;
                }
                () = ring => look = true,
                // What was claimed may not have been all.
                () = tokio::task::yield_now(), if full => look = true,
                _ = failing_turn.tick(), if !self.failing.is_empty() => {
                    self.take_turn(FAILING_CLAIM_MAX).await;
                    look = false;
                }
                _ = look_turn.tick() => {
                    self.write_down().await;
                    look = true;
                }
            }
        }
        self.finish().await;
    }

    /// Claims what is due and sends it off: of tenants that fail one each, of the others more.
    /// Whether there may be more of the same.
    async fn take_turn(&mut self, most_per_tenant: u32) -> bool {
        let room = UNDER_WAY_MAX.saturating_sub(self.deliveries.len());
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        if room == 0 {
            return false;
        }
        let busy = self.under_way.iter();
        let busy = busy.filter(|(_, under_way)| **under_way >= most_per_tenant);
        let mut pass_over: Vec<_> = busy.map(|(tenant, _)| *tenant).collect();
        if most_per_tenant > FAILING_CLAIM_MAX {
            pass_over.extend(&self.failing);
        }
        let most = (most_per_tenant, room);
        let claimed = self.verifier.claim_callbacks(most, pass_over).await;
        self.tell("callbacks could not be read", claimed.as_ref().err());
        let claimed = claimed.unwrap_or_default();
        let some = !claimed.is_empty();
        for outgoing in claimed {
            self.send(outgoing);
        }
        some
    }

    fn send(&mut self, outgoing: Outgoing) {
        let tenant = outgoing.claimed.message.tenant;
        let (verifier, courier) = (Arc::clone(&self.verifier), Arc::clone(&self.courier));
        let task = self.deliveries.spawn(async move {
            let Outgoing { claimed, callback } = outgoing;
            let reception = deliver(&verifier, &courier, &claimed, &callback).await;
            (claimed, reception)
        });
        self.owners.insert(task.id(), tenant);
        *self.under_way.entry(tenant).or_default() += 1;
    }

    /// Takes note of a delivery that ended, and of all others that did.
    fn note(&mut self, ended: Option<Result<(task::Id, Done), task::JoinError>>) {
        let mut next = ended;
        while let Some(ended) = next {
            let id = match &ended {
                Ok((id, _)) => *id,
                Err(error) => error.id(),
            };
            if let Some(tenant) = self.owners.remove(&id)
                && let Some(under_way) = self.under_way.get_mut(&tenant)
            {
                *under_way -= 1;
                if *under_way == 0 {
                    self.under_way.remove(&tenant);
                }
            }
            match ended {
                Ok((_, done)) => {
                    self.remember(&done);
                    self.done.push(done);
                }
                // Its message is given out again when the lease is over.
                Err(error) => tracing::error!(%error, "a delivery broke off"),
            }
            next = self.deliveries.try_join_next_with_id();
        }
    }

    fn remember(&mut self, (claimed, reception): &Done) {
        let tenant = claimed.message.tenant;
        let outcome = match reception {
            Reception::Taken => "delivered",
            Reception::Gone => "gone",
            Reception::Failed { .. } => "failed",
        };
        if *reception == Reception::Taken {
            self.failing.remove(&tenant);
            let lag_ms = self.verifier.now().unix_ms() - written_ms(claimed);
            let lag = Duration::from_millis(u64::try_from(lag_ms).unwrap_or(0));
            metrics::histogram!("countersign_callback_lag_seconds").record(lag.as_secs_f64());
        } else {
            self.failing.insert(tenant);
        }
        metrics::counter!("countersign_callbacks_total", "outcome" => outcome).increment(1);
        if let Reception::Failed { trouble, .. } = reception {
            let (id, tries) = (claimed.message.id, claimed.failed_tries + 1);
            let last =
                usize::try_from(claimed.failed_tries).is_ok_and(|tries| tries >= PAUSES_S.len());
            if last {
                metrics::counter!("countersign_callbacks_dead_total").increment(1);
                tracing::warn!(callback = %id, %tenant, tries, trouble, "a callback is given up");
            } else {
                tracing::info!(callback = %id, %tenant, tries, trouble, "a callback failed");
            }
        }
    }

    /// Writes down what ended; kept for the next time where that fails.
    async fn write_down(&mut self) {
        if self.done.is_empty() {
            return;
        }
        let written = self.verifier.settle_callbacks(self.done.clone()).await;
        self.tell(
            "deliveries could not be written down",
            written.as_ref().err(),
        );
        if written.is_err() {
            return;
        }
        let gone = |(_, reception): &Done| *reception == Reception::Gone;
        if self.done.drain(..).any(|done| gone(&done)) {
            // That the tenant's callbacks are stopped now is in the directory: nothing more leaves.
            let refreshed = self.verifier.catalogue.refresh().await;
            if let Err(error) = refreshed {
                tracing::warn!(%error, "the directory could not be read");
            }
        }
    }

    /// Waits for what is under way; what takes too long is given out again later, here or elsewhere.
    async fn finish(mut self) {
        let all = async {
            while let Some(ended) = self.deliveries.join_next_with_id().await {
                self.note(Some(ended));
            }
        };
        let in_time = tokio::time::timeout(STOP_TIME_MAX, all).await;
        if in_time.is_err() {
            tracing::info!(left = self.deliveries.len(), "stopped amid deliveries");
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
    }
}

/// Sends a callback once.
async fn deliver(
    verifier: &Verifier,
    courier: &Courier,
    claimed: &Claimed,
    callback: &Callback,
) -> Reception {
    let failed = |trouble: String| Reception::Failed {
        trouble,
        retry_after_s: None,
    };
    let Some(view) = verifier.catalogue.tenant_by_id(claimed.message.tenant) else {
        return failed("the tenant is gone".to_owned());
    };
    let tenant = &view.tenant;
    let okay = tenant.okay.as_ref();
    let Some((okay, url)) = okay.and_then(|okay| Some((okay, okay.callback_url.as_deref()?)))
    else {
        return failed("the tenant has no callback_url any more".to_owned());
    };
    let secrets = verifier.okay_secret(tenant);
    let secrets = secrets.and_then(|one| Ok((one, verifier.okay_callback_secret(tenant)?)));
    let (secret, standard_secret) = match secrets {
        Ok(secrets) => secrets,
        Err(refused) => return failed(refused.to_string()),
    };
    let addressee = Addressee {
        secret: &secret,
        standard_secret: standard_secret.as_deref().map(Vec::as_slice),
        decline_word: &okay.decline_word,
    };
    let now = verifier.now();
    let id = claimed.message.id.to_string();
    match letter(callback, &addressee, (&id, now)) {
        Ok(letter) => {
            let allow_private = okay.allow_private_callback;
            courier.deliver(url, allow_private, letter, now).await
        }
        Err(unwritable) => failed(unwritable.to_string()),
    }
}

/// When a message was written, in milliseconds since the epoch: its id begins with it.
fn written_ms(claimed: &Claimed) -> i64 {
    let mut bytes = [0; 8];
    for (place, byte) in bytes.iter_mut().skip(2).zip(claimed.message.id.as_bytes()) {
        *place = *byte;
    }
    i64::from_be_bytes(bytes)
}
