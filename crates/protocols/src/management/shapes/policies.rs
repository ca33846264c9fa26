//! Policies as JSON: the members of the provisioning file.

use challenge::directory::provision::PolicyBlueprint;
use challenge::policy::{Limits, Policy, SignFormat};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;

use crate::management::members::word_schema;
use crate::management::precondition::{Tag, Tagged};

/// A policy to be made, or as it is to be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementPolicyBody)]
pub struct PolicyBody {
    /// Its name, unique in the tenant. It cannot be changed.
    #[schema(
        examples("AT_CUSTOTP"),
        min_length = 1,
        max_length = 256,
        pattern = "^[A-Za-z0-9._~-]+$"
    )]
    pub code: String,
    /// Consecutive failures after which the user is locked under this policy.
    #[serde(default = "max_failures")]
    #[schema(minimum = 1, maximum = 1000)]
    pub max_failures: u32,
    /// Seconds until a lock opens by itself; 0: until somebody opens it.
    #[serde(default = "lock_s")]
    #[schema(maximum = 31_536_000)]
    pub lock_s: u32,
    /// Challenges issued without a right answer before further ones are refused.
    #[serde(default = "max_open_challenges")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub max_open_challenges: u32,
    /// Seconds a challenge may be answered.
    #[serde(default = "challenge_s")]
    #[schema(minimum = 1, maximum = 86_400)]
    pub challenge_s: u32,
    /// Answers one challenge takes, the right one included.
    #[serde(default = "challenge_attempts")]
    #[schema(minimum = 1, maximum = 100)]
    pub challenge_attempts: u32,
    /// Counters tried for an event-based code, the next one included.
    #[serde(default = "look_ahead")]
    #[schema(minimum = 1, maximum = 100)]
    pub look_ahead: u32,
    /// Time steps before the present one that a time-based code may come from.
    #[serde(default = "drift_steps")]
    #[schema(minimum = 0, maximum = 1)]
    pub drift_steps: u32,
    /// How the fields of a transaction become the question that is signed.
    #[serde(default)]
    #[schema(schema_with = sign_formats)]
    pub sign_format: SignFormat,
    /// The exact number of fields a transaction must have; null: any number.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 64)]
    pub sign_fields: Option<u32>,
    /// What devices call the fields of a transaction.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub sign_labels: Vec<String>,
    /// The channels this policy may be used over; empty: any.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Whether a user's static password is accepted under this policy.
    #[serde(default)]
    pub static_password: bool,
}

/// A policy.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementPolicy)]
pub struct PolicyShown {
    /// Its name.
    #[schema(examples("AT_CUSTOTP"))]
    pub code: String,
    /// Consecutive failures after which the user is locked under this policy.
    pub max_failures: u32,
    /// Seconds until a lock opens by itself; 0: until somebody opens it.
    pub lock_s: u32,
    /// Challenges issued without a right answer before further ones are refused.
    pub max_open_challenges: u32,
    /// Seconds a challenge may be answered.
    pub challenge_s: u32,
    /// Answers one challenge takes, the right one included.
    pub challenge_attempts: u32,
    /// Counters tried for an event-based code, the next one included.
    pub look_ahead: u32,
    /// Time steps before the present one that a time-based code may come from.
    pub drift_steps: u32,
    /// How the fields of a transaction become the question that is signed.
    #[schema(schema_with = sign_formats)]
    pub sign_format: SignFormat,
    /// The exact number of fields a transaction must have; null: any number.
    #[schema(required)]
    pub sign_fields: Option<u32>,
    /// What devices call the fields of a transaction.
    pub sign_labels: Vec<String>,
    /// The channels this policy may be used over; empty: any.
    pub channels: Vec<String>,
    /// Whether a user's static password is accepted under this policy.
    pub static_password: bool,
    /// What is better not asked for; told once, in the answer to whoever asked for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub warnings: Vec<String>,
}

fn max_failures() -> u32 {
    Limits::default().max_failures
}

fn lock_s() -> u32 {
    Limits::default().lock_s
}

fn max_open_challenges() -> u32 {
    Limits::default().max_open_challenges
}

fn challenge_s() -> u32 {
    Limits::default().challenge_s
}

fn challenge_attempts() -> u32 {
    Limits::default().challenge_attempts
}

fn look_ahead() -> u32 {
    Limits::default().look_ahead
}

fn drift_steps() -> u32 {
    Limits::default().drift_steps
}

fn sign_formats() -> Schema {
    word_schema(&[
        SignFormat::Auto,
        SignFormat::Concatenated,
        SignFormat::Digest,
    ])
}

impl PolicyBody {
    /// A policy as it is.
    pub fn of(policy: &Policy) -> Self {
        let limits = &policy.limits;
        Self {
            code: policy.code.clone(),
            max_failures: limits.max_failures,
            lock_s: limits.lock_s,
            max_open_challenges: limits.max_open_challenges,
            challenge_s: limits.challenge_s,
            challenge_attempts: limits.challenge_attempts,
            look_ahead: limits.look_ahead,
            drift_steps: limits.drift_steps,
            sign_format: limits.sign_format,
            sign_fields: limits.sign_fields,
            sign_labels: limits.sign_labels.clone(),
            channels: limits.channels.clone(),
            static_password: limits.static_password,
        }
    }

    /// The policy that is wanted.
    pub(in crate::management) fn blueprint(&self) -> PolicyBlueprint {
        PolicyBlueprint {
            code: self.code.clone(),
            limits: Limits {
                max_failures: self.max_failures,
                lock_s: self.lock_s,
                max_open_challenges: self.max_open_challenges,
                challenge_s: self.challenge_s,
                challenge_attempts: self.challenge_attempts,
                look_ahead: self.look_ahead,
                drift_steps: self.drift_steps,
                sign_format: self.sign_format,
                sign_fields: self.sign_fields,
                sign_labels: self.sign_labels.clone(),
                channels: self.channels.clone(),
                static_password: self.static_password,
            },
        }
    }
}

impl PolicyShown {
    /// The policy, with its tag.
    pub(in crate::management) fn of(policy: &Policy) -> Tagged<Self> {
        let limits = policy.limits.clone();
        let shown = Self {
            code: policy.code.clone(),
            max_failures: limits.max_failures,
            lock_s: limits.lock_s,
            max_open_challenges: limits.max_open_challenges,
            challenge_s: limits.challenge_s,
            challenge_attempts: limits.challenge_attempts,
            look_ahead: limits.look_ahead,
            drift_steps: limits.drift_steps,
            sign_format: limits.sign_format,
            sign_fields: limits.sign_fields,
            sign_labels: limits.sign_labels,
            channels: limits.channels,
            static_password: limits.static_password,
            warnings: Vec::new(),
        };
        let tag = Tag::of(&shown, &[]);
        Tagged { value: shown, tag }
    }
}
