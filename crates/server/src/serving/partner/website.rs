//! The demo website's server: it hands out the form, and takes it if the check says so.

use std::sync::Arc;

use anyhow::Context as _;
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use challenge::clock::Clock;
use reqwest::Client;

use super::check::Account;
use super::page::{Form, Kind, Outcome, Widget};

/// The form field that the widget adds: the challenge's id.
const FIELD: &str = "ocapi-challenge";

/// The kinds that the demo's site has, the first of them unless the visitor chooses another. A website of yours
/// would settle on one, and leave the rest to the widget's own menu.
const KINDS: [Kind; 4] = [
    Kind {
        name: "pow",
        label: "the browser works",
    },
    Kind {
        name: "classification",
        label: "choose pictures",
    },
    Kind {
        name: "transcription",
        label: "read old handwriting",
    },
    Kind {
        name: "text",
        label: "type a drawn code",
    },
];

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

async fn form(State(website): State<Arc<Website>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let mut asked = form_urlencoded::parse(query.as_bytes());
    let asked = asked.find(|(name, _)| name == "kind");
    let kind = KINDS
        .iter()
        .find(|kind| asked.as_ref().is_some_and(|(_, it)| it == kind.name));
    let page = Form {
        kinds: &KINDS,
        kind: kind.unwrap_or(&KINDS[0]).name,
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

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;
    use crate::system::SystemClock;

    async fn page(path: &str) -> String {
        let account = Account {
            server: "http://127.0.0.1:1".to_owned(),
            public_id: "shop".to_owned(),
            private_id: "secret".into(),
        };
        let website = Website::new(account, Arc::new(SystemClock)).unwrap();
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = website.router().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let body = to_bytes(answer.into_body(), 64 * 1024).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_visitor_chooses_the_kind_and_one_that_is_none_is_the_first() {
        for (path, kind) in [
            ("/", "pow"),
            ("/?kind=text", "text"),
            ("/?kind=classification", "classification"),
            ("/?a=b&kind=transcription", "transcription"),
            ("/?kind=%22%3E%3Cscript%3E", "pow"),
        ] {
            let page = page(path).await;
            let widget = format!(r#"<ocapi-challenge public-id="shop" kind="{kind}">"#);
            assert!(page.contains(&widget), "{path}");
            let current = format!(r#"<a href="/?kind={kind}" aria-current="page">"#);
            assert_eq!(page.matches("aria-current").count(), 1);
            assert!(page.contains(&current), "{path}");
        }
    }
}
