//! How things end without a decision: a session expires or is cancelled.

use super::callback::{CALLBACKS, Callback, Told};
use super::caller::{Asking, DeviceCaller};
use super::device::{Device, DeviceUpdate};
use super::linking::{lost_races, no_standing};
use super::ports::{ApprovalWrites, Write};
use super::push::About;
use super::refused::Refused;
use super::session::{Answered, Digits, Session};
use crate::audit::{Event, EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::{Tenant, TenantView, User};
use crate::id::{Id, TimedId};
use crate::lifecycle::Command;
use crate::ports::{Change, Message, StandingWrite, StoreError, Versioned};
use crate::standing::Standing;
use crate::verifier::{TRIES, Verifier};

impl Verifier {
    /// Withdraws a session that waits, and tells whoever asked, and the phone, that it ended.
    pub async fn cancel_approval(
        &self,
        asking: &Asking<'_>,
        id: Id<Session>,
    ) -> Result<Session, Refused> {
        let tenant = asking.tenant;
        for _ in 0..TRIES {
            let (standing, found) = self.standing_of_session(tenant.tenant.id, id).await?;
            let now = self.clock.now();
            if found.value.expires_untold(now) {
                // A late decision must not follow the answer that the session is past.
                self.tell_expiry(tenant, id, now).await?;
                continue;
            }
            let ended = found.value.after(Command::Cancel, now)?;
            let mut event = self.event_of_asking(asking, EventKind::Cancel, Outcome::Done);
            event.detail.session = Some(id);
            let mut change = self.ending_change(tenant, (&standing, &found), ended, event)?;
            let push = self.push_about(About::Ended, &change.1).await?;
            let pushes = push.is_some();
            change.0.messages.extend(push);
            match self.commit(change.0).await {
                Ok(()) => {
                    self.nearby.bell.ring(found.value.user);
                    self.nearby.bell.ring_outbox();
                    self.nearby.bell.ring_pushes(pushes);
                    return Ok(change.1);
                }
                Err(StoreError::Conflict) => self.wait_a_turn(found.value.user).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refused::Unavailable(format!(
            "session {id}: {TRIES} lost races"
        )))
    }

    /// Tells once that a session expired, if it did by `now`. Afterwards it is answered, ended or told
    /// as expired, and a decision that was judged before it is judged again.
    pub(super) async fn tell_expiry(
        &self,
        tenant: &TenantView,
        id: Id<Session>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        for _ in 0..TRIES {
            let (standing, found) = self.standing_of_session(tenant.tenant.id, id).await?;
            let session = &found.value;
            if !session.expires_untold(now) {
                return Ok(());
            }
            let address = None;
            let kind = (EventKind::Expire, Outcome::Done);
            let mut event = self.approval_event(tenant.tenant.id, kind, address);
            event.detail.session = Some(id);
            let ended = session.clone();
            let change = self.ending_change(tenant, (&standing, &found), ended, event)?;
            match self.commit(change.0).await {
                Ok(()) => {
                    self.nearby.bell.ring(session.user);
                    self.nearby.bell.ring_outbox();
                    return Ok(());
                }
                Err(StoreError::Conflict) => self.wait_a_turn(session.user).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refused::Unavailable(format!(
            "session {id}: {TRIES} lost races"
        )))
    }

    /// Forgets the digits that were typed in a session.
    pub(super) async fn forget_digits(
        &self,
        tenant: Id<Tenant>,
        id: Id<Session>,
    ) -> Result<(), Refused> {
        for _ in 0..TRIES {
            let Some(found) = self.store.session(tenant, id).await? else {
                return Ok(());
            };
            let forgotten = match &found.value.answer {
                Some(Answered::Pin(Some(Digits::Sealed(_)))) => {
                    Answered::Pin(Some(Digits::Forgotten))
                }
                Some(Answered::PinSet(Some(Digits::Sealed(_)))) => {
                    Answered::PinSet(Some(Digits::Forgotten))
                }
                _ => return Ok(()),
            };
            let mut next = found.value.clone();
            next.answer = Some(forgotten);
            let kind = (EventKind::ForgetDigits, Outcome::Done);
            let mut event = self.approval_event(tenant, kind, None);
            event.user = Some(next.user);
            event.detail.session = Some(id);
            let change = Change {
                approvals: ApprovalWrites {
                    sessions: vec![session_write(&found, next)],
                    ..ApprovalWrites::default()
                },
                ..Change::telling(event)
            };
            match self.commit(change).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refused::Unavailable(format!(
            "session {id}: {TRIES} lost races"
        )))
    }

    /// A session with the standing of its user, the standing read first: who writes a session writes
    /// the standing too, so a change that names this version of it saw the session as it is.
    pub(super) async fn standing_of_session(
        &self,
        tenant: Id<Tenant>,
        id: Id<Session>,
    ) -> Result<(Versioned<Standing>, Versioned<Session>), Refused> {
        let found = self.store.session(tenant, id).await?;
        let user = found.ok_or(Refused::SessionNotFound)?.value.user;
        let standing = self.store.standing(tenant, user).await?;
        let standing = standing.ok_or_else(|| no_standing(user))?;
        let found = self.store.session(tenant, id).await?;
        Ok((standing, found.ok_or(Refused::SessionNotFound)?))
    }

    /// The change by which a session ends without an answer, and the session after it.
    fn ending_change(
        &self,
        tenant: &TenantView,
        (standing, found): (&Versioned<Standing>, &Versioned<Session>),
        ended: Session,
        mut event: Event,
    ) -> Result<(Change, Session), Refused> {
        let ended = Session {
            end_told: true,
            ..ended
        };
        let mut next = standing.value.clone();
        next.approval.close(ended.id);
        event.user = Some(ended.user);
        event.detail.device = Some(ended.device);
        let who = (ended.user, ended.user_external_id.as_str());
        let told = Told::Ended { session: ended.id };
        let change = Change {
            standing: Some(StandingWrite {
                user: ended.user,
                expected: standing.version,
                next: Some(next),
            }),
            approvals: ApprovalWrites {
                sessions: vec![session_write(found, ended.clone())],
                ..ApprovalWrites::default()
            },
            messages: self.callback(tenant, who, told)?.into_iter().collect(),
            ..Change::telling(event)
        };
        Ok((change, ended))
    }

    /// Writes down what a device tells anew about itself.
    pub async fn update_device(
        &self,
        caller: &DeviceCaller,
        update: &DeviceUpdate<'_>,
    ) -> Result<Device, Refused> {
        let (tenant, id) = (caller.device.tenant, caller.device.id);
        let push = match &update.push {
            None => None,
            Some(None) => Some(None),
            Some(Some(push)) => Some(Some(self.sealed_push(&caller.tenant.tenant, id, push)?)),
        };
        for _ in 0..TRIES {
            let found = self.store.device(tenant, id).await?;
            let found = found.filter(|row| row.value.is_linked());
            let found = found.ok_or(Refused::UnknownDevice)?;
            let mut next = found.value.clone();
            next.capabilities = update.capabilities.unwrap_or(next.capabilities);
            next.push = push.clone().unwrap_or(next.push);
            let event = self.event_of_device(caller, EventKind::UpdateDevice, Outcome::Done);
            let change = Change {
                approvals: ApprovalWrites {
                    devices: vec![Write {
                        key: id,
                        expected: found.version,
                        next: Some(next.clone()),
                    }],
                    ..ApprovalWrites::default()
                },
                spent: vec![caller.nonce.clone()],
                ..Change::telling(event)
            };
            match self.commit(change).await {
                Ok(()) => return Ok(next),
                Err(StoreError::Conflict) => {}
                Err(StoreError::AlreadySpent) => return Err(Refused::Replayed),
                Err(error) => return Err(error.into()),
            }
        }
        Err(lost_races(caller.device.user))
    }

    /// The message that tells a tenant; nothing where it wants no callbacks.
    pub(super) fn callback(
        &self,
        tenant: &TenantView,
        (user, external_id): (Id<User>, &str),
        told: Told,
    ) -> Result<Option<Message>, Refused> {
        let okay = tenant.tenant.okay.as_ref();
        if okay.is_none_or(|okay| okay.callback_url.is_none()) {
            return Ok(None);
        }
        let callback = Callback {
            user_external_id: external_id.to_owned(),
            told,
        };
        let body = serde_json::to_string(&callback)
            .map_err(|error| Refused::Unavailable(error.to_string()))?;
        let now = self.clock.now();
        Ok(Some(Message {
            id: TimedId::random(now, &*self.rng),
            tenant: tenant.tenant.id,
            kind: CALLBACKS.to_owned(),
            line: Some(user),
            body,
            due_at: now,
        }))
    }

    /// Waits for its turn about one user after a lost race, and lets the next one in at once.
    pub(super) async fn wait_a_turn(&self, user: Id<User>) {
        drop(self.turnstiles.pass(user.number()).await);
    }
}

pub(super) fn session_write(
    found: &Versioned<Session>,
    next: Session,
) -> Write<Id<Session>, Session> {
    Write {
        key: found.value.id,
        expected: found.version,
        next: Some(next),
    }
}
