//! What is observed of each request: a name for the log, a count and a duration for `/metrics`.
//!
//! Labels come from fixed sets (matched route, method, status): what a stranger types into a request
//! never becomes one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use challenge::door::Door;
use challenge::verifier::Verifier;
use metrics::SharedString;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use protocols::incoming;
use tracing::Instrument as _;

use crate::serving::{visitor_metrics, worker_metrics};
use crate::system::Stopwatch;

/// The header that names a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request name that is taken from a caller.
const REQUEST_ID_LENGTH_MAX: usize = 64;

/// Upper bounds of the duration histogram, in seconds.
const DURATION_BOUNDS_S: [f64; 12] = [
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// `/metrics`, in Prometheus' text format.
pub fn router(verifier: &Arc<Verifier>) -> Router {
    let router = Router::new().route("/metrics", get(metrics_page));
    router.with_state(Arc::clone(verifier))
}

async fn metrics_page(State(verifier): State<Arc<Verifier>>) -> Response {
    let Some(handle) = recorder() else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "metrics are not recorded\n",
        )
            .into_response();
    };
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        handle.render() + &worker_metrics::render(&verifier) + &visitor_metrics::render(&verifier),
    )
        .into_response()
}

/// The one recorder of this process; the first call installs it.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let install = || {
        let builder = PrometheusBuilder::new()
            .set_buckets(&DURATION_BOUNDS_S)
            .ok()?;
        builder.install_recorder().ok()
    };
    RECORDER.get_or_init(install).as_ref()
}

/// Names a request, measures it, and logs how it ended.
pub async fn observe(request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let id = request_id(&request);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = method_label(request.method());
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
    let mut response = next.run(request).instrument(span.clone()).await;
    let elapsed = watch.elapsed();
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    let label = SharedString::from_shared(route.into());
    let status = response.status();
    metrics::histogram!("countersign_request_duration_seconds", "route" => label.clone())
        .record(elapsed.as_secs_f64());
    metrics::counter!(
        "countersign_requests_total",
        "route" => label, "method" => method, "status" => status_label(status)
    )
    .increment(1);
    let duration_us = elapsed.as_micros();
    span.in_scope(|| {
        if status.is_server_error() {
            tracing::warn!(
                route,
                method,
                status = status.as_u16(),
                duration_us,
                "answered"
            );
        } else {
            tracing::debug!(
                route,
                method,
                status = status.as_u16(),
                duration_us,
                "answered"
            );
        }
    });
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Counts the requests of a way in, each for the tenant whose it turns out to be, with how long it
/// took until its answer began.
pub fn counted<S>(router: Router<S>, verifier: &Arc<Verifier>, door: Door) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let state = (Arc::clone(verifier), door);
    router.route_layer(from_fn_with_state(state, count))
}

async fn count(
    State((verifier, door)): State<(Arc<Verifier>, Door)>,
    request: Request,
    next: Next,
) -> Response {
    let watch = Stopwatch::start();
    let (response, tenant) = incoming::with_tenant(next.run(request)).await;
    let took_us = u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX);
    verifier
        .traffic
        .served(tenant, door, verifier.now(), took_us);
    response
}

/// The caller's name for the request where it is short and plain, else one of ours.
fn request_id(request: &Request) -> HeaderValue {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let plain = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=REQUEST_ID_LENGTH_MAX).contains(&bytes.len())
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
    };
    let given = request.headers().get(&REQUEST_ID).filter(plain).cloned();
    given.unwrap_or_else(|| HeaderValue::from(NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// A status as a label, without making a text of the common ones each time.
fn status_label(status: StatusCode) -> SharedString {
    match status.as_u16() {
        200 => SharedString::const_str("200"),
        400 => SharedString::const_str("400"),
        401 => SharedString::const_str("401"),
        _ => SharedString::from_owned(status.as_str().to_owned()),
    }
}

fn method_label(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
