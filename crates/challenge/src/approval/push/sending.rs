//! Pushes from the domain's side: written with what they tell, given out to be sent, their fate decided,
//! and subscriptions forgotten that the push service knows no more.

use serde::{Deserialize, Serialize};

use super::fate::{self, PushReception};
use super::subscription::Subscription;
use crate::approval::callback::PUSHES;
use crate::approval::device::{Device, DeviceName};
use crate::approval::outbox::{Wanted, settled};
use crate::approval::ports::{ApprovalWrites, Claimed, Fate, Write};
use crate::approval::refused::Refused;
use crate::approval::session::Session;
use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::Tenant;
use crate::id::{Id, TimedId};
use crate::lifecycle::{Phase, State};
use crate::ports::{Change, Message, StoreError};
use crate::verifier::{TRIES, Verifier};

/// What a push tells of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// It waits for a decision.
    Asked,
    /// It was withdrawn by whoever asked.
    Ended,
}

/// A push as it waits in the outbox.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Push {
    about: About,
    session: Id<Session>,
    device: Id<Device>,
}

/// A push that is to be sent now.
#[derive(Clone, Debug)]
pub struct OutgoingPush {
    /// The message it came in.
    pub claimed: Claimed,
    /// What it tells.
    pub about: About,
    /// The session.
    pub session: Id<Session>,
    /// The device it goes to.
    pub device: DeviceName,
    /// From when on it serves nobody.
    pub answer_by: Timestamp,
    /// Where it goes.
    pub subscription: Subscription,
    /// Whether it may go to a private address.
    pub allow_private: bool,
    /// The subscription as it rests, so that no newer one is forgotten in its place.
    sealed: String,
}

/// Pushes that were given out.
#[derive(Debug)]
pub struct PushesGivenOut {
    /// Those that are to be sent.
    pub outgoing: Vec<OutgoingPush>,
    /// How many were not given out and serve nobody any more: their session is over, or the phone
    /// takes no pushes.
    pub passed: u32,
}

/// What was written down about pushes that were sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Subscriptions that were forgotten.
    pub dropped: u32,
    /// Pushes that were given up because nobody is asked any more.
    pub given_up: u32,
}

impl Verifier {
    /// The message that tells a phone of a session; nothing where it takes no pushes.
    pub(in crate::approval) async fn push_about(
        &self,
        about: About,
        session: &Session,
    ) -> Result<Option<Message>, Refused> {
        let found = self.store.device(session.tenant, session.device).await?;
        if found.is_none_or(|row| row.value.push.is_none()) {
            return Ok(None);
        }
        let push = Push {
            about,
            session: session.id,
            device: session.device,
        };
        let body = serde_json::to_string(&push)
            .map_err(|error| Refused::Unavailable(error.to_string()))?;
        let now = self.clock.now();
        Ok(Some(Message {
            id: TimedId::random(now, &*self.rng),
            tenant: session.tenant,
            kind: PUSHES.to_owned(),
            line: None,
            body,
            due_at: now,
        }))
    }

    /// Gives out pushes that are due. Each has to be settled within [`crate::approval::LEASE_S`]
    /// seconds, or is given out again.
    pub async fn claim_pushes(&self, wanted: Wanted) -> Result<PushesGivenOut, Refused> {
        let claim = self.claim_of(PUSHES, wanted);
        let (mut outgoing, mut kept_back, mut passed) = (Vec::new(), Vec::new(), 0);
        for claimed in self.store.claim(&claim).await? {
            match self.outgoing_push(&claimed).await {
                Ok(Some(push)) => outgoing.push(push),
                Ok(None) => {
                    passed += 1;
                    kept_back.push(settled(&claimed, Fate::Delivered));
                }
                Err(refused) => {
                    let fate = self.fate_of_unread(&claimed, &refused);
                    passed += u32::from(fate == Fate::Delivered);
                    kept_back.push(settled(&claimed, fate));
                }
            }
        }
        if !kept_back.is_empty() {
            self.store.settle(kept_back).await?;
        }
        Ok(PushesGivenOut { outgoing, passed })
    }

