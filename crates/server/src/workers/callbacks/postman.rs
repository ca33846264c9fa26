//! What leaves when: claims messages that are due, has them sent side by side, and writes down what
//! became of them. It holds nothing that the outbox does not have: whatever was under way when it
//! ends is given out again when its lease is over.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use challenge::approval::delivery::{PAUSES_S, Reception};
use challenge::approval::ports::Claimed;
use challenge::approval::{Callback, GivenOut, Outgoing, Refused, Wanted};
use challenge::directory::Tenant;
use challenge::id::Id;
use challenge::verifier::Verifier;
use protocols::okay::callback::{Addressee, letter};
use tokio::sync::watch;
use tokio::task::{self, JoinSet};

use super::courier::Courier;
use crate::workers::pulse;

/// Deliveries under way at once.
const UNDER_WAY_MAX: usize = 512;

/// Callbacks of one tenant that are claimed at once; it gets more only when fewer are under way.
const TENANT_CLAIM_MAX: u32 = 16;

/// As many of a tenant whose last delivery failed, beside its first tries: a dead receiver takes no
/// room from the others.
const FAILING_CLAIM_MAX: u32 = 1;

/// First tries that a tenant may have under way whatever else of it fails: what was told of one user
/// and hangs does not hold up what is told of another.
const FIRST_TRIES_MAX: u32 = 8;

/// How often the outbox is looked at without having been told to: for retries, and for callbacks
/// that another node wrote. What this node writes is looked at at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often tenants that fail, or have as much under way as they may, get their turn.
const HELD_UP_EVERY: Duration = Duration::from_millis(250);

/// How long deliveries under way are waited for when the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(5);

/// A delivery that ended.
type Done = (Claimed, Reception);

/// Whose delivery it is, and whether it is a first try.
#[derive(Clone, Copy)]
struct Owner {
    tenant: Id<Tenant>,
    is_first: bool,
}

/// Deliveries of one tenant that are under way.
#[derive(Clone, Copy, Default)]
struct UnderWay {
    first_tries: u32,
    retries: u32,
}

impl UnderWay {
    fn all(self) -> u32 {
        self.first_tries + self.retries
    }

    fn count(&mut self, is_first: bool) -> &mut u32 {
        if is_first {
            &mut self.first_tries
        } else {
            &mut self.retries
        }
    }
}

/// Whose turn it is.
#[derive(Clone, Copy)]
enum Turn {
    /// All callbacks of tenants that do not fail.
    Usual,
    /// First tries of every tenant.
    FirstTries,
    /// One callback of each tenant, the longest due.
    Failing,
}

