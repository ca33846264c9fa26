//! `/api/v1/tenants/{tenant}/imports`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::imports;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::imports::{ImportBody, ImportShown};

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new().routes(routes!(take_in))
}

/// Imports a file of tokens: all of it or nothing. The body has 1048576 bytes at most; larger files are
/// imported by `countersign import`. Where a line is refused and `skip_refused` is not set, nothing is
/// imported and each such line is in `errors`; of a dry run it is in `refused`.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/imports", tag = "management", operation_id = "tokenFileImport",
    params(("tenant" = String, Path, description = "The tenant's name")),
    request_body = ImportBody,
    responses((status = 200, body = ImportShown, description = "What came of it, or would")),
)]
async fn take_in(call: Call) -> Told {
    let body: ImportBody = call.json()?;
    let shown = imports::take_in(&call.desk, &call.officer, call.named("tenant"), body).await?;
    response::ok(&shown)
}
