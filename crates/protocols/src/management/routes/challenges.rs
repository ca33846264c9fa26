//! `/api/v1/tenants/{tenant}/challenges`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::challenges::{self, Wanted};
use crate::management::paging::Page;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::moving::ChallengeShown;

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(cancel))
}

/// A tenant's challenges, newest first, as far as they are kept: for a day after their end. A page may
/// have fewer than were asked for, and a next one all the same.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/challenges", tag = "management", operation_id = "challengeList",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = Option<String>, Query, description = "Asked of this user, by id in decimals"),
        ("open" = Option<bool>, Query, description = "true: only those that may still be answered"),
    ),
    responses((status = 200, body = Page<ChallengeShown>, description = "A page of them")),
)]
async fn list(call: Call) -> Told {
    let query = call.query(&["user", "open"])?;
    let wanted = Wanted {
        user: query.get("user").map(str::to_owned),
        open: query.flag("open")?.unwrap_or(false),
    };
    let wish = (&wanted, &query.paging()?);
    let page = challenges::list(&call.desk, &call.officer, call.named("tenant"), wish).await?;
    response::ok(&page)
}

/// A challenge.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/challenges/{id}", tag = "management", operation_id = "challengeShow",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("id" = String, Path, description = "The challenge's id"),
    ),
    responses((status = 200, body = ChallengeShown, description = "It")),
)]
async fn show(call: Call) -> Told {
    let named = (call.named("tenant"), call.named("id"));
    response::ok(&challenges::show(&call.desk, &call.officer, named).await?)
}

/// Withdraws a challenge that waits for its answer.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/challenges/{id}/cancel", tag = "management", operation_id = "challengeCancel",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("id" = String, Path, description = "The challenge's id"),
    ),
    responses((status = 200, body = ChallengeShown, description = "As it is now")),
)]
async fn cancel(call: Call) -> Told {
    let named = (call.named("tenant"), call.named("id"));
    response::ok(&challenges::cancel(&call.desk, &call.officer, named).await?)
}
