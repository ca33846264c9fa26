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
use crate::activid::response::{self, Door};
use crate::activid::scim::act;
use crate::activid::scim::page;
use crate::activid::scim::query::Query;
use crate::activid::scim::search::{self, Kind};
use crate::desk::Desk;

/// `GET Users`.
pub(in crate::activid) async fn list_users(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(listed(&desk, request, Kind::User).await)
}

/// `GET Authenticator`.
pub(in crate::activid) async fn list_authenticators(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(listed(&desk, request, Kind::Authenticator).await)
}

/// `GET Device`.
pub(in crate::activid) async fn list_devices(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(listed(&desk, request, Kind::Device).await)
}

/// `POST Users/.search`.
pub(in crate::activid) async fn search_users(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(searched(&desk, request, Kind::User).await)
}

/// `POST Authenticator/.search`.
pub(in crate::activid) async fn search_authenticators(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(searched(&desk, request, Kind::Authenticator).await)
}

/// `POST Device/.search`.
pub(in crate::activid) async fn search_devices(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(searched(&desk, request, Kind::Device).await)
}

/// `GET Users/{id}`.
pub(in crate::activid) async fn user(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(read(&desk, request, Kind::User).await)
}

/// `GET Authenticator/{id}.{policy}`.
pub(in crate::activid) async fn authenticator(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(read(&desk, request, Kind::Authenticator).await)
}

/// `GET Device/{id}`.
pub(in crate::activid) async fn device(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(read(&desk, request, Kind::Device).await)
}

/// `POST Authenticator/{id}.{policy}`.
pub(in crate::activid) async fn act_on_authenticator(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Response<Body> {
    answer(act::on_authenticator(&desk, request).await)
}

/// `POST Device/{id}`.
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
