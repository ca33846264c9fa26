//! Answers in the envelope of this protocol, and those of its token endpoint.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use challenge::access::IssuedToken;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::dualshield::no_token::TokenRefused;
use crate::dualshield::refusal::Refused;

/// What callers are told to wait before they ask an unavailable server again.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");

/// Every answer of every method.
#[derive(Serialize, ToSchema)]
#[schema(as = DualShieldEnvelope)]
pub(super) struct Envelope {
    /// 0, or the number of the refusal.
    #[schema(examples(0))]
    error: u32,
    /// What went wrong, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// `ERROR`, where the vendor's server says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    /// What the method gives; of a refusal, what helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
}

/// A token (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
#[schema(as = DualShieldToken)]
pub(super) struct Issued<'a> {
    /// The token.
    access_token: &'a str,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds that it lives.
    #[schema(examples(3600))]
    expires_in: u32,
}

/// No token (RFC 6749, section 5.2).
#[derive(Serialize, ToSchema)]
#[schema(as = DualShieldTokenRefused)]
pub(super) struct OAuthError {
    /// The reason's name.
    #[schema(examples("invalid_client"))]
    error: &'static str,
    /// The same for people.
    error_description: String,
}

/// What was asked for; nothing where the method gives nothing.
pub(super) fn done(result: Option<Value>) -> Response<Body> {
    json(
        StatusCode::OK,
        &Envelope {
            error: 0,
            message: None,
            severity: None,
            result,
        },
    )
}

/// A refusal; what is for the log goes there.
pub(super) fn refusal(refused: &Refused) -> Response<Body> {
    if let Some(text) = refused.for_the_log() {
        tracing::error!(protocol = "dualshield", %text, "unavailable");
    }
    let wire = refused.to_wire();
    let body = Envelope {
        error: wire.error,
        message: Some(wire.message),
        severity: (*refused == Refused::OtherDomain).then_some("ERROR"),
        result: wire.result,
    };
    let mut response = json(status(wire.http), &body);
    let ask = match refused {
        Refused::NoCaller => Some(r#"Bearer realm="dualshield""#),
        Refused::WrongToken => Some(r#"Bearer realm="dualshield", error="invalid_token""#),
        _ => None,
    };
    put_headers(&mut response, wire.http, ask);
    response
}

/// A token just issued.
pub(super) fn token(issued: &IssuedToken) -> Response<Body> {
    let body = Issued {
        access_token: &issued.text,
        token_type: "Bearer",
        expires_in: issued.lifetime_s,
    };
    json(StatusCode::OK, &body)
}

/// No token, and why.
pub(super) fn no_token(refused: &TokenRefused) -> Response<Body> {
    if let TokenRefused::Unavailable(text) = refused {
        tracing::error!(protocol = "dualshield", %text, "unavailable");
    }
    let (http, error, text) = refused.to_wire();
    let error_description = text.chars().map(oauth_character).collect();
    let mut response = json(
        status(http),
        &OAuthError {
            error,
            error_description,
        },
    );
    let ask = (http == 401).then_some(r#"Basic realm="dualshield", charset="UTF-8""#);
    put_headers(&mut response, http, ask);
    response
}

/// What RFC 6749, section 5.2, lets a description hold.
fn oauth_character(character: char) -> char {
    match character {
        '"' | '\\' => '\'',
        ' '..='~' => character,
        _ => '?',
    }
}

fn put_headers(response: &mut Response<Body>, http: u16, ask: Option<&'static str>) {
    let headers = response.headers_mut();
    if let Some(ask) = ask {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(ask));
    }
    match http {
        405 => headers.insert(header::ALLOW, HeaderValue::from_static("POST")),
        503 => headers.insert(header::RETRY_AFTER, RETRY_AFTER_S),
        _ => None,
    };
}

fn status(http: u16) -> StatusCode {
    StatusCode::from_u16(http).unwrap_or(StatusCode::BAD_REQUEST)
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    // What is serialised here has text keys and no maps of other kinds: it cannot fail.
    let text = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json;charset=UTF-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
