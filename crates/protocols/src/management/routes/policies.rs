//! `/api/v1/tenants/{tenant}/policies`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::policies;
use crate::management::paging::Page;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::policies::{PolicyBody, PolicyShown};

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, remove))
}

/// A tenant's policies, by code.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/policies", tag = "management", operation_id = "policyList",
    params(("tenant" = String, Path, description = "The tenant's name")),
    responses((status = 200, body = Page<PolicyShown>, description = "A page of them")),
)]
async fn list(call: Call) -> Told {
    let tenant = call.named("tenant");
    let page = policies::list(&call.desk, &call.officer, tenant, &call.paging()?).await?;
    response::ok(&page)
}

/// Makes a policy.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/policies", tag = "management", operation_id = "policyCreate",
    params(("tenant" = String, Path, description = "The tenant's name")),
    request_body = PolicyBody,
    responses((status = 201, body = PolicyShown, description = "It is made")),
)]
async fn create(call: Call) -> Told {
    let (desk, officer) = (Arc::clone(&call.desk), call.officer.clone());
    let (tenant, body) = (call.named("tenant").to_owned(), call.json::<PolicyBody>()?);
    let act = async move { policies::create(&desk, &officer, &tenant, &body).await };
    let made = call.once(act).await?;
    let place = ["tenants", call.named("tenant"), "policies", &made.code];
    response::created(&place, &made)
}

/// A policy.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/policies/{code}", tag = "management", operation_id = "policyShow",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("code" = String, Path, description = "Its code"),
    ),
    responses((status = 200, body = PolicyShown, headers(("ETag" = String)), description = "It")),
)]
async fn show(call: Call) -> Told {
    let shown = policies::show(&call.desk, &call.officer, named(&call)).await?;
    response::tagged(&call, &shown)
}

/// Changes a policy.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/policies/{code}", tag = "management", operation_id = "policyChange",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("code" = String, Path, description = "Its code"),
    ),
    request_body(content = PolicyBody, content_type = "application/merge-patch+json"),
    responses((status = 200, body = PolicyShown, headers(("ETag" = String)), description = "As it is now")),
)]
async fn change(call: Call) -> Told {
    let wish = (&call.patch()?, &call.if_match()?);
    let shown = policies::change(&call.desk, &call.officer, named(&call), wish).await?;
    response::tagged(&call, &shown)
}

/// Removes a policy.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/policies/{code}", tag = "management", operation_id = "policyRemove",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("code" = String, Path, description = "Its code"),
    ),
    responses((status = 204, description = "It is gone")),
)]
async fn remove(call: Call) -> Told {
    let if_match = call.if_match()?;
    policies::remove(&call.desk, &call.officer, named(&call), &if_match).await?;
    response::done()
}

fn named(call: &Call) -> (&str, &str) {
    (call.named("tenant"), call.named("code"))
}
