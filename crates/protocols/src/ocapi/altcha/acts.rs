//! What is done for ALTCHA's widget and for a site's server.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use challenge::directory::Site;
use challenge::visitor::{
    self, CHECK_S, Check, CodeTold, Kind, Owner, Presented, Told, Visitor, Wish,
};

use super::payload::Payload;
use super::request::{ToVerify, form, with_code};
use super::response::{self, Reason};
use super::statement::{Said, Statement};
use crate::desk::Desk;
use crate::ocapi::fields::{Fields, Unreadable};
use crate::ocapi::refusal::Refused;
use crate::ocapi::{readers, request};

/// Issues a challenge to a page.
pub(super) async fn issue(
    desk: &Desk,
    site: &Site,
    parts: &Parts,
) -> Result<Response<Body>, Refused> {
    let kinds = desk.verifier.kinds_of(site).await;
    let wanted = (form(parts)?, with_code(parts, &kinds)?);
    let address = request::neighbourhood_of(request::address(parts));
    let wish = Wish {
        language: request::language(parts)?.unwrap_or_default(),
        ..Wish::of(Kind::Text, &address)
    };
    let issued = desk.verifier.issue_to_carry(site, wanted, &wish).await?;
    Ok(response::challenge(&site.public_id, issued))
}

/// Verifies what the widget has: with a code that is spent, without one it is only looked at.
pub(super) async fn look(
    desk: &Desk,
    site: &Arc<Site>,
    asked: &ToVerify,
    parts: &Parts,
) -> Result<Option<String>, Reason> {
    let Some(Payload::Proof(carried)) = Payload::read(&asked.payload) else {
        return Err(Reason::Invalid);
    };
    let address = request::neighbourhood_of(request::address(parts));
    let Some(code) = &asked.code else {
        let check = Check {
            peek: true,
            repeat_key: None,
            voucher: None,
            address: &address,
        };
        let told = desk.verifier.present(site, &carried, &check).await;
        return presented(told.map_err(reason)?).map(|()| None);
    };
    let host = readers::host(&parts.headers);
    let visitor = Visitor {
        address: &address,
        host: host.as_deref(),
    };
    let verifier = &desk.verifier;
    let told = verifier.answer_carried(site, (&carried, code), &visitor);
    match told.await.map_err(reason)? {
        CodeTold::Right { id, answered_at } => {
            let key = verifier.site_key(site).map_err(reason)?;
            let said = Said {
                id,
                expires_at: answered_at.plus_s(CHECK_S),
            };
            Ok(Some(said.sign(&key, answered_at)))
        }
        CodeTold::Wrong => Err(Reason::WrongCode),
        CodeTold::Proof(told) => presented(told).and(Err(Reason::Invalid)),
    }
}

/// Verifies a payload for who shows the site's secret, and spends it.
pub(super) async fn take(
    desk: &Desk,
    site: &Arc<Site>,
    (parts, body): (&Parts, Body),
) -> Result<Result<(), Reason>, Refused> {
    let fields = Fields::read(&parts.headers, body).await;
    let fields = fields.map_err(|unreadable| match unreadable {
        Unreadable::Length => Refused::TooLarge,
        Unreadable::Form => Refused::Malformed(NEEDED.to_owned()),
    })?;
    let (Some(payload), Some(secret)) = (fields.get("payload"), fields.get("secret")) else {
        return Err(Refused::Malformed(NEEDED.to_owned()));
    };
    let near = request::neighbourhood_of(request::address(parts));
    let owner = desk.verifier.owner_of_secret(Some(site), secret, &near)?;
    if owner != Owner::Own {
        return Err(Refused::WrongSecret);
    }
    let address = request::text_of(request::address(parts));
    let check = Check {
        peek: false,
        repeat_key: request::repeat_key(&parts.headers)?,
        voucher: None,
        address: &address,
    };
    match Payload::read(payload) {
        None => Ok(Err(Reason::Invalid)),
        Some(Payload::Proof(carried)) => {
            let told = desk.verifier.present(site, &carried, &check).await;
            Ok(presented(told?))
        }
        Some(Payload::Statement(statement)) => check_said(desk, site, &statement, &check).await,
    }
}

const NEEDED: &str = r#"send {"payload": …, "secret": …}, each once, as JSON or as a form"#;

/// Checks the challenge of which this server said that its code was right.
async fn check_said(
    desk: &Desk,
    site: &Arc<Site>,
    statement: &Statement,
    check: &Check<'_>,
) -> Result<Result<(), Reason>, Refused> {
    let key = desk.verifier.site_key(site)?;
    let Some(said) = statement.verify(&key) else {
        return Ok(Err(Reason::Invalid));
    };
    if desk.verifier.now() >= said.expires_at {
        return Ok(Err(Reason::Expired));
    }
    let found = match desk.verifier.check_visit(site, &said.id, check).await {
        Err(visitor::Refused::NotFound) => return Ok(Err(Reason::Invalid)),
        found => found?,
    };
    Ok(match found {
        Told::Valid => Ok(()),
        Told::Consumed => Err(Reason::Used),
        Told::Expired => Err(Reason::Expired),
        Told::Pending | Told::Invalid | Told::Answered => Err(Reason::Invalid),
    })
}

fn presented(told: Presented) -> Result<(), Reason> {
    match told {
        Presented::Right => Ok(()),
        Presented::Wrong => Err(Reason::Invalid),
        Presented::Expired => Err(Reason::Expired),
        Presented::Used => Err(Reason::Used),
        Presented::WithoutCode => Err(Reason::WithoutCode),
    }
}

/// What the widget is told where the domain said no.
fn reason(refused: visitor::Refused) -> Reason {
    match refused {
        visitor::Refused::AlreadyAnswered => Reason::Answered,
        visitor::Refused::Expired => Reason::Expired,
        visitor::Refused::SlowDown { .. } => Reason::SlowDown,
        // A site whose key is too short issues none that could be right.
        visitor::Refused::NotFound | visitor::Refused::KeyTooShort => Reason::Invalid,
        other => {
            tracing::error!(protocol = "ocapi", %other, "a payload could not be verified");
            Reason::Unavailable
        }
    }
}
