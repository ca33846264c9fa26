//! What a token is worth (RFC 7662), and its end (RFC 7009).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use challenge::directory::Scope;

use crate::activid::refusal::Refused;
use crate::activid::request::Call;
use crate::activid::response::{self, Door, Introspection, OAuthError};
use crate::activid::{caller, discovery};
use crate::desk::Desk;

/// What a token is worth (RFC 7662).
#[utoipa::path(
    post, path = "/idp/{tenant}/authn/introspect", tag = "activid", operation_id = "actividIntrospect",
    params(("tenant" = String, Path, description = "the tenant's name")),
    security(("actividBasic" = []), ("activid" = [])),
    request_body(
        content = String, content_type = "application/x-www-form-urlencoded",
        example = "token=TOKEN&client_id=spl-api&client_secret=password01",
    ),
    responses(
        (status = 200, body = Introspection, description = "what it stands for, or that it is not good"),
        (status = "default", body = OAuthError, description = "refused, and why"),
    ),
)]
pub(super) async fn introspect(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    let answered = introspected(&desk, request).await;
    answered.unwrap_or_else(|refused| response::refusal(Door::OAuth, &refused))
}

/// Ends a token (RFC 7009).
#[utoipa::path(
    post, path = "/idp/{tenant}/authn/revoke", tag = "activid", operation_id = "actividRevoke",
    params(("tenant" = String, Path, description = "the tenant's name")),
    security(("actividBasic" = []), ("activid" = [])),
    request_body(
        content = String, content_type = "application/x-www-form-urlencoded",
        example = "token=TOKEN&client_id=spl-api&client_secret=password01",
    ),
    responses(
        (status = 200, description = "it is good no more, or never was"),
        (status = "default", body = OAuthError, description = "refused, and why"),
    ),
)]
pub(super) async fn revoke(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    let answered = revoked(&desk, request).await;
    answered.unwrap_or_else(|refused| response::refusal(Door::OAuth, &refused))
}

/// A client learns about its own tokens, and about those of others if it may read.
async fn introspected(desk: &Desk, request: Request) -> Result<Response<Body>, Refused> {
    let call = Call::read(desk, request).await?;
    let form = call.form()?;
    let caller = caller::at_token_endpoint(desk, &call, &form).await?;
    let unverified_token = form.need("token")?;
    let found = desk
        .verifier
        .introspect(&call.tenant, unverified_token)
        .await?;
    let told =
        found.filter(|token| token.client == caller.client.id || caller.client.may(Scope::Read));
    let issuer = discovery::issuer(desk, &call.tenant.tenant);
    let answer = told.and_then(|token| response::introspection(&call.tenant, &issuer, &token));
    Ok(answer.unwrap_or_else(response::inactive))
}

async fn revoked(desk: &Desk, request: Request) -> Result<Response<Body>, Refused> {
    let call = Call::read(desk, request).await?;
    let form = call.form()?;
    let caller = caller::at_token_endpoint(desk, &call, &form).await?;
    let unverified_token = form.need("token")?;
    let context = call.context(&caller.client, None);
    desk.verifier.revoke(&context, unverified_token).await?;
    Ok(response::nothing())
}
