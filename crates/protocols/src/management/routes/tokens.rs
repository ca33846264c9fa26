//! `/api/v1/tokens`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::tokens;
use crate::management::paging::Page;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::tokens::{TokenBody, TokenShown};

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, revoke))
}

/// The tokens within reach, ended ones of the last 30 days included.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "management", operation_id = "tokenList",
    responses((status = 200, body = Page<TokenShown>, description = "A page of them")),
)]
async fn list(call: Call) -> Told {
    let page = tokens::list(&call.desk, &call.officer, &call.paging()?).await?;
    response::ok(&page)
}

/// Makes a token, which may no more than whoever makes it. Its text is told once, in this answer.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "management", operation_id = "tokenCreate",
    request_body = TokenBody,
    responses((status = 201, body = TokenShown, description = "It is made")),
)]
async fn create(call: Call) -> Told {
    let (desk, officer) = (Arc::clone(&call.desk), call.officer.clone());
    let body: TokenBody = call.json()?;
    let act = async move { tokens::create(&desk, &officer, &body).await };
    let made = call.once(act).await?;
    response::created(&["tokens", &made.id], &made)
}

/// A token.
#[utoipa::path(get, path = "/api/v1/tokens/{token}", tag = "management", operation_id = "tokenShow",
    params(("token" = String, Path, description = "Its id")),
    responses((status = 200, body = TokenShown, headers(("ETag" = String)), description = "It")),
)]
async fn show(call: Call) -> Told {
    let shown = tokens::show(&call.desk, &call.officer, call.named("token")).await?;
    response::tagged(&call, &shown)
}

/// Revokes a token, for good.
#[utoipa::path(delete, path = "/api/v1/tokens/{token}", tag = "management", operation_id = "tokenRevoke",
    params(("token" = String, Path, description = "Its id")),
    responses((status = 204, description = "It is good for nothing any more")),
)]
async fn revoke(call: Call) -> Told {
    let if_match = call.if_match()?;
    tokens::revoke(&call.desk, &call.officer, call.named("token"), &if_match).await?;
    response::done()
}
