//! Answers to devices, and refusals as problem documents (RFC 9457).

use aws_lc_rs::digest::{Context, SHA256};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use challenge::approval::{
    Capabilities, Device, DeviceCaller, Linked, Refused as DomainRefused, Session, SessionKind,
    digits_allowed,
};
use challenge::clock::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::device::authorization::SCHEME;
use crate::device::refusal::{More, Refused};

/// What `type` begins with in every problem document.
const PROBLEM: &str = "urn:problem-type:device:";

/// Bytes of the digest that names a list of sessions.
const STATE_LENGTH: usize = 16;

/// What devices are told to wait before they ask an unavailable server again.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");

/// A device that was linked.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceLinkAnswer)]
pub(super) struct LinkAnswer<'a> {
    /// What the device calls itself from now on.
    #[schema(examples("5629499534213-4503599627370"))]
    device: String,
    /// The tenant's number.
    #[schema(examples(40007))]
    tenant_id: u64,
    /// The tenant's name for people.
    #[schema(examples("Online Bank"))]
    tenant_name: &'a str,
    /// The tenant's own name for the user.
    #[schema(examples("uid406jkt"))]
    user: &'a str,
}

/// The sessions that wait for the device's decision, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceSessionsAnswer)]
pub(super) struct SessionsAnswer<'a> {
    /// Names this list.
    state: &'a str,
    sessions: Vec<SessionShown<'a>>,
}

/// A session that waits for the device's decision.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceSessionShown)]
pub(super) struct SessionShown<'a> {
    /// The session's id in decimals.
    #[schema(examples("4503599627370496"))]
    session: &'a str,
    /// The number of the tenant that asks.
    #[schema(examples(40007))]
    tenant_id: u64,
    /// Its name for people.
    #[schema(examples("Online Bank"))]
    tenant_name: &'a str,
    /// Its own name for the user.
    #[schema(examples("uid406jkt"))]
    user: &'a str,
    /// `OK`, `PIN`, `PIN_TAN`, `BIOMETRIC_OK`, `DEVICE_INFO`, `SET_PIN`, `USER_FORGOT_PIN` or
    /// `FALLBACK`.
    #[serde(rename = "type")]
    #[schema(examples("OK"))]
    kind: &'a str,
    /// The headline.
    #[schema(examples("Authorization requested"))]
    header: &'a str,
    /// The text.
    #[schema(examples("Do you okay this transaction"))]
    text: &'a str,
    /// For device information: what is wanted.
    device_data: Option<&'a str>,
    /// The moment from which it is too late: milliseconds since 1970.
    #[schema(examples(1_790_000_120_000_i64))]
    answer_by_ms: i64,
    /// Whether approving takes a PIN; a new one for `SET_PIN`.
    needs_pin: bool,
    /// The fewest digits that the PIN may have; null where none is asked for.
    #[schema(examples(4))]
    pin_min: Option<usize>,
    /// The most.
    #[schema(examples(12))]
    pin_max: Option<usize>,
    /// Whether approving takes the number that the asking page shows.
    needs_number: bool,
    /// Whether approving takes that the device makes sure who holds it.
    needs_user_verified: bool,
}

/// A decision that is on disk.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceDecisionAnswer)]
pub(super) struct DecisionAnswer {
    /// The session's id in decimals.
    #[schema(examples("4503599627370496"))]
    session: String,
    /// The decision.
    #[schema(examples("approve"))]
    decision: &'static str,
}

/// What the server knows of a device.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceShown)]
pub(super) struct DeviceAnswer<'a> {
    /// What the device calls itself.
    #[schema(examples("5629499534213-4503599627370"))]
    device: String,
    /// Its name for people.
    name: &'a str,
    /// What it runs on.
    platform: &'a str,
    /// What it can do.
    capabilities: CapabilitiesShown,
    /// Whether a push subscription is kept.
    push_subscribed: bool,
    /// The tenant's number; absent where the tenant has none any more.
    tenant_id: Option<u64>,
    /// The tenant's name for people.
    tenant_name: &'a str,
    /// The tenant's own name for the user.
    user: &'a str,
    /// When it was linked: milliseconds since 1970.
    linked_at_ms: i64,
}

/// What a device can do.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceCapabilitiesShown)]
pub(super) struct CapabilitiesShown {
    /// It can make sure who holds it.
    biometrics: bool,
    /// It can be woken by a push.
    push: bool,
}

/// What went wrong (RFC 9457, section 3.1).
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceProblem)]
pub(super) struct Problem {
    /// `urn:problem-type:device:` and the kind.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: String,
    /// The status of HTTP.
    status: u16,
    /// What would help.
    detail: String,
    /// Attempts that the session still takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_left: Option<u32>,
    /// The seed of the puzzle that is to be solved.
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<String>,
    /// Zero bits that its solution begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    bits: Option<u32>,
    /// What became of a session that is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
}

/// A list of sessions, as it goes over the wire.
pub(super) struct Pending {
    /// What names it.
    pub(super) state: String,
    /// The body.
    pub(super) text: String,
    /// The moment at which the first of them expires.
    pub(super) expiry: Option<Timestamp>,
}

/// A device that was linked.
pub(super) fn linked(linked: &Linked) -> Response<Body> {
    json(
        StatusCode::CREATED,
        &LinkAnswer {
            device: linked.device.name_on_the_wire().to_string(),
            tenant_id: linked.tenant_number,
            tenant_name: &linked.tenant_name,
            user: &linked.device.user_external_id,
        },
    )
}

