//! The outbox from the domain's side: callbacks given out to be sent, chores done, fates decided.

use super::callback::{CALLBACKS, CHORES, Callback, Chore, Told};
use super::delivery::{self, Reception};
use super::ports::{Claim, Claimed, Fate, Listing, Settled, Waiting};
use super::refused::Refused;
use crate::audit::{Detail, Event, EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::{OkaySettings, Tenant};
use crate::id::{Id, TimedId};
use crate::ports::{Provision, StoreError};
use crate::verifier::{TRIES, Verifier};

/// Seconds for which a claimed message is nobody else's. Longer than a delivery may take.
pub const LEASE_S: u32 = 60;

/// Chores done in one turn.
const CHORES_AT_ONCE: u32 = 256;

/// Seconds after which a chore that could not be done is tried again.
const CHORE_AGAIN_S: u32 = 5;

/// Which callbacks or pushes are wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The most of one tenant.
    pub most_per_tenant: u32,
    /// The most of all.
    pub most: u32,
    /// Only those that were not tried yet.
    pub first_tries_only: bool,
    /// Tenants that get none.
    pub pass_over: Vec<Id<Tenant>>,
}

/// Callbacks that were given out.
#[derive(Debug)]
pub struct GivenOut {
    /// Those that are to be sent.
    pub outgoing: Vec<Outgoing>,
    /// How many were given up instead, since nobody takes them any more.
    pub given_up: u32,
}

/// A callback that is to be sent now.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The message it came in; its id is the `webhook-id`, the same in every try.
    pub claimed: Claimed,
    /// What it tells, digits in clear.
    pub callback: Callback,
}

impl Verifier {
    /// Gives out callbacks that are due. Each has to be settled within [`LEASE_S`] seconds, or is
    /// given out again.
    pub async fn claim_callbacks(&self, wanted: Wanted) -> Result<GivenOut, Refused> {
        let claim = self.claim_of(CALLBACKS, wanted);
        let (mut outgoing, mut kept_back) = (Vec::new(), Vec::new());
        for claimed in self.store.claim(&claim).await? {
            match self.outgoing(&claimed) {
                Ok(callback) => outgoing.push(Outgoing { claimed, callback }),
                Err(fate) => kept_back.push(settled(&claimed, fate)),
            }
        }
        let dead = kept_back.iter();
        let dead = dead.filter(|one| matches!(one.fate, Fate::Dead { .. }));
        let given_up = u32::try_from(dead.count()).unwrap_or(u32::MAX);
        if !kept_back.is_empty() {
            self.store.settle(kept_back).await?;
        }
        Ok(GivenOut { outgoing, given_up })
    }

    /// A claimed callback with its digits in clear; or what becomes of it unsent.
    ///
    /// What this node cannot read, another one may: one with the right key, or of a newer version. So
    /// it has its tries like a callback that a receiver did not take.
    fn outgoing(&self, claimed: &Claimed) -> Result<Callback, Fate> {
        let now = self.clock.now();
        let dead = |trouble: &str| Fate::Dead {
            at: now,
            trouble: trouble.to_owned(),
        };
        let unread = |trouble: String| {
            let reception = Reception::Failed {
                trouble: format!("not sent: {trouble}"),
                retry_after_s: None,
            };
            delivery::fate(claimed.failed_tries, reception, now, &*self.rng)
        };
        let message = &claimed.message;
        let tenant = self.catalogue.tenant_by_id(message.tenant);
        let okay = tenant.as_ref().and_then(|view| view.tenant.okay.as_ref());
        let okay = okay.ok_or_else(|| dead("the tenant has no settings for approvals any more"))?;
        if okay.callback_stopped_at.is_some() {
            let trouble = "the receiver answered 410 before: callbacks are stopped";
            return Err(dead(trouble));
        }
        let mut callback: Callback =
            serde_json::from_str(&message.body).map_err(|error| unread(error.to_string()))?;
        if let Told::Answered { session, answer } = &mut callback.told {
            let opened = self.opened_answer((message.tenant, *session), answer);
            *answer = opened.map_err(|refused| unread(refused.to_string()))?;
        }
        Ok(callback)
    }

    /// Writes down what the receivers did with callbacks: gone, tried again, or dead. A receiver that
    /// is [`Reception::Gone`] gets none any more, until an operator says so or gives another URL.
    pub async fn settle_callbacks(
        &self,
        receptions: Vec<(Claimed, Reception)>,
    ) -> Result<(), Refused> {
        let now = self.clock.now();
        let mut fates = Vec::with_capacity(receptions.len());
        for (claimed, reception) in receptions {
            if reception == Reception::Gone {
                self.stop_callbacks(claimed.message.tenant, Some(now))
                    .await?;
            }
            let fate = delivery::fate(claimed.failed_tries, reception, now, &*self.rng);
            fates.push(settled(&claimed, fate));
        }
        self.store.settle(fates).await?;
        Ok(())
    }

    /// Lets a tenant's callbacks leave again that a 410 had stopped.
    pub async fn resume_callbacks(&self, tenant: Id<Tenant>) -> Result<(), Refused> {
        self.stop_callbacks(tenant, None).await
    }

