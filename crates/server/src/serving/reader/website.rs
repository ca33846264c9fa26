//! The pages' routes. They are rendered once, when the first of them is asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use super::description::Description;
use super::page::{Index, PartPage, SHAPES, ShapesPage};

/// All that the pages need of a strict policy: their style.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

type Pages = Arc<Lazy>;

/// The document, and the pages made of it.
struct Lazy {
    document: Arc<str>,
    pages: OnceLock<BTreeMap<String, Bytes>>,
}

/// `/docs` and what is under it, of the document that `/openapi.json` serves.
pub fn router(document: Arc<str>) -> Router {
    let pages = OnceLock::new();
    Router::new()
        .route("/docs", get(index))
        .route("/docs/{part}", get(part))
        .route("/docs/style.css", get(style))
        .with_state(Arc::new(Lazy { document, pages }))
}

async fn index(State(pages): State<Pages>) -> Response {
    pages.page("")
}

async fn part(State(pages): State<Pages>, Path(name): Path<String>) -> Response {
    pages.page(&name)
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, include_str!("style.css")).into_response()
}

impl Lazy {
    fn page(&self, name: &str) -> Response {
        let pages = self.pages.get_or_init(|| rendered(&self.document));
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-cache"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
        ];
        match pages.get(name) {
            Some(page) => (headers, page.clone()).into_response(),
            None => (StatusCode::NOT_FOUND, "There is no such part; see /docs\n").into_response(),
        }
    }
}

/// All pages by what their address ends in. A page that cannot be rendered is left out, and told.
fn rendered(document: &str) -> BTreeMap<String, Bytes> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let all = Description::read(&document);
    let parts = all.parts.iter().map(|part| {
        let page = PartPage {
            all: &all,
            here: &part.name,
            part,
        };
        (part.name.clone(), page.render())
    });
    let index = Index {
        all: &all,
        here: "",
    };
    let shapes = ShapesPage {
        all: &all,
        here: SHAPES,
    };
    let others = [
        (String::new(), index.render()),
        (SHAPES.to_owned(), shapes.render()),
    ];
    let mut pages = BTreeMap::new();
    for (name, page) in others.into_iter().chain(parts) {
        match page {
            Ok(text) => {
                pages.insert(name, Bytes::from(text));
            }
            Err(error) => tracing::error!(page = name, %error, "a page of /docs is missing"),
        }
    }
    pages
}
