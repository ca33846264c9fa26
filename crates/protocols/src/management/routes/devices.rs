//! `/api/v1/tenants/{tenant}/devices`, `/api/v1/tenants/{tenant}/users/{user}/devices`,
//! `/api/v1/tenants/{tenant}/users/{user}/link`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::devices;
use crate::management::paging::Page;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::moving::{DeviceShown, LinkingShown};

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(of_user))
        .routes(routes!(link))
        .routes(routes!(show))
        .routes(routes!(unlink))
}

/// A tenant's phones, unlinked ones included, by id.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/devices", tag = "management", operation_id = "linkedDeviceList",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("linked" = Option<bool>, Query, description = "true: only those that are linked"),
    ),
    responses((status = 200, body = Page<DeviceShown>, description = "A page of them")),
)]
async fn list(call: Call) -> Told {
    let query = call.query(&["linked"])?;
    let linked_only = query.flag("linked")?.unwrap_or(false);
    let wish = (linked_only, &query.paging()?);
    let page = devices::list(&call.desk, &call.officer, call.named("tenant"), wish).await?;
    response::ok(&page)
}

/// The phones that were linked to a user, the one that is now included: newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users/{user}/devices", tag = "management", operation_id = "userDevices",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = String, Path, description = "The user's id"),
    ),
    responses((status = 200, body = Page<DeviceShown>, description = "A page of them")),
)]
async fn of_user(call: Call) -> Told {
    let (paging, named) = (call.paging()?, (call.named("tenant"), call.named("user")));
    let page = devices::of_user(&call.desk, &call.officer, named, &paging).await?;
    response::ok(&page)
}

/// Draws a code by which a phone is linked to a user, who must have an external id. It is told once, in
/// this answer, and takes the place of the one drawn before for the same user.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/users/{user}/link", tag = "management", operation_id = "userLink",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = String, Path, description = "The user's id"),
    ),
    responses((status = 200, body = LinkingShown, description = "The code")),
)]
async fn link(call: Call) -> Told {
    let (desk, officer) = (Arc::clone(&call.desk), call.officer.clone());
    let (tenant, user) = (
        call.named("tenant").to_owned(),
        call.named("user").to_owned(),
    );
    let act = async move { devices::link(&desk, &officer, (&tenant, &user)).await };
    response::ok(&call.once(act).await?)
}

/// A phone.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/devices/{id}", tag = "management", operation_id = "linkedDeviceShow",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("id" = String, Path, description = "The phone's id"),
    ),
    responses((status = 200, body = DeviceShown, description = "It")),
)]
async fn show(call: Call) -> Told {
    let named = (call.named("tenant"), call.named("id"));
    response::ok(&devices::show(&call.desk, &call.officer, named).await?)
}

/// Unlinks a phone: one that was lost, say. What it was asked ends, and the tenant is told.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/devices/{id}/unlink", tag = "management", operation_id = "linkedDeviceUnlink",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("id" = String, Path, description = "The phone's id"),
    ),
    responses((status = 200, body = DeviceShown, description = "As it is now")),
)]
async fn unlink(call: Call) -> Told {
    let named = (call.named("tenant"), call.named("id"));
    response::ok(&devices::unlink(&call.desk, &call.officer, named).await?)
}
