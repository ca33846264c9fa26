//! Requests of devices: bodies read as JSON, and the caller found by its signature.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use base64ct::{Base64, Encoding as _};
use challenge::approval::signed::SignedRequest;
use challenge::approval::{Capabilities, DeviceCaller, Verdict};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::desk::Desk;
use crate::device::authorization;
use crate::device::refusal::Refused;
use crate::device::subscription::SubscriptionGiven;
use crate::incoming::{self, NoBody};

/// Bytes of a body at most.
const BODY_LENGTH_MAX: usize = 16 * 1024;

/// The longest a request may wait for sessions, in seconds.
pub(super) const WAIT_MAX_S: u64 = 30;

/// A phone that wants to be linked.
#[derive(Deserialize, ToSchema)]
#[schema(as = DeviceLinkRequest)]
pub(super) struct LinkRequest {
    /// The linking code, as typed or scanned.
    #[schema(examples("980565"))]
    pub(super) code: String,
    /// Base64 of the P-256 public key: 65 bytes uncompressed, or SPKI.
    pub(super) public_key: String,
    /// The device's name for people: at most 128 bytes.
    #[serde(default)]
    #[schema(examples("My phone"))]
    pub(super) name: String,
    /// What it runs on: at most 128 bytes.
    #[serde(default)]
    #[schema(examples("Android 16"))]
    pub(super) platform: String,
    /// What it can do.
    #[serde(default)]
    pub(super) capabilities: CapabilitiesGiven,
    /// Where pushes go.
    pub(super) push: Option<SubscriptionGiven>,
    /// Milliseconds since 1970 by the device's clock.
    #[schema(examples(1_790_000_000_000_i64))]
    pub(super) time_ms: i64,
    /// Base64 of the signature over `countersign link 1`.
    pub(super) signature: String,
    /// A solved puzzle, where one was asked for.
    pub(super) work: Option<WorkGiven>,
}

/// A solved puzzle.
#[derive(Deserialize, ToSchema)]
#[schema(as = DeviceWorkGiven)]
pub(super) struct WorkGiven {
    /// The seed it was found for.
    pub(super) seed: String,
    /// What was found: at most 64 bytes.
    pub(super) nonce: String,
}

/// What a device can do.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = DeviceCapabilitiesGiven)]
pub(super) struct CapabilitiesGiven {
    /// It can make sure who holds it.
    pub(super) biometrics: bool,
    /// It can be woken by a push.
    pub(super) push: bool,
}

impl From<CapabilitiesGiven> for Capabilities {
    fn from(given: CapabilitiesGiven) -> Self {
        Self {
            biometrics: given.biometrics,
            push: given.push,
        }
    }
}

/// A decision about a session.
#[derive(Deserialize, ToSchema)]
#[schema(as = DeviceDecisionRequest)]
pub(super) struct DecisionRequest {
    /// `approve`, `decline`, `not_me`, `forgot_pin` or `fall_back`.
    #[schema(value_type = String, examples("approve"))]
    pub(super) decision: Verdict,
    /// The PIN that was typed: 4 to 12 digits.
    #[schema(value_type = Option<String>, examples("1234"))]
    pub(super) pin: Option<Zeroizing<String>>,
    /// The number that was typed.
    #[schema(examples("42"))]
    pub(super) number: Option<String>,
    /// Whether the device made sure who holds it.
    #[serde(default)]
    pub(super) user_verified: bool,
    /// For device information: what it can do; nothing: as it said last.
    pub(super) capabilities: Option<CapabilitiesGiven>,
    /// Milliseconds since 1970 by the device's clock.
    #[schema(examples(1_790_000_000_000_i64))]
    pub(super) time_ms: i64,
    /// Base64 of the signature over `countersign decision 1`.
    pub(super) signature: String,
}

/// What a query says about waiting.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wait {
    /// Seconds to wait; 0: answer at once.
    pub(super) seconds: u64,
    /// The state that the device knows.
    pub(super) state: Option<String>,
}

impl Wait {
    /// Reads a query; what is not known is ignored.
    pub(super) fn parse(query: &str) -> Result<Self, Refused> {
        let mut wait = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "wait_s" => {
                    let seconds = value.parse().ok().filter(|seconds| *seconds <= WAIT_MAX_S);
                    wait.seconds = seconds.ok_or_else(|| {
                        Refused::Malformed(format!("wait_s: send 0 to {WAIT_MAX_S}"))
                    })?;
                }
                "state" => wait.state = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(wait)
    }
}

/// A request, read whole.
pub(super) struct Incoming {
    pub(super) parts: Parts,
    pub(super) body: Bytes,
}

/// Reads a request to the end.
pub(super) async fn read(request: Request<Body>) -> Result<Incoming, Refused> {
    let (parts, body) = request.into_parts();
    let body = incoming::read_body(body, BODY_LENGTH_MAX)
        .await
        .map_err(|error| match error {
            NoBody::TooLarge => Refused::TooLarge,
            NoBody::EndedEarly => Refused::Malformed("the body ended early".to_owned()),
        })?;
    Ok(Incoming { parts, body })
}

impl Incoming {
    /// The device that signed the request.
    pub(super) async fn caller(&self, desk: &Desk) -> Result<DeviceCaller, Refused> {
        let given = authorization::read(&self.parts.headers)?;
        let address = incoming::address(&self.parts);
        let path = self.parts.uri.path_and_query();
        let request = SignedRequest {
            device: given.device,
            method: self.parts.method.as_str(),
            path: path.map_or("/", |path| path.as_str()),
            time_ms: given.time_ms,
            nonce: &given.nonce,
            body: &self.body,
            unverified_signature: &given.unverified_signature,
            address: address.as_deref(),
        };
        let caller = desk.verifier.authenticate_device(&request).await?;
        incoming::is_of(caller.tenant.tenant.id);
        Ok(caller)
    }

    /// The body as JSON of this shape.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Refused::Malformed(format!("the body: {error}")))
    }
}

/// The bytes of a member in base64.
pub(super) fn bytes(name: &str, text: &str) -> Result<Vec<u8>, Refused> {
    Base64::decode_vec(text)
        .map_err(|_| Refused::Malformed(format!("{name}: send base64 with padding")))
}

/// A signature in a body: base64 of 64 bytes.
pub(super) fn signature(text: &str) -> Result<Vec<u8>, Refused> {
    authorization::decode(text)
        .ok_or_else(|| Refused::Malformed("signature: send base64 of 64 bytes, r and s".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_has_a_limit() {
        let parsed = |query| Wait::parse(query).map(|wait| (wait.seconds, wait.state));
        assert_eq!(parsed(""), Ok((0, None)));
        assert_eq!(
            parsed("x=1&wait_s=30&state=ab"),
            Ok((30, Some("ab".to_owned())))
        );
        for query in ["wait_s=31", "wait_s=-1", "wait_s=", "wait_s=1.5"] {
            assert!(
                matches!(parsed(query), Err(Refused::Malformed(_))),
                "{query}"
            );
        }
    }
}
