//! What a device can do here: be linked, look, decide, and tell about itself.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use challenge::approval::push::UnverifiedSubscription;
use challenge::approval::{
    DeviceCaller, DeviceUpdate, Evidence, LinkingAnswer, Refused as DomainRefused,
    UnverifiedDecision, Work,
};
use secrecy::SecretString;

use crate::desk::Desk;
use crate::device::limits;
use crate::device::refusal::Refused;
use crate::device::request::{self, CapabilitiesGiven, DecisionRequest, LinkRequest, Wait};
use crate::device::response;
use crate::device::station::Station;
use crate::device::stream::Watch;
use crate::device::subscription::{SubscriptionGiven, SubscriptionRead};
use crate::incoming;

/// An answer, or why there is none.
pub(super) type Answer = Result<Response<Body>, Refused>;

/// Tells the server's time, limits and push key.
pub(super) fn server(desk: &Desk) -> Answer {
    let push_key = desk.verifier.push_key()?;
    Ok(limits::answer(desk.verifier.now(), &push_key))
}

/// Links the phone that brings a code and a key.
pub(super) async fn link(desk: &Desk, request: Request) -> Answer {
    let incoming = request::read(request).await?;
    let mut asked: LinkRequest = incoming.json()?;
    let public_key = request::bytes("public_key", &asked.public_key)?;
    let signature = request::signature(&asked.signature)?;
    let push = asked.push.take().map(SubscriptionGiven::read).transpose()?;
    let address = incoming::address(&incoming.parts);
    let answer = LinkingAnswer {
        unverified_code: &asked.code,
        public_key: &public_key,
        name: &asked.name,
        platform: &asked.platform,
        capabilities: asked.capabilities.into(),
        push: push.as_ref().map(SubscriptionRead::unverified),
        time_ms: asked.time_ms,
        unverified_signature: &signature,
        work: asked.work.as_ref().map(|work| Work {
            seed: &work.seed,
            nonce: &work.nonce,
        }),
        address: address.as_deref(),
    };
    let linked = desk.verifier.complete_linking(&answer).await?;
    Ok(response::linked(&linked))
}

/// Tells what is pending, at once or later.
pub(super) async fn sessions(desk: &Desk, station: &Arc<Station>, request: Request) -> Answer {
    let incoming = request::read(request).await?;
    let wait = Wait::parse(incoming.parts.uri.query().unwrap_or_default())?;
    let caller = incoming.caller(desk).await?;
    let sessions = desk.verifier.pending_approvals(&caller).await?;
    let pending = response::pending(&caller, &sessions);
    let known = wait.state.unwrap_or_else(response::nothing_pending);
    if wait.seconds == 0 || pending.state != known {
        return Ok(response::sessions(pending));
    }
    let watch = Watch::new(station, &desk.verifier, caller, Some(known));
    Ok(watch.later(Duration::from_secs(wait.seconds)))
}

/// Tells what is pending, at once and at every change.
pub(super) async fn events(desk: &Desk, station: &Arc<Station>, request: Request) -> Answer {
    let incoming = request::read(request).await?;
    let caller = incoming.caller(desk).await?;
    Ok(Watch::new(station, &desk.verifier, caller, None).events())
}

/// Takes a decision.
pub(super) async fn decide(
    desk: &Desk,
    station: &Station,
    session: &str,
    request: Request,
) -> Answer {
    let incoming = request::read(request).await?;
    let caller = incoming.caller(desk).await?;
    let mut asked: DecisionRequest = incoming.json()?;
    let signature = request::signature(&asked.signature)?;
    let session = session
        .parse()
        .map_err(|_| Refused::Domain(DomainRefused::SessionNotFound))?;
    let pin = asked.pin.as_mut();
    let pin = pin.map(|pin| SecretString::from(std::mem::take(&mut **pin)));
    let decision = UnverifiedDecision {
        session,
        verdict: asked.decision,
        evidence: Evidence {
            pin: pin.as_ref(),
            number: asked.number.as_deref(),
            user_verified: asked.user_verified,
            capabilities: asked.capabilities.map(CapabilitiesGiven::into),
        },
        time_ms: asked.time_ms,
        unverified_signature: &signature,
    };
    let decided = desk
        .verifier
        .decide(&caller, &decision, &*station.hashing)
        .await;
    count(asked.decision.name(), decided.as_ref().err());
    Ok(response::decided(&decided?, asked.decision.name()))
}

/// Tells what is known of the device.
pub(super) async fn device(desk: &Desk, request: Request) -> Answer {
    let incoming = request::read(request).await?;
    let caller = incoming.caller(desk).await?;
    Ok(response::device(&caller))
}

/// Takes what the device can do.
pub(super) async fn capabilities(desk: &Desk, request: Request) -> Answer {
    let incoming = request::read(request).await?;
    let caller = incoming.caller(desk).await?;
    let given: CapabilitiesGiven = incoming.json()?;
    let update = DeviceUpdate {
        capabilities: Some(given.into()),
        push: None,
    };
    desk.verifier.update_device(&caller, &update).await?;
    Ok(response::done())
}

/// Takes where pushes go.
pub(super) async fn subscribe(desk: &Desk, request: Request) -> Answer {
    let incoming = request::read(request).await?;
    let caller = incoming.caller(desk).await?;
    let given: SubscriptionGiven = incoming.json()?;
    let subscription = given.read()?;
    pushed(desk, &caller, Some(subscription.unverified())).await
}

/// Forgets where pushes go.
pub(super) async fn unsubscribe(desk: &Desk, request: Request) -> Answer {
    let incoming = request::read(request).await?;
    let caller = incoming.caller(desk).await?;
    pushed(desk, &caller, None).await
}

async fn pushed(
    desk: &Desk,
    caller: &DeviceCaller,
    push: Option<UnverifiedSubscription<'_>>,
) -> Answer {
    let update = DeviceUpdate {
        capabilities: None,
        push: Some(push),
    };
    desk.verifier.update_device(caller, &update).await?;
    Ok(response::done())
}

/// Unlinks the device.
pub(super) async fn unlink(desk: &Desk, request: Request) -> Answer {
    let incoming = request::read(request).await?;
    let caller = incoming.caller(desk).await?;
    desk.verifier.unlink(&caller).await?;
    Ok(response::done())
}

fn count(decision: &'static str, refused: Option<&DomainRefused>) {
    let outcome = match refused {
        None => "taken",
        Some(DomainRefused::Wrong { .. }) => "wrong",
        Some(DomainRefused::Locked) => "locked",
        Some(DomainRefused::Unavailable(_)) => "unavailable",
        Some(_) => "refused",
    };
    let labels = [("decision", decision), ("outcome", outcome)];
    metrics::counter!("countersign_decisions_total", &labels).increment(1);
}
