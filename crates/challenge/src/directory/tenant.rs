//! A tenant: a bank, a shop, a department; also called security domain or realm.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::Id;
use crate::secret::Sealed;

/// A tenant; everything else belongs to one.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The tenant's id.
    pub id: Id<Tenant>,
    /// Its name, unique in the server: a path segment in URLs.
    pub name: String,
    /// Its name for people.
    pub display_name: String,
    /// What the phone approval protocol needs to know, where the tenant uses it.
    pub okay: Option<OkaySettings>,
}

/// A tenant's settings for approvals on a phone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OkaySettings {
    /// The tenant's number on the wire, unique in the server.
    pub id: u64,
    /// The secret that requests and callbacks are signed with. Kept apart, sealed.
    #[serde(skip)]
    pub secret: Option<Sealed>,
    /// A second secret, for Standard Webhooks signatures on callbacks. Kept apart, sealed.
    #[serde(skip)]
    pub callback_standard_secret: Option<Sealed>,
    /// Where callbacks go.
    pub callback_url: Option<String>,
    /// Whether callbacks may go to a private or loopback address.
    pub allow_private_callback: bool,
    /// The word that tells a declined approval.
    pub decline_word: String,
    /// Who verifies a PIN.
    pub pin: PinPlace,
    /// Whether the phone asks for a number that the partner's page shows.
    pub number_matching: bool,
    /// Seconds an approval may be pending.
    pub pending_s: u32,
    /// Approvals that may be pending for one user.
    pub max_pending: u32,
    /// Approvals that may start for one user in five minutes.
    pub starts_per_5_min: u32,
    /// Seconds a linking code lives.
    pub linking_s: u32,
    /// Whether the tenant may use the protocol.
    pub status: TenantStatus,
    /// The end of a trial.
    pub trial_expires: Option<Timestamp>,
    /// The fewest digits of a linking code, 6 to 12; more where many codes are open.
    #[serde(default = "linking_digits")]
    pub linking_digits: u32,
    /// Seconds for which a user who said "this was not me" is asked nothing.
    #[serde(default = "pause_s")]
    pub pause_s: u32,
    /// Links and approvals that the tenant may start in a minute on each node; nothing: any number.
    #[serde(default)]
    pub starts_per_min: Option<u32>,
    /// Whether pushes may go to a private or loopback address, and over plain HTTP.
    #[serde(default)]
    pub allow_private_push: bool,
    /// Since when no callback leaves, because the receiver answered 410.
    #[serde(default)]
    pub callback_stopped_at: Option<Timestamp>,
}

/// Who verifies the PIN that a user types on a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinPlace {
    /// The tenant: it gets the digits.
    Tenant,
    /// This server: the tenant gets the outcome.
    Server,
}

/// Whether a tenant may use a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    /// It may.
    Active,
    /// It may not, until an administrator says so.
    Inactive,
}

impl OkaySettings {
    /// Digits of a linking code that the operator said nothing about.
    pub const LINKING_DIGITS: u32 = 6;

    /// Seconds of the pause after "this was not me" that the operator said nothing about.
    pub const PAUSE_S: u32 = 900;
}

fn linking_digits() -> u32 {
    OkaySettings::LINKING_DIGITS
}

fn pause_s() -> u32 {
    OkaySettings::PAUSE_S
}
