//! A tenant's clients: listed, shown, made, changed, removed.

use std::sync::Arc;

use challenge::directory::provision::{Blueprint, Removed, TenantBlueprint};
use challenge::directory::{Client, TenantView};
use challenge::officers::{Officer, Power};
use secrecy::SecretString;
use serde_json::Value;

use crate::desk::Desk;
use crate::management::acts::{described, taken, without};
use crate::management::members::{self, SecretForm, SecretSet};
use crate::management::paging::{Page, Paging};
use crate::management::precondition::{IfMatch, Tagged};
use crate::management::refusal::Refusal;
use crate::management::shapes::clients::{ClientBody, ClientShown};
use crate::management::shapes::told::ToldOnce;
use crate::management::writing;

/// The clients of a tenant within reach, by id.
#[expect(
    clippy::unused_async,
    reason = "operations are alike: whether one waits is no matter of its callers"
)]
pub async fn list(
    desk: &Desk,
    officer: &Officer,
    tenant: &str,
    paging: &Paging,
) -> Result<Page<ClientShown>, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Read)?;
    let page = paging.of_all(view.clients().collect(), |client| &client.name);
    Ok(page.map(|client| ClientShown::of(client).value))
}

/// A client.
#[expect(
    clippy::unused_async,
    reason = "operations are alike: whether one waits is no matter of its callers"
)]
pub async fn show(
    desk: &Desk,
    officer: &Officer,
    (tenant, id): (&str, &str),
) -> Result<Tagged<ClientShown>, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Read)?;
    Ok(ClientShown::of(&*found(&view, id)?))
}

/// Makes a client.
pub async fn create(
    desk: &Desk,
    officer: &Officer,
    tenant: &str,
    body: &ClientBody,
) -> Result<ClientShown, Refusal> {
    let (secret, told) = drawn(desk, body);
    let describe = async || {
        let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Shape)?;
        if view.client(&body.id).is_some() {
            return Err(taken("/id", "client", &body.id));
        }
        wanted(&view, body, secret.clone())
    };
    let plan = writing::write(desk, officer, describe).await?;
    let mut shown = show(desk, officer, (tenant, &body.id)).await?.value;
    shown.warnings = writing::warnings(&plan);
    shown.secret = told;
    Ok(shown)
}

/// Changes a client (RFC 7396).
pub async fn change(
    desk: &Desk,
    officer: &Officer,
    (tenant, id): (&str, &str),
    (patch, if_match): (&Value, &IfMatch),
) -> Result<Tagged<ClientShown>, Refusal> {
    members::keep_secrets(patch, &["/secret"])?;
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Shape)?;
    let (secret, told) = drawn(desk, &patched(&*found(&view, id)?, patch)?);
    let describe = async || {
        let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Shape)?;
        let client = found(&view, id)?;
        if_match.check(&ClientShown::of(&client).tag)?;
        let body = patched(&client, patch)?;
        members::keep_name("/id", &client.name, &body.id)?;
        wanted(&view, &body, secret.clone())
    };
    let plan = writing::write(desk, officer, describe).await?;
    let mut shown = show(desk, officer, (tenant, id)).await?;
    shown.value.warnings = writing::warnings(&plan);
    shown.value.secret = told;
    Ok(shown)
}

/// Removes a client; its access tokens end with it.
pub async fn remove(
    desk: &Desk,
    officer: &Officer,
    (tenant, id): (&str, &str),
    if_match: &IfMatch,
) -> Result<(), Refusal> {
    let describe = async || {
        let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Shape)?;
        if_match.check(&ClientShown::of(&*found(&view, id)?).tag)?;
        Ok(without(tenant, Removed::Client(id.to_owned())))
    };
    writing::write(desk, officer, describe).await.map(drop)
}

fn found(view: &TenantView, id: &str) -> Result<Arc<Client>, Refusal> {
    let found = view.client(id).cloned();
    found.ok_or_else(|| Refusal::unknown("client"))
}

fn patched(client: &Client, patch: &Value) -> Result<ClientBody, Refusal> {
    members::patched(&ClientBody::of(client), patch)
}

fn wanted(
    view: &TenantView,
    body: &ClientBody,
    secret: Option<SecretString>,
) -> Result<Blueprint, Refusal> {
    Ok(described(TenantBlueprint {
        clients: vec![body.blueprint(secret)?],
        ..TenantBlueprint::as_it_is(&view.tenant)
    }))
}

fn drawn(desk: &Desk, body: &ClientBody) -> (Option<SecretString>, Option<ToldOnce>) {
    let rng = desk.verifier.provisioner().rng;
    let set = body
        .secret
        .as_ref()
        .map(|given| given.set(SecretForm::Usual, rng));
    set.map_or((None, None), |SecretSet { secret, told }| {
        (Some(secret), told)
    })
}
