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
use challenge::officers::{self, Denied, Identity, Session};
use challenge::rng;
use data_encoding::BASE64URL_NOPAD;

use super::cookies::Cookie;
use super::form::{BYTES_MAX, Form};
use super::notice::Notice;
use super::shared::Console;
use super::trouble::Trouble;
use super::visit::{self, Visit};
use super::words::Words;
use super::{csrf, headers, mistakes};
use crate::serving::connections::OverTls;
use crate::serving::proxies::VouchedFor;

/// What anybody may open: the beginning of each path.
const OPEN_TO_ALL: [&str; 5] = [
    "/console/sign-in",
    "/console/sign-up",
    "/console/link",
    "/console/language",
    "/console/sign-out",
];

/// By which proxies say for whom they speak.
const FORWARDED: [&str; 3] = ["x-forwarded-for", "forwarded", "x-real-ip"];

/// A request that the page itself made, to be brought up to date: it is no sign that somebody is there.
const REFRESH: &str = "x-console-refresh";

/// Lets a request in, or answers it here.
pub(super) async fn keep(
    State(console): State<Arc<Console>>,
    request: Request,
    next: Next,
) -> Response {
    let is_over_tls = request.extensions().get::<OverTls>().is_some();
    let mut response = let_in(&console, request, next).await;
    if is_over_tls && console.cookies.are_secure() {
        headers::stay_with_tls(response.headers_mut());
    }
    response
}

async fn let_in(console: &Console, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let was_asked_for = matches!(parts.method, Method::GET | Method::HEAD);
    let visit = match recognise(console, &parts).await {
        Ok(visit) => visit,
        Err((visit, trouble)) => return finish(trouble.answer(&visit, was_asked_for), &visit),
    };
    let outcome = async {
        // Nothing has a NUL in its name, and no database takes one.
        if parts.uri.path().contains("%00") {
            return Err(Trouble::NotFound);
        }
        if was_asked_for {
            admit_reader(&visit, &parts)?;
        } else {
            let form = axum::body::to_bytes(body, BYTES_MAX).await;
            let form = Form::read(&form.map_err(|_| Trouble::TooLarge)?)?;
            admit(&visit, &parts, &form)?;
            parts.extensions.insert(form);
        }
        parts.extensions.insert(visit.clone());
        let request = Request::from_parts(parts, axum::body::Body::empty());
        let answered = mistakes::in_language(visit.words.language, next.run(request));
        Ok::<_, Trouble>(answered.await)
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
    if !is_protected(parts, cookies.are_secure()) {
        return Err((visit, Trouble::Unprotected));
    }
    let Some(secret) = cookies.read(&parts.headers, Cookie::Session) else {
        return Ok(visit);
    };
    match find(console, secret, &visit, parts).await {
        Ok(session) => {
            visit.secret = secret.into();
            visit.is_new = false;
            let who = Identity::Administrator(session.administrator.id);
            visit.session = Some(Arc::new(session));
            if let Err(refusal) = console.paces.count(who, console.desk.verifier.now()) {
                return Err((visit, refusal.into()));
            }
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

/// Whether nobody between the browser and this server reads along: where the server has an `https:` address
/// it came over TLS, or through a proxy that is trusted; else it never left this machine.
fn is_protected(parts: &Parts, has_https: bool) -> bool {
    let extensions = &parts.extensions;
    let is_over_tls =
        extensions.get::<OverTls>().is_some() || extensions.get::<VouchedFor>().is_some();
    (has_https && is_over_tls) || is_near(parts)
}

/// Whether the browser runs on this machine. A proxy on this machine speaks for others: unless it is trusted
/// to say for whom, nobody whom it speaks for is near.
fn is_near(parts: &Parts) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    let is_passed_on = FORWARDED
        .iter()
        .any(|name| parts.headers.contains_key(*name));
    let is_vouched_for = parts.extensions.get::<VouchedFor>().is_some();
    (is_vouched_for || !is_passed_on)
        && peer.is_some_and(|ConnectInfo(peer)| is_loopback(peer.ip()))
}

/// Whether a page may be opened.
fn admit_reader(visit: &Visit, parts: &Parts) -> Result<(), Trouble> {
    let path = parts.uri.path();
    // No name has a NUL in it, and no database takes one.
    if path.contains("%00") {
        return Err(Trouble::NotFound);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A request from this address with these headers.
    fn parts(from: &str, headers: &[&str]) -> Parts {
        let mut request = axum::http::Request::new(());
        let peer: IpAddr = from.parse().unwrap();
        let peer = ConnectInfo(SocketAddr::new(peer, 4711));
        request.extensions_mut().insert(peer);
        for name in headers {
            let name = axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            let value = axum::http::HeaderValue::from_static("127.0.0.1");
            request.headers_mut().insert(name, value);
        }
        request.into_parts().0
    }

    #[test]
    fn who_is_spoken_for_by_a_proxy_that_nobody_trusts_is_not_near() {
        for near in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(is_near(&parts(near, &[])), "{near}");
            for header in FORWARDED {
                assert!(!is_near(&parts(near, &[header])), "{near} {header}");
            }
        }
        assert!(!is_near(&parts("192.0.2.1", &[])));
    }

    #[test]
    fn what_came_in_clear_from_another_machine_is_not_protected_by_the_name_of_the_server() {
        let afar = || parts("192.0.2.1", &[]);
        assert!(!is_protected(&afar(), true) && !is_protected(&afar(), false));
        let mut over_tls = afar();
        over_tls.extensions.insert(OverTls);
        let mut by_proxy = parts("192.0.2.1", &["x-forwarded-for"]);
        by_proxy.extensions.insert(VouchedFor);
        for parts in [over_tls, by_proxy] {
            assert!(is_protected(&parts, true) && !is_protected(&parts, false));
        }
        let near = parts("127.0.0.1", &[]);
        assert!(is_protected(&near, true) && is_protected(&near, false));
    }

    #[test]
    fn a_trusted_proxy_says_who_is_near() {
        let vouched_for = |from: &str| {
            let mut parts = parts(from, &["x-forwarded-for"]);
            parts.extensions.insert(VouchedFor);
            parts
        };
        assert!(is_near(&vouched_for("127.0.0.1")));
        assert!(!is_near(&vouched_for("192.0.2.1")));
    }
}
