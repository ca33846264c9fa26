//! One request to the console: who looks, in which language, and how the answer is made.
//!
//! The door puts it together before a handler sees the request.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use challenge::officers::{self, Denied, NewSession, Officer, Origin, Session};
use secrecy::ExposeSecret as _;

use super::cookies::{Cookie, Cookies};
use super::language::Language;
use super::notice::Notice;
use super::page::Page;
use super::place::{Place, TenantPlace};
use super::trouble::Trouble;
use super::words::Words;

/// Who looks at a page, and with what.
#[derive(Clone)]
pub(super) struct Visit {
    /// The words in the visitor's language.
    pub(super) words: Words,
    /// What stands in the cookie that forms are bound to.
    pub(super) secret: Arc<str>,
    /// Whether that cookie is new.
    pub(super) is_new: bool,
    /// The session, complete or not.
    pub(super) session: Option<Arc<Session>>,
    /// Where the request came from.
    pub(super) origin: Origin,
    pub(super) cookies: Cookies,
    pub(super) notice: Option<Notice>,
    pub(super) path: Arc<str>,
}

impl Visit {
    /// Whoever is signed in, if the sign-in is complete.
    pub(super) fn signed_in(&self) -> Option<&Officer> {
        self.session.as_ref()?.officer().ok()
    }

    /// Whoever asks the operations of the management API. They refuse what the officer may not do.
    pub(super) fn officer(&self) -> Result<&Officer, Trouble> {
        self.signed_in().ok_or(Trouble::SignIn)
    }

    /// The session, which may owe something yet.
    pub(super) fn session(&self) -> Result<&Session, Trouble> {
        self.session.as_deref().ok_or(Trouble::SignIn)
    }

    /// The frame for a page at this place.
    pub(super) fn page(&self, place: Place) -> Page {
        Page::at(self, place)
    }

    /// The frame for a page of a tenant, by its name. Ask an operation first, so that nobody finds a
    /// tenant out that is none of theirs.
    pub(super) fn tenant_page(&self, tenant: &str, place: TenantPlace) -> Page {
        Page::of_tenant(self, tenant, place)
    }

    /// The page as the answer.
    pub(super) fn show(&self, template: &impl Template) -> Response {
        self.show_as(StatusCode::OK, template)
    }

    /// The page as an answer of this status: 422 where a form's fields were not taken.
    pub(super) fn show_as(&self, status: StatusCode, template: &impl Template) -> Response {
        match template.render() {
            Ok(text) => {
                let language = [(header::CONTENT_LANGUAGE, self.words.language.tag())];
                (status, language, Html(text)).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "a page could not be made");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "the page could not be made\n",
                )
                    .into_response()
            }
        }
    }

    /// Sends the browser on to a page, which says what was done.
    pub(super) fn go_on(&self, path: &str, notice: &Notice) -> Response {
        let cookie = self.cookies.set(Cookie::Notice, &notice.to_cookie());
        let mut response = Redirect::to(path).into_response();
        response.headers_mut().append(header::SET_COOKIE, cookie);
        response
    }

    /// The same visit, with the secret that its session goes on with.
    pub(super) fn going_on(&self, session: &NewSession) -> Self {
        let mut visit = self.clone();
        visit.secret = session.secret.expose_secret().into();
        visit
    }

    /// The token that a form of this visit holds.
    pub(super) fn token(&self) -> String {
        officers::csrf_token(&self.secret)
    }

    /// What the page is to say.
    pub(super) fn notice(&self) -> Option<String> {
        Some(self.notice.as_ref()?.text(self.words))
    }

    /// Where the visitor is, the query included.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Trouble> {
        // The door gives one to every request; without one there is nobody.
        let visit = parts.extensions.get::<Self>().cloned();
        visit.ok_or(Trouble::SignIn)
    }
}

/// The language for a request: the chosen one, else the browser's wish.
pub(super) fn language(cookies: Cookies, headers: &HeaderMap) -> Language {
    let chosen = cookies.read(headers, Cookie::Language);
    let wish = || {
        let header = headers.get(header::ACCEPT_LANGUAGE)?;
        Language::accepted(header.to_str().ok()?)
    };
    chosen
        .and_then(Language::from_tag)
        .or_else(wish)
        .unwrap_or_default()
}

/// Where a request came from.
pub(super) fn origin(parts: &Parts) -> Origin {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    Origin {
        address: peer.map(|ConnectInfo(address)| address.ip().to_canonical().to_string()),
        correlation: None,
    }
}

/// The path if it is one of the console: where a browser is sent on to is never another website's choice.
pub(super) fn within(unverified_path: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    let is_ours = unverified_path.starts_with("/console/")
        && unverified_path.bytes().all(plain)
        && !unverified_path.contains("//")
        && !unverified_path.contains("/../");
    is_ours.then_some(unverified_path)
}

/// What a session that is not complete is told at any other page.
pub(super) fn owed(denied: &Denied) -> Option<&'static str> {
    use challenge::officers::Stage;
    match denied {
        Denied::Owes(Stage::Code) => Some("/console/sign-in/code"),
        Denied::Owes(Stage::Password) => Some("/console/set-up/password"),
        Denied::Owes(Stage::Factor) => Some("/console/set-up/factor"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_website() {
        for path in [
            "/console/",
            "/console/tenants?q=a%2Fb",
            "/console/audit?from=2027-01-01T00:00",
        ] {
            assert_eq!(within(path), Some(path));
        }
        for path in [
            "",
            "/",
            "//evil.example",
            "/console//evil.example",
            "https://evil.example",
            "/consoles",
            "/console/\\evil",
            "/console/../app/",
            "/console/a b",
            "/console/\r\nx: y",
        ] {
            assert_eq!(within(path), None, "{path}");
        }
    }
}
