//! The answers to a check by a secret.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use challenge::clock::Timestamp;
use challenge::visitor::Finding;
use serde::Serialize;
use utoipa::ToSchema;

use super::refusal::Failed;
use super::shape::Shape;
use crate::ocapi::response;

/// What is told; each shape has some of it.
#[derive(Serialize, ToSchema)]
#[schema(as = SiteverifyVerdict)]
pub(super) struct Verdict {
    /// Whether the response is a challenge that was answered right, told for the first time.
    success: bool,
    /// When the challenge was issued; in Turnstile's shape when it was answered. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge_ts: Option<String>,
    /// The host of the page that answered, as its browser named it; empty where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<String>,
    /// Why not. Turnstile's shape has it in any case, the others where there is something in it.
    #[serde(rename = "error-codes", skip_serializing_if = "Option::is_none")]
    error_codes: Option<Vec<&'static str>>,
    /// In Turnstile's shape alone, and empty: pages cannot set it.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    /// In Turnstile's shape alone, and empty: pages cannot set it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cdata: Option<&'static str>,
}

/// The response is valid.
pub(super) fn valid(shape: Shape, finding: Finding) -> Response<Body> {
    let issued_at = finding.issued_at;
    let turnstile = shape == Shape::Turnstile;
    let moment = if turnstile {
        finding.answered_at.unwrap_or(issued_at)
    } else {
        // These two have no fractions of a second.
        Timestamp::from_unix_s(issued_at.unix_ms().div_euclid(1000))
    };
    response::json(
        StatusCode::OK,
        "application/json",
        &Verdict {
            success: true,
            challenge_ts: Some(response::rfc3339(moment)),
            hostname: Some(finding.host.unwrap_or_default()),
            error_codes: turnstile.then(Vec::new),
            action: turnstile.then_some(""),
            cdata: turnstile.then_some(""),
        },
    )
}

/// It is not, for these reasons.
pub(super) fn failed(shape: Shape, reasons: &[Failed]) -> Response<Body> {
    let codes = reasons.iter().map(|failed| failed.code(shape));
    response::json(
        StatusCode::OK,
        "application/json",
        &Verdict {
            success: false,
            challenge_ts: None,
            hostname: None,
            error_codes: Some(codes.collect()),
            action: None,
            cdata: None,
        },
    )
}
