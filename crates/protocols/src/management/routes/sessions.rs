//! `/api/v1/tenants/{tenant}/sessions`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::sessions::{self, Wanted};
use crate::management::paging::Page;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::moving::SessionShown;

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(cancel))
}

/// A tenant's approval sessions: those that may be decided longest first, a user's the newest first.
/// A page may have fewer than were asked for, and a next one all the same.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/sessions", tag = "management", operation_id = "sessionList",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = Option<String>, Query, description = "Asked of this user, by id in decimals"),
        ("pending" = Option<bool>, Query, description = "true: only those that may still be decided"),
    ),
    responses((status = 200, body = Page<SessionShown>, description = "A page of them")),
)]
async fn list(call: Call) -> Told {
    let query = call.query(&["user", "pending"])?;
    let wanted = Wanted {
        user: query.get("user").map(str::to_owned),
        pending: query.flag("pending")?.unwrap_or(false),
    };
    let wish = (&wanted, &query.paging()?);
    let page = sessions::list(&call.desk, &call.officer, call.named("tenant"), wish).await?;
    response::ok(&page)
}

/// An approval session, with the phone's signature under its answer.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/sessions/{id}", tag = "management", operation_id = "sessionShow",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("id" = String, Path, description = "The session's id"),
    ),
    responses((status = 200, body = SessionShown, description = "It")),
)]
async fn show(call: Call) -> Told {
    let named = (call.named("tenant"), call.named("id"));
    response::ok(&sessions::show(&call.desk, &call.officer, named).await?)
}

/// Withdraws a session that waits for the user; whoever asked is told.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/sessions/{id}/cancel", tag = "management", operation_id = "sessionCancel",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("id" = String, Path, description = "The session's id"),
    ),
    responses((status = 200, body = SessionShown, description = "As it is now")),
)]
async fn cancel(call: Call) -> Told {
    let named = (call.named("tenant"), call.named("id"));
    response::ok(&sessions::cancel(&call.desk, &call.officer, named).await?)
}