/// A list of sessions, and its name.
pub(super) fn pending(caller: &DeviceCaller, sessions: &[Session]) -> Pending {
    let ids: Vec<String> = sessions.iter().map(|one| one.id.to_string()).collect();
    let state = state_of(&ids);
    let shown = sessions
        .iter()
        .zip(&ids)
        .map(|(session, id)| shown(caller, session, id));
    let answer = SessionsAnswer {
        state: &state,
        sessions: shown.collect(),
    };
    let text = serde_json::to_string(&answer).unwrap_or_default();
    let expiry = sessions.iter().map(|session| session.answer_by).min();
    Pending {
        state,
        text,
        expiry,
    }
}

/// The name of the empty list.
pub(super) fn nothing_pending() -> String {
    state_of(&[])
}

/// What names a list: what is shown of a session never changes, so their ids do.
fn state_of(ids: &[String]) -> String {
    let mut context = Context::new(&SHA256);
    for id in ids {
        context.update(id.as_bytes());
        context.update(b"\n");
    }
    let digest = context.finish();
    let start: [u8; STATE_LENGTH] = digest.as_ref().first_chunk().copied().unwrap_or_default();
    Base64UrlUnpadded::encode_string(&start)
}

fn shown<'a>(caller: &DeviceCaller, session: &'a Session, id: &'a str) -> SessionShown<'a> {
    let displayed = session.displayed(id);
    let kind = session.question.kind;
    let digits = digits_allowed(&caller.tenant, session);
    let digits = kind.needs_pin().then_some(digits);
    SessionShown {
        session: displayed.session,
        tenant_id: displayed.tenant_id,
        tenant_name: displayed.tenant_name,
        user: displayed.user,
        kind: displayed.kind,
        header: displayed.header,
        text: displayed.text,
        device_data: session.question.device_data.as_deref(),
        answer_by_ms: session.answer_by.unix_ms(),
        needs_pin: kind.needs_pin(),
        pin_min: digits.as_ref().map(|digits| *digits.start()),
        pin_max: digits.map(|digits| *digits.end()),
        needs_number: session.number.is_some(),
        needs_user_verified: kind == SessionKind::BiometricOk,
    }
}

/// A list of sessions.
pub(super) fn sessions(pending: Pending) -> Response<Body> {
    json_later(Body::from(pending.text))
}

/// A decision that is on disk.
pub(super) fn decided(session: &Session, decision: &'static str) -> Response<Body> {
    json(
        StatusCode::OK,
        &DecisionAnswer {
            session: session.id.to_string(),
            decision,
        },
    )
}

/// What the server knows of a device.
pub(super) fn device(caller: &DeviceCaller) -> Response<Body> {
    let tenant = &caller.tenant.tenant;
    let device: &Device = &caller.device;
    let Capabilities { biometrics, push } = device.capabilities;
    json(
        StatusCode::OK,
        &DeviceAnswer {
            device: device.name_on_the_wire().to_string(),
            name: &device.name,
            platform: &device.platform,
            capabilities: CapabilitiesShown { biometrics, push },
            push_subscribed: device.push.is_some(),
            tenant_id: tenant.okay.as_ref().map(|okay| okay.id),
            tenant_name: &tenant.display_name,
            user: &device.user_external_id,
            linked_at_ms: device.linked_at.unix_ms(),
        },
    )
}

/// Nothing is to be said but that it is done.
pub(super) fn done() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    set_common(&mut response);
    response
}

/// A refusal as a problem; what is for the log goes there.
pub(super) fn refusal(refused: &Refused) -> Response<Body> {
    log(refused);
    let wire = refused.to_wire();
    let status = StatusCode::from_u16(wire.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut problem = Problem {
        kind: format!("{PROBLEM}{}", wire.kind),
        title: wire.kind.replace('-', " "),
        status: wire.status,
        detail: wire.detail,
        attempts_left: None,
        seed: None,
        bits: None,
        outcome: None,
    };
    match wire.more {
        More::Nothing => {}
        More::Attempts(left) => problem.attempts_left = Some(left),
        More::Puzzle(puzzle) => {
            problem.seed = Some(puzzle.seed);
            problem.bits = Some(puzzle.bits);
        }
        More::Outcome(outcome) => problem.outcome = Some(outcome),
    }
    let mut response = json(status, &problem);
    let headers = response.headers_mut();
    let problem = HeaderValue::from_static("application/problem+json");
    headers.insert(header::CONTENT_TYPE, problem);
    if status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static(SCHEME);
        headers.insert(header::WWW_AUTHENTICATE, scheme);
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, RETRY_AFTER_S);
    }
    response
}

/// Tells the log what nobody else is told.
pub(super) fn log(refused: &Refused) {
    if let Refused::Domain(DomainRefused::Unavailable(text)) = refused {
        tracing::error!(protocol = "device", %text, "unavailable");
    }
}

/// A body that is JSON.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    // What is serialised here has text keys and no maps of other kinds: it cannot fail.
    let mut response = json_later(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    response
}

/// A body that is JSON, or will be.
pub(super) fn json_later(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    set_common(&mut response);
    response
}

/// The headers that all answers have.
pub(super) fn set_common(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
