//! What happened, as pages show it: the time line of a user, and what a search of the audit log found.
//!
//! Each kind of event, each way in which one ends and each way in has a word of ours; everything else that
//! an event tells was written by others, and is shown as it was kept.

use askama::Template;
use challenge::audit::{EventKind, Outcome};
use challenge::door::Door;
use challenge::officers::CONSOLE;
use protocols::management::shapes::events::EventShown;

use super::moment::Moment;
use super::users::paths;
use super::words::Words;

/// What a list of events is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    User,
    Tenant,
    Server,
}

/// A list of events, newest first, as HTML.
#[derive(Debug, Template)]
#[template(path = "console/events.html")]
pub(super) struct Events {
    words: Words,
    shown: Vec<EventShown>,
    about: About,
    /// Whether older events may fit.
    goes_on: bool,
}

impl Events {
    /// The events of one user.
    pub(super) fn of_user(words: Words, events: Vec<EventShown>, goes_on: bool) -> Self {
        Self {
            words,
            shown: events,
            about: About::User,
            goes_on,
        }
    }

    /// The events of a tenant, or of the whole server, which tells each one's tenant.
    pub(super) fn of_many(
        words: Words,
        tenant: Option<&str>,
        events: Vec<EventShown>,
        goes_on: bool,
    ) -> Self {
        Self {
            about: tenant.map_or(About::Server, |_| About::Tenant),
            ..Self::of_user(words, events, goes_on)
        }
    }

    /// Whether the list is about more than one user.
    fn tells_users(&self) -> bool {
        self.about != About::User
    }

    /// Whether it is about more than one tenant.
    fn tells_tenants(&self) -> bool {
        self.about == About::Server
    }

    /// What an empty list says.
    fn nothing(&self) -> &'static str {
        let key = match (self.goes_on, self.tells_users()) {
            (true, _) => "events.none_here",
            (false, true) => "events.none",
            (false, false) => "events.none_yet",
        };
        self.words.t(key)
    }

    /// What happened, in words.
    fn what(&self, event: &EventShown) -> String {
        match EventKind::named(&event.kind) {
            Some(kind) => self.words.t(kind_key(kind)).to_owned(),
            None => event.kind.clone(),
        }
    }

    /// How it ended, in words, and how that is coloured.
    fn outcome(&self, event: &EventShown) -> (String, &'static str) {
        match Outcome::named(&event.outcome) {
            Some(outcome) => (
                self.words.t(outcome_key(outcome)).to_owned(),
                colour(outcome),
            ),
            None => (event.outcome.clone(), ""),
        }
    }

    /// The way in.
    fn door(&self, event: &EventShown) -> &'static str {
        match event.protocol.as_deref().and_then(Door::named) {
            Some(door) => door_word(self.words, door),
            None => self.words.t("events.by_itself"),
        }
    }

    /// Whatever else is told: each with its name.
    fn details(&self, event: &EventShown) -> Vec<(String, String)> {
        let known = [
            ("events.named_user", event.named_user.as_ref()),
            ("events.site", event.site.as_ref()),
            (
                "events.authenticator",
                event.serial.as_ref().or(event.authenticator.as_ref()),
            ),
            ("events.challenge", event.challenge.as_ref()),
            ("events.session", event.session.as_ref()),
            ("events.phone", event.device.as_ref()),
            ("events.policy", event.policy.as_ref()),
            ("events.channel", event.channel.as_ref()),
            ("events.correlation", event.correlation.as_ref()),
        ];
        let known = known
            .into_iter()
            .filter_map(|(key, value)| Some((self.words.t(key).to_owned(), value?.clone())));
        let more = event.fields.iter();
        let more = more.map(|field| (field.name.clone(), field.value.clone()));
        let id = (self.words.t("events.id").to_owned(), event.id.clone());
        known.chain(more).chain([id]).collect()
    }
}

/// Whoever asked, by name.
fn who(event: &EventShown) -> Option<&str> {
    event.officer.as_deref().or(event.client.as_deref())
}

