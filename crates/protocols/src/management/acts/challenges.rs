//! A tenant's challenges: listed, shown, withdrawn.

use challenge::audit::{Event, EventKind};
use challenge::clock::Timestamp;
use challenge::directory::TenantView;
use challenge::id::TimedId;
use challenge::officers::{Officer, Power};
use challenge::watching::LOOK_MAX;
use challenge::watching::ports::{ChallengePage, Kept, KeptPage};

use crate::desk::Desk;
use crate::management::acts::audit::{named_by_events, place, serial, user_id};
use crate::management::paging::{Page, Paging, closed};
use crate::management::refusal::Refusal;
use crate::management::shapes::moving::ChallengeShown;

/// The longest that a challenge can be open, in seconds: the most that a policy may say.
const OPEN_MAX_S: i64 = 86_400;

/// Which challenges are looked for. All that is said must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Asked of this user, by id in decimals.
    pub user: Option<String>,
    /// Only those that may still be answered.
    pub open: bool,
}

/// The challenges of a tenant within reach, newest first: those of a user as far as they are kept.
/// A page can have fewer than were asked for, and a next one all the same.
pub async fn list(
    desk: &Desk,
    officer: &Officer,
    tenant: &str,
    (wanted, paging): (&Wanted, &Paging),
) -> Result<Page<ChallengeShown>, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Look)?;
    let now = desk.verifier.now();
    let (mut kept, next) = match &wanted.user {
        Some(user) => of_user(desk, &view, user, paging).await?,
        None => of_tenant(desk, &view, wanted.open.then_some(now), paging).await?,
    };
    if wanted.open {
        kept.retain(|one| one.is_open(now));
    }
    let mut items = Vec::with_capacity(kept.len());
    for one in &kept {
        items.push(shown(desk, &view, one).await?);
    }
    Ok(Page { items, next })
}

/// A challenge.
pub async fn show(
    desk: &Desk,
    officer: &Officer,
    (tenant, id): (&str, &str),
) -> Result<ChallengeShown, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Look)?;
    let (_, kept) = found(desk, &view, id).await?;
    shown(desk, &view, &kept).await
}

/// Withdraws a challenge that waits for its answer. A visitor's was answered, or it is not kept.
pub async fn cancel(
    desk: &Desk,
    officer: &Officer,
    (tenant, id): (&str, &str),
) -> Result<ChallengeShown, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Tend)?;
    let (id, kept) = found(desk, &view, id).await?;
    if matches!(kept, Kept::Visitor(_)) {
        let text = "a visitor's challenge that is kept was answered: there is nothing to withdraw";
        return Err(Refusal::NotPossible(text.to_owned()));
    }
    let verifier = &desk.verifier;
    let cancelled = verifier.cancel_for(&officer.actor(), &view, id).await?;
    shown(desk, &view, &Kept::User(cancelled)).await
}

type Part = (Vec<Kept>, Option<String>);

async fn of_tenant(
    desk: &Desk,
    view: &TenantView,
    open_at: Option<Timestamp>,
    paging: &Paging,
) -> Result<Part, Refusal> {
    let oldest = |now: Timestamp| Timestamp::from_unix_ms(now.unix_ms() - OPEN_MAX_S * 1000);
    let page = ChallengePage {
        before: paging.after.as_deref().map(place).transpose()?,
        from: open_at.map(oldest),
        open_at,
        limit: paging.limit.saturating_add(1),
        look: LOOK_MAX,
    };
    let store = desk.verifier.store();
    let KeptPage { mut kept, came_to } = store.challenges(view.tenant.id, &page).await?;
    let is_cut = kept.len() > paging.limit();
    kept.truncate(paging.limit());
    let last = kept.last().filter(|_| is_cut).map(Kept::id);
    let next = last.or(came_to).map(|id| closed(&id.to_string()));
    Ok((kept, next))
}

/// What the audit log says that was asked of a user, as far as it is kept.
async fn of_user(
    desk: &Desk,
    view: &TenantView,
    user: &str,
    paging: &Paging,
) -> Result<Part, Refusal> {
    let kinds = [EventKind::Issue, EventKind::Send];
    let what = (
        kinds.as_slice(),
        challenge_of as fn(&Event) -> Option<TimedId>,
    );
    let user = (view, user_id(user)?);
    let (ids, next) = named_by_events(desk, user, what, paging).await?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(desk.verifier.store().kept(view.tenant.id, id).await?);
    }
    Ok((found, next))
}

fn challenge_of(event: &Event) -> Option<TimedId> {
    event.detail.challenge
}

async fn found(desk: &Desk, view: &TenantView, id: &str) -> Result<(TimedId, Kept), Refusal> {
    let unknown = || Refusal::unknown("challenge");
    let id: TimedId = id.parse().map_err(|_| unknown())?;
    let found = desk.verifier.store().kept(view.tenant.id, id).await?;
    Ok((id, found.ok_or_else(unknown)?))
}

async fn shown(desk: &Desk, view: &TenantView, kept: &Kept) -> Result<ChallengeShown, Refusal> {
    let now = desk.verifier.now();
    Ok(match kept {
        Kept::User(challenge) => {
            let client = view.client_by_id(challenge.client);
            let client = client.map(|client| client.name.clone());
            let named = (Some(challenge.user), challenge.authenticator);
            let serial = serial(desk, view.tenant.id, named).await?;
            ChallengeShown::of_user(challenge, (client, serial), now)
        }
        Kept::Visitor(visit) => {
            let site = desk.verifier.catalogue.site_by_id(visit.site);
            let site = site.map(|site| site.public_id.clone());
            ChallengeShown::of_visitor(visit, site, now)
        }
    })
}
