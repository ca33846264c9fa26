//! Where the gateway is: `/gateway/link`, `/gateway/auth`, `/gateway/session` and `/gateway/check`.
//!
//! Clients whose base URL ends in a slash ask for `//gateway/auth`, and some append one: paths that
//! differ in slashes alone are the same place.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, Response, header};
use axum::routing::any;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::okay::refusal::Refused;
use crate::okay::request::{CheckRequest, LinkRequest, StartRequest};
use crate::okay::response::{CheckAnswer, LinkAnswer, RefusedAnswer, StartAnswer};
use crate::okay::{acts, response};

/// All routes of the gateway.
///
/// The address of the peer is taken from an `axum::extract::ConnectInfo<SocketAddr>` in the
/// request's extensions, where the server puts one.
pub fn router() -> Router<Arc<Desk>> {
    let (router, _) = documented().split_for_parts();
    router
        .method_not_allowed_fallback(wrong_method)
        .route("/gateway", any(not_here))
        .route("/gateway/", any(not_here))
        .route("/gateway/{*rest}", any(in_other_slashes))
        .route("//{*rest}", any(in_other_slashes))
}

/// The routes that clients are told of, with their descriptions.
pub(crate) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(link))
        .routes(routes!(auth))
        .routes(routes!(session))
        .routes(routes!(check))
}

/// Draws a linking code for a user, who is created where there is none. It takes the place of the
/// one drawn before for the same user.
#[utoipa::path(
    post, path = "/gateway/link", tag = "okay", operation_id = "gatewayLink",
    request_body = LinkRequest,
    responses(
        (status = 200, body = LinkAnswer, description = "status.code 0; else 101 and no code"),
        (status = "default", body = RefusedAnswer, description = "status.code 101"),
    ),
)]
async fn link(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    acts::link(&desk, request).await
}

/// Has the user's phone asked.
#[utoipa::path(
    post, path = "/gateway/auth", tag = "okay", operation_id = "gatewayAuth",
    request_body = StartRequest,
    responses(
        (status = 200, body = StartAnswer, description = "status.code 0; else 101 and no session"),
        (status = "default", body = RefusedAnswer, description = "status.code 101"),
    ),
)]
async fn auth(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    acts::start(&desk, request).await
}

/// The same as `/gateway/auth`.
#[utoipa::path(
    post, path = "/gateway/session", tag = "okay", operation_id = "gatewaySession",
    request_body = StartRequest,
    responses(
        (status = 200, body = StartAnswer, description = "status.code 0; else 101 and no session"),
        (status = "default", body = RefusedAnswer, description = "status.code 101"),
    ),
)]
async fn session(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    acts::start(&desk, request).await
}

/// Tells what came of a session: pending, answered, or not there any more.
#[utoipa::path(
    post, path = "/gateway/check", tag = "okay", operation_id = "gatewayCheck",
    request_body = CheckRequest,
    responses(
        (status = 200, body = CheckAnswer, description = "status.code 0 answered, -1 pending, 101 refused"),
        (status = "default", body = CheckAnswer, description = "status.code 101"),
    ),
)]
async fn check(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    acts::check(&desk, request).await
}

/// What is asked for with more or fewer slashes than there should be.
async fn in_other_slashes(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let known = matches!(
        segments.as_slice(),
        ["gateway", "link" | "auth" | "session" | "check"]
    );
    if known && request.method() != Method::POST {
        let mut response = response::refusal(&Refused::WrongMethod);
        let allow = HeaderValue::from_static("POST");
        response.headers_mut().insert(header::ALLOW, allow);
        return response;
    }
    match segments.as_slice() {
        ["gateway", "link"] => acts::link(&desk, request).await,
        ["gateway", "auth" | "session"] => acts::start(&desk, request).await,
        ["gateway", "check"] => acts::check(&desk, request).await,
        _ => response::refusal(&Refused::NotHere),
    }
}

async fn not_here() -> Response<Body> {
    response::refusal(&Refused::NotHere)
}

async fn wrong_method() -> Response<Body> {
    response::refusal(&Refused::WrongMethod)
}
