//! What a client hears that speaks plain HTTP to the TLS listener. None of its requests goes any further.

use axum::Router;
use axum::http::{StatusCode, header};

/// Answers everything with what to do.
pub(in crate::serving) fn told_to_encrypt() -> Router {
    Router::new().fallback(async || {
        (
            StatusCode::BAD_REQUEST,
            [(header::CONNECTION, "close")],
            "this port speaks TLS: ask it with https://, not http://\n",
        )
    })
}
