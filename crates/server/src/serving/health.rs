//! Whether the server lives, and whether it can do its work.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use protocols::desk::Desk;
use tokio::sync::Mutex;

use crate::system::Stopwatch;

/// The longest the store may take to say that it is well.
const CHECK_TIME_MAX: Duration = Duration::from_secs(2);

/// How long a verdict is told again without asking the store: anybody may ask, and each question is
/// a write.
const VERDICT_LIFETIME: Duration = Duration::from_secs(1);

/// Whether the server can do its work, and since when that is known.
type Verdict = Result<(), &'static str>;

/// What `/readyz` asks, one at a time.
struct Health {
    desk: Arc<Desk>,
    last: Mutex<Option<(Stopwatch, Verdict)>>,
}

/// `/healthz` and `/readyz`.
pub fn router(desk: &Arc<Desk>) -> Router {
    let health = Health {
        desk: Arc::clone(desk),
        last: Mutex::new(None),
    };
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .with_state(Arc::new(health))
}

/// 200 as long as the process answers; it asks nothing of the store.
async fn alive() -> &'static str {
    "alive\n"
}

/// 200 where the store can be read and written and the directory is current, else 503. The reason
/// goes to the log.
async fn ready(State(health): State<Arc<Health>>) -> impl IntoResponse {
    let mut last = health.last.lock().await;
    let kept = last
        .as_ref()
        .filter(|(since, _)| since.elapsed() < VERDICT_LIFETIME);
    let verdict = if let Some((_, verdict)) = kept {
        *verdict
    } else {
        let verdict = examine(&health.desk).await;
        *last = Some((Stopwatch::start(), verdict));
        verdict
    };
    match verdict {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(text) => (StatusCode::SERVICE_UNAVAILABLE, text),
    }
}

async fn examine(desk: &Desk) -> Verdict {
    if desk.verifier.catalogue.is_stale() {
        return Err("the directory cannot be read; see the log\n");
    }
    match tokio::time::timeout(CHECK_TIME_MAX, desk.verifier.store().check()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            Err("the store is unavailable; see the log\n")
        }
        Err(_) => {
            tracing::warn!("not ready: the store did not answer in time");
            Err("the store did not answer in time\n")
        }
    }
}
