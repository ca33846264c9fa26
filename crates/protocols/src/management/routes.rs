//! Where the management API is: all below `/api/v1`.

mod audit;
mod authenticators;
mod callbacks;
mod challenges;
mod clients;
mod devices;
mod health;
mod imports;
mod me;
mod officers;
mod policies;
mod server;
mod sessions;
mod sites;
mod statistics;
mod tenants;
mod tokens;
mod users;

use std::sync::Arc;

use axum::routing::any;
use axum::{Extension, Router};
use utoipa_axum::router::OpenApiRouter;

use crate::desk::Desk;
use crate::management::described;
use crate::management::pace::Paces;
use crate::management::refusal::Refusal;

/// All routes of the management API.
///
/// The address of the peer is taken from an `axum::extract::ConnectInfo<SocketAddr>` in the request's
/// extensions, where the server puts one.
pub fn router() -> Router<Arc<Desk>> {
    let (router, _) = resources().split_for_parts();
    router
        .method_not_allowed_fallback(async || Refusal::WrongMethod)
        .route("/api", any(not_here))
        .route("/api/", any(not_here))
        .route("/api/{*rest}", any(not_here))
        .layer(Extension(Arc::new(Paces::default())))
}

/// The routes that officers are told of, with their descriptions.
pub(crate) fn documented() -> OpenApiRouter<Arc<Desk>> {
    let mut router = resources();
    described::complete(router.get_openapi_mut());
    router
}

fn resources() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .merge(me::documented())
        .merge(server::documented())
        .merge(officers::documented())
        .merge(tokens::documented())
        .merge(tenants::documented())
        .merge(clients::documented())
        .merge(sites::documented())
        .merge(policies::documented())
        .merge(users::documented())
        .merge(authenticators::documented())
        .merge(imports::documented())
        .merge(statistics::documented())
        .merge(sessions::documented())
        .merge(health::documented())
        .merge(devices::documented())
        .merge(challenges::documented())
        .merge(callbacks::documented())
        .merge(audit::documented())
}

async fn not_here() -> Refusal {
    Refusal::NotHere
}
