//! The three acts of the gateway. Each verifies the signature, binds it to its split, and has the
//! domain do the rest; a tenant that is not there looks like a wrong signature.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use challenge::approval::{ApprovalWish, Asking, Checked, Split, SplitKind};
use challenge::directory::TenantView;
use challenge::door::Door;
use zeroize::Zeroizing;

use crate::desk::Desk;
use crate::incoming;
use crate::okay::auth_result::AuthResult;
use crate::okay::refusal::Refused;
use crate::okay::request::{self, CheckRequest, LinkRequest, StartRequest, Text};
use crate::okay::response;
use crate::okay::session_type::SessionType;
use crate::okay::signature;
use crate::qr::{self, NotDrawn};

/// A request's answer.
type Answer = axum::http::Response<Body>;

/// Where a request came from.
struct From {
    address: Option<String>,
    correlation: Option<String>,
}

/// A request whose signature verified.
struct Signed {
    tenant: Arc<TenantView>,
    signature: [u8; signature::LENGTH],
}

impl From {
    fn take(request: Request<Body>) -> (Self, Body) {
        let (parts, body) = request.into_parts();
        let from = Self {
            address: incoming::address(&parts),
            correlation: incoming::correlation(&parts),
        };
        (from, body)
    }

    fn asking<'a>(&'a self, signed: &'a Signed) -> Asking<'a> {
        Asking {
            tenant: &signed.tenant,
            door: Door::Okay,
            officer: None,
            address: self.address.as_deref(),
            correlation: self.correlation.as_deref(),
        }
    }
}

/// Links a user.
pub(super) async fn link(desk: &Desk, request: Request<Body>) -> Answer {
    let linked = linked(desk, request).await;
    count("link", linked.as_ref().err());
    linked.unwrap_or_else(|refused| response::refusal(&refused))
}

async fn linked(desk: &Desk, request: Request<Body>) -> Result<Answer, Refused> {
    let (from, body) = From::take(request);
    let asked: LinkRequest = request::read(body).await?;
    let user = asked.user_external_id.as_str();
    let fields = [asked.tenant_id.as_str(), user];
    let signed = verified(desk, &asked.tenant_id, &asked.signature, &[fields.to_vec()])?;
    let asking = from.asking(&signed);
    bind(desk, &asking, &signed, (SplitKind::Link, &fields)).await?;
    let ticket = desk.verifier.link(&asking, user).await?;
    let picture = qr::picture(&ticket.code).map_err(|NotDrawn(text)| Refused::NotDrawn(text))?;
    Ok(response::link(&ticket, &picture))
}

/// Has a user asked.
pub(super) async fn start(desk: &Desk, request: Request<Body>) -> Answer {
    let started = started(desk, request).await;
    count("start", started.as_ref().err());
    started.unwrap_or_else(|refused| response::refusal(&refused))
}

async fn started(desk: &Desk, request: Request<Body>) -> Result<Answer, Refused> {
    let (from, body) = From::take(request);
    let asked: StartRequest = request::read(body).await?;
    let session_type = SessionType::parse(&asked.session_type)?;
    let question = asked.question(&session_type);
    let user = asked.user_external_id.as_str();
    let mut fields = vec![asked.tenant_id.as_str(), user];
    match &question.device_data {
        Some(wanted) => fields.push(wanted),
        None => fields.extend([question.header.as_str(), &question.text]),
    }
    let written = |spelling| [fields.as_slice(), &[spelling]].concat();
    let spellings = session_type.spellings.iter().map(String::as_str);
    let ways: Vec<_> = spellings.map(written).collect();
    let signed = verified(desk, &asked.tenant_id, &asked.signature, &ways)?;
    let asking = from.asking(&signed);
    // Bound is what the type means: one number can be hashed for two meanings.
    let split = written(question.kind.name());
    bind(desk, &asking, &signed, (SplitKind::Start, &split)).await?;
    let wish = ApprovalWish {
        asking,
        user_external_id: user,
        question: &question,
        client: None,
    };
    let session = desk.verifier.start_approval(&wish).await?;
    metrics::counter!("countersign_challenges_issued_total", "protocol" => "okay").increment(1);
    Ok(response::start(session))
}

/// Tells what came of a session.
pub(super) async fn check(desk: &Desk, request: Request<Body>) -> Answer {
    let checked = checked(desk, request).await;
    count("check", checked.as_ref().err());
    match checked {
        Ok(None) => response::pending(),
        Ok(Some(result)) => response::answered(result),
        Err(refused) => response::check_refusal(&refused),
    }
}

async fn checked(desk: &Desk, request: Request<Body>) -> Result<Option<AuthResult>, Refused> {
    let (from, body) = From::take(request);
    let asked: CheckRequest = request::read(body).await?;
    let session = asked.session_external_id.as_str();
    let fields = [asked.tenant_id.as_str(), session];
    let signed = verified(desk, &asked.tenant_id, &asked.signature, &[fields.to_vec()])?;
    let asking = from.asking(&signed);
    bind(desk, &asking, &signed, (SplitKind::Check, &fields)).await?;
    let Checked::Answered(answered) = desk.verifier.check_approval(&asking, session).await? else {
        return Ok(None);
    };
    let okay = desk.verifier.may_ask(&signed.tenant.tenant)?;
    let result = AuthResult::of(&answered, &okay.decline_word);
    result.map(Some).ok_or(Refused::DigitsGone)
}

/// Finds the tenant and verifies the signature. A tenant that is not there costs the same hashes.
fn verified(
    desk: &Desk,
    tenant_id: &Text,
    unverified_signature: &str,
    ways: &[Vec<&str>],
) -> Result<Signed, Refused> {
    let signature = signature::decode(unverified_signature).ok_or(Refused::MalformedSignature)?;
    let tenant = tenant_called(desk, tenant_id.as_str());
    let secret = match &tenant {
        Some(view) => Some(desk.verifier.okay_secret(&view.tenant)?),
        None => None,
    };
    let known = secret.is_some();
    let secret = secret.unwrap_or_else(|| Zeroizing::new(b"the secret of nobody".to_vec()));
    let verifies = signature::verifies(&signature, ways, &secret) && known;
    match tenant {
        Some(tenant) if verifies => {
            incoming::is_of(tenant.tenant.id);
            desk.verifier.may_ask(&tenant.tenant)?;
            Ok(Signed { tenant, signature })
        }
        _ => Err(Refused::WrongSignature),
    }
}

/// The tenant of this number, which has one spelling.
fn tenant_called(desk: &Desk, text: &str) -> Option<Arc<TenantView>> {
    let number: u64 = text.parse().ok()?;
    if number.to_string() != text {
        return None;
    }
    desk.verifier.catalogue.tenant_by_okay_id(number)
}

async fn bind(
    desk: &Desk,
    asking: &Asking<'_>,
    signed: &Signed,
    (kind, fields): (SplitKind, &[&str]),
) -> Result<(), Refused> {
    let split = Split {
        kind,
        signature: &signed.signature,
        fields,
    };
    Ok(desk.verifier.bind_signature(asking, &split).await?)
}

fn count(place: &'static str, refused: Option<&Refused>) {
    let message = refused.map_or("OK", |refused| refused.to_wire().message);
    let labels = [("place", place), ("message", message)];
    metrics::counter!("countersign_gateway_answers_total", &labels).increment(1);
}
