//! The mailbox's pages, and what the gateway is asked at.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use challenge::clock::Clock;
use challenge::delivery::{DeliverySecrets, Format, GatewaySettings, Method, Way};
use challenge::directory::provision::DeliveryBlueprint;
use challenge::rng::{self, Rng};
use data_encoding::HEXLOWER;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq as _;

use super::messages::{Asked, Messages};

/// The largest body that is taken.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// All that the page needs of a strict policy: itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// A gateway that sends nothing and shows everything.
#[derive(Clone)]
pub struct Mailbox(Arc<Inner>);

struct Inner {
    /// What whoever asks the gateway has to present.
    authorization: SecretString,
    messages: Messages,
    clock: Arc<dyn Clock>,
}

impl Mailbox {
    /// An empty mailbox, with a key of its own.
    pub fn new(rng: &dyn Rng, clock: Arc<dyn Clock>) -> Self {
        let key: [u8; 16] = rng::bytes(rng);
        Self(Arc::new(Inner {
            authorization: format!("Bearer {}", HEXLOWER.encode(&key)).into(),
            messages: Messages::default(),
            clock,
        }))
    }

    /// Its page at `/mailbox/`, and `POST /mailbox/messages` for the gateway's client. Every address in
    /// the page is relative.
    pub fn router(&self) -> Router {
        let to_page = || async { Redirect::permanent("mailbox/") };
        Router::new()
            .route("/mailbox", get(to_page))
            .route("/mailbox/", get(page))
            .route("/mailbox/style.css", get(style))
            .route("/mailbox/script.js", get(script))
            .route("/mailbox/messages", get(messages).post(take))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(self.clone())
    }

    /// The settings of a server that uses it as its gateway; `website` is the URL that its router is
    /// served at, without a slash at the end.
    pub fn delivery(&self, website: &str) -> DeliveryBlueprint {
        let body = r#"{"id":"{id}","to":"{to}","text":"{text}"}"#;
        let authorization = self.0.authorization.clone();
        DeliveryBlueprint {
            prefer: Way::Sms,
            smtp: None,
            gateway: Some(GatewaySettings {
                method: Method::Post,
                format: Format::Json,
                text: DeliveryBlueprint::TEXT.to_owned(),
                allow_private: true,
                per_min: None,
            }),
            secrets: DeliverySecrets {
                smtp_password: None,
                url: Some(format!("{website}/mailbox/messages").into()),
                headers: vec![("Authorization".to_owned(), authorization)],
                body: Some(body.into()),
            },
        }
    }
}

async fn take(State(mailbox): State<Mailbox>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let expected = mailbox.0.authorization.expose_secret().as_bytes();
    let given = headers.get(header::AUTHORIZATION);
    let given = given.map_or(&[][..], HeaderValue::as_bytes);
    if !bool::from(expected.ct_eq(given)) {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(asked) = serde_json::from_slice::<Asked>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    mailbox.0.messages.keep(asked, mailbox.0.clock.now());
    StatusCode::NO_CONTENT
}

async fn messages(State(mailbox): State<Mailbox>) -> Response {
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ([no_store], Json(mailbox.0.messages.all())).into_response()
}

async fn page() -> Response {
    static_file("text/html; charset=utf-8", include_str!("page.html"))
}

async fn style() -> Response {
    static_file("text/css; charset=utf-8", include_str!("style.css"))
}

async fn script() -> Response {
    static_file("text/javascript; charset=utf-8", include_str!("script.js"))
}

fn static_file(kind: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}
