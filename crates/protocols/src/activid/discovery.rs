//! The two discovery documents: RFC 8414, and its OpenID form. They name what exists, and no more.

use std::fmt::Display;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use challenge::directory::Tenant;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::activid::request::Call;
use crate::activid::response::{self, Door, OAuthError};
use crate::desk::Desk;

/// What may stand in a path segment as it is (RFC 3986, section 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How a client authenticates. A bearer token does as well, but has no registered name.
const METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// Authorization server metadata (RFC 8414, section 2).
#[derive(Serialize, ToSchema)]
#[schema(as = ActividMetadata)]
pub(super) struct Metadata {
    /// The name under which the tenant issues tokens.
    issuer: String,
    /// Where tokens are asked for.
    token_endpoint: String,
    /// Where one learns what a token is worth.
    introspection_endpoint: String,
    /// Where a token is ended.
    revocation_endpoint: String,
    /// The grants.
    grant_types_supported: [&'static str; 2],
    /// None: there is no authorization endpoint.
    response_types_supported: [&'static str; 0],
    /// How clients authenticate at the token endpoint,
    token_endpoint_auth_methods_supported: [&'static str; 2],
    /// at introspection,
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    /// and at revocation.
    revocation_endpoint_auth_methods_supported: [&'static str; 2],
}

/// What a tenant's OpenID endpoints are and can (RFC 8414); the same at
/// `/.well-known/oauth-authorization-server/idp/{tenant}/authn`.
#[utoipa::path(
    get, path = "/idp/{tenant}/authn/.well-known/openid-configuration",
    tag = "activid", operation_id = "actividMetadata",
    params(("tenant" = String, Path, description = "the tenant's name")),
    responses(
        (status = 200, body = Metadata, description = "what there is"),
        (status = "default", body = OAuthError, description = "refused, and why"),
    ),
)]
pub(super) async fn metadata(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    let call = match Call::read(&desk, request).await {
        Ok(call) => call,
        Err(refused) => return response::refusal(Door::OAuth, &refused),
    };
    let issuer = issuer(&desk, &call.tenant.tenant);
    let metadata = Metadata {
        token_endpoint: format!("{issuer}/token"),
        introspection_endpoint: format!("{issuer}/introspect"),
        revocation_endpoint: format!("{issuer}/revoke"),
        issuer,
        grant_types_supported: ["client_credentials", "password"],
        response_types_supported: [],
        token_endpoint_auth_methods_supported: METHODS,
        introspection_endpoint_auth_methods_supported: METHODS,
        revocation_endpoint_auth_methods_supported: METHODS,
    };
    response::json(Door::OAuth, StatusCode::OK, &metadata)
}

/// The name under which a tenant issues tokens.
pub(super) fn issuer(desk: &Desk, tenant: &Tenant) -> String {
    format!("{}/idp/{}/authn", desk.public_url, segment(&tenant.name))
}

/// Where a tenant's SCIM resources are.
pub(super) fn scim_base(desk: &Desk, tenant: &Tenant) -> String {
    format!("{}/scim/{}/v2", desk.public_url, segment(&tenant.name))
}

/// A name as a segment of a path.
pub(super) fn segment(name: &str) -> impl Display {
    utf8_percent_encode(name, SEGMENT)
}
