//! A tenant's phones: listed, shown, linked, unlinked.

use challenge::approval::{Asking, Device};
use challenge::audit::{Event, EventKind};
use challenge::directory::TenantView;
use challenge::id::Id;
use challenge::officers::{Officer, Power};
use challenge::watching::ports::DevicePage;

use crate::desk::Desk;
use crate::management::acts::audit::named_by_events;
use crate::management::acts::users;
use crate::management::paging::{Page, Paging, closed};
use crate::management::refusal::Refusal;
use crate::management::shapes::moving::{DeviceShown, LinkingShown};

/// The phones of a tenant within reach, by their ids as text.
pub async fn list(
    desk: &Desk,
    officer: &Officer,
    tenant: &str,
    (linked_only, paging): (bool, &Paging),
) -> Result<Page<DeviceShown>, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Look)?;
    let after = paging.after.as_deref().map(|cursor| {
        let wrong = "after: send what `next` of the page before was";
        cursor
            .parse()
            .map_err(|_| Refusal::Malformed(wrong.to_owned()))
    });
    let page = DevicePage {
        after: after.transpose()?,
        linked_only,
        limit: paging.limit.saturating_add(1),
    };
    let mut devices = desk.verifier.store().devices(view.tenant.id, &page).await?;
    let is_cut = devices.len() > paging.limit();
    devices.truncate(paging.limit());
    let last = devices.last().filter(|_| is_cut);
    let next = last.map(|last| closed(&last.id.to_string()));
    let items = devices.iter().map(DeviceShown::of).collect();
    Ok(Page { items, next })
}

/// The phones that were linked to a user: the one that is now, then those that the kept events tell of,
/// newest first.
pub async fn of_user(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
    paging: &Paging,
) -> Result<Page<DeviceShown>, Refusal> {
    let found = users::found(desk, officer, named, Power::Look).await?;
    let what = (
        [EventKind::LinkDevice].as_slice(),
        device_of as fn(&Event) -> Option<Id<Device>>,
    );
    let user = (&*found.view, found.user.id);
    let (ids, next) = named_by_events(desk, user, what, paging).await?;
    // The one that is linked is told first, and once: what told of its linking may be long gone.
    let linked = found.standing.approval.device;
    let first = linked.filter(|_| paging.after.is_none());
    let others = ids.into_iter().filter(|id| Some(*id) != linked);
    let mut items = Vec::new();
    for id in first.into_iter().chain(others) {
        let read = desk
            .verifier
            .store()
            .device(found.view.tenant.id, id)
            .await?;
        items.extend(read.map(|row| DeviceShown::of(&row.value)));
    }
    Ok(Page { items, next })
}

/// A phone.
pub async fn show(
    desk: &Desk,
    officer: &Officer,
    (tenant, id): (&str, &str),
) -> Result<DeviceShown, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Look)?;
    found(desk, &view, id).await
}

/// Draws a code by which a phone is linked to a user. The one drawn before for the same user opens nothing
/// any more; a phone that is linked stays so until another one takes the code.
pub async fn link(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
) -> Result<LinkingShown, Refusal> {
    let found = users::found(desk, officer, named, Power::Tend).await?;
    let Some(external_id) = &found.user.external_id else {
        let text = "phones are linked by the user's external id: give the user one first";
        return Err(Refusal::NotPossible(text.to_owned()));
    };
    let actor = officer.actor();
    let asking = Asking {
        tenant: &found.view,
        door: actor.door,
        officer: Some(actor.name),
        address: actor.address,
        correlation: actor.correlation,
    };
    let ticket = desk.verifier.link(&asking, external_id).await?;
    LinkingShown::of(&ticket, &desk.public_url)
}

/// Unlinks a phone: one that was lost, say. What it was asked ends, and the tenant is told.
pub async fn unlink(
    desk: &Desk,
    officer: &Officer,
    (tenant, id): (&str, &str),
) -> Result<DeviceShown, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Tend)?;
    let shown = found(desk, &view, id).await?;
    if shown.unlinked_at.is_some() {
        let text = "the phone is not linked any more";
        return Err(Refusal::NotPossible(text.to_owned()));
    }
    let named = device_id(id)?;
    desk.verifier
        .unlink_for(&officer.actor(), &view, named)
        .await?;
    found(desk, &view, id).await
}

async fn found(desk: &Desk, view: &TenantView, id: &str) -> Result<DeviceShown, Refusal> {
    let read = desk
        .verifier
        .store()
        .device(view.tenant.id, device_id(id)?)
        .await?;
    let read = read.ok_or_else(|| Refusal::unknown("phone"))?;
    Ok(DeviceShown::of(&read.value))
}

fn device_id(id: &str) -> Result<Id<Device>, Refusal> {
    id.parse().map_err(|_| Refusal::unknown("phone"))
}

fn device_of(event: &Event) -> Option<Id<Device>> {
    event.detail.device
}
