//! The three steps of a challenge: created, answered, checked.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, header};
use challenge::directory::Site;
use challenge::visitor::{Check, IssuedToVisitor, Kind, Ticket, Told, Visitor, Voucher, Wish};

use crate::desk::Desk;
use crate::incoming;
use crate::ocapi::readers::{self, Readers};
use crate::ocapi::refusal::Refused;
use crate::ocapi::response::{AtName, Became, Problem};
use crate::ocapi::{caller, request, response};

/// The methods of this place. HEAD is not among them: it would issue a challenge that nobody sees, or
/// consume one and not tell.
const ALLOW: &str = "GET, POST, OPTIONS";

/// Creates a challenge at a site's public id; at a challenge's id, which begins with `c.`, tells the site's server
/// what became of it. docs/ocapi.md has each with examples.
#[utoipa::path(
    get, path = "/ocapi/v2/challenge/{name}", tag = "ocapi", operation_id = "ocapiCreateOrCheck",
    params(
        ("name" = String, Path, description = "a site's public id, or a challenge's id"),
        ("kind" = Option<String>, Query, description = "create: pow, classification, transcription or text [default: the site's first]"),
        ("lang" = Option<String>, Query, description = "create: the visitor's language; en, fr, de and es are spoken"),
        ("after" = Option<String>, Query, description = "create: the id of the challenge before, whose series goes on"),
        ("peek" = Option<bool>, Query, description = "check: only look, and consume nothing"),
        ("Idempotency-Key" = Option<String>, Header, description = "check: under it the check may be repeated for 60 seconds"),
    ),
    security((), ("ocapi" = [])),
    responses(
        (status = 200, body = AtName, description = "create: a challenge; check: what became of it"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "a refusal, as docs/ocapi-errors.md lists them"),
    ),
)]
pub(super) async fn at_name(State(desk): State<Arc<Desk>>, mut request: Request) -> Response<Body> {
    let name = match request::name(&mut request).await {
        Ok(name) => name,
        Err(refused) => return response::refusal(&refused),
    };
    let (parts, _) = request.into_parts();
    if parts.method != Method::GET {
        return response::refusal(&Refused::WrongMethod { allow: ALLOW });
    }
    if !Ticket::is_like(&name) {
        return create(&desk, &name, &parts).await;
    }
    match check(&desk, &name, &parts).await {
        Ok(told) => response::told(&name, told),
        Err(refused) => response::refusal(&refused),
    }
}

/// Answers a challenge; of any number of answers the first counts.
#[utoipa::path(
    post, path = "/ocapi/v2/challenge/{name}", tag = "ocapi", operation_id = "ocapiAnswer",
    params(("name" = String, Path, description = "the challenge's id")),
    request_body(content = Value, content_type = "application/json", example = json!({"answer": ["2", "7", "11"]})),
    responses(
        (status = 200, body = Became, description = "valid, or invalid with the next challenge"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "a refusal, as docs/ocapi-errors.md lists them"),
    ),
)]
pub(super) async fn answer_name(
    State(desk): State<Arc<Desk>>,
    mut request: Request,
) -> Response<Body> {
    let name = match request::name(&mut request).await {
        Ok(name) => name,
        Err(refused) => return response::refusal(&refused),
    };
    let (parts, body) = request.into_parts();
    answer(&desk, &name, (&parts, body)).await
}

/// What a browser wants to know before a page asks.
pub(super) async fn before_name(
    State(desk): State<Arc<Desk>>,
    mut request: Request,
) -> Response<Body> {
    let name = match request::name(&mut request).await {
        Ok(name) => name,
        Err(refused) => return response::refusal(&refused),
    };
    let (parts, _) = request.into_parts();
    before(&desk, &name, &parts)
}

/// What is said to any other method.
pub(super) async fn wrong_method(mut request: Request) -> Response<Body> {
    let named = request::name(&mut request).await;
    let refused = named.err().unwrap_or(Refused::WrongMethod { allow: ALLOW });
    response::refusal(&refused)
}

/// Issues a challenge to a visitor of a site.
async fn create(desk: &Desk, public_id: &str, parts: &Parts) -> Response<Body> {
    let Some(site) = desk.verifier.catalogue.site(public_id) else {
        return Readers::Anyone.may_read(response::refusal(&Refused::NoSuchSite));
    };
    incoming::is_of(site.tenant);
    let readers = match Readers::of(&site, &parts.headers) {
        Ok(readers) => readers,
        Err(refused) => return Readers::NoPage.may_read(response::refusal(&refused)),
    };
    readers.may_read(match issue(desk, &site, parts).await {
        Ok(issued) => response::challenge(&issued),
        Err(refused) => response::refusal(&refused),
    })
}

