//! `/api/v1/tenants/{tenant}/clients`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::clients;
use crate::management::paging::Page;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::clients::{ClientBody, ClientShown};

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, remove))
}

/// A tenant's clients, by id.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/clients", tag = "management", operation_id = "clientList",
    params(("tenant" = String, Path, description = "The tenant's name")),
    responses((status = 200, body = Page<ClientShown>, description = "A page of them")),
)]
async fn list(call: Call) -> Told {
    let tenant = call.named("tenant");
    let page = clients::list(&call.desk, &call.officer, tenant, &call.paging()?).await?;
    response::ok(&page)
}

/// Makes a client.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/clients", tag = "management", operation_id = "clientCreate",
    params(("tenant" = String, Path, description = "The tenant's name")),
    request_body = ClientBody,
    responses((status = 201, body = ClientShown, description = "It is made")),
)]
async fn create(call: Call) -> Told {
    let (desk, officer) = (Arc::clone(&call.desk), call.officer.clone());
    let (tenant, body) = (call.named("tenant").to_owned(), call.json::<ClientBody>()?);
    let act = async move { clients::create(&desk, &officer, &tenant, &body).await };
    let made = call.once(act).await?;
    let place = ["tenants", call.named("tenant"), "clients", &made.id];
    response::created(&place, &made)
}

/// A client.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/clients/{id}", tag = "management", operation_id = "clientShow",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("id" = String, Path, description = "Its id"),
    ),
    responses((status = 200, body = ClientShown, headers(("ETag" = String)), description = "It")),
)]
async fn show(call: Call) -> Told {
    let shown = clients::show(&call.desk, &call.officer, named(&call)).await?;
    response::tagged(&call, &shown)
}

/// Changes a client.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/clients/{id}", tag = "management", operation_id = "clientChange",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("id" = String, Path, description = "Its id"),
    ),
    request_body(content = ClientBody, content_type = "application/merge-patch+json"),
    responses((status = 200, body = ClientShown, headers(("ETag" = String)), description = "As it is now")),
)]
async fn change(call: Call) -> Told {
    let wish = (&call.patch()?, &call.if_match()?);
    let shown = clients::change(&call.desk, &call.officer, named(&call), wish).await?;
    response::tagged(&call, &shown)
}

/// Removes a client.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/clients/{id}", tag = "management", operation_id = "clientRemove",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("id" = String, Path, description = "Its id"),
    ),
    responses((status = 204, description = "It is gone")),
)]
async fn remove(call: Call) -> Told {
    let if_match = call.if_match()?;
    clients::remove(&call.desk, &call.officer, named(&call), &if_match).await?;
    response::done()
}

fn named(call: &Call) -> (&str, &str) {
    (call.named("tenant"), call.named("id"))
}
