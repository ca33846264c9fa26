//! Where everything is: the OpenID endpoints under `/idp/{tenant}/authn`, SCIM under `/scim/{tenant}`.
//!
//! The vendor's documents spell the first segment in lower or upper case, and SCIM with and without
//! `/v2`: each spelling is a route. A tenant's name is compared as it is.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::routing::{get, post};

use crate::activid::refusal::Refused;
use crate::activid::response::{self, Door};
use crate::activid::scim::handlers;
use crate::activid::{discovery, introspection, token};
use crate::desk::Desk;

/// All routes of the protocol.
///
/// The address of the peer is taken from an `axum::extract::ConnectInfo<SocketAddr>` in the
/// request's extensions, where the server puts one.
pub fn router() -> Router<Arc<Desk>> {
    let mut router = Router::new();
    for idp in ["/idp", "/IDP"] {
        // RFC 8414 puts the well-known part before the issuer's path, OpenID behind it.
        let inserted = format!("/.well-known/oauth-authorization-server{idp}/{{tenant}}/authn");
        router = router
            .route(&inserted, get(discovery::metadata))
            .nest(idp, openid());
    }
    router = router.method_not_allowed_fallback(openid_wrong_method);
    for prefix in ["/scim", "/SCIM"] {
        router = router.nest(prefix, scim());
    }
    router
}

fn openid() -> Router<Arc<Desk>> {
    Router::new()
        .route("/{tenant}/authn/token", post(token::token))
        .route(
            "/{tenant}/authn/introspect",
            post(introspection::introspect),
        )
        .route("/{tenant}/authn/revoke", post(introspection::revoke))
        .route(
            "/{tenant}/authn/.well-known/openid-configuration",
            get(discovery::metadata),
        )
        .method_not_allowed_fallback(openid_wrong_method)
        .fallback(openid_not_here)
}

fn scim() -> Router<Arc<Desk>> {
    resources("/{tenant}")
        .merge(resources("/{tenant}/v2"))
        .method_not_allowed_fallback(scim_wrong_method)
        .fallback(scim_not_here)
}

fn resources(base: &str) -> Router<Arc<Desk>> {
    let mut router = Router::new()
        .route(&format!("{base}/Users"), get(handlers::list_users))
        .route(
            &format!("{base}/Users/.search"),
            post(handlers::search_users),
        )
        .route(&format!("{base}/Users/{{id}}"), get(handlers::user));
    for name in ["Authenticator", "Authenticators"] {
        let all = format!("{base}/{name}");
        let one = get(handlers::authenticator).post(handlers::act_on_authenticator);
        router = router
            .route(&all, get(handlers::list_authenticators))
            .route(
                &format!("{all}/.search"),
                post(handlers::search_authenticators),
            )
            .route(&format!("{all}/{{id}}"), one);
    }
    for name in ["Device", "Devices"] {
        let all = format!("{base}/{name}");
        let one = get(handlers::device).post(handlers::act_on_device);
        router = router
            .route(&all, get(handlers::list_devices))
            .route(&format!("{all}/.search"), post(handlers::search_devices))
            .route(&format!("{all}/{{id}}"), one);
    }
    router
}

async fn openid_not_here() -> Response<Body> {
    response::refusal(Door::OAuth, &Refused::NotHere)
}

async fn openid_wrong_method() -> Response<Body> {
    response::refusal(Door::OAuth, &Refused::WrongMethod)
}

async fn scim_not_here() -> Response<Body> {
    response::refusal(Door::Scim, &Refused::NotHere)
}

async fn scim_wrong_method() -> Response<Body> {
    response::refusal(Door::Scim, &Refused::WrongMethod)
}
