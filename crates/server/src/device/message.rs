//! What the device API says in JSON, as far as the software device needs it.

use challenge::approval::signed::Displayed;
use serde::{Deserialize, Serialize};

/// The sessions that wait for a device.
#[derive(Clone, Debug, Deserialize)]
pub struct Sessions {
    /// Names this list; another list has another name.
    pub state: String,
    /// They.
    pub sessions: Vec<Pending>,
}

/// A session that waits for a decision, as it is displayed.
#[derive(Clone, Debug, Deserialize)]
pub struct Pending {
    /// Its id.
    pub session: String,
    /// The number of the tenant that asks.
    pub tenant_id: u64,
    /// The tenant's name for people.
    pub tenant_name: String,
    /// The tenant's name for the user.
    pub user: String,
    /// What is asked for, by name.
    #[serde(rename = "type")]
    pub kind: String,
    /// The headline.
    pub header: String,
    /// The text.
    pub text: String,
    /// For device information: what is wanted.
    #[serde(default)]
    pub device_data: Option<String>,
    /// From when on it is too late, in milliseconds since the epoch.
    pub answer_by_ms: i64,
    /// Whether a PIN has to be typed.
    pub needs_pin: bool,
    /// Whether the number on the asker's page has to be typed.
    pub needs_number: bool,
    /// Whether the device has to make sure who holds it.
    #[serde(default)]
    pub needs_user_verified: bool,
}

impl Pending {
    /// What of it is signed.
    pub(super) fn displayed(&self) -> Displayed<'_> {
        Displayed {
            tenant_id: self.tenant_id,
            tenant_name: &self.tenant_name,
            user: &self.user,
            session: &self.session,
            kind: &self.kind,
            header: &self.header,
            text: &self.text,
            device_data: self.device_data.as_deref().unwrap_or_default(),
        }
    }
}

/// What a device sends to be linked.
#[derive(Serialize)]
pub(super) struct LinkBody<'a> {
    pub(super) code: &'a str,
    pub(super) public_key: String,
    pub(super) name: &'a str,
    pub(super) platform: &'a str,
    pub(super) capabilities: Capabilities,
    pub(super) push: Option<&'a str>,
    pub(super) time_ms: i64,
    pub(super) signature: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) work: Option<WorkBody>,
}

/// What a device can do.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Capabilities {
    pub(super) biometrics: bool,
    pub(super) push: bool,
}

/// A puzzle's solution.
#[derive(Serialize)]
pub(super) struct WorkBody {
    pub(super) seed: String,
    pub(super) nonce: String,
}

/// The answer to a link.
#[derive(Deserialize)]
pub(super) struct LinkAnswer {
    pub(super) device: String,
    pub(super) tenant_id: u64,
    pub(super) tenant_name: String,
    pub(super) user: String,
}

/// What a device sends to decide.
#[derive(Serialize)]
pub(super) struct DecisionBody<'a> {
    pub(super) decision: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<&'a str>,
    pub(super) user_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) capabilities: Option<Capabilities>,
    pub(super) time_ms: i64,
    pub(super) signature: String,
}

/// What was refused (RFC 9457).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) detail: String,
    pub(super) seed: Option<String>,
    pub(super) bits: Option<u32>,
}
