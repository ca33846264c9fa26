//! What moves about one user: counts under each policy, counters and steps of each authenticator.
//!
//! One user has one standing: one row, one version, one compare-and-set. That is why two requests
//! that carry one code cannot both win, however many authenticators, policies and protocols they
//! come through. It is data alone; `lockout` and `judgement` say how it changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::approval::ApprovalStanding;
use crate::clock::Timestamp;
use crate::directory::{Authenticator, Client};
use crate::id::{Id, TimedId};
use crate::lifecycle::Purpose;

/// Everything that moves about one user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether an administrator locked the user, under every policy.
    #[serde(default, skip_serializing_if = "is_false")]
    pub locked: bool,
    /// The counts, by policy code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, Tally>,
    /// The movement of each authenticator.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authenticators: BTreeMap<Id<Authenticator>, Movement>,
    /// The user's phone and the approvals it is asked for.
    #[serde(default, skip_serializing_if = "ApprovalStanding::is_empty")]
    pub approval: ApprovalStanding,
}

impl Standing {
    /// What [`Standing::most_failures`] gives for a user whom an administrator locked.
    pub const LOCKED: u32 = i32::MAX.cast_unsigned();

    /// The most wrong answers in a row under any policy: by it a store finds users who may be locked.
    pub fn most_failures(&self) -> u32 {
        let counted = self.policies.values().map(|tally| tally.failures);
        if self.locked {
            Self::LOCKED
        } else {
            counted.max().unwrap_or(0).min(Self::LOCKED)
        }
    }

    /// The movement of an authenticator as enrolled; nothing where it was handed on or got another
    /// key since it was read, and then it must not be used.
    pub fn movement(&self, authenticator: &Authenticator) -> Option<&Movement> {
        let movement = self.authenticators.get(&authenticator.id);
        movement.filter(|movement| movement.enrolment == authenticator.enrolment)
    }

    /// Whether an authenticator may be used; one without a movement of its own counts as revoked.
    pub fn status(&self, authenticator: &Authenticator) -> Status {
        self.movement(authenticator)
            .map_or(Status::Revoked, |movement| movement.status)
    }
}

/// What was counted for one user under one policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Consecutive failures.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// When the last of them was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
    /// Challenges issued since the last right answer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub open_challenges: u32,
    /// When the last of them was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenged_at: Option<Timestamp>,
    /// The challenges that may still be answered, one for each thing they are bound to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub live: Vec<LiveChallenge>,
    /// The last challenge bound to a client that was answered to its end or was given an answer too
    /// late: so that the client can be told which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<TimedId>,
    /// Challenges bound to a client that were issued in this minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_lately: Option<Pace>,
    /// Codes that were sent to the user lately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_lately: Option<Pace>,
    /// Right answers ever.
    #[serde(default, skip_serializing_if = "is_zero_u64")]
    pub total_succeeded: u64,
    /// Right answers since the last wrong one.
    #[serde(default, skip_serializing_if = "is_zero_u64")]
    pub consecutive_succeeded: u64,
    /// When the last right answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded_at: Option<Timestamp>,
    /// Wrong answers ever.
    #[serde(default, skip_serializing_if = "is_zero_u64")]
    pub total_failed: u64,
    /// When the last wrong answer came; unlike `failed_at` it survives a reset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failed_at: Option<Timestamp>,
}

/// A challenge that a user may still answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveChallenge {
    /// The challenge.
    pub id: TimedId,
    /// What it asks for.
    pub purpose: Purpose,
    /// The one authenticator that may answer it; nothing: any fitting one of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticator: Option<Id<Authenticator>>,
    /// The one client that may have it answered; nothing: any of the tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Id<Client>>,
}

impl LiveChallenge {
    /// Whether the two ask the same of the same: then only the newer one stays. Of those that are bound
    /// to clients only one stays, whichever client it is.
    pub fn is_bound_like(&self, other: &Self) -> bool {
        (self.purpose, self.authenticator, self.client.is_some())
            == (other.purpose, other.authenticator, other.client.is_some())
    }
}

