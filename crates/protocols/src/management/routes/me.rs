//! `/api/v1/me`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::me;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::me::MeShown;

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Who calls, and what they may do.
#[utoipa::path(get, path = "/api/v1/me", tag = "management", operation_id = "meShow",
    responses((status = 200, body = MeShown, description = "The officer whose token was sent")),
)]
async fn show(call: Call) -> Told {
    response::ok(&me::show(&call.desk, &call.officer))
}
