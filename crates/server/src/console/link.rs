//! Following a sign-in link. Opening it shows a button alone, since scanners of mail open what they find;
//! the button's form spends it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use challenge::officers::Denied;

use super::page::Page;
use super::place::Place;
use super::shared::Console;
use super::sign_in;
use super::trouble::Trouble;
use super::visit::Visit;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/link/{text}", get(show).post(follow))
}

#[derive(Template)]
#[template(path = "console/link.html")]
struct LinkPage {
    page: Page,
    is_wrong: bool,
}

async fn show(visit: Visit) -> Response {
    visit.show(&LinkPage {
        page: visit.page(Place::Nowhere),
        is_wrong: false,
    })
}

async fn follow(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(unverified_text): Path<String>,
) -> Result<Response, Trouble> {
    let verifier = &console.desk.verifier;
    let origin = visit.origin.clone();
    match verifier.follow_link(&unverified_text, origin).await {
        Ok(session) => Ok(sign_in::go_on(&visit, &session, "")),
        Err(Denied::NotSignedIn) => {
            let template = LinkPage {
                page: visit.page(Place::Nowhere),
                is_wrong: true,
            };
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
        Err(denied) => Err(denied.into()),
    }
}
