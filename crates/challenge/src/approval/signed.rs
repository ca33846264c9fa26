//! The exact bytes that a device signs. They are made here once, for the server and for every
//! software device.
//!
//! A signed text is a title and fields, one a line, in a fixed order, all always there:
//!
//! ```text
//! countersign decision 1
//! tenant_id:5:40007
//! tenant_name:11:Online Bank
//! …
//! ```
//!
//! A line is the field's name, a colon, the length of the value in bytes in decimals, a colon, the
//! value in UTF-8 as it is, and a line feed (also after the last one). The length makes it
//! unambiguous: no value can look like another field. What is absent has the empty value. The title
//! tells what is signed, so that a signature under one kind of text never serves another.
//!
//! The signature is ECDSA on P-256 with SHA-256 (FIPS 186-5), r and s as 64 bytes.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64, HEXLOWER};

use super::device::{DeviceName, PublicKey};
use super::session::{Session, Verdict};
use crate::clock::Timestamp;

/// Seconds by which the time in something signed may differ from the server's, to either side.
pub const TIME_TOLERANCE_S: u32 = 120;

/// The first line of a signed request.
pub const REQUEST_TITLE: &str = "countersign request 1";

/// The first line of a signed decision.
pub const DECISION_TITLE: &str = "countersign decision 1";

/// The first line of a signed link.
pub const LINK_TITLE: &str = "countersign link 1";

/// A request of a device, as it came.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// Who it says it is.
    pub device: DeviceName,
    /// The method, in capitals.
    pub method: &'a str,
    /// Path and query exactly as in the request line.
    pub path: &'a str,
    /// Milliseconds since the epoch, by the device's clock.
    pub time_ms: i64,
    /// What the device never sends twice: 16 to 64 characters of its choice.
    pub nonce: &'a str,
    /// The body; empty where there is none.
    pub body: &'a [u8],
    /// The signature under [`request`]: r and s, 64 bytes.
    pub unverified_signature: &'a [u8],
    /// The address it came from.
    pub address: Option<&'a str>,
}

/// What a device signs to authenticate a request: `device` (`TENANT-DEVICE`), `method`, `path`,
/// `time` (milliseconds), `nonce`, `body_sha256` (lower-case hexadecimal, also of an empty body).
pub fn request(request: &SignedRequest<'_>) -> Vec<u8> {
    let fields = [
        ("device", request.device.to_string()),
        ("method", request.method.to_owned()),
        ("path", request.path.to_owned()),
        ("time", request.time_ms.to_string()),
        ("nonce", request.nonce.to_owned()),
        (
            "body_sha256",
            HEXLOWER.encode(digest(&SHA256, request.body).as_ref()),
        ),
    ];
    text(REQUEST_TITLE, &fields).into_bytes()
}

/// What a phone tells when it is linked.
#[derive(Clone, Copy, Debug)]
pub struct LinkText<'a> {
    /// The linking code, as typed.
    pub code: &'a str,
    /// The device's public key.
    pub public_key: &'a PublicKey,
    /// The device's name for people.
    pub name: &'a str,
    /// What it runs on.
    pub platform: &'a str,
    /// Milliseconds since the epoch, by the device's clock.
    pub time_ms: i64,
}

/// What a device signs to be linked, with the key that it brings: `code`, `public_key` (base64 of
/// the 65 uncompressed bytes), `name`, `platform`, `time` (milliseconds).
pub fn link(link: &LinkText<'_>) -> Vec<u8> {
    let fields = [
        ("code", link.code.to_owned()),
        ("public_key", BASE64.encode(link.public_key.as_bytes())),
        ("name", link.name.to_owned()),
        ("platform", link.platform.to_owned()),
        ("time", link.time_ms.to_string()),
    ];
    text(LINK_TITLE, &fields).into_bytes()
}

/// What a phone displays of a session, and by whom it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Displayed<'a> {
    /// The tenant's number on the wire.
    pub tenant_id: u64,
    /// The tenant's name for people.
    pub tenant_name: &'a str,
    /// The asker's own name for the user.
    pub user: &'a str,
    /// The session's id in decimals.
    pub session: &'a str,
    /// The session's kind by name.
    pub kind: &'a str,
    /// The headline.
    pub header: &'a str,
    /// The text.
    pub text: &'a str,
    /// For device information: what is wanted; else empty.
    pub device_data: &'a str,
}

/// What a user decided about what was displayed.
#[derive(Clone, Copy, Debug)]
pub struct DecisionText<'a> {
    /// What was displayed.
    pub displayed: Displayed<'a>,
    /// The decision.
    pub verdict: Verdict,
    /// The number that was typed; empty: none.
    pub number: &'a str,
    /// Whether a PIN was typed.
    pub pin_given: bool,
    /// Whether the device made sure who holds it.
    pub user_verified: bool,
    /// Milliseconds since the epoch, by the device's clock.
    pub time_ms: i64,
}

/// What a device signs to decide: `tenant_id`, `tenant_name`, `user`, `session`, `type`, `header`,
/// `text`, `device_data`, `decision` (`approve`, `decline`, `not_me`, `forgot_pin`, `fall_back`),
/// `number`, `pin` (`given` or empty), `user_verified` (`yes` or empty), `time` (milliseconds).
///
/// With it the approval is bound to what was shown and to who asked (dynamic linking, PSD2 RTS,
/// Art. 5).
pub fn decision(decision: &DecisionText<'_>) -> String {
    let Displayed {
        tenant_id,
        tenant_name,
        user,
        session,
        kind,
        header,
        text: shown,
        device_data,
    } = decision.displayed;
    let flag = |set: bool, word: &str| if set { word.to_owned() } else { String::new() };
    let fields = [
        ("tenant_id", tenant_id.to_string()),
        ("tenant_name", tenant_name.to_owned()),
        ("user", user.to_owned()),
        ("session", session.to_owned()),
        ("type", kind.to_owned()),
        ("header", header.to_owned()),
        ("text", shown.to_owned()),
        ("device_data", device_data.to_owned()),
        ("decision", decision.verdict.name().to_owned()),
        ("number", decision.number.to_owned()),
        ("pin", flag(decision.pin_given, "given")),
        ("user_verified", flag(decision.user_verified, "yes")),
        ("time", decision.time_ms.to_string()),
    ];
    text(DECISION_TITLE, &fields)
}

impl Session {
    /// What the phone displays of it; `id` is the session's id in decimals.
    pub fn displayed<'a>(&'a self, id: &'a str) -> Displayed<'a> {
        Displayed {
            tenant_id: self.tenant_number,
            tenant_name: &self.tenant_name,
            user: &self.user_external_id,
            session: id,
            kind: self.question.kind.name(),
            header: &self.question.header,
            text: &self.question.text,
            device_data: self.question.device_data.as_deref().unwrap_or_default(),
        }
    }
}

/// Seconds by which a device's time is ahead of ours, where that is more than it may be.
pub fn time_off_by(time_ms: i64, now: Timestamp) -> Option<i64> {
    let ahead_ms = time_ms.saturating_sub(now.unix_ms());
    let within = ahead_ms.unsigned_abs() <= u64::from(TIME_TOLERANCE_S) * 1000;
    (!within).then_some(ahead_ms / 1000)
}

fn text(title: &str, fields: &[(&str, String)]) -> String {
    let lines = fields
        .iter()
        .map(|(name, value)| format!("{name}:{}:{value}\n", value.len()));
    std::iter::once(format!("{title}\n")).chain(lines).collect()
}