/// What moves about one authenticator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Whether it may be used.
    #[serde(default, skip_serializing_if = "Status::is_active")]
    pub status: Status,
    /// The enrolment that it moves with: what a former key computed is not looked at any more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub enrolment: u32,
    /// The lowest counter that is not spent (HOTP; OCRA challenge–response).
    #[serde(default, skip_serializing_if = "is_zero_u64")]
    pub next_counter: u64,
    /// The lowest counter of the signature suite that is not spent: a device keeps its own.
    #[serde(default, skip_serializing_if = "is_zero_u64")]
    pub next_signature_counter: u64,
    /// The latest time step that was spent; it and all earlier ones are refused (RFC 6238, 5.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_step: Option<u64>,
    /// Steps by which its clock runs ahead of ours (negative: behind), as resynchronised.
    #[serde(default, skip_serializing_if = "is_zero_i64")]
    pub drift_steps: i64,
    /// The first of two consecutive codes was given for resynchronisation: where the second must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaited: Option<u64>,
    /// Digests of the passcodes last read off grids, the newest last; they are not taken again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recent: Vec<PasscodeDigest>,
    /// What is not known of it, because the database was restored from a backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Restored>,
}

/// What an authenticator spent between a backup and its restore is not known: what may have been among
/// it is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The moment of the restore: a time step that had begun by then is taken no more.
    pub at: Timestamp,
    /// Whether the counter of one-time passwords and responses was found again by two codes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub counter_found: bool,
    /// Whether the counter of signatures was.
    #[serde(default, skip_serializing_if = "is_false")]
    pub signature_counter_found: bool,
    /// Whether answers to texts that have neither counter nor time in them are taken all the same,
    /// as whoever restored wished.
    #[serde(default, skip_serializing_if = "is_false")]
    pub texts_may_repeat: bool,
}

impl Movement {
    /// Whether the next counter is one that may have been spent before a restore.
    pub fn counter_is_lost(&self) -> bool {
        self.restored
            .is_some_and(|restored| !restored.counter_found)
    }

    /// The same of the counter of signatures.
    pub fn signature_counter_is_lost(&self) -> bool {
        self.restored
            .is_some_and(|restored| !restored.signature_counter_found)
    }

    /// Whether it is not known which texts were answered or signed.
    pub fn texts_are_lost(&self) -> bool {
        self.restored
            .is_some_and(|restored| !restored.texts_may_repeat)
    }

    /// The movement once the counter was found again.
    pub(crate) fn with_counter_found(mut self) -> Self {
        if let Some(restored) = &mut self.restored {
            restored.counter_found = true;
        }
        self
    }

    /// The same of the counter of signatures.
    pub(crate) fn with_signature_counter_found(mut self) -> Self {
        if let Some(restored) = &mut self.restored {
            restored.signature_counter_found = true;
        }
        self
    }
}

/// What is kept of a passcode: 16 bytes of an HMAC under a key of the server, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasscodeDigest(pub String);

/// How often something was done lately: a count that begins anew when its window is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// When the window began.
    pub since: Timestamp,
    /// How often since then.
    pub count: u32,
}

impl Pace {
    /// How often it was done in the window that `now` is in; a clock set back does not leave it.
    pub fn count_at(pace: Option<Self>, window_s: u32, now: Timestamp) -> u32 {
        let current = pace.filter(|pace| now < pace.since.plus_s(window_s));
        current.map_or(0, |pace| pace.count)
    }

    /// The count after once more at `now`.
    pub fn after(pace: Option<Self>, window_s: u32, now: Timestamp) -> Self {
        match (pace, Self::count_at(pace, window_s, now)) {
            (Some(pace), count) if count > 0 => Self {
                count: count.saturating_add(1),
                ..pace
            },
            _ => Self {
                since: now,
                count: 1,
            },
        }
    }
}

/// Whether an authenticator may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It may.
    #[default]
    Active,
    /// An administrator locked it; an administrator can unlock it.
    Locked,
    /// It is gone for good. Its counters are kept, so that no spent code returns.
    Revoked,
}

impl Status {
    /// Whether it may be used.
    pub fn is_active(&self) -> bool {
        *self == Self::Active
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero_u64(value: &u64) -> bool {
    *value == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero_i64(value: &i64) -> bool {
    *value == 0
}
