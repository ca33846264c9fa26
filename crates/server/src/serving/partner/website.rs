//! The demo website's server: it hands out the form, and takes it if the check says so.

use std::sync::Arc;

use anyhow::Context as _;
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use challenge::clock::Clock;
use reqwest::Client;

use super::check::Account;
use super::page::{Form, Outcome, Widget};

/// The form field that the widget adds: the challenge's id.
const FIELD: &str = "ocapi-challenge";

/// The largest form that is taken.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// The demo website.
pub struct Website {
    account: Account,
    http: Client,
    clock: Arc<dyn Clock>,
    policy: HeaderValue,
}

impl Website {
    /// A website that was given an account on an Ocapi server.
    pub fn new(account: Account, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let http = Client::builder().no_proxy().build();
        Ok(Self {
            policy: policy(&account.server).context("the server's address is no header value")?,
            http: http.context("no HTTP client")?,
            account,
            clock,
        })
    }

    /// Its pages.
    pub fn router(self) -> Router {
        let style = || async { file("text/css", include_str!("style.css")) };
        let icon = || async { file("image/svg+xml", include_str!("icon.svg")) };
        Router::new()
            .route("/", get(form).post(receive))
            .route("/style.css", get(style))
            .route("/icon.svg", get(icon))
            .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
            .with_state(Arc::new(self))
    }

    fn page(&self, status: StatusCode, page: &impl Template) -> Response {
        let policy = (header::CONTENT_SECURITY_POLICY, self.policy.clone());
        match page.render() {
            // A page that the browser kept would show a challenge that was used.
            Ok(text) => (
                status,
                [
                    policy,
                    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                ],
                Html(text),
            )
                .into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
}

/// All that the widget needs of a strict policy: its server, for the script, its requests and its frame.
fn policy(server: &str) -> Option<HeaderValue> {
    let policy = format!(
        "default-src 'none'; script-src {server}; connect-src {server}; frame-src {server}; \
         style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).ok()
}

async fn form(State(website): State<Arc<Website>>) -> Response {
    let page = Form {
        server: &website.account.server,
        public_id: &website.account.public_id,
        widget: Widget {
            version: protocols::ocapi::widget::version(),
            integrity: protocols::ocapi::widget::integrity(),
        },
    };
    website.page(StatusCode::OK, &page)
}

/// Takes a form: reads the challenge's id, checks it, and goes on only if it is valid.
async fn receive(State(website): State<Arc<Website>>, body: Bytes) -> Response {
    let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let id = fields.iter().find(|(name, _)| name == FIELD);
    let checked = match id {
        Some((_, id)) if !id.is_empty() => {
            let now = website.clock.now();
            Some(website.account.check(&website.http, id, now).await)
        }
        _ => None,
    };
    let taken = checked.as_ref().is_some_and(|checked| checked.is_valid);
    // Here a real website would store the message, if it is taken.
    let status = if taken {
        StatusCode::OK
    } else {
        StatusCode::FORBIDDEN
    };
    let page = Outcome {
        fields: &fields,
        checked: checked.as_ref(),
    };
    website.page(status, &page)
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
