//! A user's authenticators: listed, enrolled, shown, changed, enrolled anew, locked, unlocked, revoked,
//! resynchronised, printed.

use std::sync::Arc;

use challenge::directory::provision::{Blueprint, KeySource, Plan, TenantBlueprint, UserBlueprint};
use challenge::directory::{Authenticator, AuthenticatorKey, UserKey};
use challenge::officers::{Officer, Power};
use challenge::resynchronisation::Resynchronised;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::desk::Desk;
use crate::management::acts::users::{self, Found};
use crate::management::acts::{described, taken};
use crate::management::members;
use crate::management::paging::{Page, Paging};
use crate::management::precondition::{IfMatch, Tagged};
use crate::management::refusal::Refusal;
use crate::management::shapes::authenticators::{
    AuthenticatorBody, AuthenticatorShown, Enrolment, KeyGiven, ResynchroniseBody,
    ResynchronisedShown,
};
use crate::management::shapes::cards::CardShown;
use crate::management::shapes::users::UserBody;
use crate::management::writing;

/// A user's authenticators, revoked ones included, by serial.
pub async fn list(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
    paging: &Paging,
) -> Result<Page<AuthenticatorShown>, Refusal> {
    let found = users::found(desk, officer, named, Power::Read).await?;
    let page = paging.of_all(found.authenticators.iter().collect(), |one| &one.serial);
    Ok(page.map(|one| AuthenticatorShown::of(one, &found.user, &found.standing).value))
}

/// An authenticator.
pub async fn show(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
) -> Result<Tagged<AuthenticatorShown>, Refusal> {
    let held = Held::find(desk, officer, named, Power::Read).await?;
    Ok(held.shown())
}

/// Enrols an authenticator for a user. A key that was drawn is told once, in the answer.
pub async fn create(
    desk: &Desk,
    officer: &Officer,
    (tenant, user): (&str, &str),
    body: &AuthenticatorBody,
) -> Result<AuthenticatorShown, Refusal> {
    let describe = async || {
        let found = users::found(desk, officer, (tenant, user), Power::Tend).await?;
        let key = AuthenticatorKey::Serial(&body.serial);
        let store = desk.verifier.store();
        let present = store.authenticator(found.view.tenant.id, key).await?;
        if present.is_some() {
            return Err(taken("/serial", "authenticator", &body.serial));
        }
        wanted(&found, body, None)
    };
    let plan = writing::write(desk, officer, describe).await?;
    let held = Held::find(desk, officer, (tenant, &body.serial), Power::Read).await?;
    Ok(told(held.shown(), &plan)?.value)
}

/// Changes an authenticator (RFC 7396). What it spent stays spent; another key enrols it anew.
pub async fn change(
    desk: &Desk,
    officer: &Officer,
    (tenant, serial): (&str, &str),
    (patch, if_match): (&Value, &IfMatch),
) -> Result<Tagged<AuthenticatorShown>, Refusal> {
    members::keep_secrets(patch, &["/secret", "/pin", "/path"])?;
    let describe = async || {
        let held = Held::find(desk, officer, (tenant, serial), Power::Tend).await?;
        if_match.check(&held.shown().tag)?;
        let body = members::patched(&AuthenticatorBody::of(&held.one), patch)?;
        members::keep_name("/serial", serial, &body.serial)?;
        members::keep_name("/kind", held.one.method.kind(), &body.kind)?;
        let draws = body.secret.as_ref().is_some_and(KeyGiven::draws);
        wanted(&held.found, &body, draws.then_some(KeySource::Renew))
    };
    let plan = writing::write(desk, officer, describe).await?;
    told(show(desk, officer, (tenant, serial)).await?, &plan)
}

/// Enrols an authenticator anew with a key that is drawn, and told once, in the answer. The key that
/// it had is good for nothing any more.
pub async fn enrol(
    desk: &Desk,
    officer: &Officer,
    (tenant, serial): (&str, &str),
) -> Result<AuthenticatorShown, Refusal> {
    let describe = async || {
        let held = Held::find(desk, officer, (tenant, serial), Power::Tend).await?;
        let kind = held.one.method.kind();
        if !["hotp", "totp", "ocra"].contains(&kind) {
            return Err(Refusal::NotPossible(format!(
                "an authenticator of kind {kind} has no key that is handed over"
            )));
        }
        let body = AuthenticatorBody::of(&held.one);
        wanted(&held.found, &body, Some(KeySource::Renew))
    };
    let plan = writing::write(desk, officer, describe).await?;
    let shown = show(desk, officer, (tenant, serial)).await?;
    Ok(told(shown, &plan)?.value)
}

