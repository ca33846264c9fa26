//! What goes wrong at the console, as pages: a handler gives a [`Trouble`] back, and the door makes a page
//! of it in the visitor's language.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use challenge::officers::Denied;
use protocols::management::refusal::{Refusal, Wire};

use super::page::Page;
use super::place::Place;
use super::said::said;
use super::visit::{Visit, owed};

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nobody is signed in.
    SignIn,
    /// The sign-in goes on at this page.
    Owes(&'static str),
    /// There is no such page, or no such thing within reach.
    NotFound,
    /// The officer's role has not the power for it.
    Forbidden,
    /// The form was not sent by a page of ours, or the page was too old.
    Foreign,
    /// The form is too large.
    TooLarge,
    /// What was sent is no form that anybody filled in.
    Unreadable,
    /// The administrator asked for too many pages in this minute; seconds until the next begins.
    TooFast(u32),
    /// The console is not shown without TLS to another machine.
    Unprotected,
    /// Somebody else changed it since the form was opened.
    Changed,
    /// It cannot be done as things are; the text says why.
    Refused(String),
    /// The server cannot say at the moment.
    Unavailable,
}

impl From<Denied> for Trouble {
    fn from(denied: Denied) -> Self {
        if let Some(page) = owed(&denied) {
            return Self::Owes(page);
        }
        match denied {
            Denied::NotSignedIn | Denied::NotVerified | Denied::NeedsLink | Denied::Owes(_) => {
                Self::SignIn
            }
            Denied::Forbidden(_) | Denied::OutOfReach => Self::Forbidden,
            Denied::Unknown(_) => Self::NotFound,
            Denied::Changed => Self::Changed,
            Denied::Unavailable(error) => {
                tracing::warn!(%error, "the console could not answer");
                Self::Unavailable
            }
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Denied(denied) => denied.into(),
            Refusal::NotHere => Self::NotFound,
            Refusal::Changed => Self::Changed,
            Refusal::TooFast(wait_s) => Self::TooFast(wait_s),
            Refusal::Unavailable(error) => {
                tracing::warn!(%error, "the console could not answer");
                Self::Unavailable
            }
            other => Self::of_wire(&other.to_wire()),
        }
    }
}

impl IntoResponse for Trouble {
    /// An answer without a page; the door puts the page in.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The page for it.
#[derive(Template)]
#[template(path = "console/trouble.html")]
struct TroublePage {
    page: Page,
    title: &'static str,
    text: &'static str,
    /// What the server says, in its own words.
    detail: String,
}

impl Trouble {
    fn of_wire(wire: &Wire) -> Self {
        match wire.kind.name {
            "not-found" => Self::NotFound,
            "forbidden" => Self::Forbidden,
            "unavailable" => Self::Unavailable,
            _ => Self::Refused(wire.detail.clone()),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::SignIn | Self::Owes(_) => StatusCode::SEE_OTHER,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::Foreign | Self::Unprotected => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::TooFast(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Changed | Self::Refused(_) => StatusCode::CONFLICT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The keys of its title and its text.
    fn keys(&self) -> (&'static str, &'static str) {
        match self {
            Self::SignIn | Self::Owes(_) | Self::NotFound => {
                ("trouble.not_found", "trouble.not_found_text")
            }
            Self::Forbidden => ("trouble.forbidden", "trouble.forbidden_text"),
            Self::Foreign => ("trouble.foreign", "trouble.foreign_text"),
            Self::TooLarge => ("trouble.too_large", "trouble.too_large_text"),
            Self::Unreadable => ("trouble.unreadable", "trouble.unreadable_text"),
            Self::Unprotected => ("trouble.unprotected", "trouble.unprotected_text"),
            Self::TooFast(_) => ("trouble.too_fast", "trouble.too_fast_text"),
            Self::Changed => ("trouble.changed", "trouble.changed_text"),
            Self::Refused(_) => ("trouble.refused", "trouble.refused_text"),
            Self::Unavailable => ("trouble.unavailable", "trouble.unavailable_text"),
        }
    }

    /// The answer for a visit: a page, or the way to the sign-in and back.
    pub(super) fn answer(self, visit: &Visit, was_asked_for: bool) -> Response {
        match self {
            Self::SignIn if was_asked_for && visit.path() != "/console/" => {
                let mut query = form_urlencoded::Serializer::new(String::new());
                query.append_pair("to", visit.path());
                Redirect::to(&format!("/console/sign-in?{}", query.finish())).into_response()
            }
            Self::SignIn => Redirect::to("/console/sign-in").into_response(),
            Self::Owes(page) => Redirect::to(page).into_response(),
            trouble => trouble.page(visit),
        }
    }

    fn page(self, visit: &Visit) -> Response {
        let page = visit.page(Place::Nowhere);
        let status = self.status();
        let (title, text) = self.keys();
        let (title, text) = (page.t(title), page.t(text));
        let (detail, wait_s) = match self {
            Self::Refused(detail) => (said(&detail, visit.words.language), None),
            Self::TooFast(wait_s) => (String::new(), Some(wait_s)),
            _ => (String::new(), None),
        };
        let template = TroublePage {
            page,
            title,
            text,
            detail,
        };
        let mut response = visit.show_as(status, &template);
        if let Some(wait_s) = wait_s {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
        }
        response
    }
}