/// The page of the user whom an event is about, if there is one.
fn user_path(event: &EventShown) -> Option<String> {
    let (tenant, id) = (event.tenant.as_deref()?, event.user_id.as_deref()?);
    event.login_name.as_ref()?;
    // Administrators are users of a tenant that nobody looks into.
    (tenant != CONSOLE).then(|| paths::user(tenant, id))
}

/// The word for a way in. Names of protocols are the same in every language.
pub(super) fn door_word(words: Words, door: Door) -> &'static str {
    match door {
        Door::Ocapi => "Ocapi",
        Door::Activid => "ActivID",
        Door::Dualshield => "DualShield",
        Door::Okay => "Okay",
        Door::Device => words.t("events.device"),
        Door::Management => words.t("events.management"),
        Door::CommandLine => words.t("events.command_line"),
    }
}

fn colour(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "good",
        Outcome::WrongAndLocked | Outcome::Locked | Outcome::Replayed => "bad",
        Outcome::Wrong
        | Outcome::NotFound
        | Outcome::TooMany
        | Outcome::DoesNotFit
        | Outcome::Declined
        | Outcome::Undelivered => "warn",
    }
}

/// The key of the word for how something ended.
pub(super) fn outcome_key(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "events.done",
        Outcome::Wrong => "events.wrong",
        Outcome::WrongAndLocked => "events.wrong_and_locked",
        Outcome::Replayed => "events.replayed",
        Outcome::Locked => "events.locked",
        Outcome::NotFound => "events.not_found",
        Outcome::TooMany => "events.too_many",
        Outcome::DoesNotFit => "events.does_not_fit",
        Outcome::Declined => "events.declined",
        Outcome::Undelivered => "events.undelivered",
    }
}

/// The key of the word for a kind of event.
pub(super) fn kind_key(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Issue => "events.issue",
        EventKind::Send => "events.send",
        EventKind::Password => "events.password",
        EventKind::OneTimePassword => "events.one_time_password",
        EventKind::Response => "events.response",
        EventKind::Signature => "events.signature",
        EventKind::Decision => "events.decision",
        EventKind::Consume => "events.consume",
        EventKind::Check => "events.check",
        EventKind::Cancel => "events.cancel",
        EventKind::ClientToken => "events.client_token",
        EventKind::TokenRevoked => "events.token_revoked",
        EventKind::Reset => "events.reset",
        EventKind::Lock => "events.lock",
        EventKind::Unlock => "events.unlock",
        EventKind::Revoke => "events.revoke",
        EventKind::Resynchronise => "events.resynchronise",
        EventKind::Provision => "events.provision",
        EventKind::Link => "events.link",
        EventKind::LinkDevice => "events.link_device",
        EventKind::Unlink => "events.unlink",
        EventKind::UpdateDevice => "events.update_device",
        EventKind::DropPush => "events.drop_push",
        EventKind::Start => "events.start",
        EventKind::NotMe => "events.not_me",
        EventKind::Expire => "events.expire",
        EventKind::ForgetDigits => "events.forget_digits",
        EventKind::BindSignature => "events.bind_signature",
        EventKind::Deliver => "events.deliver",
        EventKind::PrintCard => "events.print_card",
        EventKind::Redeliver => "events.redeliver",
        EventKind::SignIn => "events.sign_in",
        EventKind::RecoveryCode => "events.recovery_code",
        EventKind::MakeLink => "events.make_link",
        EventKind::FollowLink => "events.follow_link",
        EventKind::SignOut => "events.sign_out",
        EventKind::SetUp => "events.set_up",
        EventKind::Appoint => "events.appoint",
        EventKind::Dismiss => "events.dismiss",
        EventKind::MakeToken => "events.make_token",
        EventKind::RevokeToken => "events.revoke_token",
        EventKind::AskAccount => "events.ask_account",
        EventKind::OpenAccount => "events.open_account",
        EventKind::Erase => "events.erase",
        EventKind::Restore => "events.restore",
        EventKind::RotateKey => "events.rotate_key",
    }
}
