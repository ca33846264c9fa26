//! Answers of the gateway: each has a `status`, and none is ever empty.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use challenge::approval::{LinkingTicket, Session};
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::okay::auth_result::AuthResult;
use crate::okay::refusal::Refused;

/// Says what would help to mend a request that was refused.
const REASON: HeaderName = HeaderName::from_static("countersign-reason");

/// Characters of a reason at most.
const REASON_LENGTH_MAX: usize = 200;

/// What callers are told to wait before they ask an unavailable server again.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");

/// How a request went.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = GatewayStatus)]
pub(super) struct Status {
    /// 0: done or answered; -1: the user has not decided yet; 101: refused.
    #[schema(examples(0))]
    code: i16,
    /// `OK`, `INCOMPLETE`, or why it was refused.
    #[schema(examples("OK"))]
    message: &'static str,
}

const OK: Status = Status {
    code: 0,
    message: "OK",
};

const INCOMPLETE: Status = Status {
    code: -1,
    message: "INCOMPLETE",
};

/// A linking code; the status alone where there is none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GatewayLinkAnswer)]
pub(super) struct LinkAnswer<'a> {
    /// Decimal digits, at least six; may begin with zeros.
    #[schema(examples("980565"), required = false)]
    linking_code: &'a str,
    /// Base64 of a PNG, 300 by 300 points: a QR code that holds the linking code alone.
    #[schema(required = false)]
    linking_qr_img: &'a str,
    status: Status,
}

/// A session that was started; the status alone where none was.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GatewayStartAnswer)]
pub(super) struct StartAnswer {
    status: Status,
    /// The session's id: decimals of a number below 2^53.
    #[schema(examples("100227"), required = false)]
    session_external_id: String,
    /// The number that the asking page is to show, where the phone asks for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("42"))]
    match_number: Option<String>,
}

/// What came of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GatewayCheckAnswer)]
pub(super) struct CheckAnswer {
    status: Status,
    auth_result: ToldResult,
}

/// What was answered; both members are null where nothing was.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GatewayToldResult)]
pub(super) struct ToldResult {
    /// 101 declined, 102 PIN, 103 approved, 104 device information, 105 PIN set, 106 PIN
    /// forgotten, 107 approved with biometrics, 108 fell back.
    #[schema(examples(103))]
    data_type: Option<u16>,
    /// What goes with it.
    #[schema(value_type = Option<String>, examples("OK"))]
    data: Option<Zeroizing<String>>,
}

/// A request that was refused.
#[derive(Serialize, ToSchema)]
#[schema(as = GatewayRefusedAnswer)]
pub(super) struct RefusedAnswer {
    status: Status,
}

/// A linking code that was drawn, with its picture.
pub(super) fn link(ticket: &LinkingTicket, picture: &str) -> Response<Body> {
    json(&LinkAnswer {
        linking_code: &ticket.code,
        linking_qr_img: picture,
        status: OK,
    })
}

/// A session that was started.
pub(super) fn start(session: Session) -> Response<Body> {
    json(&StartAnswer {
        status: OK,
        session_external_id: session.id.to_string(),
        match_number: session.number,
    })
}

/// A session that the user has not decided yet.
pub(super) fn pending() -> Response<Body> {
    json(&CheckAnswer {
        status: INCOMPLETE,
        auth_result: ToldResult::default(),
    })
}

/// A session that the user decided.
pub(super) fn answered(result: AuthResult) -> Response<Body> {
    json(&CheckAnswer {
        status: OK,
        auth_result: ToldResult {
            data_type: Some(result.data_type),
            data: Some(result.data),
        },
    })
}

/// A refusal; what is for the log goes there.
pub(super) fn refusal(refused: &Refused) -> Response<Body> {
    refused_with(refused, |status| json(&RefusedAnswer { status }))
}

/// A refusal to tell of a session: clients look into `authResult` before they look at the status.
pub(super) fn check_refusal(refused: &Refused) -> Response<Body> {
    refused_with(refused, |status| {
        json(&CheckAnswer {
            status,
            auth_result: ToldResult::default(),
        })
    })
}

fn refused_with(refused: &Refused, body: impl FnOnce(Status) -> Response<Body>) -> Response<Body> {
    if let Some(text) = refused.for_the_log() {
        tracing::error!(protocol = "okay", %text, "unavailable");
    }
    let wire = refused.to_wire();
    let mut response = body(Status {
        code: 101,
        message: wire.message,
    });
    *response.status_mut() = StatusCode::from_u16(wire.http).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = response.headers_mut();
    headers.insert(REASON, reason(&wire.reason));
    if wire.http == 503 {
        headers.insert(header::RETRY_AFTER, RETRY_AFTER_S);
    }
    response
}

/// A text in the characters that a header may have, cut.
fn reason(text: &str) -> HeaderValue {
    let printable = |character| match character {
        ' '..='~' => character,
        _ => '?',
    };
    let text: String = text
        .chars()
        .map(printable)
        .take(REASON_LENGTH_MAX)
        .collect();
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("?"))
}

fn json(body: &impl Serialize) -> Response<Body> {
    // What is serialised here has text keys and no maps of other kinds: it cannot fail.
    let text = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_short_and_printable() {
        let long = format!("é\r\nx: y{}", "z".repeat(500));
        let value = reason(&long);
        assert!(value.to_str().unwrap().starts_with("???x: yzzz"));
        assert_eq!(value.len(), REASON_LENGTH_MAX);
    }
}
