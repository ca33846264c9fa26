//! One handler a route: who calls, what for, and the answer's shape.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use challenge::directory::Scope;
use challenge::refusal::Refusal;
use serde_json::Value;

use crate::activid::caller;
use crate::activid::refusal::Refused;
use crate::activid::request::Call;
use crate::activid::response::{self, Door, ScimError};
use crate::activid::scim::act;
use crate::activid::scim::page;
use crate::activid::scim::query::Query;
use crate::activid::scim::search::{self, Kind};
use crate::desk::Desk;

/// Users.
#[utoipa::path(
    get, path = "/scim/{tenant}/v2/Users", tag = "activid", operation_id = "actividListUsers",
    params(
        ("tenant" = String, Path, description = "the tenant's name"),
        ("filter" = Option<String>, Query, description = "which (RFC 7644, section 3.4.2.2)"),
        ("startIndex" = Option<i64>, Query, description = "the first one told, from 1"),
        ("count" = Option<i64>, Query, description = "how many are told at most"),
        ("sortBy" = Option<String>, Query, description = "the attribute they are sorted by"),
        ("sortOrder" = Option<String>, Query, description = "`ascending` or `descending`"),
        ("attributes" = Option<String>, Query, description = "the attributes told, between commas"),
    ),
    security(("activid" = [])),
    responses(
        (status = 200, body = Object, content_type = "application/scim+json", description = "those found"),
        (status = "default", body = ScimError, content_type = "application/scim+json", description = "refused, and why"),
    ),
)]
pub(in crate::activid) async fn list_users(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(listed(&desk, request, Kind::User).await)
}

/// Users under a policy; also at `Authenticators`.
#[utoipa::path(
    get, path = "/scim/{tenant}/v2/Authenticator", tag = "activid", operation_id = "actividListAuthenticators",
    params(
        ("tenant" = String, Path, description = "the tenant's name"),
        ("filter" = Option<String>, Query, description = "which (RFC 7644, section 3.4.2.2)"),
        ("startIndex" = Option<i64>, Query, description = "the first one told, from 1"),
        ("count" = Option<i64>, Query, description = "how many are told at most"),
        ("sortBy" = Option<String>, Query, description = "the attribute they are sorted by"),
        ("sortOrder" = Option<String>, Query, description = "`ascending` or `descending`"),
        ("attributes" = Option<String>, Query, description = "the attributes told, between commas"),
    ),
    security(("activid" = [])),
    responses(
        (status = 200, body = Object, content_type = "application/scim+json", description = "those found"),
        (status = "default", body = ScimError, content_type = "application/scim+json", description = "refused, and why"),
    ),
)]
pub(in crate::activid) async fn list_authenticators(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(listed(&desk, request, Kind::Authenticator).await)
}

/// Devices; also at `Devices`.
#[utoipa::path(
    get, path = "/scim/{tenant}/v2/Device", tag = "activid", operation_id = "actividListDevices",
    params(
        ("tenant" = String, Path, description = "the tenant's name"),
        ("filter" = Option<String>, Query, description = "which (RFC 7644, section 3.4.2.2)"),
        ("startIndex" = Option<i64>, Query, description = "the first one told, from 1"),
        ("count" = Option<i64>, Query, description = "how many are told at most"),
        ("sortBy" = Option<String>, Query, description = "the attribute they are sorted by"),
        ("sortOrder" = Option<String>, Query, description = "`ascending` or `descending`"),
        ("attributes" = Option<String>, Query, description = "the attributes told, between commas"),
    ),
    security(("activid" = [])),
    responses(
        (status = 200, body = Object, content_type = "application/scim+json", description = "those found"),
        (status = "default", body = ScimError, content_type = "application/scim+json", description = "refused, and why"),
    ),
)]
pub(in crate::activid) async fn list_devices(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(listed(&desk, request, Kind::Device).await)
}

