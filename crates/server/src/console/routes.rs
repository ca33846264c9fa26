//! What the console answers to. Each file of pages names its own routes.

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::response::Response;
use axum::routing::{any, get};

use super::shared::Console;
use super::trouble::Trouble;
use super::{
    account, approvals, audit, callbacks, clients, door, factor, files, headers, health, link,
    officers, overview, policies, set_up, sign_in, sign_up, site, sites, tenants, tokens, trial,
    users,
};

/// All pages behind the door, and the files beside it.
pub fn router(console: &Arc<Console>) -> Router {
    let pages = Router::new()
        .merge(sign_in::routes())
        .merge(sign_up::routes())
        .merge(link::routes())
        .merge(set_up::routes())
        .merge(factor::routes())
        .merge(overview::routes())
        .merge(tenants::routes())
        .merge(sites::routes())
        .merge(site::routes())
        .merge(clients::routes())
        .merge(policies::routes())
        .merge(approvals::routes())
        .merge(callbacks::routes())
        .merge(users::routes())
        .merge(audit::routes())
        .merge(trial::routes())
        .merge(health::routes())
        .merge(officers::routes())
        .merge(tokens::routes())
        .merge(account::routes())
        .route("/console/{*rest}", any(nothing))
        .layer(middleware::from_fn_with_state(
            Arc::clone(console),
            door::keep,
        ))
        .with_state(Arc::clone(console));
    let files = Router::new()
        .route("/console/files/{*path}", get(files::file))
        .layer(middleware::map_response(protected));
    pages.merge(files)
}

/// What no page stands at.
async fn nothing() -> Trouble {
    Trouble::NotFound
}

async fn protected(mut response: Response) -> Response {
    headers::protect(response.headers_mut());
    response
}
