//! `/api/v1/server`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::server;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::server::{ServerBody, ServerShown};

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new().routes(routes!(show, change))
}

/// The server, and its settings.
#[utoipa::path(get, path = "/api/v1/server", tag = "management", operation_id = "serverShow",
    responses((status = 200, body = ServerShown, headers(("ETag" = String)), description = "It")),
)]
async fn show(call: Call) -> Told {
    let shown = server::show(&call.desk, &call.officer).await?;
    response::tagged(&call, &shown)
}

/// Changes settings of the server.
#[utoipa::path(patch, path = "/api/v1/server", tag = "management", operation_id = "serverChange",
    request_body(content = ServerBody, content_type = "application/merge-patch+json"),
    responses((status = 200, body = ServerShown, headers(("ETag" = String)), description = "As it is now")),
)]
async fn change(call: Call) -> Told {
    let wish = (&call.patch()?, &call.if_match()?);
    let shown = server::change(&call.desk, &call.officer, wish).await?;
    response::tagged(&call, &shown)
}