/// Users, asked for by a body.
#[utoipa::path(
    post, path = "/scim/{tenant}/v2/Users/.search", tag = "activid", operation_id = "actividSearchUsers",
    params(("tenant" = String, Path, description = "the tenant's name")),
    security(("activid" = [])),
    request_body(content = Value, content_type = "application/scim+json", example = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "userName eq \"myTestUser1\"",
    })),
    responses(
        (status = 200, body = Object, content_type = "application/scim+json", description = "those found"),
        (status = "default", body = ScimError, content_type = "application/scim+json", description = "refused, and why"),
    ),
)]
pub(in crate::activid) async fn search_users(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(searched(&desk, request, Kind::User).await)
}

/// Users under a policy, asked for by a body.
#[utoipa::path(
    post, path = "/scim/{tenant}/v2/Authenticator/.search", tag = "activid", operation_id = "actividSearchAuthenticators",
    params(("tenant" = String, Path, description = "the tenant's name")),
    security(("activid" = [])),
    request_body(content = Value, content_type = "application/scim+json", example = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "userName eq \"myTestUser1\"",
    })),
    responses(
        (status = 200, body = Object, content_type = "application/scim+json", description = "those found"),
        (status = "default", body = ScimError, content_type = "application/scim+json", description = "refused, and why"),
    ),
)]
pub(in crate::activid) async fn search_authenticators(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(searched(&desk, request, Kind::Authenticator).await)
}

/// Devices, asked for by a body.
#[utoipa::path(
    post, path = "/scim/{tenant}/v2/Device/.search", tag = "activid", operation_id = "actividSearchDevices",
    params(("tenant" = String, Path, description = "the tenant's name")),
    security(("activid" = [])),
    request_body(content = Value, content_type = "application/scim+json", example = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "userName eq \"myTestUser1\"",
    })),
    responses(
        (status = 200, body = Object, content_type = "application/scim+json", description = "those found"),
        (status = "default", body = ScimError, content_type = "application/scim+json", description = "refused, and why"),
    ),
)]
pub(in crate::activid) async fn search_devices(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(searched(&desk, request, Kind::Device).await)
}

/// A user.
#[utoipa::path(
    get, path = "/scim/{tenant}/v2/Users/{id}", tag = "activid", operation_id = "actividUser",
    params(
        ("tenant" = String, Path, description = "the tenant's name"),
        ("id" = String, Path, description = "the user's id"),
    ),
    security(("activid" = [])),
    responses(
        (status = 200, body = Object, content_type = "application/scim+json", description = "the user"),
        (status = "default", body = ScimError, content_type = "application/scim+json", description = "refused, and why"),
    ),
)]
pub(in crate::activid) async fn user(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(read(&desk, request, Kind::User).await)
}

/// A user under a policy.
#[utoipa::path(
    get, path = "/scim/{tenant}/v2/Authenticator/{id}", tag = "activid", operation_id = "actividAuthenticator",
    params(
        ("tenant" = String, Path, description = "the tenant's name"),
        ("id" = String, Path, description = "the user's id, a point, the policy's code"),
    ),
    security(("activid" = [])),
    responses(
        (status = 200, body = Object, content_type = "application/scim+json", description = "how the user stands"),
        (status = "default", body = ScimError, content_type = "application/scim+json", description = "refused, and why"),
    ),
)]
pub(in crate::activid) async fn authenticator(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(read(&desk, request, Kind::Authenticator).await)
}

/// A device.
#[utoipa::path(
    get, path = "/scim/{tenant}/v2/Device/{id}", tag = "activid", operation_id = "actividDevice",
    params(
        ("tenant" = String, Path, description = "the tenant's name"),
        ("id" = String, Path, description = "the device's id"),
    ),
    security(("activid" = [])),
    responses(
        (status = 200, body = Object, content_type = "application/scim+json", description = "the device"),
        (status = "default", body = ScimError, content_type = "application/scim+json", description = "refused, and why"),
    ),
)]
pub(in crate::activid) async fn device(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(read(&desk, request, Kind::Device).await)
}

