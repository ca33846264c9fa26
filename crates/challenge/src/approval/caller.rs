//! Who asks: a tenant's server, or a phone that proved to hold its key.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use quick_cache::sync::Cache;

use super::bell::Bell;
use super::device::Device;
use super::hearing::Heard;
use super::refused::Refused;
use super::session::Verdict;
use super::signed::{self, SignedRequest, TIME_TOLERANCE_S};
use crate::audit::{Detail, Event, EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::{Tenant, TenantView};
use crate::door::Door;
use crate::id::{Id, TimedId};
use crate::ports::SpentMark;
use crate::verifier::Verifier;

/// Characters that a nonce may have.
const NONCE_LENGTH: std::ops::RangeInclusive<usize> = 16..=64;

/// Nonces of requests kept in memory.
const NONCES_KEPT: usize = 100_000;

/// A tenant's server that asks, its signature verified.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The tenant.
    pub tenant: &'a TenantView,
    /// The way in.
    pub door: Door,
    /// The officer who asks in its place, by name; nothing: the tenant's server does.
    pub officer: Option<&'a str>,
    /// The address the request came from.
    pub address: Option<&'a str>,
    /// The caller's own name for the request.
    pub correlation: Option<&'a str>,
}

/// A device that proved to hold its key.
#[derive(Clone, Debug)]
pub struct DeviceCaller {
    /// The tenant it is linked to.
    pub tenant: Arc<TenantView>,
    /// The device.
    pub device: Device,
    /// The address the request came from.
    pub address: Option<String>,
    /// Its nonce, spent with what the request changes.
    pub(super) nonce: SpentMark,
}

/// What is kept in memory about approvals; nothing that has to survive or be shared.
pub(crate) struct Nearby {
    pub(super) bell: Bell,
    nonces: Cache<[u8; 32], ()>,
    pub(super) heard: Heard,
    pub(super) meter: super::start::Meter,
}

impl Default for Nearby {
    fn default() -> Self {
        Self {
            bell: Bell::default(),
            nonces: Cache::new(NONCES_KEPT),
            heard: Heard::default(),
            meter: super::start::Meter::default(),
        }
    }
}

impl Verifier {
    /// The bell that rings when something about a user's approvals changed on this node.
    pub fn bell(&self) -> &Bell {
        &self.nearby.bell
    }

    /// The device that signed a request ([`signed::request`]).
    ///
    /// The signature must be over this very request, its time within two minutes of ours, its nonce
    /// new: this node refuses it a second time in any request, and the store, on every node, in one
    /// that changes something.
    pub async fn authenticate_device(
        &self,
        request: &SignedRequest<'_>,
    ) -> Result<DeviceCaller, Refused> {
        if !NONCE_LENGTH.contains(&request.nonce.len()) {
            return Err(Refused::DoesNotFit(
                "nonce: choose 16 to 64 characters, never the same twice".to_owned(),
            ));
        }
        let now = self.clock.now();
        if let Some(ahead_s) = signed::time_off_by(request.time_ms, now) {
            return Err(Refused::WrongTime { ahead_s });
        }
        // It may have come before the database was restored.
        let signed_at = Timestamp::from_unix_ms(request.time_ms);
        if self.catalogue.is_from_before_restore(signed_at) {
            let ahead_s = (request.time_ms - now.unix_ms()) / 1000;
            return Err(Refused::WrongTime { ahead_s });
        }
        let name = request.device;
        let tenant = self.catalogue.tenant_by_id(name.tenant);
        let tenant = tenant.ok_or(Refused::UnknownDevice)?;
        let found = self.store.device(name.tenant, name.device).await?;
        let device = found.ok_or(Refused::UnknownDevice)?.value;
        let text = signed::request(request);
        let signed_by = device
            .public_key
            .verifies(&text, request.unverified_signature);
        if !signed_by || !device.is_linked() {
            return Err(Refused::UnknownDevice);
        }
        let nonce = nonce_of(request);
        if self.nearby.nonces.get(&nonce.digest).is_some() {
            return Err(Refused::Replayed);
        }
        self.nearby.nonces.insert(nonce.digest, ());
        Ok(DeviceCaller {
            tenant,
            device,
            address: request.address.map(str::to_owned),
            nonce,
        })
    }

    /// Whether a decision may be taken from a device now: told in time, and approved only for a tenant
    /// that may still ask. What it asked before can always be declined.
    pub(super) fn may_decide(
        &self,
        caller: &DeviceCaller,
        (verdict, time_ms): (Verdict, i64),
    ) -> Result<(), Refused> {
        if let Some(ahead_s) = signed::time_off_by(time_ms, self.clock.now()) {
            return Err(Refused::WrongTime { ahead_s });
        }
        if verdict == Verdict::Approve {
            self.may_ask(&caller.tenant.tenant)?;
        }
        Ok(())
    }

    /// An event about approvals.
    pub(super) fn approval_event(
        &self,
        tenant: Id<Tenant>,
        (kind, outcome): (EventKind, Outcome),
        address: Option<&str>,
    ) -> Event {
        let at = self.clock.now();
        Event {
            id: TimedId::random(at, &*self.rng),
            at,
            tenant,
            kind,
            outcome,
            user: None,
            detail: Detail {
                address: address.map(str::to_owned),
                ..Detail::default()
            },
        }
    }

    /// An event about what a tenant's server asked.
    pub(super) fn event_of_asking(
        &self,
        asking: &Asking<'_>,
        kind: EventKind,
        outcome: Outcome,
    ) -> Event {
        let tenant = asking.tenant.tenant.id;
        let mut event = self.approval_event(tenant, (kind, outcome), asking.address);
        event.detail.door = Some(asking.door);
        event.detail.client = asking.officer.map(str::to_owned);
        event.detail.correlation = asking.correlation.map(str::to_owned);
        event
    }

    /// An event about what a device did.
    pub(super) fn event_of_device(
        &self,
        caller: &DeviceCaller,
        kind: EventKind,
        outcome: Outcome,
    ) -> Event {
        let device = &caller.device;
        let address = caller.address.as_deref();
        let mut event = self.approval_event(device.tenant, (kind, outcome), address);
        event.user = Some(device.user);
        event.detail.door = Some(Door::Device);
        event.detail.device = Some(device.id);
        event
    }
}

/// The mark of a request's nonce: forgotten when the request's time is refused anyway.
fn nonce_of(request: &SignedRequest<'_>) -> SpentMark {
    let mut context = Context::new(&SHA256);
    context.update(b"countersign device nonce\0");
    context.update(request.device.to_string().as_bytes());
    context.update(b"\0");
    context.update(request.nonce.as_bytes());
    let time = Timestamp::from_unix_ms(request.time_ms);
    SpentMark {
        digest: context
            .finish()
            .as_ref()
            .first_chunk()
            .copied()
            .unwrap_or_default(),
        keep_until: Some(time.plus_s(2 * TIME_TOLERANCE_S)),
    }
}