/// Locks an authenticator until unlocked.
pub async fn lock(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
) -> Result<Tagged<AuthenticatorShown>, Refusal> {
    let held = Held::find(desk, officer, named, Power::Tend).await?;
    let (verifier, actor) = (&desk.verifier, officer.actor());
    verifier.lock_authenticator(&actor, &held.one).await?;
    show(desk, officer, named).await
}

/// Unlocks an authenticator.
pub async fn unlock(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
) -> Result<Tagged<AuthenticatorShown>, Refusal> {
    let held = Held::find(desk, officer, named, Power::Tend).await?;
    let (verifier, actor) = (&desk.verifier, officer.actor());
    verifier.unlock_authenticator(&actor, &held.one).await?;
    show(desk, officer, named).await
}

/// Revokes an authenticator for good; what it spent stays spent.
pub async fn revoke(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
) -> Result<Tagged<AuthenticatorShown>, Refusal> {
    let held = Held::find(desk, officer, named, Power::Tend).await?;
    let (verifier, actor) = (&desk.verifier, officer.actor());
    verifier.revoke_authenticator(&actor, &held.one).await?;
    show(desk, officer, named).await
}

/// Follows an authenticator again by two consecutive codes. A wrong one counts as everywhere.
pub async fn resynchronise(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
    body: &ResynchroniseBody,
) -> Result<ResynchronisedShown, Refusal> {
    let held = Held::find(desk, officer, named, Power::Tend).await?;
    let tokens = [Arc::new(held.one)];
    let second = body.second.as_ref().map(ExposeSecret::expose_secret);
    let codes = (body.first.expose_secret(), second);
    let (verifier, actor) = (&desk.verifier, officer.actor());
    let done = verifier
        .resynchronise(&actor, &held.found.view, &tokens, codes)
        .await?;
    Ok(ResynchronisedShown {
        done: done == Resynchronised::Done,
    })
}

/// Opens a card to be printed; the audit log tells of it.
pub async fn print(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
) -> Result<CardShown, Refusal> {
    let held = Held::find(desk, officer, named, Power::Tend).await?;
    let (verifier, actor) = (&desk.verifier, officer.actor());
    let card = verifier.print_card(&actor, &Arc::new(held.one)).await?;
    Ok(CardShown::of(&card))
}

/// An authenticator and who holds it.
struct Held {
    found: Found,
    one: Authenticator,
}

impl Held {
    /// An authenticator of a tenant within reach; another tenant's is as unknown as none.
    async fn find(
        desk: &Desk,
        officer: &Officer,
        (tenant, serial): (&str, &str),
        power: Power,
    ) -> Result<Self, Refusal> {
        let view = officer.tenant(&desk.verifier.catalogue, tenant, power)?;
        let unknown = || Refusal::unknown("authenticator");
        let store = desk.verifier.store();
        let id = view.tenant.id;
        let one = store
            .authenticator(id, AuthenticatorKey::Serial(serial))
            .await?;
        let one = one.ok_or_else(unknown)?;
        let user = store.user(id, UserKey::Id(one.user)).await?;
        let (user, authenticators) = user.ok_or_else(unknown)?;
        let found = users::with_standing(desk, &view, user, authenticators).await?;
        Ok(Self { found, one })
    }

    fn shown(&self) -> Tagged<AuthenticatorShown> {
        AuthenticatorShown::of(&self.one, &self.found.user, &self.found.standing)
    }
}

/// A blueprint of one authenticator of one user.
fn wanted(
    found: &Found,
    body: &AuthenticatorBody,
    key: Option<KeySource>,
) -> Result<Blueprint, Refusal> {
    let mut one = body.blueprint()?;
    if let Some(key) = key {
        one.key = key;
    }
    let user = UserBlueprint {
        authenticators: vec![one],
        ..UserBody::of(&found.user).blueprint()
    };
    Ok(described(TenantBlueprint {
        users: vec![user],
        ..TenantBlueprint::as_it_is(&found.view.tenant)
    }))
}

/// What is told once: the key that was drawn, and warnings.
fn told(
    mut shown: Tagged<AuthenticatorShown>,
    plan: &Plan,
) -> Result<Tagged<AuthenticatorShown>, Refusal> {
    let drawn = plan.generated.first().map(Enrolment::of);
    shown.value.enrolment = drawn.transpose()?;
    shown.value.warnings = writing::warnings(plan);
    Ok(shown)
}