    /// The callbacks that wait or are dead.
    pub async fn waiting_callbacks(
        &self,
        tenant: Option<Id<Tenant>>,
        dead_only: bool,
        (after, limit): (Option<TimedId>, u32),
    ) -> Result<Vec<Waiting>, Refused> {
        let listing = Listing {
            kind: CALLBACKS,
            tenant,
            line: None,
            dead_only,
            after,
            limit,
        };
        Ok(self.store.waiting_messages(&listing).await?)
    }

    /// Lets a callback leave now, with all tries before it; whether it was there.
    pub async fn redeliver(&self, tenant: Id<Tenant>, id: TimedId) -> Result<bool, Refused> {
        let found = self.store.redeliver(tenant, id, self.clock.now()).await?;
        self.nearby.bell.ring_outbox();
        Ok(found)
    }

    /// Does what the server owes itself and is due: tells that sessions expired, forgets digits.
    /// Gives the number of chores done; as many as fit one turn mean that more may wait.
    pub async fn do_chores(&self) -> Result<usize, Refused> {
        let wanted = Wanted {
            most_per_tenant: CHORES_AT_ONCE,
            most: CHORES_AT_ONCE,
            first_tries_only: false,
            pass_over: Vec::new(),
        };
        let claim = self.claim_of(CHORES, wanted);
        let claimed = self.store.claim(&claim).await?;
        let mut fates = Vec::with_capacity(claimed.len());
        for one in &claimed {
            let fate = match self.do_chore(one).await {
                Ok(()) => Fate::Delivered,
                Err(trouble) => Fate::Again {
                    at: self.clock.now().plus_s(CHORE_AGAIN_S),
                    trouble,
                },
            };
            fates.push(settled(one, fate));
        }
        if !fates.is_empty() {
            self.store.settle(fates).await?;
        }
        Ok(claimed.len())
    }

    async fn do_chore(&self, claimed: &Claimed) -> Result<(), String> {
        let message = &claimed.message;
        let Ok(chore) = serde_json::from_str::<Chore>(&message.body) else {
            return Err("unknown to this version".to_owned());
        };
        let done = match chore {
            Chore::TellExpiry { session, .. } => {
                match self.catalogue.tenant_by_id(message.tenant) {
                    Some(tenant) => {
                        let now = self.clock.now();
                        self.tell_expiry(&tenant, session, now).await
                    }
                    None => Ok(()),
                }
            }
            Chore::ForgetDigits { session } => self.forget_digits(message.tenant, session).await,
        };
        match done {
            Ok(()) | Err(Refused::SessionNotFound) => Ok(()),
            Err(refused) => Err(refused.to_string()),
        }
    }

    /// A claim on messages of a kind, for as long as [`LEASE_S`].
    pub(crate) fn claim_of(&self, kind: &'static str, wanted: Wanted) -> Claim {
        let now = self.clock.now();
        Claim {
            kind,
            now,
            lease_until: now.plus_s(LEASE_S),
            most_per_tenant: wanted.most_per_tenant,
            most: wanted.most,
            first_tries_only: wanted.first_tries_only,
            pass_over: wanted.pass_over,
            ticket: TimedId::random(now, &*self.rng),
        }
    }

    /// Notes in the directory since when a tenant's callbacks are stopped.
    async fn stop_callbacks(
        &self,
        tenant: Id<Tenant>,
        stopped_at: Option<Timestamp>,
    ) -> Result<(), Refused> {
        for _ in 0..TRIES {
            let version = self.store.directory_version().await?;
            let rows = self.store.tenants().await?;
            let found = rows.into_iter().find(|rows| rows.tenant.id == tenant);
            let Some(present) = found.map(|rows| rows.tenant) else {
                return Ok(());
            };
            let Some(okay) = present.okay else {
                return Ok(());
            };
            if okay.callback_stopped_at.is_some() == stopped_at.is_some() {
                return Ok(());
            }
            let okay = OkaySettings {
                callback_stopped_at: stopped_at,
                ..okay
            };
            let changed = Tenant {
                okay: Some(okay),
                ..present
            };
            let change = Provision {
                expected_version: version,
                tenants: vec![changed],
                events: vec![self.stop_event(tenant, stopped_at)],
                ..Provision::default()
            };
            match self.store.provision(change).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refused::Unavailable(format!(
            "tenant {tenant}: {TRIES} lost races"
        )))
    }

    fn stop_event(&self, tenant: Id<Tenant>, stopped_at: Option<Timestamp>) -> Event {
        let told = match stopped_at {
            Some(_) => "okay: callbacks stopped, the receiver answered 410",
            None => "okay: callbacks resumed",
        };
        let event = self.approval_event(tenant, (EventKind::Provision, Outcome::Done), None);
        Event {
            detail: Detail {
                fields: vec![("change".to_owned(), told.to_owned())],
                ..event.detail
            },
            ..event
        }
    }
}

pub(crate) fn settled(claimed: &Claimed, fate: Fate) -> Settled {
    Settled {
        id: claimed.message.id,
        tenant: claimed.message.tenant,
        ticket: claimed.ticket,
        fate,
    }
}
