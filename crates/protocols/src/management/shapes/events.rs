//! What happened, as JSON, and in plain words.

use challenge::audit::{Detail, Event, EventKind, Outcome};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::management::moment;

/// Something that happened.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementEvent)]
pub struct EventShown {
    /// The event's id, which sorts by time.
    #[schema(examples("018f6b2c4a7e5d0c9b8a7f6e5d4c3b2a"))]
    pub id: String,
    /// When it happened.
    pub at: String,
    /// On which tenant, by name; null: on none, or on one that is not there any more.
    #[schema(required)]
    pub tenant: Option<String>,
    /// What happened.
    #[schema(examples("one_time_password"))]
    pub kind: String,
    /// How it ended.
    #[schema(examples("wrong_and_locked"))]
    pub outcome: String,
    /// Both in plain words.
    #[schema(examples("A one-time password was given: it was wrong once too often, and locks"))]
    pub text: String,
    /// The way in: a protocol, `management` or `command_line`; null: the server did it of itself.
    #[schema(required, examples("activid"))]
    pub protocol: Option<String>,
    /// The client that asked, by name.
    #[schema(required)]
    pub client: Option<String>,
    /// The officer who did it, by name.
    #[schema(required)]
    pub officer: Option<String>,
    /// The user's id, in decimals.
    #[schema(required)]
    pub user_id: Option<String>,
    /// The user's login name.
    #[schema(required)]
    pub login_name: Option<String>,
    /// The user as named in the request, where there is no such user.
    #[schema(required)]
    pub named_user: Option<String>,
    /// The site, by its public id.
    #[schema(required)]
    pub site: Option<String>,
    /// The authenticator, by its id.
    #[schema(required)]
    pub authenticator: Option<String>,
    /// The authenticator's serial number.
    #[schema(required)]
    pub serial: Option<String>,
    /// The challenge.
    #[schema(required)]
    pub challenge: Option<String>,
    /// The approval session.
    #[schema(required)]
    pub session: Option<String>,
    /// The linked phone.
    #[schema(required)]
    pub device: Option<String>,
    /// The policy's code.
    #[schema(required)]
    pub policy: Option<String>,
    /// The channel, as the request named it.
    #[schema(required)]
    pub channel: Option<String>,
    /// The address the request came from.
    #[schema(required)]
    pub address: Option<String>,
    /// The caller's own name for the request.
    #[schema(required)]
    pub correlation: Option<String>,
    /// What else is told.
    pub fields: Vec<EventField>,
}

