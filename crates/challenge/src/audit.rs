//! What happened: one event for every change, and for every answer that changed nothing.
//!
//! Events are appended in the transaction of what they tell, so that none can be forgotten.

pub mod chain;
pub mod check;
pub mod erasing;
mod members;
mod outcome;
pub mod ports;
pub mod sealing;
pub(crate) mod seen;
pub mod signing;

pub use outcome::Outcome;
use serde::{Deserialize, Serialize};

use crate::approval::{Device, Session};
use crate::clock::Timestamp;
use crate::directory::{Authenticator, Tenant, User};
use crate::door::Door;
use crate::id::{Id, TimedId};

/// Characters of a name that nobody has, as it was typed, which are kept.
const NAMED_USER_LENGTH_MAX: usize = 64;

/// A name as it is kept where nobody has it.
pub(crate) fn named_user(name: &str) -> String {
    name.chars().take(NAMED_USER_LENGTH_MAX).collect()
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The event's id; sorts by time.
    pub id: TimedId,
    /// When it happened.
    pub at: Timestamp,
    /// On which tenant.
    pub tenant: Id<Tenant>,
    /// What happened.
    pub kind: EventKind,
    /// How it ended.
    pub outcome: Outcome,
    /// The user it is about, where one is known.
    pub user: Option<Id<User>>,
    /// The rest.
    pub detail: Detail,
}

/// What is told of an event beside its key facts. Never a secret, never a code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Detail {
    /// The way in: of a decision, that of the asking. Nothing for what the server does, and in older events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub door: Option<Door>,
    /// The client that asked, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The user as named in the request, where no such user is known (cut to 64 characters).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named_user: Option<String>,
    /// The site, by its public id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The authenticator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticator: Option<Id<Authenticator>>,
    /// The challenge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<TimedId>,
    /// The policy's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The channel, as the request named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The address the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The caller's own name for the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// The approval session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Id<Session>>,
    /// The linked phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Id<Device>>,
    /// The fields of a transaction that were asked to be audited: name, value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(String, String)>,
}

impl Event {
    /// The officer who did it, by name; nothing where it was no officer.
    pub fn officer(&self) -> Option<&str> {
        let by_officer = self.detail.door.is_some_and(Door::is_of_officers);
        self.detail.client.as_deref().filter(|_| by_officer)
    }
}

