//! What moves, as JSON: challenges, approval sessions, phones, messages that wait. Never what is asked
//! in a challenge, a typed digit, the number of an asker's page, or what a message says.

use challenge::approval::ports::Waiting;
use challenge::approval::{Answered, Device, DeviceStatus, LinkingTicket, Session};
use challenge::clock::Timestamp;
use challenge::lifecycle::{Challenge, Course, Phase, Purpose, State};
use challenge::visitor::Visit;
use challenge::watching::Post;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::management::moment;
use crate::management::refusal::Refusal;
use crate::management::shapes::told::ToldOnce;
use crate::qr::{self, NotDrawn};

/// A challenge: a user's, or a visitor's that was answered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementChallenge)]
pub struct ChallengeShown {
    /// The challenge's id, which sorts by time.
    pub id: String,
    /// What it asks for: `respond`, `repeat`, `approve` or `person`.
    #[schema(examples("respond"))]
    pub purpose: String,
    /// What has become of it: `open`, `accepted`, `refused`, `declined`, `consumed`, `cancelled`,
    /// `replaced` or `expired`.
    #[schema(examples("open"))]
    pub state: String,
    /// The user who is asked; null: a visitor was.
    #[schema(required)]
    pub user_id: Option<String>,
    /// The policy it was issued under.
    #[schema(required)]
    pub policy: Option<String>,
    /// The client that asked, by name; null: none did, or it is gone.
    #[schema(required)]
    pub client: Option<String>,
    /// The id of the one authenticator that may answer.
    #[schema(required)]
    pub authenticator: Option<String>,
    /// That authenticator's serial number.
    #[schema(required)]
    pub serial: Option<String>,
    /// The site that asked, by its public id.
    #[schema(required)]
    pub site: Option<String>,
    /// When it was issued.
    pub issued_at: String,
    /// From when on it is too late to answer.
    pub answer_by: String,
    /// When it was answered, withdrawn or replaced, or expired; null: it waits.
    #[schema(required)]
    pub ended_at: Option<String>,
}

/// An approval session: one question to one phone.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementSession)]
pub struct SessionShown {
    /// The session's id, in decimals.
    pub id: String,
    /// The user who is asked.
    pub user_id: String,
    /// The asker's own name for the user.
    pub user_external_id: String,
    /// The phone that is asked.
    pub device: String,
    /// What is asked for.
    #[schema(rename = "type", examples("PIN_TAN"))]
    #[serde(rename = "type")]
    pub kind: String,
    /// The headline on the phone.
    pub header: String,
    /// The text on the phone.
    pub text: String,
    /// What is wanted to be known of the phone.
    #[schema(required)]
    pub device_data: Option<String>,
    /// `pending`, `answered`, `refused`, `declined`, `cancelled` or `expired`.
    #[schema(examples("pending"))]
    pub state: String,
    /// When it was started.
    pub issued_at: String,
    /// From when on it is too late to decide.
    pub answer_by: String,
    /// When it ended; null: it waits.
    #[schema(required)]
    pub ended_at: Option<String>,
    /// What was answered, in words; never digits.
    #[schema(required)]
    pub answer: Option<String>,
    /// Until when it is kept.
    pub kept_until: String,
    /// The phone's signature under the answer.
    #[schema(required)]
    pub proof: Option<ProofShown>,
}

/// A phone's signature under an answer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementProof)]
pub struct ProofShown {
    /// The public key it verifies with: an uncompressed point of P-256, in base64.
    pub public_key: String,
    /// What was signed.
    pub signed: String,
    /// The signature (ECDSA with SHA-256, r and s), in base64.
    pub signature: String,
}