/// Something more that is told of an event.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementEventField)]
pub struct EventField {
    /// Its name.
    #[schema(examples("change"))]
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The names that are shown in the stead of ids.
#[derive(Clone, Debug, Default)]
pub(in crate::management) struct Names {
    pub(in crate::management) tenant: Option<String>,
    pub(in crate::management) login_name: Option<String>,
    pub(in crate::management) serial: Option<String>,
}

impl EventShown {
    pub(in crate::management) fn of(event: &Event, names: Names) -> Self {
        let Detail {
            door,
            client,
            named_user,
            site,
            authenticator,
            challenge,
            policy,
            channel,
            address,
            correlation,
            session,
            device,
            fields,
        } = event.detail.clone();
        let officer = event.officer().map(str::to_owned);
        let fields = fields.into_iter();
        Self {
            id: event.id.to_string(),
            at: moment::show(event.at),
            tenant: names.tenant,
            kind: event.kind.name().to_owned(),
            outcome: event.outcome.name().to_owned(),
            text: sentence(event.kind, event.outcome),
            protocol: door.map(|door| door.name().to_owned()),
            client: client.filter(|_| officer.is_none()),
            officer,
            user_id: event.user.map(|id| id.to_string()),
            login_name: names.login_name,
            named_user,
            site,
            authenticator: authenticator.map(|id| id.to_string()),
            serial: names.serial,
            challenge: challenge.map(|id| id.to_string()),
            session: session.map(|id| id.to_string()),
            device: device.map(|id| id.to_string()),
            policy,
            channel,
            address,
            correlation,
            fields: fields
                .map(|(name, value)| EventField { name, value })
                .collect(),
        }
    }
}

/// What happened and how it ended, in plain words.
pub fn sentence(kind: EventKind, outcome: Outcome) -> String {
    let (done, tried) = what(kind);
    match how(outcome) {
        None => done.to_owned(),
        Some(how) => format!("{tried}: {how}"),
    }
}

/// What was done, and what was tried where it was not.
fn what(kind: EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::Issue => ("A challenge was issued", "A challenge was asked for"),
        EventKind::Send => ("A code was sent", "A code was to be sent"),
        EventKind::Password => ("The password was right", "A password was given"),
        EventKind::OneTimePassword => (
            "A one-time password was right",
            "A one-time password was given",
        ),
        EventKind::Response => ("A challenge was answered right", "A challenge was answered"),
        EventKind::Signature => ("A transaction was signed", "A signature was given"),
        EventKind::Decision => ("The user approved", "The user was asked to approve"),
        EventKind::Consume => ("What was proved was used", "What was proved was to be used"),
        EventKind::Check => (
            "A site looked at a challenge",
            "A site looked at a challenge",
        ),
        EventKind::Cancel => ("It was withdrawn", "It was to be withdrawn"),
        EventKind::ClientToken => ("A client signed in", "A client was to sign in"),
        EventKind::TokenRevoked => ("An access token ended", "An access token was to end"),
        EventKind::Reset => ("Counts were reset", "Counts were to be reset"),
        EventKind::Lock => ("Locked by hand", "To be locked by hand"),
        EventKind::Unlock => ("Unlocked", "To be unlocked"),
        EventKind::Revoke => ("An authenticator was revoked", "A revocation was asked for"),
        EventKind::Resynchronise => (
            "A token was followed again",
            "A token was to be followed again",
        ),
        EventKind::Provision => ("Settings were changed", "Settings were to be changed"),
        EventKind::Link => ("A linking code was drawn", "A linking code was asked for"),
        EventKind::LinkDevice => ("A phone was linked", "A phone was to be linked"),
        EventKind::Unlink => ("A phone was unlinked", "A phone was to be unlinked"),
        EventKind::UpdateDevice => ("A phone told what it can do", "A phone was to be updated"),
        EventKind::DropPush => ("A phone can be woken no more", "A phone could not be woken"),
        EventKind::Start => ("An approval was asked for", "An approval was asked for"),
        EventKind::NotMe => (
            "The user said: it was not me",
            "The user said: it was not me",
        ),
        EventKind::Expire => ("Nobody decided in time", "Nobody decided in time"),
        EventKind::ForgetDigits => ("Typed digits were forgotten", "Digits were to be forgotten"),
        EventKind::BindSignature => ("A request was bound", "A signature came again"),
        EventKind::Deliver => ("A code was handed over", "A code was to be handed over"),
        EventKind::PrintCard => ("A card was printed", "A card was to be printed"),
        EventKind::Redeliver => ("A message leaves again", "A message was to leave again"),
        EventKind::SignIn => ("An officer signed in", "An officer was to sign in"),
        EventKind::RecoveryCode => ("A recovery code was used", "A recovery code was given"),
        EventKind::MakeLink => ("A sign-in link was made", "A sign-in link was asked for"),
        EventKind::FollowLink => ("A sign-in link was followed", "A sign-in link was followed"),
        EventKind::SignOut => ("An officer signed out", "An officer was to sign out"),
        EventKind::SetUp => (
            "A way to sign in was set up",
            "A way to sign in was to be set up",
        ),
        EventKind::Appoint => ("An officer was appointed", "An officer was to be appointed"),
        EventKind::Dismiss => ("An officer was dismissed", "An officer was to be dismissed"),
        EventKind::MakeToken => ("A token was made", "A token was to be made"),
        EventKind::RevokeToken => ("A token was revoked", "A token was to be revoked"),
        EventKind::AskAccount => ("An account was asked for", "An account was to be asked for"),
        EventKind::OpenAccount => ("An account was opened", "An account was to be opened"),
        EventKind::Erase => ("Personal data was erased", "Personal data was to be erased"),
        EventKind::Restore => (
            "The database was restored from a backup",
            "The database was to be restored",
        ),
        EventKind::RotateKey => ("The master key changed", "The master key was to change"),
    }
}

fn how(outcome: Outcome) -> Option<&'static str> {
    Some(match outcome {
        Outcome::Done => return None,
        Outcome::Wrong => "it was wrong",
        Outcome::WrongAndLocked => "it was wrong once too often, and locks",
        Outcome::Replayed => "it had been used before",
        Outcome::Locked => "nothing was looked at, since there is a lock",
        Outcome::NotFound => "there is no such thing, or it is past",
        Outcome::TooMany => "there are too many",
        Outcome::DoesNotFit => "it does not fit what is enrolled",
        Outcome::Declined => "the answer was no",
        Outcome::Undelivered => "nobody took it in time",
    })
}
