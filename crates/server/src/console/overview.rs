//! The overview: what the server does at the moment.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;

use super::console::Console;
use super::page::Page;
use super::place::Place;
use super::trouble::Trouble;
use super::visit::Visit;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/", get(show)).route(
        "/console",
        get(async || Redirect::permanent("/console/").into_response()),
    )
}

#[derive(Template)]
#[template(path = "console/overview.html")]
struct OverviewPage {
    page: Page,
}

async fn show(visit: Visit) -> Result<Response, Trouble> {
    visit.officer()?;
    Ok(visit.show(&OverviewPage {
        page: visit.page(Place::Overview),
    }))
}
