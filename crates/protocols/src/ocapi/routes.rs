//! Where everything is: challenges under `/ocapi/v2/challenge/`.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::routing::any;

use crate::desk::Desk;
use crate::ocapi::refusal::Refused;
use crate::ocapi::{challenges, response};

/// All routes of the protocol.
///
/// The address of the peer is taken from an `axum::extract::ConnectInfo<SocketAddr>` in the
/// request's extensions, where the server puts one.
pub fn router() -> Router<Arc<Desk>> {
    let below = Router::new()
        .route("/v2/challenge/{name}", any(challenges::challenge))
        .fallback(not_here);
    Router::new().nest("/ocapi", below)
}

async fn not_here() -> Response<Body> {
    response::refusal(&Refused::NotHere)
}
