//! The door of the console: every request passes here before a page sees it, and every answer after.
//!
//! It finds out who comes, reads forms and refuses those that no page of ours sent, lets nobody past whose
//! sign-in is not complete, makes pages of what went wrong, and sets the headers. So no page can forget it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;
use challenge::officers::{self, Denied, Session};
use challenge::rng;
use data_encoding::BASE64URL_NOPAD;

use super::cookies::Cookie;
use super::form::{BYTES_MAX, Form};
use super::notice::Notice;
use super::shared::Console;
use super::trouble::Trouble;
use super::visit::{self, Visit};
use super::words::Words;
use super::{csrf, headers};

/// What anybody may open: the beginning of each path.
const OPEN_TO_ALL: [&str; 5] = [
    "/console/sign-in",
    "/console/sign-up",
    "/console/link",
    "/console/language",
    "/console/sign-out",
];

/// A request that the page itself made, to be brought up to date: it is no sign that somebody is there.
const REFRESH: &str = "x-console-refresh";

/// Lets a request in, or answers it here.
pub(super) async fn keep(
    State(console): State<Arc<Console>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let was_asked_for = matches!(parts.method, Method::GET | Method::HEAD);
    let visit = match recognise(&console, &parts).await {
        Ok(visit) => visit,
        Err((visit, trouble)) => return finish(trouble.answer(&visit, was_asked_for), &visit),
    };
    let outcome = async {
        if was_asked_for {
            admit_reader(&visit, &parts)?;
        } else {
            let form = axum::body::to_bytes(body, BYTES_MAX).await;
            let form = Form::read(&form.map_err(|_| Trouble::TooLarge)?);
            admit(&visit, &parts, &form)?;
            parts.extensions.insert(form);
        }
        parts.extensions.insert(visit.clone());
        let request = Request::from_parts(parts, axum::body::Body::empty());
        Ok::<_, Trouble>(next.run(request).await)
    };
    let mut response = match outcome.await {
        Ok(response) => response,
        Err(trouble) => trouble.answer(&visit, was_asked_for),
    };
    if let Some(trouble) = response.extensions_mut().remove::<Trouble>() {
        response = trouble.answer(&visit, was_asked_for);
    }
    finish(response, &visit)
}

/// Who comes. Where that cannot be found out, there is a visitor whom nobody knows, and the reason.
async fn recognise(console: &Console, parts: &Parts) -> Result<Visit, (Visit, Trouble)> {
    let cookies = console.cookies;
    let known = cookies.read(&parts.headers, Cookie::Visitor);
    let known = known.filter(|secret| is_secret(secret));
    let drawn = || BASE64URL_NOPAD.encode(&rng::bytes::<32>(&*console.rng));
    let path = parts.uri.path_and_query();
    let mut visit = Visit {
        words: Words::of(visit::language(cookies, &parts.headers)),
        is_new: known.is_none(),
        secret: known.map_or_else(drawn, str::to_owned).into(),
        session: None,
        origin: visit::origin(parts),
        cookies,
        notice: cookies
            .read(&parts.headers, Cookie::Notice)
            .and_then(Notice::from_cookie),
        path: path.map_or("/console/", |path| path.as_str()).into(),
    };
    if !cookies.are_secure() && !is_near(parts) {
        return Err((visit, Trouble::Unprotected));
    }
    let Some(secret) = cookies.read(&parts.headers, Cookie::Session) else {
        return Ok(visit);
    };
    match find(console, secret, &visit, parts).await {
        Ok(session) => {
            visit.secret = secret.into();
            visit.is_new = false;
            visit.session = Some(Arc::new(session));
            // Whatever was written through another node is seen from here on.
            match console.desk.verifier.catalogue.refresh().await {
                Ok(_) => Ok(visit),
                Err(error) => Err((visit, Denied::from(error).into())),
            }
        }
        Err(Denied::NotSignedIn) => Ok(visit),
        Err(denied) => Err((visit, denied.into())),
    }
}

async fn find(
    console: &Console,
    unverified_secret: &str,
    visit: &Visit,
    parts: &Parts,
) -> Result<Session, Denied> {
    let origin = visit.origin.clone();
    let verifier = &console.desk.verifier;
    if parts.headers.contains_key(REFRESH) {
        return verifier.peek_session(unverified_secret, origin).await;
    }
    verifier.session(unverified_secret, origin).await
}

/// Whether a cookie holds what this server draws: others could plant a secret that they know, but only
/// from this very host.
fn is_secret(unverified: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    unverified.len() == 43 && unverified.bytes().all(plain)
}

/// Whether the browser runs on this machine.
fn is_near(parts: &Parts) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    peer.is_some_and(|ConnectInfo(peer)| is_loopback(peer.ip()))
}

/// Whether a page may be opened.
fn admit_reader(visit: &Visit, parts: &Parts) -> Result<(), Trouble> {
    let path = parts.uri.path();
    let is_open = OPEN_TO_ALL.iter().any(|open| path.starts_with(open));
    let Some(session) = &visit.session else {
        return if is_open {
            Ok(())
        } else {
            Err(Trouble::SignIn)
        };
    };
    match session.officer() {
        Err(denied) if !is_open => match Trouble::from(denied) {
            // The page where the sign-in goes on.
            Trouble::Owes(page) if path == page => Ok(()),
            trouble => Err(trouble),
        },
        _ => Ok(()),
    }
}

/// Whether a form is taken: like a page, and only from a page of ours.
fn admit(visit: &Visit, parts: &Parts, form: &Form) -> Result<(), Trouble> {
    admit_reader(visit, parts)?;
    let sent_by_us = officers::csrf_matches(&visit.secret, form.raw(csrf::FIELD));
    if csrf::is_foreign(&parts.headers) || !sent_by_us {
        return Err(Trouble::Foreign);
    }
    Ok(())
}

/// What every answer gets.
fn finish(mut response: Response, visit: &Visit) -> Response {
    let is_page = response.status().is_success();
    let headers = response.headers_mut();
    headers::protect(headers);
    if visit.is_new {
        let cookie = visit.cookies.set(Cookie::Visitor, &visit.secret);
        headers.append(header::SET_COOKIE, cookie);
    }
    if visit.notice.is_some() && is_page {
        let cookie = visit.cookies.forget(Cookie::Notice);
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}
