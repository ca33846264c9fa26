//! Answers to officers, and refusals as problem documents (RFC 9457).

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::management::precondition::{Tag, Tagged};
use crate::management::refusal::{FieldError, Refusal};
use crate::management::request::Call;

/// What `type` begins with in every problem document.
pub(super) const PROBLEMS: &str = "urn:problem-type:management:";

/// The media type of problem documents.
pub(super) const PROBLEM: &str = "application/problem+json";

/// What stands in a path as it is (RFC 3986, section 2.3).
const IN_PATHS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An answer, or why there is none.
pub(super) type Told = Result<Response<Body>, Refusal>;

/// What went wrong (RFC 9457, section 3.1).
#[derive(Serialize, ToSchema)]
#[schema(as = ManagementProblem)]
pub(super) struct Problem {
    /// `urn:problem-type:management:` and the kind.
    #[serde(rename = "type")]
    #[schema(examples("urn:problem-type:management:invalid"))]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// The status of HTTP.
    status: u16,
    /// What would help.
    detail: String,
    /// The members of the body that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<ProblemError>,
    /// Wrong codes that are left before the user is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_left: Option<u32>,
}

/// What is wrong with one member of a body.
#[derive(Serialize, ToSchema)]
#[schema(as = ManagementProblemError)]
pub(super) struct ProblemError {
    /// Where it is (a JSON pointer, RFC 6901); empty: the body as a whole.
    #[schema(examples("/okay/pending_s"))]
    pointer: String,
    /// What is wrong with it.
    detail: String,
}

/// Something with its tag; nothing but the tag for a caller who has it already.
pub(super) fn tagged<T: Serialize>(call: &Call, tagged: &Tagged<T>) -> Told {
    if call.is_reading() && call.if_none_match()?.knows(&tagged.tag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        set_tag(&mut response, &tagged.tag);
        return Ok(response);
    }
    let mut response = json(StatusCode::OK, &tagged.value);
    set_tag(&mut response, &tagged.tag);
    Ok(response)
}

/// Something that has no tag: a list, or what an act found out.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
pub(super) fn ok<T: Serialize>(value: &T) -> Told {
    Ok(json(StatusCode::OK, value))
}

/// Something that was made, and where it is: the segments of its path below `/api/v1`.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
pub(super) fn created<T: Serialize>(place: &[&str], value: &T) -> Told {
    let mut response = json(StatusCode::CREATED, value);
    let segments = place
        .iter()
        .map(|segment| utf8_percent_encode(segment, IN_PATHS).to_string());
    let segments: Vec<_> = segments.collect();
    let place = format!("/api/v1/{}", segments.join("/"));
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// Done, and nothing to be told of it.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
pub(super) fn done() -> Told {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

fn set_tag(response: &mut Response<Body>, tag: &Tag) {
    if let Ok(value) = HeaderValue::from_str(tag.as_str()) {
        response.headers_mut().insert(header::ETAG, value);
    }
    set(response, header::CACHE_CONTROL, "no-store");
}

fn json<T: Serialize>(status: StatusCode, value: &T) -> Response<Body> {
    // What is answered has text keys and no maps of other kinds: it can be written.
    let text = serde_json::to_vec(value).unwrap_or_default();
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, "application/json");
    set(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

fn set(response: &mut Response<Body>, name: HeaderName, value: &'static str) {
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let wire = self.to_wire();
        if wire.kind.status >= 500 {
            tracing::error!(refusal = ?self, "an officer was given no answer");
        }
        let errors = wire.errors.into_iter();
        let problem = Problem {
            kind: format!("{PROBLEMS}{}", wire.kind.name),
            title: wire.kind.title,
            status: wire.kind.status,
            detail: wire.detail,
            errors: errors
                .map(|FieldError { pointer, detail }| ProblemError { pointer, detail })
                .collect(),
            attempts_left: wire.attempts_left,
        };
        let status = StatusCode::from_u16(wire.kind.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = json(status, &problem);
        set(&mut response, header::CONTENT_TYPE, PROBLEM);
        if status == StatusCode::UNAUTHORIZED {
            set(&mut response, header::WWW_AUTHENTICATE, "Bearer");
        }
        if let Some(seconds) = wire.retry_after_s {
            let value = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}