async fn issue(desk: &Desk, site: &Site, parts: &Parts) -> Result<IssuedToVisitor, Refused> {
    let after = match request::after(parts)? {
        None => None,
        Some(id) => Some(before_it(desk, site, &id)?),
    };
    let kind = request::kind(parts)?;
    let kind = match (kind.as_deref(), &after) {
        (None, Some(before)) => Some(before.kind().name()),
        (kind, _) => kind,
    };
    let language = request::language(parts)?;
    let language = language.or_else(|| after.as_ref().map(|before| before.language));
    let wish = Wish {
        kind: kind_of(&desk.verifier.kinds_of(site).await, kind)?,
        language: language.unwrap_or_default(),
        after: after.as_ref(),
        address: &request::neighbourhood_of(request::address(parts)),
    };
    Ok(desk.verifier.issue_to_visitor(site, &wish).await?)
}

/// The challenge that the wanted one comes after: one of the same site.
fn before_it(desk: &Desk, site: &Site, unverified_id: &str) -> Result<Ticket, Refused> {
    let found = desk.verifier.ticket(unverified_id);
    let found = found.filter(|(ticket, _)| ticket.site == site.id);
    found.map(|(ticket, _)| ticket).ok_or_else(|| {
        let text =
            "after is the id of an earlier challenge of this site; leave it out to begin anew";
        Refused::Malformed(text.to_owned())
    })
}

/// The kind that was asked for, if there is one; without a wish, the first.
fn kind_of(kinds: &[Kind], wanted: Option<&str>) -> Result<Kind, Refused> {
    let kind = match wanted {
        None => kinds.first(),
        Some(wanted) => kinds.iter().find(|kind| kind.name() == wanted),
    };
    kind.copied().ok_or_else(|| {
        let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
        Refused::NoSuchKind(format!("kind is one of: {}", names.join(", ")))
    })
}

/// Takes a visitor's answer.
async fn answer(desk: &Desk, id: &str, (parts, body): (&Parts, Body)) -> Response<Body> {
    let Some((ticket, site)) = desk.verifier.ticket(id) else {
        let refused = Refused::Domain(challenge::visitor::Refused::NotFound);
        return Readers::Anyone.may_read(response::refusal(&refused));
    };
    incoming::is_of(site.tenant);
    let readers = match Readers::of(&site, &parts.headers) {
        Ok(readers) => readers,
        Err(refused) => return Readers::NoPage.may_read(response::refusal(&refused)),
    };
    let host = readers::host(&parts.headers);
    let visitor = Visitor {
        address: &request::neighbourhood_of(request::address(parts)),
        host: host.as_deref(),
    };
    let given = match request::answer(body, &ticket.task).await {
        Ok(given) => given,
        Err(refused) => return readers.may_read(response::refusal(&refused)),
    };
    let answered = desk
        .verifier
        .answer_of_visitor((&ticket, &site), &given, &visitor)
        .await;
    readers.may_read(match answered {
        Ok(answered) => response::answered(id, &answered),
        Err(refused) => response::refusal(&refused.into()),
    })
}

/// Tells a site's server. Pages have no business here, so none may read it.
async fn check(desk: &Desk, id: &str, parts: &Parts) -> Result<Told, Refused> {
    let (site, pass) = caller::of_check(desk, &parts.headers, id)?;
    incoming::is_of(site.tenant);
    let voucher = pass.jti.as_deref().map(|jti| Voucher {
        id: jti,
        ends_at: pass.expires_at,
    });
    let address = request::text_of(request::address(parts));
    let check = Check {
        peek: request::peek(parts)?,
        repeat_key: request::repeat_key(&parts.headers)?,
        voucher,
        address: &address,
    };
    Ok(desk.verifier.check_visit(&site, id, &check).await?)
}

/// What a browser wants to know before it lets a page ask. Where there is no such site or challenge the page
/// may ask, so that it can read that.
fn before(desk: &Desk, name: &str, parts: &Parts) -> Response<Body> {
    let site = if Ticket::is_like(name) {
        desk.verifier.ticket(name).map(|(_, site)| site)
    } else {
        desk.verifier.catalogue.site(name)
    };
    let readers = match site {
        None => Ok(Readers::Anyone),
        Some(site) => Readers::of(&site, &parts.headers),
    };
    match readers {
        Ok(readers) => {
            let mut response = readers.may_ask(response::nothing());
            let allow = HeaderValue::from_static(ALLOW);
            response.headers_mut().insert(header::ALLOW, allow);
            response
        }
        Err(refused) => Readers::NoPage.may_read(response::refusal(&refused)),
    }
}
