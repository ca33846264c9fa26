//! What waits to leave the server or was given up: callbacks, pushes, codes. Never what it says.

use challenge::approval::ports::{Listing, Waiting};
use challenge::directory::{Tenant, TenantView};
use challenge::id::{Id, TimedId};
use challenge::officers::{Officer, Power};
use challenge::watching::Post;

use crate::desk::Desk;
use crate::management::acts::audit::{place, user_id};
use crate::management::paging::{Page, Paging, closed};
use crate::management::refusal::Refusal;
use crate::management::shapes::moving::CallbackShown;

/// Which messages are looked for. All that is said must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Going there: `callback` (where nothing is said), `push`, `email` or `sms`.
    pub kind: Option<String>,
    /// Of this user, by id in decimals; of one tenant alone.
    pub user: Option<String>,
    /// Only those that were given up.
    pub dead: bool,
}

/// The messages of a tenant within reach, or of the whole server, oldest first.
pub async fn list(
    desk: &Desk,
    officer: &Officer,
    tenant: Option<&str>,
    (wanted, paging): (&Wanted, &Paging),
) -> Result<Page<CallbackShown>, Refusal> {
    let tenant = match tenant {
        None => {
            officer.server(Power::Look)?;
            None
        }
        Some(name) => {
            let view = officer.tenant(&desk.verifier.catalogue, name, Power::Look)?;
            Some(view.tenant.id)
        }
    };
    let post = match wanted.kind.as_deref() {
        None => Post::Callback,
        Some(name) => Post::named(name).ok_or_else(|| {
            Refusal::Malformed("kind: send callback, push, email or sms".to_owned())
        })?,
    };
    let line = wanted.user.as_deref().map(user_id).transpose()?;
    let listing = Listing {
        kind: post.kind(),
        tenant,
        line,
        dead_only: wanted.dead,
        after: paging.after.as_deref().map(place).transpose()?,
        limit: paging.limit.saturating_add(1),
    };
    let mut waiting = desk.verifier.store().waiting_messages(&listing).await?;
    let is_cut = waiting.len() > paging.limit();
    waiting.truncate(paging.limit());
    let last = waiting.last().filter(|_| is_cut);
    let next = last.map(|last| closed(&last.message.id.to_string()));
    let items = waiting.iter().map(|one| shown(desk, post, one)).collect();
    Ok(Page { items, next })
}

/// Lets a message leave now, with all its tries before it. Callbacks of the tenant that were stopped
/// go on. `tenant` is nothing where the officer reaches the whole server.
pub async fn redeliver(
    desk: &Desk,
    officer: &Officer,
    (tenant, id): (Option<&str>, &str),
) -> Result<(), Refusal> {
    let catalogue = &desk.verifier.catalogue;
    let view = if let Some(name) = tenant {
        Some(officer.tenant(catalogue, name, Power::Tend)?)
    } else {
        officer.server(Power::Tend)?;
        None
    };
    let unknown = || Refusal::unknown("message");
    let id: TimedId = id.parse().map_err(|_| unknown())?;
    let owner = view.as_ref().map(|view| view.tenant.id);
    let (post, found) = found(desk, owner, id).await?.ok_or_else(unknown)?;
    let view = view.or_else(|| catalogue.tenant_by_id(found.message.tenant));
    let view = view.ok_or_else(unknown)?;
    let what = (post, id, found.message.line);
    if let_leave(desk, officer, &view, what).await? {
        Ok(())
    } else {
        // It was delivered between the look and the act.
        Err(unknown())
    }
}

async fn let_leave(
    desk: &Desk,
    officer: &Officer,
    view: &TenantView,
    what: (Post, TimedId, Option<Id<challenge::directory::User>>),
) -> Result<bool, Refusal> {
    let verifier = &desk.verifier;
    let there = verifier.redeliver_for(&officer.actor(), view, what).await?;
    // Callbacks that go on again are known to this node at once.
    verifier.catalogue.refresh().await?;
    Ok(there)
}

/// The message of this id, wherever it goes.
async fn found(
    desk: &Desk,
    tenant: Option<Id<Tenant>>,
    id: TimedId,
) -> Result<Option<(Post, Waiting)>, Refusal> {
    let before = u128::from_be_bytes(*id.as_bytes()).checked_sub(1);
    let after = before.map(|before| TimedId::from_bytes(before.to_be_bytes()));
    for post in Post::ALL {
        let listing = Listing {
            kind: post.kind(),
            tenant,
            line: None,
            dead_only: false,
            after,
            limit: 1,
        };
        let waiting = desk.verifier.store().waiting_messages(&listing).await?;
        let mut waiting = waiting.into_iter().filter(|one| one.message.id == id);
        if let Some(found) = waiting.next() {
            return Ok(Some((post, found)));
        }
    }
    Ok(None)
}

fn shown(desk: &Desk, post: Post, waiting: &Waiting) -> CallbackShown {
    let view = desk.verifier.catalogue.tenant_by_id(waiting.message.tenant);
    CallbackShown::of(waiting, post, view.map(|view| view.tenant.name.clone()))
}
