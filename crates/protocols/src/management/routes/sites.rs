//! `/api/v1/tenants/{tenant}/sites`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::sites;
use crate::management::paging::Page;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::sites::{SiteBody, SiteShown, Snippet};

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, remove))
        .routes(routes!(snippet))
}

/// A tenant's sites, by public id.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/sites", tag = "management", operation_id = "siteList",
    params(("tenant" = String, Path, description = "The tenant's name")),
    responses((status = 200, body = Page<SiteShown>, description = "A page of them")),
)]
async fn list(call: Call) -> Told {
    let tenant = call.named("tenant");
    let page = sites::list(&call.desk, &call.officer, tenant, &call.paging()?).await?;
    response::ok(&page)
}

/// Makes a site.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/sites", tag = "management", operation_id = "siteCreate",
    params(("tenant" = String, Path, description = "The tenant's name")),
    request_body = SiteBody,
    responses((status = 201, body = SiteShown, description = "It is made")),
)]
async fn create(call: Call) -> Told {
    let (desk, officer) = (Arc::clone(&call.desk), call.officer.clone());
    let (tenant, body) = (call.named("tenant").to_owned(), call.json::<SiteBody>()?);
    let act = async move { sites::create(&desk, &officer, &tenant, &body).await };
    let made = call.once(act).await?;
    let place = ["tenants", call.named("tenant"), "sites", &made.public_id];
    response::created(&place, &made)
}

/// A site.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/sites/{public_id}", tag = "management", operation_id = "siteShow",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("public_id" = String, Path, description = "Its public id"),
    ),
    responses((status = 200, body = SiteShown, headers(("ETag" = String)), description = "It")),
)]
async fn show(call: Call) -> Told {
    let shown = sites::show(&call.desk, &call.officer, named(&call)).await?;
    response::tagged(&call, &shown)
}

/// Changes a site.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/sites/{public_id}", tag = "management", operation_id = "siteChange",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("public_id" = String, Path, description = "Its public id"),
    ),
    request_body(content = SiteBody, content_type = "application/merge-patch+json"),
    responses((status = 200, body = SiteShown, headers(("ETag" = String)), description = "As it is now")),
)]
async fn change(call: Call) -> Told {
    let wish = (&call.patch()?, &call.if_match()?);
    let shown = sites::change(&call.desk, &call.officer, named(&call), wish).await?;
    response::tagged(&call, &shown)
}

/// Removes a site.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/sites/{public_id}", tag = "management", operation_id = "siteRemove",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("public_id" = String, Path, description = "Its public id"),
    ),
    responses((status = 204, description = "It is gone")),
)]
async fn remove(call: Call) -> Told {
    let if_match = call.if_match()?;
    sites::remove(&call.desk, &call.officer, named(&call), &if_match).await?;
    response::done()
}

/// What a site's pages are to have in them.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/sites/{public_id}/snippet", tag = "management", operation_id = "siteSnippet",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("public_id" = String, Path, description = "Its public id"),
    ),
    responses((status = 200, body = Snippet, description = "HTML")),
)]
async fn snippet(call: Call) -> Told {
    let snippet = sites::snippet(&call.desk, &call.officer, named(&call)).await?;
    response::ok(&snippet)
}

fn named(call: &Call) -> (&str, &str) {
    (call.named("tenant"), call.named("public_id"))
}
