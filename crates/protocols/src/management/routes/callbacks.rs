//! `/api/v1/callbacks`, `/api/v1/tenants/{tenant}/callbacks`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::callbacks::{self, Wanted};
use crate::management::paging::Page;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::moving::CallbackShown;

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(of_server))
        .routes(routes!(of_tenant))
        .routes(routes!(redeliver_any))
        .routes(routes!(redeliver))
}

/// What waits to leave the server, or was given up: oldest first. Never what it says.
#[utoipa::path(get, path = "/api/v1/callbacks", tag = "management", operation_id = "callbackServer",
    params(
        ("kind" = Option<String>, Query, description = "Where they go: callback (where nothing is said), push, email or sms"),
        ("dead" = Option<bool>, Query, description = "true: only those that were given up"),
    ),
    responses((status = 200, body = Page<CallbackShown>, description = "A page of them")),
)]
async fn of_server(call: Call) -> Told {
    let query = call.query(&["kind", "dead"])?;
    let wanted = Wanted {
        kind: query.get("kind").map(str::to_owned),
        user: None,
        dead: query.flag("dead")?.unwrap_or(false),
    };
    let wish = (&wanted, &query.paging()?);
    response::ok(&callbacks::list(&call.desk, &call.officer, None, wish).await?)
}

/// What waits to leave for a tenant, or was given up: oldest first. Never what it says.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/callbacks", tag = "management", operation_id = "callbackTenant",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("kind" = Option<String>, Query, description = "Where they go: callback (where nothing is said), push, email or sms"),
        ("dead" = Option<bool>, Query, description = "true: only those that were given up"),
        ("user" = Option<String>, Query, description = "Those of this user, by id in decimals"),
    ),
    responses((status = 200, body = Page<CallbackShown>, description = "A page of them")),
)]
async fn of_tenant(call: Call) -> Told {
    let query = call.query(&["kind", "dead", "user"])?;
    let wanted = Wanted {
        kind: query.get("kind").map(str::to_owned),
        user: query.get("user").map(str::to_owned),
        dead: query.flag("dead")?.unwrap_or(false),
    };
    let wish = (&wanted, &query.paging()?);
    let tenant = Some(call.named("tenant"));
    response::ok(&callbacks::list(&call.desk, &call.officer, tenant, wish).await?)
}

/// Lets a message of any tenant leave now, with all its tries before it.
#[utoipa::path(post, path = "/api/v1/callbacks/{id}/redeliver", tag = "management", operation_id = "callbackRedeliverAny",
    params(
        ("id" = String, Path, description = "The message's id"),
    ),
    responses((status = 204, description = "It leaves now")),
)]
async fn redeliver_any(call: Call) -> Told {
    callbacks::redeliver(&call.desk, &call.officer, (None, call.named("id"))).await?;
    response::done()
}

/// Lets a message leave now, with all its tries before it. Callbacks of the tenant that were stopped
/// go on.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/callbacks/{id}/redeliver", tag = "management", operation_id = "callbackRedeliver",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("id" = String, Path, description = "The message's id"),
    ),
    responses((status = 204, description = "It leaves now")),
)]
async fn redeliver(call: Call) -> Told {
    let named = (Some(call.named("tenant")), call.named("id"));
    callbacks::redeliver(&call.desk, &call.officer, named).await?;
    response::done()
}