/// A phone that is or was linked.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementDevice)]
pub struct DeviceShown {
    /// The phone's id, in decimals.
    pub id: String,
    /// The user it is linked to.
    pub user_id: String,
    /// The asker's own name for the user when it was linked.
    pub user_external_id: String,
    /// Its name for people.
    pub name: String,
    /// What it runs on.
    pub platform: String,
    /// Whether it can make sure who holds it.
    pub biometrics: bool,
    /// Whether it can be woken by a push.
    pub push: bool,
    /// When it was linked.
    pub linked_at: String,
    /// When it was unlinked; null: it is linked.
    #[schema(required)]
    pub unlinked_at: Option<String>,
}

/// A code by which a phone is linked. **Whoever has it first links theirs**; it is told once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementLinking)]
pub struct LinkingShown {
    /// Decimal digits, at least six; may begin with zeros.
    #[schema(value_type = String, examples("980565"))]
    pub code: ToldOnce,
    /// Where the app takes the code: an address to be opened on the phone.
    #[schema(value_type = String, examples("https://login.example/app/#/link/980565"))]
    pub url: ToldOnce,
    /// The address as a QR code: base64 of a PNG of 300 by 300 points.
    #[schema(value_type = String)]
    pub qr_png: ToldOnce,
    /// From when on it opens nothing.
    pub expires_at: String,
}

/// A message that waits or was given up. Never what it says.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementCallback)]
pub struct CallbackShown {
    /// The message's id, which sorts by time. A callback has it as `webhook-id`.
    pub id: String,
    /// Its tenant, by name; null: the tenant is not there any more.
    #[schema(required)]
    pub tenant: Option<String>,
    /// Where it goes: `callback`, `push`, `email` or `sms`.
    #[schema(examples("callback"))]
    pub kind: String,
    /// The user whose messages leave one after the other.
    #[schema(required)]
    pub user_id: Option<String>,
    /// Tries that failed.
    pub failed_tries: u32,
    /// When it is tried next; null: it was given up.
    #[schema(required)]
    pub next_try_at: Option<String>,
    /// When it was given up; null: it was not.
    #[schema(required)]
    pub dead_at: Option<String>,
    /// What went wrong last.
    #[schema(required)]
    pub trouble: Option<String>,
}

impl ChallengeShown {
    pub(in crate::management) fn of_user(
        challenge: &Challenge,
        (client, serial): (Option<String>, Option<String>),
        now: Timestamp,
    ) -> Self {
        let phase = challenge.phase_at(now);
        Self {
            id: challenge.id.to_string(),
            purpose: purpose(challenge.purpose).to_owned(),
            state: phase_name(phase).to_owned(),
            user_id: Some(challenge.user.to_string()),
            policy: Some(challenge.policy.clone()),
            client,
            authenticator: challenge.authenticator.map(|id| id.to_string()),
            serial,
            site: None,
            issued_at: moment::show(challenge.issued_at),
            answer_by: moment::show(challenge.answer_by),
            ended_at: ended_at(&challenge.course(), phase),
        }
    }

    pub(in crate::management) fn of_visitor(
        visit: &Visit,
        site: Option<String>,
        now: Timestamp,
    ) -> Self {
        let phase = visit.phase_at(now);
        Self {
            id: visit.id.to_string(),
            purpose: purpose(Purpose::Person).to_owned(),
            state: phase_name(phase).to_owned(),
            user_id: None,
            policy: None,
            client: None,
            authenticator: None,
            serial: None,
            site,
            issued_at: moment::show(visit.id.drawn_at()),
            answer_by: moment::show(visit.answer_by),
            ended_at: ended_at(&visit.course(), phase),
        }
    }
}