    /// A claimed push with all that it needs; nothing where it serves nobody any more.
    async fn outgoing_push(&self, claimed: &Claimed) -> Result<Option<OutgoingPush>, Refused> {
        let tenant = claimed.message.tenant;
        let push: Push = serde_json::from_str(&claimed.message.body)
            .map_err(|error| Refused::Unavailable(error.to_string()))?;
        let Some(session) = self.store.session(tenant, push.session).await? else {
            return Ok(None);
        };
        let (session, now) = (session.value, self.clock.now());
        let is_open = matches!(session.phase_at(now), Phase::Is(State::Open { .. }));
        let serves = now < session.answer_by && is_open == (push.about == About::Asked);
        let device = self.store.device(tenant, push.device).await?;
        let device = device.map(|row| row.value).filter(Device::is_linked);
        let (true, Some(device)) = (serves, device) else {
            return Ok(None);
        };
        let subscription = self.push_subscription(&device)?;
        let (Some(subscription), Some(sealed)) = (subscription, device.push.clone()) else {
            return Ok(None);
        };
        let view = self.catalogue.tenant_by_id(tenant);
        let okay = view.as_ref().and_then(|view| view.tenant.okay.as_ref());
        Ok(Some(OutgoingPush {
            claimed: claimed.clone(),
            about: push.about,
            session: push.session,
            device: device.name_on_the_wire(),
            answer_by: session.answer_by,
            subscription,
            allow_private: okay.is_some_and(|okay| okay.allow_private_push),
            sealed,
        }))
    }

    /// What becomes of a push that this node cannot read. Another one may, with another key or of a
    /// newer version; but not for long, since no session is longer open than its tenant says.
    fn fate_of_unread(&self, claimed: &Claimed, refused: &Refused) -> Fate {
        let view = self.catalogue.tenant_by_id(claimed.message.tenant);
        let okay = view.as_ref().and_then(|view| view.tenant.okay.as_ref());
        let pending_s = okay.map_or(0, |okay| okay.pending_s);
        let reception = PushReception::Failed {
            trouble: format!("not sent: {refused}"),
            retry_after_s: None,
        };
        let answer_by = claimed.message.id.drawn_at().plus_s(pending_s);
        let times = (self.clock.now(), answer_by);
        fate::fate(claimed.failed_tries, &reception, times, &*self.rng)
    }

    /// Writes down what push services did with pushes: gone, tried again, or given up. A subscription
    /// that its service knows no more is forgotten, and no newer one with it.
    pub async fn settle_pushes(
        &self,
        receptions: &[(OutgoingPush, PushReception)],
    ) -> Result<Settlement, Refused> {
        let (mut told, mut fates) = (Settlement::default(), Vec::new());
        for (push, reception) in receptions {
            if *reception == PushReception::Gone && self.drop_push(push).await? {
                told.dropped += 1;
            }
            let claimed = &push.claimed;
            let times = (self.clock.now(), push.answer_by);
            let fate = fate::fate(claimed.failed_tries, reception, times, &*self.rng);
            let failed = matches!(reception, PushReception::Failed { .. });
            told.given_up += u32::from(failed && fate == Fate::Delivered);
            fates.push(settled(claimed, fate));
        }
        self.store.settle(fates).await?;
        Ok(told)
    }

    /// Forgets the subscription that a push went to; whether it was still there.
    async fn drop_push(&self, push: &OutgoingPush) -> Result<bool, Refused> {
        let (tenant, device) = (push.claimed.message.tenant, push.device.device);
        for _ in 0..TRIES {
            let found = self.store.device(tenant, device).await?;
            let same = |row: &Device| row.push.as_deref() == Some(push.sealed.as_str());
            let Some(found) = found.filter(|row| same(&row.value)) else {
                return Ok(false);
            };
            match self.commit(self.dropping(tenant, &found)).await {
                Ok(()) => return Ok(true),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refused::Unavailable(format!(
            "device {device}: {TRIES} lost races"
        )))
    }

    /// The change by which a device has no subscription any more.
    fn dropping(&self, tenant: Id<Tenant>, found: &crate::ports::Versioned<Device>) -> Change {
        let device = &found.value;
        let kind = (EventKind::DropPush, Outcome::Done);
        let mut event = self.approval_event(tenant, kind, None);
        event.user = Some(device.user);
        event.detail.device = Some(device.id);
        Change {
            approvals: ApprovalWrites {
                devices: vec![Write {
                    key: device.id,
                    expected: found.version,
                    next: Some(Device {
                        push: None,
                        ..device.clone()
                    }),
                }],
                ..ApprovalWrites::default()
            },
            ..Change::telling(event)
        }
    }
}
