//! Answers in ALTCHA's shapes.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use challenge::visitor::IssuedToCarry;
use data_encoding::BASE64;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::ocapi::refusal::Refused;
use crate::ocapi::response;

/// By which a widget that knows only version 1 learns where to send a code.
const CONFIGURATION: HeaderName = HeaderName::from_static("x-altcha-config");

/// Why a payload is not taken; also the word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It cannot be read, or this site did not issue it, or it is altered or no solution.
    Invalid,
    /// It is too late.
    Expired,
    /// It was taken before.
    Used,
    /// A code was asked beside it, and this is not what came of that.
    WithoutCode,
    /// The code is wrong, and its challenge spent.
    WrongCode,
    /// The code's challenge was answered before.
    Answered,
    /// Too many wrong codes; nothing was looked at.
    SlowDown,
    /// No answer can be given now.
    Unavailable,
}

/// What became of a payload.
#[derive(Serialize, ToSchema)]
#[schema(as = AltchaVerdict)]
pub(super) struct Verdict {
    /// Whether it is good.
    verified: bool,
    /// Why not: `INVALID`, `EXPIRED`, `ALREADY_USED`, `CODE_REQUIRED`, `WRONG_CODE`, `ALREADY_ANSWERED`,
    /// `SLOW_DOWN` or `UNAVAILABLE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// What the widget carries from now on instead of what it sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
}

/// An error, as the widget reads it.
#[derive(Serialize, ToSchema)]
#[schema(as = AltchaFailure)]
pub(super) struct Failure {
    /// What to do.
    error: String,
}

impl Reason {
    fn word(self) -> &'static str {
        match self {
            Self::Invalid => "INVALID",
            Self::Expired => "EXPIRED",
            Self::Used => "ALREADY_USED",
            Self::WithoutCode => "CODE_REQUIRED",
            Self::WrongCode => "WRONG_CODE",
            Self::Answered => "ALREADY_ANSWERED",
            Self::SlowDown => "SLOW_DOWN",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

/// A challenge just issued to a site's page.
pub(super) fn challenge(public_id: &str, issued: IssuedToCarry) -> Response<Body> {
    let mut shown = issued.shown;
    let Some(code) = issued.code else {
        return response::json(StatusCode::OK, "application/json", &shown);
    };
    let image = BASE64.encode(&code.image.bytes);
    let place = format!("/ocapi/altcha/{public_id}/verify");
    let asked = json!({
        "image": format!("data:{};base64,{image}", code.image.media_type),
        "audio": format!("/ocapi/v2/challenge/{}/audio", code.id),
        "length": code.length,
    });
    shown.insert("codeChallenge".to_owned(), asked);
    let configuration = Map::from_iter([("verifyUrl".to_owned(), Value::from(place))]);
    let for_header = HeaderValue::from_str(&Value::Object(configuration.clone()).to_string());
    shown.insert("configuration".to_owned(), Value::Object(configuration));
    let mut response = response::json(StatusCode::OK, "application/json", &shown);
    if let Ok(configuration) = for_header {
        let headers = response.headers_mut();
        headers.insert(CONFIGURATION, configuration);
    }
    response
}

/// Lets the pages that may read an answer read the widget's own header, too.
pub(super) fn expose(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    if headers.contains_key(CONFIGURATION)
        && headers.contains_key(header::ACCESS_CONTROL_EXPOSE_HEADERS)
    {
        let names = HeaderValue::from_static("retry-after, x-altcha-config");
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, names);
    }
    response
}

/// A payload is good; `instead` takes its place.
pub(super) fn verified(instead: Option<String>) -> Response<Body> {
    verdict(&Verdict {
        verified: true,
        reason: None,
        payload: instead,
    })
}

/// A payload is not. The status is 200 whatever the reason: the widget stands still at any other.
pub(super) fn not_verified(reason: Reason) -> Response<Body> {
    verdict(&Verdict {
        verified: false,
        reason: Some(reason.word()),
        payload: None,
    })
}

fn verdict(verdict: &Verdict) -> Response<Body> {
    response::json(StatusCode::OK, "application/json", verdict)
}

/// A refusal: the status and the words of this protocol's table, in ALTCHA's shape.
pub(super) fn refusal(refused: &Refused) -> Response<Body> {
    let as_problem = response::refusal(refused);
    let body = Failure {
        error: refused.to_wire().detail,
    };
    let mut response = response::json(as_problem.status(), "application/json", &body);
    for name in [header::RETRY_AFTER, header::ALLOW] {
        if let Some(value) = as_problem.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}