impl SessionShown {
    pub(in crate::management) fn of(session: &Session, now: Timestamp) -> Self {
        let question = &session.question;
        let phase = session.phase_at(now);
        let state = match phase {
            Phase::Expired if session.answer.is_some() => "answered",
            Phase::Is(State::Open { .. }) => "pending",
            Phase::Is(State::Accepted { .. } | State::Consumed { .. }) => "answered",
            other => phase_name(other),
        };
        Self {
            id: session.id.to_string(),
            user_id: session.user.to_string(),
            user_external_id: session.user_external_id.clone(),
            device: session.device.to_string(),
            kind: question.kind.name().to_owned(),
            header: question.header.clone(),
            text: question.text.clone(),
            device_data: question.device_data.clone(),
            state: state.to_owned(),
            issued_at: moment::show(session.issued_at),
            answer_by: moment::show(session.answer_by),
            ended_at: ended_at(&session.course(), phase),
            answer: session.answer.as_ref().map(answer),
            kept_until: moment::show(session.keep_until()),
            proof: session.proof.as_ref().map(|proof| ProofShown {
                public_key: proof.public_key.clone(),
                signed: proof.signed.clone(),
                signature: proof.signature.clone(),
            }),
        }
    }
}

impl DeviceShown {
    pub(in crate::management) fn of(device: &Device) -> Self {
        let unlinked_at = match device.status {
            DeviceStatus::Linked => None,
            DeviceStatus::Unlinked { at } => Some(moment::show(at)),
        };
        Self {
            id: device.id.to_string(),
            user_id: device.user.to_string(),
            user_external_id: device.user_external_id.clone(),
            name: device.name.clone(),
            platform: device.platform.clone(),
            biometrics: device.capabilities.biometrics,
            push: device.push.is_some(),
            linked_at: moment::show(device.linked_at),
            unlinked_at,
        }
    }
}

impl LinkingShown {
    pub(in crate::management) fn of(
        ticket: &LinkingTicket,
        public_url: &str,
    ) -> Result<Self, Refusal> {
        let url = format!("{public_url}/app/#/link/{}", ticket.code);
        let qr_png = qr::picture(&url).map_err(|NotDrawn(text)| Refusal::Unavailable(text))?;
        Ok(Self {
            code: ticket.code.clone().into(),
            url: url.into(),
            qr_png: qr_png.into(),
            expires_at: moment::show(ticket.expires_at),
        })
    }
}

impl CallbackShown {
    pub(in crate::management) fn of(waiting: &Waiting, post: Post, tenant: Option<String>) -> Self {
        let message = &waiting.message;
        let waits = waiting.dead_at.is_none();
        Self {
            id: message.id.to_string(),
            tenant,
            kind: post.name().to_owned(),
            user_id: message.line.map(|user| user.to_string()),
            failed_tries: waiting.failed_tries,
            next_try_at: waits.then(|| moment::show(message.due_at)),
            dead_at: waiting.dead_at.map(moment::show),
            trouble: waiting.trouble.clone(),
        }
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Respond => "respond",
        Purpose::Repeat => "repeat",
        Purpose::Approve => "approve",
        Purpose::Person => "person",
    }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Expired => "expired",
        Phase::Is(state) => state.name(),
    }
}

/// When it came to what it is; of what expired, the moment at which it did.
fn ended_at(course: &Course, phase: Phase) -> Option<String> {
    let at = match (phase, course.state) {
        (Phase::Expired, State::Open { .. }) => course.answer_by,
        (Phase::Expired, State::Accepted { at }) => at.plus_s(course.consume_s),
        (_, State::Open { .. }) => return None,
        (
            _,
            State::Accepted { at }
            | State::Refused { at }
            | State::Declined { at }
            | State::Consumed { at }
            | State::Cancelled { at }
            | State::Replaced { at },
        ) => at,
    };
    Some(moment::show(at))
}

fn answer(answer: &Answered) -> String {
    let words = match answer {
        Answered::Approved => "approved",
        Answered::UserVerified => "approved, the user verified by the phone",
        Answered::Pin(_) => "approved with a PIN",
        Answered::DeviceInfo { biometrics, push } => {
            return format!("the phone's abilities: biometrics {biometrics}, push {push}");
        }
        Answered::PinSet(_) => "a PIN was set",
        Answered::PinForgotten { asked: true } => "the PIN is forgotten, as was asked",
        Answered::PinForgotten { asked: false } => "the user forgot the PIN",
        Answered::FellBack => "the phone could not verify the user",
        Answered::Declined => "declined",
    };
    words.to_owned()
}
