//! Those of a tenant's users who are locked: why, since when, and the way to unlock them.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use challenge::audit::{EventKind, Outcome};
use challenge::officers::{Officer, Power};
use protocols::management::acts;
use protocols::management::acts::{audit, users};
use protocols::management::paging::Paging;
use protocols::management::shapes::users::UserShown;

use super::paths;
use crate::console::form::Form;
use crate::console::moment::Moment;
use crate::console::page::Page;
use crate::console::pager::Pager;
use crate::console::place::{TenantPlace, tenant_path};
use crate::console::shared::Console;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;

/// Users on a page: of each, more is read than of others.
const LIMIT: u32 = 25;

/// Events among which the latest lock is looked for: officers lock authenticators as well.
const LOCKS: u32 = 10;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/tenants/{name}/locked", get(list))
}

#[derive(Template)]
#[template(path = "console/users/locked.html")]
struct LockedPage {
    page: Page,
    tenant: String,
    users: Vec<Locked>,
    pager: Pager,
    goes_on: bool,
    may_tend: bool,
}

impl LockedPage {
    fn path_of(&self, user: &UserShown) -> String {
        paths::user(&self.tenant, &user.id)
    }
}

/// A user, and each reason why they are locked.
struct Locked {
    user: UserShown,
    why: Vec<Reason>,
}

/// A reason.
enum Reason {
    /// An officer did it: who and when, as far as the audit log tells.
    Officer {
        by: Option<String>,
        at: Option<String>,
    },
    /// Too many answers were wrong under a policy: how many, and when the last one came.
    Wrong {
        policy: String,
        failures: u64,
        at: Option<String>,
    },
}

async fn list(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let after = form.given("after");
    let wanted = users::Wanted {
        locked: Some(true),
        ..users::Wanted::default()
    };
    let paging = Paging {
        limit: LIMIT,
        ..Paging::after(after)?
    };
    let found = users::list(&console.desk, officer, &name, (&wanted, &paging)).await?;
    let mut locked = Vec::with_capacity(found.items.len());
    for user in found.items {
        let why = reasons(&console, officer, &name, &user).await?;
        locked.push(Locked { user, why });
    }
    let path = tenant_path(&name, TenantPlace::Locked);
    let next = found.next.as_deref();
    Ok(visit.show(&LockedPage {
        page: visit.tenant_page(&name, TenantPlace::Locked),
        pager: Pager::new(visit.words, &path, &[], after, next),
        goes_on: next.is_some(),
        may_tend: officer.may(Power::Tend).is_ok(),
        users: locked,
        tenant: name,
    }))
}

async fn reasons(
    console: &Console,
    officer: &Officer,
    tenant: &str,
    user: &UserShown,
) -> Result<Vec<Reason>, Trouble> {
    let mut why = Vec::new();
    if user.locked {
        why.push(by_officer(console, officer, tenant, user).await?);
    }
    let named = (tenant, user.id.as_str());
    let standing = acts::users::standing(&console.desk, officer, named).await?;
    let wrong = standing.policies.into_iter();
    let wrong = wrong.filter(|(_, tally)| tally.locked);
    why.extend(wrong.map(|(policy, tally)| Reason::Wrong {
        policy,
        failures: u64::from(tally.failures),
        at: tally.last_failed_at,
    }));
    Ok(why)
}

/// The latest event by which an officer locked the user, and not one of the authenticators.
async fn by_officer(
    console: &Console,
    officer: &Officer,
    tenant: &str,
    user: &UserShown,
) -> Result<Reason, Trouble> {
    let wanted = audit::Wanted {
        user: Some(user.id.clone()),
        kind: Some(EventKind::Lock.name().to_owned()),
        outcome: Some(Outcome::Done.name().to_owned()),
        ..audit::Wanted::default()
    };
    let paging = Paging {
        limit: LOCKS,
        after: None,
    };
    let wish = (&wanted, &paging);
    let found = audit::search(&console.desk, officer, Some(tenant), wish).await?;
    let mut locks = found.items.into_iter();
    let lock = locks.find(|event| event.authenticator.is_none());
    let (by, at) = lock.map_or((None, None), |event| {
        (event.officer.or(event.client), Some(event.at))
    });
    Ok(Reason::Officer { by, at })
}
