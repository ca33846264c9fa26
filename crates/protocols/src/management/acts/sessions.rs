//! A tenant's approval sessions: listed, shown, withdrawn.

use challenge::approval::{Asking, Session};
use challenge::audit::{Event, EventKind};
use challenge::clock::Timestamp;
use challenge::directory::TenantView;
use challenge::id::Id;
use challenge::lifecycle::{Phase, State};
use challenge::officers::{Officer, Power};
use challenge::watching::ports::SessionPage;

use crate::desk::Desk;
use crate::management::acts::audit::{named_by_events, user_id};
use crate::management::paging::{Page, Paging, closed};
use crate::management::refusal::Refusal;
use crate::management::shapes::moving::SessionShown;

/// Which sessions are looked for. All that is said must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Asked of this user, by id in decimals.
    pub user: Option<String>,
    /// Only those that may still be decided.
    pub pending: bool,
}

/// The approval sessions of a tenant within reach: those that may be decided longest first, a user's
/// the newest first. A page can have fewer than were asked for, and a next one all the same.
pub async fn list(
    desk: &Desk,
    officer: &Officer,
    tenant: &str,
    (wanted, paging): (&Wanted, &Paging),
) -> Result<Page<SessionShown>, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Look)?;
    let now = desk.verifier.now();
    let (mut sessions, next) = match &wanted.user {
        Some(user) => of_user(desk, &view, user, paging).await?,
        None => of_tenant(desk, &view, wanted.pending.then_some(now), paging).await?,
    };
    if wanted.pending {
        let is_pending = |one: &Session| matches!(one.phase_at(now), Phase::Is(State::Open { .. }));
        sessions.retain(is_pending);
    }
    let items = sessions.iter().map(|one| SessionShown::of(one, now));
    Ok(Page {
        items: items.collect(),
        next,
    })
}

/// An approval session.
pub async fn show(
    desk: &Desk,
    officer: &Officer,
    (tenant, id): (&str, &str),
) -> Result<SessionShown, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Look)?;
    let session = desk.verifier.approval(view.tenant.id, named(id)?).await?;
    Ok(SessionShown::of(&session, desk.verifier.now()))
}

/// Withdraws a session that waits for the user. Whoever asked is told, and so is the phone.
pub async fn cancel(
    desk: &Desk,
    officer: &Officer,
    (tenant, id): (&str, &str),
) -> Result<SessionShown, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Tend)?;
    let actor = officer.actor();
    let asking = Asking {
        tenant: &view,
        door: actor.door,
        officer: Some(actor.name),
        address: actor.address,
        correlation: actor.correlation,
    };
    let ended = desk.verifier.cancel_approval(&asking, named(id)?).await?;
    Ok(SessionShown::of(&ended, desk.verifier.now()))
}

type Part = (Vec<Session>, Option<String>);

async fn of_tenant(
    desk: &Desk,
    view: &TenantView,
    answer_after: Option<Timestamp>,
    paging: &Paging,
) -> Result<Part, Refusal> {
    let page = SessionPage {
        after: paging.after.as_deref().map(place).transpose()?,
        answer_after,
        limit: paging.limit.saturating_add(1),
    };
    let read = desk
        .verifier
        .store()
        .sessions(view.tenant.id, &page)
        .await?;
    let mut sessions: Vec<_> = read.into_iter().map(|row| row.value).collect();
    let is_cut = sessions.len() > paging.limit();
    sessions.truncate(paging.limit());
    let last = sessions.last().filter(|_| is_cut);
    let next = last.map(|last| closed(&format!("{}.{}", last.answer_by.unix_ms(), last.id)));
    Ok((sessions, next))
}

/// What the audit log says that a user was asked, as far as it is kept.
async fn of_user(
    desk: &Desk,
    view: &TenantView,
    user: &str,
    paging: &Paging,
) -> Result<Part, Refusal> {
    let what = (
        [EventKind::Start].as_slice(),
        session_of as fn(&Event) -> Option<Id<Session>>,
    );
    let user = (view, user_id(user)?);
    let (ids, next) = named_by_events(desk, user, what, paging).await?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let read = desk.verifier.store().session(view.tenant.id, id).await?;
        found.extend(read.map(|row| row.value));
    }
    Ok((found, next))
}

fn session_of(event: &Event) -> Option<Id<Session>> {
    event.detail.session
}

fn named(id: &str) -> Result<Id<Session>, Refusal> {
    id.parse().map_err(|_| Refusal::unknown("approval session"))
}

/// A place in the list: until when the last one may be decided, and its id.
fn place(cursor: &str) -> Result<(Timestamp, Id<Session>), Refusal> {
    let read = || {
        let (ms, id) = cursor.split_once('.')?;
        Some((Timestamp::from_unix_ms(ms.parse().ok()?), id.parse().ok()?))
    };
    read().ok_or_else(|| {
        Refusal::Malformed("after: send what `next` of the page before was".to_owned())
    })
}