/// Brings callbacks to the tenants' servers.
pub struct Postman {
    verifier: Arc<Verifier>,
    courier: Arc<Courier>,
    deliveries: JoinSet<Done>,
    /// Whose delivery a task is, so that one that panicked is still known.
    owners: HashMap<task::Id, Owner>,
    under_way: HashMap<Id<Tenant>, UnderWay>,
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
        let mut held_up_turn = tokio::time::interval(HELD_UP_EVERY);
        let mut look = true;
        loop {
            let verifier = Arc::clone(&self.verifier);
            // Made before looking: what is written after the look rings it.
            let ring = verifier.bell().outbox();
            let full = look && self.take_turn(Turn::Usual).await;
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
                _ = held_up_turn.tick(), if self.holds_some_up() => {
                    self.take_turn(Turn::FirstTries).await;
                    self.take_turn(Turn::Failing).await;
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

    /// Whether some tenant's callbacks do not leave by [`Turn::Usual`].
    fn holds_some_up(&self) -> bool {
        let mut under_way = self.under_way.values();
        !self.failing.is_empty() || under_way.any(|one| one.all() >= TENANT_CLAIM_MAX)
    }

    /// Whether a tenant has enough under way to get nothing in this turn.
    fn is_passed_over(&self, turn: Turn, tenant: Id<Tenant>, under_way: UnderWay) -> bool {
        match turn {
            Turn::Usual => under_way.all() >= TENANT_CLAIM_MAX || self.failing.contains(&tenant),
            Turn::FirstTries => under_way.first_tries >= FIRST_TRIES_MAX,
            // Where all first tries are under way, what is claimed may be one more: the longest due
            // comes first, so that no flood of first tries ends all retries.
            Turn::Failing => {
                under_way.retries >= FAILING_CLAIM_MAX || under_way.first_tries > FIRST_TRIES_MAX
            }
        }
    }

    fn passed_over(&self, turn: Turn) -> Vec<Id<Tenant>> {
        let idle = self.failing.iter();
        let idle = idle.map(|tenant| (*tenant, UnderWay::default()));
        let busy = self.under_way.iter().map(|(tenant, one)| (*tenant, *one));
        let known: HashMap<_, _> = idle.chain(busy).collect();
        let passed = known.into_iter();
        let passed = passed.filter(|(tenant, one)| self.is_passed_over(turn, *tenant, *one));
        passed.map(|(tenant, _)| tenant).collect()
    }

    /// Claims what is due in this turn and sends it off. Whether there may be more of the same.
    async fn take_turn(&mut self, turn: Turn) -> bool {
        let room = UNDER_WAY_MAX.saturating_sub(self.deliveries.len());
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        if room == 0 {
            return false;
        }
        let wanted = Wanted {
            most_per_tenant: match turn {
                Turn::Usual => TENANT_CLAIM_MAX,
                Turn::FirstTries => FIRST_TRIES_MAX,
                Turn::Failing => FAILING_CLAIM_MAX,
            },
            most: room,
            first_tries_only: matches!(turn, Turn::FirstTries),
            pass_over: self.passed_over(turn),
        };
        let given_out = self.verifier.claim_callbacks(wanted).await;
        self.tell("callbacks could not be read", given_out.as_ref().err());
        let Ok(GivenOut { outgoing, given_up }) = given_out else {
            return false;
        };
        count_dead(given_up);
        let some = !outgoing.is_empty() || given_up > 0;
        for one in outgoing {
            self.send(one);
        }
        some
    }

    fn send(&mut self, outgoing: Outgoing) {
        let owner = Owner {
            tenant: outgoing.claimed.message.tenant,
            is_first: outgoing.claimed.failed_tries == 0,
        };
        let (verifier, courier) = (Arc::clone(&self.verifier), Arc::clone(&self.courier));
        let task = self.deliveries.spawn(async move {
            let Outgoing { claimed, callback } = outgoing;
            let reception = deliver(&verifier, &courier, &claimed, &callback).await;
            (claimed, reception)
        });
        self.owners.insert(task.id(), owner);
        let under_way = self.under_way.entry(owner.tenant).or_default();
        *under_way.count(owner.is_first) += 1;
    }

    /// Takes note of a delivery that ended, and of all others that did.
    fn note(&mut self, ended: Option<Result<(task::Id, Done), task::JoinError>>) {
        let mut next = ended;
        while let Some(ended) = next {
            let id = match &ended {
                Ok((id, _)) => *id,
                Err(error) => error.id(),
            };
            if let Some(owner) = self.owners.remove(&id)
                && let Some(under_way) = self.under_way.get_mut(&owner.tenant)
            {
                *under_way.count(owner.is_first) -= 1;
                if under_way.all() == 0 {
                    self.under_way.remove(&owner.tenant);
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
        if *reception == Reception::Gone {
            count_dead(1);
        }
        if let Reception::Failed { trouble, .. } = reception {
            let (id, tries) = (claimed.message.id, claimed.failed_tries + 1);
            let last =
                usize::try_from(claimed.failed_tries).is_ok_and(|tries| tries >= PAUSES_S.len());
            if last {
                count_dead(1);
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
        let failed = error.map(|error| error as &dyn std::fmt::Display);
        pulse::note(&self.verifier, ("callbacks", LOOK_EVERY), failed);
    }
}

fn count_dead(given_up: u32) {
    metrics::counter!("countersign_callbacks_dead_total").increment(u64::from(given_up));
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
