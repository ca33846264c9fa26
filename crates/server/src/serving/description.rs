//! `/openapi.json`: what is served, for programs that read descriptions. It is made from the routes when
//! the server starts. `/docs` tells the same to people.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::serving::reader;

/// `/openapi.json` and `/docs`.
pub fn router() -> Router {
    let document: Arc<str> = protocols::openapi::document().into();
    Router::new()
        .route("/openapi.json", get(description))
        .with_state(Arc::clone(&document))
        .merge(reader::router(document))
}

async fn description(State(document): State<Arc<str>>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, document.to_string())
}
