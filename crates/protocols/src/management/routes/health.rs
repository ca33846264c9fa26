//! `/api/v1/server/health`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::health;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::health::HealthShown;

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new().routes(routes!(show))
}

/// How this node of the server is: its store, its key, its workers.
#[utoipa::path(get, path = "/api/v1/server/health", tag = "management", operation_id = "serverHealth",
    responses((status = 200, body = HealthShown, description = "It")),
)]
async fn show(call: Call) -> Told {
    response::ok(&health::show(&call.desk, &call.officer).await?)
}
