//! The website's server: it hands out pages, has challenges issued, and lets in whose answer is verified.
//!
//! What was asked stands in the page, and the server knows to whom it was asked, so that no page can be
//! changed into another customer's. What is to be paid is kept here (`payments`): a page could be changed
//! into another payment's.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use challenge::clock::Clock;
use challenge::methods::card::Card;

use super::account::Account;
use super::agent::{Agent, Exchange};
use super::form::Form;
use super::page::{CardPage, Page, PhonePage, Stage, Start, Verdict};
use super::payments::Payments;
use super::pocket::Pocket;
use super::shown::Challenge;
use super::way::Way;

/// The largest form that is taken.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// All that the pages need of a strict policy: this website itself, and for the phone a frame of it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

/// The error number of an answer that was wrong.
const WRONG: i64 = 1000;

/// The demo website.
pub struct Website {
    agent: Agent,
    pocket: Pocket,
    payments: Payments,
    clock: Arc<dyn Clock>,
}

type Site = State<Arc<Website>>;

impl Website {
    /// The website of whoever was given `account`; `pocket` is what its customer has.
    pub fn new(account: Account, pocket: Pocket, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        Ok(Self {
            agent: Agent::new(account, Arc::clone(&clock))?,
            pocket,
            payments: Payments::default(),
            clock,
        })
    }

    /// Its pages.
    pub fn router(self) -> Router {
        let mut router = Router::new()
            .route("/", get(start))
            .route("/phone", get(phone).post(respond))
            .route("/card", get(card))
            .route("/style.css", get(style))
            .route("/grid.js", get(script))
            .route("/icon.svg", get(icon));
        for way in Way::ALL {
            let path = format!("/{}", way.path());
            let begin = move |State(site): Site| async move { begin(&site, way) };
            let ask = move |site: Site, body: Bytes| ask(site, way, body);
            let answer = move |site: Site, body: Bytes| answer(site, way, body);
            let back = move || async move { Redirect::to(&format!("/{}", way.path())) };
            router = router
                .route(&path, get(begin))
                .route(&format!("{path}/ask"), get(back).post(ask))
                .route(&format!("{path}/answer"), get(back).post(answer));
        }
        router
            .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
            .layer(middleware::from_fn(guard))
            .with_state(Arc::new(self))
    }

    fn page(&self, way: Way, form: &Form, (stage, wire): (&Stage, &[Exchange])) -> Response {
        let is_refused = match stage {
            Stage::Begin | Stage::Asked(_, None) => false,
            Stage::Asked(_, Some(verdict)) | Stage::Ended(verdict) => !verdict.is_in,
        };
        let page = Page {
            way,
            form,
            stage,
            wire,
            pocket: &self.pocket,
        };
        let status = if is_refused {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::OK
        };
        rendered(status, &page)
    }
}

async fn start(State(site): Site) -> Response {
    let account = site.agent.account();
    let page = Start {
        server: &account.server,
        client_id: &account.client_id,
    };
    rendered(StatusCode::OK, &page)
}

fn begin(site: &Website, way: Way) -> Response {
    let form = Form {
        user: site.pocket.login_name.clone(),
        ..Form::default()
    };
    site.page(way, &form, (&Stage::Begin, &[]))
}

/// Has something asked, and shows it.
async fn ask(State(site): Site, way: Way, body: Bytes) -> Response {
    let form = Form::read(&body);
    let mut wire = Vec::new();
    let stage = site.asked(way, &form, None, &mut wire).await;
    site.page(way, &form, (&stage, &wire))
}

/// Has an answer verified. Where it was wrong, the next thing is asked at once.
async fn answer(State(site): Site, way: Way, body: Bytes) -> Response {
    let mut wire = Vec::new();
    let Some(form) = site.payments.recall(Form::read(&body)) else {
        let why = "No such payment waits here; begin it anew.";
        let stage = Stage::Ended(Verdict::refused("Not paid", why));
        return site.page(way, &Form::default(), (&stage, &wire));
    };
    let user = site.agent.user(&form.user);
    let body = way.answer(&user, &form);
    let reply = site.agent.call(way.verifying(), &body, &mut wire).await;
    // Here a real website would begin a session, or carry the payment out, if it went well.
    let verdict = Verdict::of(&reply);
    let stage = if reply.error == Some(WRONG) && way != Way::Code {
        site.asked(way, &form, Some(verdict), &mut wire).await
    } else {
        Stage::Ended(verdict)
    };
    site.page(way, &form, (&stage, &wire))
}

impl Website {
    async fn asked(
        &self,
        way: Way,
        form: &Form,
        before: Option<Verdict>,
        wire: &mut Vec<Exchange>,
    ) -> Stage {
        let body = way.question(&self.agent.user(&form.user), form);
        let reply = self.agent.call(way.asking(), &body, wire).await;
        if !reply.went_well() {
            return Stage::Ended(Verdict::of(&reply));
        }
        match Challenge::read(way, &reply) {
            Ok(challenge) => {
                if form.is_payment() {
                    self.payments.remember(form, &challenge.cc);
                }
                Stage::Asked(challenge, before)
            }
            Err(error) => Stage::Ended(Verdict::refused("Not to be shown", error.to_string())),
        }
    }
}

async fn phone(State(site): Site) -> Response {
    let page = PhonePage {
        serial: &site.pocket.phone.serial,
        question: "",
        response: None,
    };
    rendered(StatusCode::OK, &page)
}

/// What the app shows for the digits that were typed into it.
async fn respond(State(site): Site, body: Bytes) -> Response {
    let form = Form::read(&body);
    let phone = &site.pocket.phone;
    let page = PhonePage {
        serial: &phone.serial,
        question: &form.question,
        response: Some(phone.respond(&form.question, site.clock.now())),
    };
    rendered(StatusCode::OK, &page)
}

async fn card(State(site): Site) -> Response {
    let card = &site.pocket.card;
    let row = |row| {
        (0..Card::COLS)
            .filter_map(move |col| card.cell(row, col))
            .collect()
    };
    let page = CardPage {
        serial: &site.pocket.card_serial,
        columns: Card::LABELS.chars().collect(),
        rows: (0..Card::ROWS).map(row).collect(),
    };
    rendered(StatusCode::OK, &page)
}

async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("style.css"))
}

async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("grid.js"))
}

async fn icon() -> Response {
    file("image/svg+xml", include_str!("icon.svg"))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}

fn rendered(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        // A page that the browser kept would show a challenge that was answered.
        Ok(text) => (status, [(header::CACHE_CONTROL, "no-store")], Html(text)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Refuses forms that other websites make a browser send here, and adds the headers of all pages.
async fn guard(request: Request, next: Next) -> Response {
    let from = request.headers().get("sec-fetch-site");
    let is_foreign = from.is_some_and(|from| from != "same-origin" && from != "none");
    let mut response = if is_foreign && request.method() != axum::http::Method::GET {
        let text = "This form came from another website, so it was not taken.\n";
        (StatusCode::FORBIDDEN, text).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
