//! What a tenant demands of an authentication: limits on guessing, lifetimes, windows.
//!
//! A policy is settings alone; what follows from them is in `lockout` and `methods`.

use serde::{Deserialize, Serialize};

use crate::directory::Tenant;
use crate::id::Id;

/// A named set of limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The policy's id.
    pub id: Id<Policy>,
    /// The tenant it belongs to.
    pub tenant: Id<Tenant>,
    /// Its name, unique in the tenant, such as `AT_CUSTOTP`.
    pub code: String,
    /// Its settings.
    #[serde(flatten)]
    pub limits: Limits,
}

/// The settings of a policy; each has a default that fits a bank's portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Consecutive failures after which the user is locked under this policy, 1 to 1,000.
    pub max_failures: u32,
    /// Seconds until a lock opens by itself; 0: only an administrator opens it.
    pub lock_s: u32,
    /// Challenges issued without a right answer before further ones are refused, 1 to 1,000,000.
    pub max_open_challenges: u32,
    /// Seconds a challenge may be answered, 1 to 86,400.
    pub challenge_s: u32,
    /// Answers one challenge takes, the right one included, 1 to 100.
    pub challenge_attempts: u32,
    /// Counters tried for an event-based code, the next one included, 1 to 100.
    pub look_ahead: u32,
    /// Time steps before the present one that a time-based code may come from, 0 or 1.
    pub drift_steps: u32,
    /// How the fields of a transaction become the question that is signed.
    pub sign_format: SignFormat,
    /// The exact number of fields a transaction must have; nothing: any number.
    pub sign_fields: Option<u32>,
    /// What devices call the fields of a transaction, in their order; it goes to them when they are
    /// enrolled. At most 64; empty: devices have their own names.
    pub sign_labels: Vec<String>,
    /// The channels this policy may be used over; empty: any.
    pub channels: Vec<String>,
    /// Whether a user's static password is accepted under this policy.
    pub static_password: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_failures: 5,
            lock_s: 1800,
            max_open_challenges: 8,
            challenge_s: 120,
            challenge_attempts: 1,
            look_ahead: 4,
            drift_steps: 1,
            sign_format: SignFormat::Auto,
            sign_fields: None,
            sign_labels: Vec::new(),
            channels: Vec::new(),
            static_password: false,
        }
    }
}

/// How the fields of a transaction become an OCRA question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignFormat {
    /// By the suite: `Concatenated` for QA questions, `Digest` for QH ones.
    #[default]
    Auto,
    /// The values one after the other, as they are. `12|3` and `1|23` look the same.
    Concatenated,
    /// The hexadecimal SHA-1 (40 characters) or SHA-256 (64) of the length-prefixed values.
    Digest,
}

/// A setting outside its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("policy {code}: {setting} = {value} is out of range; choose {range}")]
pub struct OutOfRange {
    /// The policy's code.
    pub code: String,
    /// The setting's name.
    pub setting: &'static str,
    /// Its value.
    pub value: u32,
    /// What is allowed, in words.
    pub range: &'static str,
}

impl Limits {
    /// Checks every number against its range.
    pub fn validate(&self, code: &str) -> Result<(), OutOfRange> {
        let settings = [
            ("max_failures", self.max_failures, 1, 1000, "1 to 1000"),
            (
                "lock_s",
                self.lock_s,
                0,
                31_536_000,
                "0 (until unlocked by hand) to 31536000",
            ),
            (
                "max_open_challenges",
                self.max_open_challenges,
                1,
                1_000_000,
                "1 to 1000000",
            ),
            ("challenge_s", self.challenge_s, 1, 86_400, "1 to 86400"),
            (
                "challenge_attempts",
                self.challenge_attempts,
                1,
                100,
                "1 to 100",
            ),
            ("look_ahead", self.look_ahead, 1, 100, "1 to 100"),
            ("drift_steps", self.drift_steps, 0, 1, "0 or 1"),
            (
                "sign_fields",
                self.sign_fields.unwrap_or(1),
                1,
                64,
                "1 to 64",
            ),
        ];
        for (setting, value, least, most, range) in settings {
            if value < least || value > most {
                return Err(OutOfRange {
                    code: code.to_owned(),
                    setting,
                    value,
                    range,
                });
            }
        }
        Ok(())
    }
}
