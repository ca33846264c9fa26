//! A session: one question to one phone, what was displayed, and what came of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::device::Device;
use crate::clock::Timestamp;
use crate::directory::{Client, PinPlace, Tenant, User};
use crate::door::Door;
use crate::id::Id;
use crate::lifecycle::{Command, Course, OutOfTurn, Phase, Purpose, State};

/// Seconds for which an answer may be asked for.
pub(crate) const RESULT_S: u32 = 86_400;

/// Seconds for which a session is kept with its signature: 400 days, since a payment may be disputed
/// for thirteen months (PSD2, Art. 71).
pub const EVIDENCE_S: u32 = 400 * 86_400;

/// What a session asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SessionKind {
    /// Yes or no.
    Ok,
    /// Yes with a PIN.
    Pin,
    /// Yes with a PIN and then with the number that the asker's page shows.
    PinTan,
    /// Yes, after the phone made sure who holds it.
    BiometricOk,
    /// What the phone can do.
    DeviceInfo,
    /// A new PIN.
    SetPin,
    /// That the PIN be forgotten.
    UserForgotPin,
    /// What was asked for with biometrics before, with a PIN now.
    Fallback,
}

impl SessionKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Ok,
        Self::Pin,
        Self::PinTan,
        Self::BiometricOk,
        Self::DeviceInfo,
        Self::SetPin,
        Self::UserForgotPin,
        Self::Fallback,
    ];

    /// The kind's name, as it is signed and stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Pin => "PIN",
            Self::PinTan => "PIN_TAN",
            Self::BiometricOk => "BIOMETRIC_OK",
            Self::DeviceInfo => "DEVICE_INFO",
            Self::SetPin => "SET_PIN",
            Self::UserForgotPin => "USER_FORGOT_PIN",
            Self::Fallback => "FALLBACK",
        }
    }

    /// Whether approving takes the user's PIN (for [`Self::SetPin`]: the new one).
    pub fn needs_pin(self) -> bool {
        matches!(
            self,
            Self::Pin | Self::PinTan | Self::Fallback | Self::SetPin
        )
    }

    /// Whether approving takes the user's PIN as it is.
    pub fn proves_pin(self) -> bool {
        self.needs_pin() && self != Self::SetPin
    }

    /// Whether approving is a decision that a match number protects.
    pub fn is_matched(self) -> bool {
        !matches!(self, Self::DeviceInfo)
    }
}

/// What is asked, as the phone displays it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What the session asks for.
    pub kind: SessionKind,
    /// The headline; empty for device information.
    pub header: String,
    /// The text; empty for device information.
    pub text: String,
    /// For device information: what is wanted, in the asker's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_data: Option<String>,
}

/// One question to one phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The session's id.
    pub id: Id<Session>,
    /// The tenant that asks.
    pub tenant: Id<Tenant>,
    /// The tenant's number on the wire when it asked.
    pub tenant_number: u64,
    /// The tenant's name for people when it asked.
    pub tenant_name: String,
    /// The user who is asked.
    pub user: Id<User>,
    /// The asker's own name for the user.
    pub user_external_id: String,
    /// The phone that is asked.
    pub device: Id<Device>,
    /// What is asked.
    pub question: Question,
    /// The client that had it started for itself, and alone may use it; nothing: the tenant's server did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Id<Client>>,
    /// The way in by which it was asked for; nothing in sessions that are older than this member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door: Option<Door>,
    /// Who verifies a PIN.
    pub pin: PinPlace,
    /// The number that the asker's page shows and the phone asks for. Never shown to the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// When it was started.
    pub issued_at: Timestamp,
    /// The moment from which it is too late to decide.
    pub answer_by: Timestamp,
    /// What has become of it, but for expiry.
    pub state: State,
    /// What was answered, once it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answered>,
    /// The device's signature under the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// Whether its end without an answer was told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub end_told: bool,
}

/// What was answered. How it is put on the wire is the protocol's matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// Yes.
    Approved,
    /// Yes, after the phone made sure who holds it.
    UserVerified,
    /// Yes with a PIN: digits where the tenant verifies it, nothing where this server did.
    Pin(Option<Digits>),
    /// What the phone can do.
    DeviceInfo {
        /// Whether it can make sure who holds it.
        biometrics: bool,
        /// Whether it can be woken by a push.
        push: bool,
    },
    /// A new PIN was chosen: digits where the tenant verifies PINs, nothing where this server does.
    PinSet(Option<Digits>),
    /// The PIN is forgotten.
    PinForgotten {
        /// Whether the session asked for that; else the user said so instead of typing it, which is
        /// no approval.
        asked: bool,
    },
    /// The phone could not make sure who holds it; ask again with a PIN.
    FellBack,
    /// No.
    Declined,
}

/// PIN digits that somebody typed. Sealed wherever they rest; in clear only between opening and
/// sending.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Digits {
    /// As they rest, in base64.
    Sealed(String),
    /// As they are. Never stored.
    #[serde(skip)]
    Clear(zeroize::Zeroizing<String>),
    /// They were forgotten after their time.
    Forgotten,
}

impl fmt::Debug for Digits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Digits(..)")
    }
}

/// A device's signature under a decision, kept so that it can be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The public key that it verifies with, uncompressed (65 bytes), in base64.
    pub public_key: String,
    /// The bytes that were signed, as text ([`super::signed::decision`]).
    pub signed: String,
    /// The signature: r and s, 64 bytes, in base64.
    pub signature: String,
}

/// What the user decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Decline,
    /// No, and it was not me who wanted this: nothing more is to be started for a while.
    NotMe,
    /// Of a session that asks for a PIN: I forgot it.
    ForgotPin,
    /// Of a session that asks for biometrics: this phone cannot now; ask again with a PIN.
    FallBack,
}

impl Verdict {
    /// The verdict's name, as it is signed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Decline => "decline",
            Self::NotMe => "not_me",
            Self::ForgotPin => "forgot_pin",
            Self::FallBack => "fall_back",
        }
    }
}

impl Session {
    /// What decides about it.
    pub fn course(&self) -> Course {
        Course {
            purpose: Purpose::Approve,
            answer_by: self.answer_by,
            consume_s: RESULT_S,
            state: self.state,
        }
    }

    /// The state at `now`. What was told as expired stays so, whatever another node's clock says.
    pub fn phase_at(&self, now: Timestamp) -> Phase {
        if self.end_told && matches!(self.state, State::Open { .. }) {
            return Phase::Expired;
        }
        self.course().phase_at(now)
    }

    /// Whether it expired without an answer, and nobody was told yet: it may still be that a decision
    /// that was in time is on its way to the disk.
    pub(super) fn expires_untold(&self, now: Timestamp) -> bool {
        matches!(self.state, State::Open { .. })
            && !self.end_told
            && self.phase_at(now) == Phase::Expired
    }

    /// The session after `command`.
    pub fn after(&self, command: Command, now: Timestamp) -> Result<Self, OutOfTurn> {
        let phase = self.phase_at(now);
        if phase == Phase::Expired {
            return Err(OutOfTurn(phase));
        }
        Ok(Self {
            state: self.course().decide(command, now)?,
            ..self.clone()
        })
    }

    /// From when on nobody needs it any more.
    pub fn keep_until(&self) -> Timestamp {
        self.answer_by.plus_s(EVIDENCE_S)
    }
}
