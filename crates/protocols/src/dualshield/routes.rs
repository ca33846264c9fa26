//! Where the protocol is: `/das5/rest/auth/{method}`, the same at `/auth/{method}`, and the token endpoint at
//! `/das5/rest/oauth/token`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::Response;
use axum::routing::any;
use axum::{Extension, Router};
use challenge::approval::pin::PinHasher;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::dualshield::no_token::TokenRefused;
use crate::dualshield::refusal::Refused;
use crate::dualshield::response::{Envelope, Issued, OAuthError};
use crate::dualshield::{act, oauth, response};

/// All routes of the protocol.
///
/// Static passwords are hashed by `hasher`. The address of the peer is taken from an
/// `axum::extract::ConnectInfo<SocketAddr>` in the request's extensions, its certificate from a
/// [`PeerCertificate`](crate::incoming::PeerCertificate) there, where the server puts them.
pub fn router(hasher: Arc<dyn PinHasher>) -> Router<Arc<Desk>> {
    let (router, _) = documented().split_for_parts();
    let mut router = router.method_not_allowed_fallback(wrong_method);
    for place in [
        "/das5",
        "/das5/",
        "/das5/{*rest}",
        "/auth",
        "/auth/",
        "/auth/{method}/",
        "/auth/{method}/{*rest}",
    ] {
        router = router.route(place, any(not_here));
    }
    router.layer(Extension(hasher))
}

/// The routes that clients are told of, with their descriptions.
pub(crate) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(token))
        .routes(routes!(method))
        .routes(routes!(method_at_the_short_path))
}

/// A token for the calling application. The parameters may come as a form, by Basic, or as JSON.
#[utoipa::path(
    post, path = "/das5/rest/oauth/token", tag = "dualshield", operation_id = "dualshieldToken",
    request_body(
        content = String, content_type = "application/x-www-form-urlencoded",
        example = "grant_type=client_credentials&client_id=agent&client_secret=password01",
    ),
    responses(
        (status = 200, body = Issued, description = "a token"),
        (status = "default", body = OAuthError, description = "no token, and why"),
    ),
)]
async fn token(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    oauth::token(&desk, request).await
}

/// Calls a method of the API; docs/dualshield.md has each with an example.
#[utoipa::path(
    post, path = "/das5/rest/auth/{method}", tag = "dualshield", operation_id = "dualshieldCall",
    params((
        "method" = String, Path,
        description = "getChallengeCode (generate), verifyResponse, verify, logon, logout, sendOTP, \
            listApplications, listDomains, listAuthenticators, getLogonSteps, listTokens or \
            listTokenAssignments",
    )),
    security(("dualshield" = [])),
    request_body(content = Value, content_type = "application/json", example = json!({
        "user": {"loginName": "myTestUser1", "domain.name": "ONLINEBANK"},
        "token": {"product.method": "GridGo"},
        "return": ["id", "code", "reference"],
    })),
    responses(
        (status = 200, body = Envelope, description = "done, or refused by what it is about"),
        (status = "default", body = Envelope, description = "refused by how it was asked"),
    ),
)]
async fn method(
    State(desk): State<Arc<Desk>>,
    Extension(hasher): Extension<Arc<dyn PinHasher>>,
    method: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response<Body> {
    // What is no text is no method.
    let method = method.map(|Path(method)| method).unwrap_or_default();
    act::answer(&desk, &hasher, &method, request).await
}

/// The same as `/das5/rest/auth/{method}`.
#[utoipa::path(
    post, path = "/auth/{method}", tag = "dualshield", operation_id = "dualshieldShortCall",
    params(("method" = String, Path, description = "as there")),
    security(("dualshield" = [])),
    request_body(content = Value, content_type = "application/json"),
    responses(
        (status = 200, body = Envelope, description = "done, or refused by what it is about"),
        (status = "default", body = Envelope, description = "refused by how it was asked"),
    ),
)]
async fn method_at_the_short_path(
    state: State<Arc<Desk>>,
    hasher: Extension<Arc<dyn PinHasher>>,
    named: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response<Body> {
    method(state, hasher, named, request).await
}

async fn not_here() -> Response<Body> {
    response::refusal(&Refused::NotHere)
}

async fn wrong_method(request: Request) -> Response<Body> {
    if request.uri().path().ends_with("/oauth/token") {
        return response::no_token(&TokenRefused::WrongMethod);
    }
    response::refusal(&Refused::WrongMethod)
}
