//! `/api/v1/tenants`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::tenants;
use crate::management::paging::Page;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::tenants::{TenantBody, TenantShown};

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, remove))
}

/// The tenants within reach, by name.
#[utoipa::path(get, path = "/api/v1/tenants", tag = "management", operation_id = "tenantList",
    responses((status = 200, body = Page<TenantShown>, description = "A page of them")),
)]
async fn list(call: Call) -> Told {
    let page = tenants::list(&call.desk, &call.officer, &call.paging()?).await?;
    response::ok(&page)
}

/// Makes a tenant.
#[utoipa::path(post, path = "/api/v1/tenants", tag = "management", operation_id = "tenantCreate",
    request_body = TenantBody,
    responses((status = 201, body = TenantShown, description = "It is made")),
)]
async fn create(call: Call) -> Told {
    let (desk, officer) = (Arc::clone(&call.desk), call.officer.clone());
    let body: TenantBody = call.json()?;
    let act = async move { tenants::create(&desk, &officer, &body).await };
    let made = call.once(act).await?;
    response::created(&["tenants", &made.name], &made)
}

/// A tenant.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}", tag = "management", operation_id = "tenantShow",
    params(("tenant" = String, Path, description = "Its name")),
    responses((status = 200, body = TenantShown, headers(("ETag" = String)), description = "It")),
)]
async fn show(call: Call) -> Told {
    let shown = tenants::show(&call.desk, &call.officer, call.named("tenant")).await?;
    response::tagged(&call, &shown)
}

/// Changes a tenant.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}", tag = "management", operation_id = "tenantChange",
    params(("tenant" = String, Path, description = "Its name")),
    request_body(content = TenantBody, content_type = "application/merge-patch+json"),
    responses((status = 200, body = TenantShown, headers(("ETag" = String)), description = "As it is now")),
)]
async fn change(call: Call) -> Told {
    let wish = (&call.patch()?, &call.if_match()?);
    let shown = tenants::change(&call.desk, &call.officer, call.named("tenant"), wish).await?;
    response::tagged(&call, &shown)
}

/// Removes a tenant in which there is nothing any more.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}", tag = "management", operation_id = "tenantRemove",
    params(("tenant" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is gone")),
)]
async fn remove(call: Call) -> Told {
    let if_match = call.if_match()?;
    tenants::remove(&call.desk, &call.officer, call.named("tenant"), &if_match).await?;
    response::done()
}
