//! Where the device API is: all below `/device/v1`; and the app that speaks it, below `/app/`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::Response;
use axum::routing::{any, get};
use axum::{Extension, Router};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::device::acts::{self, Answer};
use crate::device::app;
use crate::device::limits::ServerAnswer;
use crate::device::refusal::Refused;
use crate::device::request::{CapabilitiesGiven, DecisionRequest, LinkRequest};
use crate::device::response::{
    self, DecisionAnswer, DeviceAnswer, LinkAnswer, Problem, SessionsAnswer,
};
use crate::device::station::Station;
use crate::device::subscription::SubscriptionGiven;

/// All routes of the device API.
///
/// The address of the peer is taken from an `axum::extract::ConnectInfo<SocketAddr>` in the
/// request's extensions, where the server puts one.
pub fn router(station: &Arc<Station>) -> Router<Arc<Desk>> {
    let (router, _) = documented().split_for_parts();
    router
        .method_not_allowed_fallback(wrong_method)
        .route("/device/{*rest}", any(not_here))
        .route("/app", get(app::without_slash))
        .route("/app/", get(app::page))
        .route("/app/{*path}", get(app::file))
        .layer(Extension(Arc::clone(station)))
}

/// The routes that devices are told of, with their descriptions.
pub(crate) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(server))
        .routes(routes!(link))
        .routes(routes!(sessions))
        .routes(routes!(events))
        .routes(routes!(decide))
        .routes(routes!(device, unlink))
        .routes(routes!(capabilities))
        .routes(routes!(subscribe, unsubscribe))
}

/// The server's time, limits and push key.
#[utoipa::path(get, path = "/device/v1/server", tag = "device", operation_id = "deviceServer",
    responses((status = 200, body = ServerAnswer, description = "The server's time, limits and push key")),
)]
async fn server(State(desk): State<Arc<Desk>>) -> Response<Body> {
    told(acts::server(&desk))
}

/// Links the phone that brings a linking code and a key.
#[utoipa::path(
    post, path = "/device/v1/link", tag = "device", operation_id = "deviceLink", request_body = LinkRequest,
    responses(
        (status = 201, body = LinkAnswer, description = "The phone is linked"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
    ),
)]
async fn link(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    told(acts::link(&desk, request).await)
}

/// The sessions that wait for this device's decision.
#[utoipa::path(
    get, path = "/device/v1/sessions", tag = "device", operation_id = "deviceSessions",
    params(
        ("wait_s" = Option<u64>, Query, description = "Seconds to wait for another state: 0 to 30", minimum = 0, maximum = 30),
        ("state" = Option<String>, Query, description = "The state that is known; without one, nothing pending"),
    ),
    responses(
        (status = 200, body = SessionsAnswer, description = "What is pending"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
    ),
    security(("device" = [])),
)]
async fn sessions(
    State(desk): State<Arc<Desk>>,
    Extension(station): Extension<Arc<Station>>,
    request: Request,
) -> Response<Body> {
    told(acts::sessions(&desk, &station, request).await)
}

/// The sessions that wait for this device's decision, as an event stream: event `sessions` at once
/// and at every change, event `unlinked` before it ends because the device is linked no more.
#[utoipa::path(
    get, path = "/device/v1/events", tag = "device", operation_id = "deviceEvents",
    responses(
        (status = 200, body = Object, content_type = "text/event-stream", description = "Events with `event` and `data`, `sessions` with an `id` too; its data is a DeviceSessionsAnswer as JSON"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
    ),
    security(("device" = [])),
)]
async fn events(
    State(desk): State<Arc<Desk>>,
    Extension(station): Extension<Arc<Station>>,
    request: Request,
) -> Response<Body> {
    told(acts::events(&desk, &station, request).await)
}

/// Decides a session.
#[utoipa::path(
    post, path = "/device/v1/sessions/{session}/decision", tag = "device", operation_id = "deviceDecide",
    params(("session" = String, Path, description = "The session's id in decimals")),
    request_body = DecisionRequest,
    responses(
        (status = 200, body = DecisionAnswer, description = "The decision is on disk"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
    ),
    security(("device" = [])),
)]
async fn decide(
    State(desk): State<Arc<Desk>>,
    Extension(station): Extension<Arc<Station>>,
    session: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response<Body> {
    // What is no text names no session.
    let session = session.map_or_else(|_| String::new(), |Path(session)| session);
    told(acts::decide(&desk, &station, &session, request).await)
}

/// What the server knows of this device.
#[utoipa::path(
    get, path = "/device/v1/device", tag = "device", operation_id = "deviceShow",
    responses(
        (status = 200, body = DeviceAnswer, description = "What is known of the device"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
    ),
    security(("device" = [])),
)]
async fn device(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    told(acts::device(&desk, request).await)
}

/// Unlinks this device, and tells the tenant.
#[utoipa::path(
    delete, path = "/device/v1/device", tag = "device", operation_id = "deviceUnlink",
    responses(
        (status = 204, description = "Done"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
    ),
    security(("device" = [])),
)]
async fn unlink(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    told(acts::unlink(&desk, request).await)
}

/// Says what this device can do.
#[utoipa::path(
    put, path = "/device/v1/device/capabilities", tag = "device", operation_id = "deviceCapabilities",
    request_body = CapabilitiesGiven,
    responses(
        (status = 204, description = "Done"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
    ),
    security(("device" = [])),
)]
async fn capabilities(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    told(acts::capabilities(&desk, request).await)
}

/// Says where pushes go.
#[utoipa::path(
    put, path = "/device/v1/device/push", tag = "device", operation_id = "devicePushPut",
    request_body = SubscriptionGiven,
    responses(
        (status = 204, description = "Done"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
    ),
    security(("device" = [])),
)]
async fn subscribe(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    told(acts::subscribe(&desk, request).await)
}

/// Forgets where pushes go.
#[utoipa::path(
    delete, path = "/device/v1/device/push", tag = "device", operation_id = "devicePushDelete",
    responses(
        (status = 204, description = "Done"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
    ),
    security(("device" = [])),
)]
async fn unsubscribe(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    told(acts::unsubscribe(&desk, request).await)
}

fn told(answer: Answer) -> Response<Body> {
    answer.unwrap_or_else(|refused| response::refusal(&refused))
}

async fn not_here() -> Response<Body> {
    response::refusal(&Refused::NotHere)
}

async fn wrong_method() -> Response<Body> {
    response::refusal(&Refused::WrongMethod)
}
