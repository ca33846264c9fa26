//! Where everything is: challenges under `/ocapi/v2/challenge/`, the widget at `/ocapi.js` and, with a version
//! that never changes, beside what works for it at `/ocapi/{version}/`.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::routing::{any, options};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::ocapi::refusal::Refused;
use crate::ocapi::{altcha, challenges, pictures, response, siteverify, widget};

/// All routes of the protocol.
///
/// The address of the peer is taken from an `axum::extract::ConnectInfo<SocketAddr>` in the
/// request's extensions, where the server puts one.
pub fn router() -> Router<Arc<Desk>> {
    let (of_challenges, _) = challenges().split_for_parts();
    let of_challenges = of_challenges
        .route(
            "/ocapi/v2/challenge/{name}",
            options(challenges::before_name),
        )
        .method_not_allowed_fallback(challenges::wrong_method);
    let (files, _) = files().split_for_parts();
    let files = files.method_not_allowed_fallback(wrong_method);
    let (below, _) = below().split_for_parts();
    let below = below.method_not_allowed_fallback(wrong_method);
    Router::new()
        .merge(of_challenges)
        .merge(files)
        .merge(siteverify::routes::router())
        .merge(altcha::routes::router())
        .nest("/ocapi", below.fallback(not_here))
        // What is nested at a path leaves this one out.
        .route("/ocapi/", any(not_here))
}

/// The routes that clients are told of, with their descriptions.
pub(crate) fn documented() -> OpenApiRouter<Arc<Desk>> {
    challenges()
        .merge(files())
        .nest("/ocapi", below())
        .merge(siteverify::routes::documented())
        .merge(altcha::routes::documented())
}

fn challenges() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new().routes(routes!(challenges::at_name, challenges::answer_name))
}

/// What is only read.
fn files() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(pictures::image))
        .routes(routes!(pictures::audio))
        .routes(routes!(widget::newest))
}

/// What lies below `/ocapi`, where anything may be asked for.
fn below() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new().routes(routes!(widget::versioned))
}

async fn not_here() -> Response<Body> {
    response::refusal(&Refused::NotHere)
}

/// What is said where a file is asked for in another way than to read it.
async fn wrong_method() -> Response<Body> {
    response::refusal(&Refused::WrongMethod { allow: "GET, HEAD" })
}
