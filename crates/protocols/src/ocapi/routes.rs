//! Where everything is: challenges under `/ocapi/v2/challenge/`, the widget at `/ocapi.js` and, with a version
//! that never changes, beside what works for it at `/ocapi/{version}/`.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::routing::{any, get};

use crate::desk::Desk;
use crate::ocapi::refusal::Refused;
use crate::ocapi::{altcha, challenges, pictures, response, siteverify, widget};

/// All routes of the protocol.
///
/// The address of the peer is taken from an `axum::extract::ConnectInfo<SocketAddr>` in the
/// request's extensions, where the server puts one.
pub fn router() -> Router<Arc<Desk>> {
    let below = Router::new()
        .route("/v2/challenge/{name}", any(challenges::challenge))
        .route("/v2/challenge/{name}/image/{number}", get(pictures::image))
        .route("/v2/challenge/{name}/audio", get(pictures::audio))
        .route("/{version}/{file}", get(widget::versioned))
        .method_not_allowed_fallback(wrong_method)
        .fallback(not_here);
    Router::new()
        .route("/ocapi.js", get(widget::newest))
        .method_not_allowed_fallback(wrong_method)
        .merge(siteverify::routes::router())
        .merge(altcha::routes::router())
        .nest("/ocapi", below)
        // What is nested at a path leaves this one out.
        .route("/ocapi/", any(not_here))
}

async fn not_here() -> Response<Body> {
    response::refusal(&Refused::NotHere)
}

/// What is said where a file is asked for in another way than to read it.
async fn wrong_method() -> Response<Body> {
    response::refusal(&Refused::WrongMethod { allow: "GET, HEAD" })
}
