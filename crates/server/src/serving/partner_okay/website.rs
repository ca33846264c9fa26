//! The partner's server: hands out the page, asks the Okay server for it, and takes callbacks.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use challenge::clock::Clock;
use futures_util::{Stream, StreamExt as _, stream};
use reqwest::Client;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::account::{Account, Wish, http};
use super::journal::{Entry, Journal};

/// The largest body that is taken.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// All that the page needs of a strict policy: itself. The picture of a linking code is data.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The demo website.
pub(super) struct Website {
    account: Account,
    program: String,
    http: Client,
    clock: Arc<dyn Clock>,
    journal: Journal,
}

impl Website {
    /// A website that was given an account on an Okay server; `program` is what the page calls
    /// this program in the commands that it shows.
    pub(super) fn new(
        account: Account,
        program: String,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            account,
            program,
            http: http()?,
            clock,
            journal: Journal::new(),
        })
    }

    /// Its pages, and `/callback` for the Okay server. Every address in them is relative.
    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/", get(page))
            .route("/style.css", get(style))
            .route("/script.js", get(script))
            .route("/parts.js", get(parts))
            .route("/icon.svg", get(icon))
            .route("/account", get(account))
            .route("/link", post(link))
            .route("/start", post(start))
            .route("/check", post(check))
            .route("/events", get(events))
            .route("/callback", post(callback))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(Arc::new(self))
    }

    /// Sends a request about the user, keeps it for the page to show, and answers the page.
    async fn ask(&self, user: &str, request: (&'static str, Value)) -> Response {
        let exchange = self.account.send(&self.http, request).await;
        let (well, answer) = (exchange.went_well(), exchange.received.clone());
        // The page asks every other second what is pending; that would only hide the rest.
        if answer["status"]["code"] != -1 {
            self.journal.asked(user, exchange, self.clock.now());
        }
        Json(json!({ "well": well, "answer": answer })).into_response()
    }
}

type Site = State<Arc<Website>>;

#[derive(Deserialize)]
struct Linking {
    user: String,
}

#[derive(Deserialize)]
struct Starting {
    user: String,
    #[serde(rename = "type")]
    kind: String,
    header: String,
    text: String,
}

#[derive(Deserialize)]
struct Checking {
    user: String,
    session: String,
}

/// Who the page is for and what its commands are made of.
async fn account(State(site): Site) -> Response {
    let account = &site.account;
    Json(json!({
        "server": account.server,
        "tenantId": account.tenant_id,
        "program": site.program,
    }))
    .into_response()
}

// The page sends JSON, which no other website can make a browser send here unasked.

async fn link(State(site): Site, Json(wanted): Json<Linking>) -> Response {
    site.ask(&wanted.user, site.account.link(&wanted.user))
        .await
}

async fn start(State(site): Site, Json(wanted): Json<Starting>) -> Response {
    let wish = Wish {
        user: &wanted.user,
        kind: &wanted.kind,
        header: &wanted.header,
        text: &wanted.text,
    };
    match site.account.start(&wish) {
        Some(request) => site.ask(&wanted.user, request).await,
        None => (StatusCode::BAD_REQUEST, "there is no such type\n").into_response(),
    }
}

async fn check(State(site): Site, Json(wanted): Json<Checking>) -> Response {
    let request = site.account.check(&wanted.session);
    site.ask(&wanted.user, request).await
}

/// Takes a callback. One that does not verify is refused, and the page shows that one came, not what
/// it said.
async fn callback(State(site): Site, headers: HeaderMap, body: Bytes) -> StatusCode {
    let now = site.clock.now();
    let callback = site.account.receive(&headers, &body, now);
    // Here a real partner would act on it, once for each `webhook-id`, if it is verified.
    let status = if callback.is_verified() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::UNAUTHORIZED
    };
    site.journal.told(callback, now);
    status
}

/// What goes over the wire about a user, as it happens (server-sent events).
async fn events(State(site): Site, query: RawQuery, headers: HeaderMap) -> Response {
    let query = query.0.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let user = pairs.find_map(|(name, user)| (name == "user").then(|| user.into_owned()));
    let seen = headers.get("last-event-id");
    let seen = seen.and_then(|seen| seen.to_str().ok()?.parse().ok());
    let view = View {
        growth: site.journal.growth(),
        user: user.unwrap_or_default(),
        seen: seen.unwrap_or(0),
        site,
    };
    let events = Sse::new(view.entries()).keep_alive(KeepAlive::default());
    ([(header::CACHE_CONTROL, "no-store")], events).into_response()
}

/// A page that is open, and what it has seen.
struct View {
    site: Arc<Website>,
    growth: watch::Receiver<u64>,
    user: String,
    seen: u64,
}

impl View {
    fn entries(self) -> impl Stream<Item = Result<Event, Infallible>> {
        let batches = stream::unfold(self, async |mut view| {
            loop {
                // Marked before looking, so that what comes meanwhile is looked for again.
                view.growth.mark_unchanged();
                let entries = view.site.journal.since(&view.user, view.seen);
                if let Some(last) = entries.last() {
                    view.seen = last.number;
                    return Some((stream::iter(entries), view));
                }
                view.growth.changed().await.ok()?;
            }
        });
        batches.flatten().map(|entry| Ok(event(&entry)))
    }
}

fn event(entry: &Entry) -> Event {
    let event = Event::default().id(entry.number.to_string());
    // An entry is strings and numbers: what JSON is made of.
    let data = serde_json::to_string(entry).unwrap_or_default();
    event.data(data)
}

async fn page() -> Response {
    file("text/html; charset=utf-8", include_str!("page.html"))
}

async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("style.css"))
}

async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("script.js"))
}

async fn parts() -> Response {
    file("text/javascript; charset=utf-8", include_str!("parts.js"))
}

async fn icon() -> Response {
    file("image/svg+xml", include_str!("icon.svg"))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let nosniff = HeaderName::from_static("x-content-type-options");
    let opener = HeaderName::from_static("cross-origin-opener-policy");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ),
        (nosniff, HeaderValue::from_static("nosniff")),
        (opener, HeaderValue::from_static("same-origin")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}
