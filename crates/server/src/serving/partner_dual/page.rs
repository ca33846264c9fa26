//! The pages. Values are escaped by the templates.

use askama::Template;

use super::agent::{Exchange, Reply};
use super::form::Form;
use super::pocket::{Pocket, Step};
use super::shown::{Challenge, Shown, attempts_left};
use super::way::Way;

/// Digits of an account that a challenge shows, where it is made of them.
const DIGITS: usize = 8;

/// The page on which a way is chosen.
#[derive(Template)]
#[template(path = "partner_dual/start.html")]
pub(super) struct Start<'a> {
    /// The server's address.
    pub(super) server: &'a str,
    /// The application's name there.
    pub(super) client_id: &'a str,
}

/// A page of one way.
#[derive(Template)]
#[template(path = "partner_dual/way.html")]
pub(super) struct Page<'a> {
    /// The way.
    pub(super) way: Way,
    /// What was sent, to be sent again.
    pub(super) form: &'a Form,
    /// How far it is.
    pub(super) stage: &'a Stage,
    /// What went over the wire for it.
    pub(super) wire: &'a [Exchange],
    /// What the customer knows and carries.
    pub(super) pocket: &'a Pocket,
}

/// How far signing in is.
pub(super) enum Stage {
    /// Nothing was asked yet.
    Begin,
    /// Something is asked; before it, an answer may have been wrong.
    Asked(Challenge, Option<Verdict>),
    /// Let in, or not.
    Ended(Verdict),
}

/// What came of a request.
pub(super) struct Verdict {
    /// Whether the customer is let in.
    pub(super) is_in: bool,
    /// In a few words.
    pub(super) headline: &'static str,
    /// Why.
    pub(super) text: String,
}

impl Verdict {
    /// What a method's answer means to the visitor. The numbers from 1000 are this server's own.
    pub(super) fn of(reply: &Reply) -> Self {
        let (headline, why) = match reply.error {
            Some(0) => ("You are in", "The answer was verified, and is spent."),
            Some(101) => ("Nobody is called that here", "Look at the login name."),
            Some(1000) => (
                "That was not it",
                "Each challenge takes one answer, right or wrong.",
            ),
            Some(1001) => ("Locked", "Too many answers were wrong; wait a while."),
            Some(1003) => ("Too late", "The challenge had expired."),
            Some(1004) => (
                "Not a second time",
                "This challenge was answered before: what was sent again is refused, right or wrong.",
            ),
            Some(1008) => ("Too often", "Wait a while before you ask again."),
            Some(_) => ("Not possible", "The server refused the request."),
            None => (
                "No answer",
                "Nobody is let in as long as the server does not say so.",
            ),
        };
        let left = attempts_left(&reply.result).map(|left| match left {
            1 => " One try is left.".to_owned(),
            left => format!(" {left} tries are left."),
        });
        Self {
            is_in: reply.went_well(),
            headline,
            text: format!("{why}{}", left.unwrap_or_default()),
        }
    }

    /// Nobody is let in, for a reason of this website's own.
    pub(super) fn refused(headline: &'static str, text: impl Into<String>) -> Self {
        Self {
            is_in: false,
            headline,
            text: text.into(),
        }
    }
}

impl Page<'_> {
    fn title(&self) -> &'static str {
        match self.way {
            Way::Grid => "Sign in with a grid",
            Way::Phone => "Sign in or pay with MobileID",
            Way::Card => "Sign in with your card",
            Way::Code => "Sign in with a code",
        }
    }

    /// What the page's title begins with, so that a screen reader says at once what came.
    fn news(&self) -> &'static str {
        match self.stage {
            Stage::Begin => self.title(),
            Stage::Asked(_, Some(verdict)) | Stage::Ended(verdict) => verdict.headline,
            Stage::Asked(..) => match self.way {
                Way::Grid => "Your grid",
                Way::Phone => "Your challenge code",
                Way::Card => "Your cells",
                Way::Code => "Your code is on its way",
            },
        }
    }

    fn steps(&self) -> Vec<Step> {
        self.pocket.steps()
    }

    /// The account in two parts: what comes before the digits that the challenge shows, and these.
    fn account(&self) -> (&str, &str) {
        let account = self.form.account.as_str();
        let digits = account.char_indices().filter(|(_, c)| c.is_ascii_digit());
        let first = digits.map(|(at, _)| at).rev().nth(DIGITS - 1);
        account.split_at(
            first
                .filter(|_| !self.form.covers_all())
                .unwrap_or(account.len()),
        )
    }

    fn is_grid(&self) -> bool {
        self.way == Way::Grid
    }
}

/// The demo's phone.
#[derive(Template)]
#[template(path = "partner_dual/phone.html")]
pub(super) struct PhonePage<'a> {
    /// The serial number of its token.
    pub(super) serial: &'a str,
    /// What was typed.
    pub(super) question: &'a str,
    /// What the app computed, or why it did not; nothing before it was asked.
    pub(super) response: Option<Result<String, String>>,
}

/// The demo's card.
#[derive(Template)]
#[template(path = "partner_dual/card.html")]
pub(super) struct CardPage<'a> {
    /// Its serial number.
    pub(super) serial: &'a str,
    /// The labels of its columns.
    pub(super) columns: Vec<char>,
    /// Its symbols.
    pub(super) rows: Vec<Vec<char>>,
}
