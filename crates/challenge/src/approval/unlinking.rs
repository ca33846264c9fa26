//! How a phone is unlinked: by itself, by an officer where it was lost, or by another that takes its
//! place. What it was asked for ends with it.

use super::ApprovalStanding;
use super::callback::Told;
use super::caller::DeviceCaller;
use super::device::{Device, DeviceStatus};
use super::ending::session_write;
use super::linking::{lost_races, no_standing};
use super::ports::{ApprovalWrites, Write};
use super::refused::Refused;
use super::session::Session;
use crate::administration::Actor;
use crate::audit::{Event, EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::{TenantView, User};
use crate::id::Id;
use crate::lifecycle::Command;
use crate::ports::{Change, Message, SpentMark, StandingWrite, StoreError};
use crate::standing::Standing;
use crate::verifier::{TRIES, Verifier};

/// What ends with something else, and who is told.
#[derive(Default)]
pub(super) struct Ended {
    pub(super) approvals: ApprovalWrites,
    pub(super) messages: Vec<Message>,
}

impl Verifier {
    /// Unlinks the device that asks for it. Its pending sessions end, and the tenant is told.
    pub async fn unlink(&self, caller: &DeviceCaller) -> Result<(), Refused> {
        let told = || self.event_of_device(caller, EventKind::Unlink, Outcome::Done);
        let spent = [caller.nonce.clone()];
        self.unlinked((&caller.tenant, &caller.device), &spent, &told)
            .await
    }

    /// Unlinks a device in an officer's name: a phone that was lost. Its pending sessions end, and the
    /// tenant is told.
    ///
    /// [`Refused::UnknownDevice`] where there is none of this id that is linked.
    pub async fn unlink_for(
        &self,
        actor: &Actor<'_>,
        tenant: &TenantView,
        id: Id<Device>,
    ) -> Result<(), Refused> {
        let found = self.store.device(tenant.tenant.id, id).await?;
        let device = found.ok_or(Refused::UnknownDevice)?.value;
        let told = || {
            let kind = (EventKind::Unlink, Outcome::Done);
            let mut event = self.event_of_actor(actor, tenant.tenant.id, kind);
            event.user = Some(device.user);
            event.detail.device = Some(id);
            event
        };
        self.unlinked((tenant, &device), &[], &told).await
    }

    async fn unlinked(
        &self,
        (tenant, device): (&TenantView, &Device),
        spent: &[SpentMark],
        told: &(dyn Fn() -> Event + Sync),
    ) -> Result<(), Refused> {
        for _ in 0..TRIES {
            let standing = self.store.standing(device.tenant, device.user).await?;
            let standing = standing.ok_or_else(|| no_standing(device.user))?;
            if standing.value.approval.device != Some(device.id) {
                return Err(Refused::UnknownDevice);
            }
            let mut next = standing.value.clone();
            let now = self.clock.now();
            let who = (device.user, &mut next);
            let mut ended = self.ended_by_unlinking(tenant, who, now).await?;
            let who = (device.user, device.user_external_id.as_str());
            let callback = self.callback(tenant, who, Told::Unlinked)?;
            ended.messages.extend(callback);
            let change = Change {
                standing: Some(StandingWrite {
                    user: device.user,
                    expected: standing.version,
                    next: Some(next),
                }),
                approvals: ended.approvals,
                messages: Message::in_order(ended.messages),
                spent: spent.to_vec(),
                ..Change::telling(told())
            };
            match self.commit(change).await {
                Ok(()) => {
                    self.nearby.bell.ring(device.user);
                    self.nearby.bell.ring_outbox();
                    return Ok(());
                }
                Err(StoreError::Conflict) => self.wait_a_turn(device.user).await,
                Err(StoreError::AlreadySpent) => return Err(Refused::Replayed),
                Err(error) => return Err(error.into()),
            }
        }
        Err(lost_races(device.user))
    }

    /// What ends when the user's phone is not the user's any more; the standing is changed in place.
    pub(super) async fn ended_by_unlinking(
        &self,
        tenant: &TenantView,
        (user, standing): (Id<User>, &mut Standing),
        now: Timestamp,
    ) -> Result<Ended, Refused> {
        let id = tenant.tenant.id;
        let approval: &mut ApprovalStanding = &mut standing.approval;
        let mut ended = Ended::default();
        for pending in std::mem::take(&mut approval.pending) {
            let Some(found) = self.store.session(id, pending.id).await? else {
                continue;
            };
            // One that expired is told when it is due.
            let Ok(cancelled) = found.value.after(Command::Cancel, now) else {
                continue;
            };
            let who = (user, cancelled.user_external_id.as_str());
            let told = Told::Ended {
                session: cancelled.id,
            };
            ended.messages.extend(self.callback(tenant, who, told)?);
            let cancelled = Session {
                end_told: true,
                ..cancelled
            };
            let write = session_write(&found, cancelled);
            ended.approvals.sessions.push(write);
        }
        if let Some(device) = approval.device.take()
            && let Some(found) = self.store.device(id, device).await?
        {
            let status = DeviceStatus::Unlinked { at: now };
            let gone = Device {
                status,
                push: None,
                ..found.value
            };
            ended.approvals.devices.push(Write {
                key: device,
                expected: found.version,
                next: Some(gone),
            });
        }
        Ok(ended)
    }
}
