//! A code as it waits in the outbox: where it goes and what it is are sealed.

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

/// A code that is to reach a user.
#[derive(Clone)]
pub struct Delivery {
    /// The tenant.
    pub tenant: Id<Tenant>,
    /// The user.
    pub user: Id<User>,
    /// The challenge that the code answers. Once it takes no answer any more, the code is not sent.
    pub challenge: TimedId,
    /// The way it goes.
    pub way: Way,
    /// The address or the number that it goes to.
    pub to: String,
    /// The code.
    pub code: SecretString,
    /// From when on nobody can use the code, and it is not sent any more.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Delivery {
    /// Without address and code: what is printed may end in a log.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Delivery")
            .field("tenant", &self.tenant)
            .field("user", &self.user)
            .field("challenge", &self.challenge)
            .field("way", &self.way)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// What stands in the outbox. In clear is only what says how long the rest is good for, and whom it
/// is about, so that a node without the key can still drop it and tell so.
#[derive(Serialize, Deserialize)]
pub(super) struct Letter {
    pub(super) user: Id<User>,
    pub(super) challenge: TimedId,
    pub(super) expires_at: Timestamp,
    /// The [`Contents`] as JSON, sealed, base64.
    sealed: String,
}

/// The sealed part of a [`Letter`].
#[derive(Serialize, Deserialize)]
struct Contents<'a> {
    to: std::borrow::Cow<'a, str>,
    code: std::borrow::Cow<'a, str>,
}

impl Verifier {
    /// The message that brings a code to the user. It is to be committed in the change that issues
    /// the challenge; ring the outbox's bell after that.
    pub fn delivery_message(
        &self,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<Message, Refusal> {
        let id = TimedId::random(now, &*self.rng);
        let contents = Contents {
            to: delivery.to.as_str().into(),
            code: delivery.code.expose_secret().into(),
        };
        let unwritable = |error: serde_json::Error| Refusal::Unavailable(error.to_string());
        let plain = Zeroizing::new(serde_json::to_vec(&contents).map_err(unwritable)?);
        let place = place_of(delivery.tenant, id);
        let sealed = self.keyring.seal(&*self.rng, &place, &plain)?;
        let letter = Letter {
            user: delivery.user,
            challenge: delivery.challenge,
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
        let place = place_of(message.tenant, message.id);
        let plain = self.keyring.open(&place, &sealed)?;
        let contents: Contents<'_> =
            serde_json::from_slice(&plain).map_err(|_| SealError::Damaged)?;
        Ok(Delivery {
            tenant: message.tenant,
            user: letter.user,
            challenge: letter.challenge,
            way,
            to: contents.to.into_owned(),
            code: contents.code.into_owned().into(),
            expires_at: letter.expires_at,
        })
    }
}

/// Where the contents are sealed for: this one message.
fn place_of(tenant: Id<Tenant>, message: TimedId) -> Place<'static> {
    let [_, _, _, _, _, _, _, _, random @ ..] = *message.as_bytes();
    Place {
        table: "outbox",
        column: "delivery",
        tenant: tenant.number(),
        row: i64::from_be_bytes(random),
    }
}
