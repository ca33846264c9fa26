//! Answers: challenges, states, and refusals as problem documents (RFC 9457).

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use challenge::clock::Timestamp;
use challenge::visitor::{Answered, Drawn, IssuedToVisitor, Refused as DomainRefused, Told};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use crate::ocapi::refusal::Refused;
use crate::ocapi::shown::Challenge;

/// What `type` begins with in every problem document.
const PROBLEM: &str = "urn:problem-type:ocapi:";

/// What a request at a name is answered with: at a site's name a challenge, at a challenge's what became of it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = OcapiCreatedOrChecked)]
pub(super) enum AtName<'a> {
    /// A challenge just created.
    Created(Challenge<'a>),
    /// A challenge that was checked.
    Checked(Became<'a>),
}

/// What became of a challenge.
#[derive(Serialize, ToSchema)]
#[schema(as = OcapiBecame)]
pub(super) struct Became<'a> {
    /// The challenge's id.
    id: &'a str,
    /// `valid` or `invalid` of an answer; of a check also `pending`, `answered`, `expired`, `consumed`.
    state: &'static str,
    /// After a wrong answer the next challenge, unless too many wait for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Challenge<'a>>,
}

/// A problem document (RFC 9457, section 3.1).
#[derive(Serialize, ToSchema)]
#[schema(as = OcapiProblem)]
pub(super) struct Problem<'a> {
    /// `urn:problem-type:ocapi:` and the refusal's name.
    #[serde(rename = "type")]
    kind: String,
    /// For people; may change.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What to do, for people; may change.
    detail: &'a str,
}

/// A challenge just issued.
pub(super) fn challenge(issued: &IssuedToVisitor) -> Response<Body> {
    let created = AtName::Created(Challenge::from(issued));
    json(StatusCode::OK, "application/json", &created)
}

/// A visitor's answer that was looked at.
pub(super) fn answered(id: &str, answered: &Answered) -> Response<Body> {
    let (state, next) = match answered {
        Answered::Right => ("valid", None),
        Answered::Wrong(next) => ("invalid", next.as_deref().map(Challenge::from)),
    };
    json(
        StatusCode::OK,
        "application/json",
        &Became { id, state, next },
    )
}

/// What a site is told.
pub(super) fn told(id: &str, told: Told) -> Response<Body> {
    let state = match told {
        Told::Pending => "pending",
        Told::Valid => "valid",
        Told::Answered => "answered",
        Told::Invalid => "invalid",
        Told::Expired => "expired",
        Told::Consumed => "consumed",
    };
    let next = None;
    let checked = AtName::Checked(Became { id, state, next });
    json(StatusCode::OK, "application/json", &checked)
}

/// An image or a sound. Whoever shows it may be a page of another origin than this server's.
pub(super) fn picture(drawn: Drawn) -> Response<Body> {
    let mut response = Response::new(Body::from(drawn.bytes));
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_static(drawn.media_type);
    headers.insert(header::CONTENT_TYPE, media_type);
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("cross-origin"));
    set_common(&mut response);
    response
}

/// Nothing, and that is fine.
pub(super) fn nothing() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    set_common(&mut response);
    response
}

/// A refusal; what is for the log goes there.
pub(super) fn refusal(refused: &Refused) -> Response<Body> {
    if let Refused::Domain(DomainRefused::Unavailable(text)) = refused {
        tracing::error!(protocol = "ocapi", %text, "unavailable");
    }
    let wire = refused.to_wire();
    let status = StatusCode::from_u16(wire.status).unwrap_or(StatusCode::BAD_REQUEST);
    let problem = Problem {
        kind: format!("{PROBLEM}{}", wire.name),
        title: wire.title,
        status: wire.status,
        detail: &wire.detail,
    };
    let mut response = json(status, "application/problem+json", &problem);
    let headers = response.headers_mut();
    if let Some(retry_s) = refused.retry_s() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_s));
    }
    if let Some((name, value)) = demand(refused) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The header in which a refusal says what it wants instead.
fn demand(refused: &Refused) -> Option<(HeaderName, &'static str)> {
    match refused {
        Refused::WrongMethod { allow } => Some((header::ALLOW, allow)),
        Refused::NoToken => Some((header::WWW_AUTHENTICATE, r#"Bearer realm="ocapi""#)),
        Refused::WrongToken
        | Refused::BadClaim(_)
        | Refused::Domain(DomainRefused::VoucherUsed) => Some((
            header::WWW_AUTHENTICATE,
            r#"Bearer realm="ocapi", error="invalid_token""#,
        )),
        _ => None,
    }
}

/// An answer in JSON.
pub(super) fn json(
    status: StatusCode,
    media_type: &'static str,
    body: &impl Serialize,
) -> Response<Body> {
    // What is serialised here has text keys and no maps of other kinds: it cannot fail.
    let text = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static(media_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    set_common(&mut response);
    response
}

fn set_common(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
}

/// A moment as RFC 3339 writes it, in UTC.
pub(super) fn rfc3339(moment: Timestamp) -> String {
    let ns = i128::from(moment.unix_ms()) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(ns)
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unavailable_store_is_said_without_its_reason() {
        let text = "disk on fire".to_owned();
        let response = refusal(&Refused::Domain(DomainRefused::Unavailable(text)));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }

    #[test]
    fn a_moment_is_written_in_utc() {
        let moment = Timestamp::from_unix_ms(1_800_000_000_250);
        assert_eq!(rfc3339(moment), "2027-01-15T08:00:00.25Z");
    }
}
