//! `/api/v1/statistics`, `/api/v1/tenants/{tenant}/statistics`,
//! `/api/v1/tenants/{tenant}/sites/{public_id}/statistics`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::statistics::{self, Range};
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::statistics::{SiteStatisticsShown, StatisticsShown};

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(of_server))
        .routes(routes!(of_tenant))
        .routes(routes!(of_site))
}

/// What was counted of the whole server, of each protocol, up to some seconds ago.
#[utoipa::path(get, path = "/api/v1/statistics", tag = "management", operation_id = "statisticsServer",
    params(
        ("range" = Option<String>, Query, description = "hour, day (where nothing is said) or month"),
    ),
    responses((status = 200, body = StatisticsShown, description = "The counts")),
)]
async fn of_server(call: Call) -> Told {
    let range = Range::named(call.query(&["range"])?.get("range"))?;
    response::ok(&statistics::show(&call.desk, &call.officer, None, range).await?)
}

/// What was counted of a tenant, of each protocol, up to some seconds ago.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/statistics", tag = "management", operation_id = "statisticsTenant",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("range" = Option<String>, Query, description = "hour, day (where nothing is said) or month"),
    ),
    responses((status = 200, body = StatisticsShown, description = "The counts")),
)]
async fn of_tenant(call: Call) -> Told {
    let range = Range::named(call.query(&["range"])?.get("range"))?;
    let tenant = Some(call.named("tenant"));
    response::ok(&statistics::show(&call.desk, &call.officer, tenant, range).await?)
}

/// What was counted of a site's visitors in the last 24 hours, up to some seconds ago.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/sites/{public_id}/statistics", tag = "management", operation_id = "siteStatistics",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("public_id" = String, Path, description = "The site's public id"),
    ),
    responses((status = 200, body = SiteStatisticsShown, description = "The counts")),
)]
async fn of_site(call: Call) -> Told {
    let named = (call.named("tenant"), call.named("public_id"));
    response::ok(&statistics::of_site(&call.desk, &call.officer, named).await?)
}
