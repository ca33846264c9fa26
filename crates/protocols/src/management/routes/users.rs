//! `/api/v1/tenants/{tenant}/users`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::users::{self, Wanted};
use crate::management::paging::Page;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::users::{ResetBody, StandingShown, UserBody, UserShown};

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change))
        .routes(routes!(standing))
        .routes(routes!(lock))
        .routes(routes!(unlock))
        .routes(routes!(reset))
        .routes(routes!(erase))
}

/// A tenant's users, by login name. Every filter that is given must fit; a page may have fewer than
/// were asked for, and a next one all the same.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users", tag = "management", operation_id = "userList",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("login_name" = Option<String>, Query, description = "The login name is this"),
        ("external_id" = Option<String>, Query, description = "The external id is this"),
        ("q" = Option<String>, Query, description = "The login name begins so"),
        ("locked" = Option<bool>, Query, description = "Locked, by an officer or under a policy; or not"),
    ),
    responses((status = 200, body = Page<UserShown>, description = "A page of them")),
)]
async fn list(call: Call) -> Told {
    let query = call.query(&["login_name", "external_id", "q", "locked"])?;
    let text = |name| query.get(name).map(str::to_owned);
    let wanted = Wanted {
        login_name: text("login_name"),
        external_id: text("external_id"),
        q: text("q"),
        locked: query.flag("locked")?,
    };
    let wish = (&wanted, &query.paging()?);
    let page = users::list(&call.desk, &call.officer, call.named("tenant"), wish).await?;
    response::ok(&page)
}

/// Makes a user.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/users", tag = "management", operation_id = "userCreate",
    params(("tenant" = String, Path, description = "The tenant's name")),
    request_body = UserBody,
    responses((status = 201, body = UserShown, description = "It is made")),
)]
async fn create(call: Call) -> Told {
    let (desk, officer) = (Arc::clone(&call.desk), call.officer.clone());
    let (tenant, body) = (call.named("tenant").to_owned(), call.json::<UserBody>()?);
    let act = async move { users::create(&desk, &officer, &tenant, &body).await };
    let made = call.once(act).await?;
    let place = ["tenants", call.named("tenant"), "users", &made.id];
    response::created(&place, &made)
}

/// A user.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users/{user}", tag = "management", operation_id = "userShow",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = String, Path, description = "The user's id"),
    ),
    responses((status = 200, body = UserShown, headers(("ETag" = String)), description = "It")),
)]
async fn show(call: Call) -> Told {
    let shown = users::show(&call.desk, &call.officer, named(&call)).await?;
    response::tagged(&call, &shown)
}

/// Changes a user. A password of null takes it away.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/users/{user}", tag = "management", operation_id = "userChange",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = String, Path, description = "The user's id"),
    ),
    request_body(content = UserBody, content_type = "application/merge-patch+json"),
    responses((status = 200, body = UserShown, headers(("ETag" = String)), description = "As it is now")),
)]
async fn change(call: Call) -> Told {
    let wish = (&call.patch()?, &call.if_match()?);
    let shown = users::change(&call.desk, &call.officer, named(&call), wish).await?;
    response::tagged(&call, &shown)
}

/// How a user stands: counts under each policy, counters and status of each authenticator.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users/{user}/standing", tag = "management", operation_id = "userStanding",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = String, Path, description = "The user's id"),
    ),
    responses((status = 200, body = StandingShown, description = "As it is now")),
)]
async fn standing(call: Call) -> Told {
    let standing = users::standing(&call.desk, &call.officer, named(&call)).await?;
    response::ok(&standing)
}

/// Locks a user under every policy until unlocked.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/users/{user}/lock", tag = "management", operation_id = "userLock",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = String, Path, description = "The user's id"),
    ),
    responses((status = 200, body = UserShown, headers(("ETag" = String)), description = "As it is now")),
)]
async fn lock(call: Call) -> Told {
    let shown = users::lock(&call.desk, &call.officer, named(&call)).await?;
    response::tagged(&call, &shown)
}

/// Unlocks a user; all counts begin anew.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/users/{user}/unlock", tag = "management", operation_id = "userUnlock",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = String, Path, description = "The user's id"),
    ),
    responses((status = 200, body = UserShown, headers(("ETag" = String)), description = "As it is now")),
)]
async fn unlock(call: Call) -> Told {
    let shown = users::unlock(&call.desk, &call.officer, named(&call)).await?;
    response::tagged(&call, &shown)
}

/// Resets the counts of a user under one policy; an officer's lock stays.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/users/{user}/reset", tag = "management", operation_id = "userReset",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = String, Path, description = "The user's id"),
    ),
    request_body = ResetBody,
    responses((status = 200, body = UserShown, headers(("ETag" = String)), description = "As it is now")),
)]
async fn reset(call: Call) -> Told {
    let body: ResetBody = call.json()?;
    let shown = users::reset(&call.desk, &call.officer, named(&call), &body.policy).await?;
    response::tagged(&call, &shown)
}

/// Erases the personal data of a user for good: names, addresses and texts, in the audit log as well within
/// a minute. The user is locked, the authenticators are revoked, and the phone is unlinked; what happened
/// stays in the log, under the user's id.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/users/{user}/erase", tag = "management", operation_id = "userErase",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = String, Path, description = "The user's id"),
    ),
    responses((status = 200, body = UserShown, headers(("ETag" = String)), description = "What is left")),
)]
async fn erase(call: Call) -> Told {
    let shown = users::erase(&call.desk, &call.officer, named(&call)).await?;
    response::tagged(&call, &shown)
}

fn named(call: &Call) -> (&str, &str) {
    (call.named("tenant"), call.named("user"))
}