impl Detail {
    /// Whether a text stands in what is told, whatever the case of its letters.
    pub fn tells(&self, text: &str) -> bool {
        let wanted = text.to_lowercase();
        let has = |told: &str| told.to_lowercase().contains(&wanted);
        let texts = [
            &self.client,
            &self.named_user,
            &self.site,
            &self.policy,
            &self.channel,
            &self.address,
            &self.correlation,
        ];
        let ids = [
            self.authenticator.map(|id| id.to_string()),
            self.challenge.map(|id| id.to_string()),
            self.session.map(|id| id.to_string()),
            self.device.map(|id| id.to_string()),
        ];
        let told = texts.into_iter().chain(&ids).flatten();
        let mut fields = self.fields.iter();
        told.into_iter().any(|told| has(told))
            || fields.any(|(name, value)| has(name) || has(value))
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A challenge was asked for.
    Issue,
    /// A code was sent to a user, to be repeated.
    Send,
    /// A static password was given.
    Password,
    /// A one-time password was given.
    OneTimePassword,
    /// A challenge was answered.
    Response,
    /// A transaction was signed.
    Signature,
    /// A challenge was approved or declined.
    Decision,
    /// What a challenge had proved was used.
    Consume,
    /// A site looked at a challenge with a token that serves once, and used nothing.
    Check,
    /// A challenge was withdrawn.
    Cancel,
    /// A client got an access token for itself.
    ClientToken,
    /// An access token was revoked.
    TokenRevoked,
    /// Counts and locks were reset.
    Reset,
    /// A user or authenticator was locked.
    Lock,
    /// A user or authenticator was unlocked.
    Unlock,
    /// An authenticator was revoked for good.
    Revoke,
    /// An authenticator was resynchronised, or the first of two codes for that was given.
    Resynchronise,
    /// The directory was changed.
    Provision,
    /// A linking code was drawn.
    Link,
    /// A phone was linked, or a wrong linking code was sent.
    LinkDevice,
    /// A phone was unlinked.
    Unlink,
    /// A phone told anew what it can do, or where pushes go.
    UpdateDevice,
    /// A push service knows a phone's subscription no more, and it was forgotten.
    DropPush,
    /// An approval session was asked for.
    Start,
    /// The user said that it was somebody else who asked.
    NotMe,
    /// An approval session expired, and that was told.
    Expire,
    /// The digits that were typed in an approval session were forgotten.
    ForgetDigits,
    /// A signature was bound to the request that first carried it, or came with another.
    BindSignature,
    /// A code was handed over to be brought to the user, or given up.
    Deliver,
    /// A card was printed.
    PrintCard,
    /// A message that waited or was given up was let leave again.
    Redeliver,
    /// A sign-in at the console began with a right password, or came to its end.
    SignIn,
    /// A recovery code was given in the stead of a one-time code.
    RecoveryCode,
    /// A sign-in link was made.
    MakeLink,
    /// A sign-in link was followed.
    FollowLink,
    /// Sessions at the console were ended.
    SignOut,
    /// An administrator chose a password, set up a second factor, or drew recovery codes.
    SetUp,
    /// An administrator was made, or is to do something else.
    Appoint,
    /// An administrator was removed.
    Dismiss,
    /// A token of the management API was made.
    MakeToken,
    /// A token of the management API was revoked.
    RevokeToken,
    /// Somebody asked for an account, and a letter is on its way to the address.
    AskAccount,
    /// An address was confirmed, and an account with a tenant of its own was opened.
    OpenAccount,
    /// A user's personal data was erased.
    Erase,
    /// The database was restored from a backup: what was used after the backup is good for nothing.
    Restore,
    /// A version of the master key became known, began to seal, or was dropped.
    RotateKey,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 46] = [
        Self::Issue,
        Self::Send,
        Self::Password,
        Self::OneTimePassword,
        Self::Response,
        Self::Signature,
        Self::Decision,
        Self::Consume,
        Self::Check,
        Self::Cancel,
        Self::ClientToken,
        Self::TokenRevoked,
        Self::Reset,
        Self::Lock,
        Self::Unlock,
        Self::Revoke,
        Self::Resynchronise,
        Self::Provision,
        Self::Link,
        Self::LinkDevice,
        Self::Unlink,
        Self::UpdateDevice,
        Self::DropPush,
        Self::Start,
        Self::NotMe,
        Self::Expire,
        Self::ForgetDigits,
        Self::BindSignature,
        Self::Deliver,
        Self::PrintCard,
        Self::Redeliver,
        Self::SignIn,
        Self::RecoveryCode,
        Self::MakeLink,
        Self::FollowLink,
        Self::SignOut,
        Self::SetUp,
        Self::Appoint,
        Self::Dismiss,
        Self::MakeToken,
        Self::RevokeToken,
        Self::AskAccount,
        Self::OpenAccount,
        Self::Erase,
        Self::Restore,
        Self::RotateKey,
    ];

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        of_name(name)
    }

    /// The kind's name in the database, in exports and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Send => "send",
            Self::Password => "password",
            Self::OneTimePassword => "one_time_password",
            Self::Response => "response",
            Self::Signature => "signature",
            Self::Decision => "decision",
            Self::Consume => "consume",
            Self::Check => "check",
            Self::Cancel => "cancel",
            Self::ClientToken => "client_token",
            Self::TokenRevoked => "token_revoked",
            Self::Reset => "reset",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Revoke => "revoke",
            Self::Resynchronise => "resynchronise",
            Self::Provision => "provision",
            Self::Link => "link",
            Self::LinkDevice => "link_device",
            Self::Unlink => "unlink",
            Self::UpdateDevice => "update_device",
            Self::DropPush => "drop_push",
            Self::Start => "start",
            Self::NotMe => "not_me",
            Self::Expire => "expire",
            Self::ForgetDigits => "forget_digits",
            Self::BindSignature => "bind_signature",
            Self::Deliver => "deliver",
            Self::PrintCard => "print_card",
            Self::Redeliver => "redeliver",
            Self::SignIn => "sign_in",
            Self::RecoveryCode => "recovery_code",
            Self::MakeLink => "make_link",
            Self::FollowLink => "follow_link",
            Self::SignOut => "sign_out",
            Self::SetUp => "set_up",
            Self::Appoint => "appoint",
            Self::Dismiss => "dismiss",
            Self::MakeToken => "make_token",
            Self::RevokeToken => "revoke_token",
            Self::AskAccount => "ask_account",
            Self::OpenAccount => "open_account",
            Self::Erase => "erase",
            Self::Restore => "restore",
            Self::RotateKey => "rotate_key",
        }
    }
}

/// The variant that is spelt so: `name()` gives what serde writes.
fn of_name<'de, T: Deserialize<'de>>(name: &'de str) -> Option<T> {
    use serde::de::value::{BorrowedStrDeserializer, Error};
    let name: BorrowedStrDeserializer<'de, Error> = BorrowedStrDeserializer::new(name);
    T::deserialize(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that a reader of these names expects, which are all there are.
    fn expected<T: for<'de> Deserialize<'de>>() -> Vec<String> {
        let refused = serde_json::from_str::<T>("\"\"").map(|_| ()).unwrap_err();
        let refused = refused.to_string();
        let names = refused.split('`').skip(1).step_by(2).skip(1);
        names.map(str::to_owned).collect()
    }

    #[test]
    fn every_kind_and_every_outcome_is_listed() {
        assert_eq!(
            EventKind::ALL.map(EventKind::name).to_vec(),
            expected::<EventKind>()
        );
        assert_eq!(
            Outcome::ALL.map(Outcome::name).to_vec(),
            expected::<Outcome>()
        );
    }
}