/// Acts on a user under a policy: a challenge, a reset; docs/activid.md has the actions.
#[utoipa::path(
    post, path = "/scim/{tenant}/v2/Authenticator/{id}", tag = "activid", operation_id = "actividActOnAuthenticator",
    params(
        ("tenant" = String, Path, description = "the tenant's name"),
        ("id" = String, Path, description = "the user's id, a point, the policy's code"),
    ),
    security(("activid" = [])),
    request_body(content = Value, content_type = "application/scim+json", example = json!({
        "schemas": ["urn:hid:scim:api:idp:2.0:Action"],
        "urn:hid:scim:api:idp:2.0:Action": {"action": "RESET-COUNTER", "attributes": []},
    })),
    responses(
        (status = 200, body = Object, content_type = "application/scim+json", description = "what the action gave"),
        (status = "default", body = ScimError, content_type = "application/scim+json", description = "refused, and why"),
    ),
)]
pub(in crate::activid) async fn act_on_authenticator(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(act::on_authenticator(&desk, request).await)
}

/// Acts on a device: a challenge, a resynchronisation; docs/activid.md has the actions.
#[utoipa::path(
    post, path = "/scim/{tenant}/v2/Device/{id}", tag = "activid", operation_id = "actividActOnDevice",
    params(
        ("tenant" = String, Path, description = "the tenant's name"),
        ("id" = String, Path, description = "the device's id"),
    ),
    security(("activid" = [])),
    request_body(content = Value, content_type = "application/scim+json", example = json!({
        "schemas": ["urn:hid:scim:api:idp:2.0:Action"],
        "urn:hid:scim:api:idp:2.0:Action": {"action": "RESET-COUNTER", "attributes": []},
    })),
    responses(
        (status = 200, body = Object, content_type = "application/scim+json", description = "what the action gave"),
        (status = "default", body = ScimError, content_type = "application/scim+json", description = "refused, and why"),
    ),
)]
pub(in crate::activid) async fn act_on_device(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(act::on_device(&desk, request).await)
}

/// A body or a refusal as an answer; what says where it is says so in the headers too.
fn answer(answered: Result<Value, Refused>) -> Response<Body> {
    let body = match answered {
        Ok(body) => body,
        Err(refused) => return response::refusal(Door::Scim, &refused),
    };
    let mut response = response::json(Door::Scim, StatusCode::OK, &body);
    let meta = |name: &str| {
        let value = body.get("meta")?.get(name)?.as_str()?;
        HeaderValue::from_str(value).ok()
    };
    for (name, value) in [
        (header::LOCATION, meta("location")),
        (header::ETAG, meta("version")),
    ] {
        if let Some(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn listed(desk: &Desk, request: Request, kind: Kind) -> Result<Value, Refused> {
    let call = reader(desk, request).await?;
    let query = Query::from_url(&call.query)?;
    search::find(desk, &call, kind, &query).await
}

async fn searched(desk: &Desk, request: Request, kind: Kind) -> Result<Value, Refused> {
    let call = reader(desk, request).await?;
    let query = Query::from_body(&call.body)?;
    search::find(desk, &call, kind, &query).await
}

async fn read(desk: &Desk, request: Request, kind: Kind) -> Result<Value, Refused> {
    let call = reader(desk, request).await?;
    let query = Query::from_url(&call.query)?;
    let (records, what) = match kind {
        Kind::User => (
            search::by_id(desk, &call, &call.id)
                .await?
                .into_iter()
                .collect(),
            "user",
        ),
        Kind::Authenticator => {
            let user = call.id.split_once('.').map_or("", |(user, _)| user);
            (
                search::by_id(desk, &call, user)
                    .await?
                    .into_iter()
                    .collect(),
                "authenticator",
            )
        }
        Kind::Device => (search::holders(desk, &call, &call.id).await?, "device"),
    };
    for record in records {
        let found = search::resources(desk, &call, kind, &record).await?;
        if let Some(one) = found.into_iter().find(|one| page::id_of(one) == call.id) {
            return Ok(page::projected(one, &query.attributes));
        }
    }
    Err(Refused::Domain(Refusal::NotFound(what)))
}

/// Reads a request of a client that may read.
async fn reader(desk: &Desk, request: Request) -> Result<Call, Refused> {
    let call = Call::read(desk, request).await?;
    let client = caller::at_scim(desk, &call).await?;
    if client.may(Scope::Read) {
        Ok(call)
    } else {
        Err(Refused::NotAllowed("its scopes do not list read"))
    }
}
