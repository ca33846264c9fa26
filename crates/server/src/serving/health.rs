//! Whether the server lives, and whether it can do its work.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use protocols::desk::Desk;

/// The longest the store may take to say that it is well.
const CHECK_TIME_MAX: Duration = Duration::from_secs(2);

/// `/healthz` and `/readyz`.
pub fn router(desk: &Arc<Desk>) -> Router {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .with_state(Arc::clone(desk))
}

/// 200 as long as the process answers; it asks nothing of the store.
async fn alive() -> &'static str {
    "alive\n"
}

/// 200 where the store can be read and written, else 503. The reason goes to the log alone.
async fn ready(State(desk): State<Arc<Desk>>) -> impl IntoResponse {
    let check = desk.verifier.store().check();
    match tokio::time::timeout(CHECK_TIME_MAX, check).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the store is unavailable; see the log\n",
            )
        }
        Err(_) => {
            tracing::warn!("not ready: the store did not answer in time");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the store did not answer in time\n",
            )
        }
    }
}
