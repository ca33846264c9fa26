//! A code, or a letter, as it waits in the outbox: where it goes and what it is are sealed.

use std::borrow::Cow;
use std::fmt;

use data_encoding::BASE64;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::directory::{Tenant, User};
use crate::id::{Id, TimedId};
use crate::ports::Message;
use crate::refusal::Refusal;
use crate::secret::{Place, SealError, Sealed};
use crate::verifier::Verifier;

/// The way that a code takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// To the user's e-mail address, by SMTP.
    Email,
    /// To the user's phone, through the gateway.
    Sms,
}

impl Way {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Email, Self::Sms];

    /// The way's name in files, events and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }

    /// The kind of messages that go this way. Each has its own, so that a mail server that hangs
    /// holds up no short message.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Email => "delivery.email",
            Self::Sms => "delivery.sms",
        }
    }
}

/// What is to reach somebody.
#[derive(Clone)]
pub struct Delivery {
    /// The tenant.
    pub tenant: Id<Tenant>,
    /// The way it goes.
    pub way: Way,
    /// The address or the number that it goes to.
    pub to: String,
    /// What it brings.
    pub says: Says,
    /// From when on nobody can use it, and it is not sent any more.
    pub expires_at: Timestamp,
}

/// What is brought.
#[derive(Clone)]
pub enum Says {
    /// A user's code, in the texts that the operator set.
    Code {
        /// The user.
        user: Id<User>,
        /// The challenge that the code answers. Once it takes no answer any more, the code is not sent.
        challenge: TimedId,
        /// The code.
        code: SecretString,
    },
    /// A whole letter. It goes by e-mail alone.
    Letter {
        /// Its subject.
        subject: String,
        /// Its text: whoever has it may have the link in it.
        text: SecretString,
    },
}

impl Says {
    /// Whom it is about, and the challenge it answers; nothing of a letter.
    fn about(&self) -> Option<(Id<User>, TimedId)> {
        match self {
            Self::Code {
                user, challenge, ..
            } => Some((*user, *challenge)),
            Self::Letter { .. } => None,
        }
    }
}

impl fmt::Debug for Delivery {
    /// Without address and contents: what is printed may end in a log.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Delivery")
            .field("tenant", &self.tenant)
            .field("about", &self.says.about())
            .field("way", &self.way)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// What stands in the outbox. In clear is only what says how long the rest is good for, and whom it
/// is about, so that a node without the key can still drop it and tell so.
#[derive(Serialize, Deserialize)]
pub(super) struct Letter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<Id<User>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) challenge: Option<TimedId>,
    pub(super) expires_at: Timestamp,
    /// The [`Contents`] as JSON, sealed, base64.
    sealed: String,
}

/// The sealed part of a [`Letter`].
#[derive(Serialize, Deserialize)]
struct Contents<'a> {
    to: Cow<'a, str>,
    /// A code, or the text of a letter.
    code: Cow<'a, str>,
    /// The subject of a letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Cow<'a, str>>,
}

impl Verifier {
    /// The message that brings a code to the user, or a letter to somebody. It is to be committed in the
    /// change that issues the challenge, or asks for the letter; ring the outbox's bell after that.
    pub fn delivery_message(
        &self,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<Message, Refusal> {
        let id = TimedId::random(now, &*self.rng);
        let (said, subject) = match &delivery.says {
            Says::Code { code, .. } => (code, None),
            Says::Letter { subject, text } => (text, Some(subject.as_str().into())),
        };
        let contents = Contents {
            to: delivery.to.as_str().into(),
            code: said.expose_secret().into(),
            subject,
        };
        let about = delivery.says.about();
        let unwritable = |error: serde_json::Error| Refusal::Unavailable(error.to_string());
        let plain = Zeroizing::new(serde_json::to_vec(&contents).map_err(unwritable)?);
        let place = letter_place(delivery.tenant, id);
        let sealed = self.keyring.seal(&*self.rng, &place, &plain)?;
        let letter = Letter {
            user: about.map(|(user, _)| user),
            challenge: about.map(|(_, challenge)| challenge),
            expires_at: delivery.expires_at,
            sealed: BASE64.encode(sealed.as_bytes()),
        };
        Ok(Message {
            id,
            tenant: delivery.tenant,
            kind: delivery.way.kind().to_owned(),
            line: None,
            body: serde_json::to_string(&letter).map_err(unwritable)?,
            due_at: now,
        })
    }

    /// The delivery that a message holds.
    pub(super) fn opened_letter(
        &self,
        (message, way): (&Message, Way),
        letter: &Letter,
    ) -> Result<Delivery, SealError> {
        let sealed = BASE64.decode(letter.sealed.as_bytes());
        let sealed = Sealed::from_bytes(sealed.map_err(|_| SealError::Damaged)?);
        let place = letter_place(message.tenant, message.id);
        let plain = self.keyring.open(&place, &sealed)?;
        let contents: Contents<'_> =
            serde_json::from_slice(&plain).map_err(|_| SealError::Damaged)?;
        let said = SecretString::from(contents.code.into_owned());
        let says = match (contents.subject, letter.user.zip(letter.challenge)) {
            (Some(subject), None) => Says::Letter {
                subject: subject.into_owned(),
                text: said,
            },
            (None, Some((user, challenge))) => Says::Code {
                user,
                challenge,
                code: said,
            },
            _ => return Err(SealError::Damaged),
        };
        Ok(Delivery {
            tenant: message.tenant,
            way,
            to: contents.to.into_owned(),
            says,
            expires_at: letter.expires_at,
        })
    }
}

/// Where the contents are sealed for: this one message.
pub(crate) fn letter_place(tenant: Id<Tenant>, message: TimedId) -> Place<'static> {
    let [_, _, _, _, _, _, _, _, random @ ..] = *message.as_bytes();
    Place {
        table: "outbox",
        column: "delivery",
        tenant: tenant.number(),
        row: i64::from_be_bytes(random),
    }
}
