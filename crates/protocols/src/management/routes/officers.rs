//! `/api/v1/officers`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::officers;
use crate::management::paging::Page;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::officers::{
    LinkBody, LinkShown, OfficerBody, OfficerPowers, OfficerShown,
};

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, remove))
        .routes(routes!(link))
}

/// The administrators within reach.
#[utoipa::path(get, path = "/api/v1/officers", tag = "management", operation_id = "officerList",
    responses((status = 200, body = Page<OfficerShown>, description = "A page of them")),
)]
async fn list(call: Call) -> Told {
    let page = officers::list(&call.desk, &call.officer, &call.paging()?).await?;
    response::ok(&page)
}

/// Invites an administrator, who may no more than whoever invites. The link is told in this answer.
#[utoipa::path(post, path = "/api/v1/officers", tag = "management", operation_id = "officerCreate",
    request_body = OfficerBody,
    responses((status = 201, body = OfficerShown, description = "Invited")),
)]
async fn create(call: Call) -> Told {
    let (desk, officer) = (Arc::clone(&call.desk), call.officer.clone());
    let body: OfficerBody = call.json()?;
    let act = async move { officers::create(&desk, &officer, &body).await };
    let made = call.once(act).await?;
    response::created(&["officers", &made.id], &made)
}

/// An administrator.
#[utoipa::path(get, path = "/api/v1/officers/{officer}", tag = "management", operation_id = "officerShow",
    params(("officer" = String, Path, description = "The id")),
    responses((status = 200, body = OfficerShown, headers(("ETag" = String)), description = "The administrator")),
)]
async fn show(call: Call) -> Told {
    let shown = officers::show(&call.desk, &call.officer, call.named("officer")).await?;
    response::tagged(&call, &shown)
}

/// Changes what an administrator may do.
#[utoipa::path(patch, path = "/api/v1/officers/{officer}", tag = "management", operation_id = "officerChange",
    params(("officer" = String, Path, description = "The id")),
    request_body(content = OfficerPowers, content_type = "application/merge-patch+json"),
    responses((status = 200, body = OfficerShown, headers(("ETag" = String)), description = "As it is now")),
)]
async fn change(call: Call) -> Told {
    let wish = (&call.patch()?, &call.if_match()?);
    let shown = officers::change(&call.desk, &call.officer, call.named("officer"), wish).await?;
    response::tagged(&call, &shown)
}

/// Removes an administrator. Tokens that they made go on: `made_by` in `GET /api/v1/tokens` tells which.
#[utoipa::path(delete, path = "/api/v1/officers/{officer}", tag = "management", operation_id = "officerRemove",
    params(("officer" = String, Path, description = "The id")),
    responses((status = 204, description = "Removed; sessions and links ended")),
)]
async fn remove(call: Call) -> Told {
    let if_match = call.if_match()?;
    officers::remove(&call.desk, &call.officer, call.named("officer"), &if_match).await?;
    response::done()
}

/// Makes a link by which an administrator signs in and chooses a new password.
#[utoipa::path(post, path = "/api/v1/officers/{officer}/link", tag = "management", operation_id = "officerLink",
    params(("officer" = String, Path, description = "The id")),
    request_body(content = Option<LinkBody>),
    responses((status = 201, body = LinkShown, description = "It is told nowhere else")),
)]
async fn link(call: Call) -> Told {
    let (desk, officer) = (Arc::clone(&call.desk), call.officer.clone());
    let id = call.named("officer").to_owned();
    let body: LinkBody = call.json_or_nothing()?;
    let act = async move { officers::link(&desk, &officer, &id, &body).await };
    let made = call.once(act).await?;
    response::created(&["officers", call.named("officer")], &made)
}
