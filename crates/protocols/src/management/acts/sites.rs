//! A tenant's sites: listed, shown, made, changed, removed, and what their pages are to have in them.

use std::sync::Arc;

use challenge::directory::provision::{Blueprint, Removed, TenantBlueprint};
use challenge::directory::{Site, TenantView};
use challenge::officers::{Officer, Power};
use secrecy::SecretString;
use serde_json::Value;

use crate::desk::Desk;
use crate::management::acts::{described, taken, without};
use crate::management::members::{self, SecretForm, SecretSet};
use crate::management::paging::{Page, Paging};
use crate::management::precondition::{IfMatch, Tagged};
use crate::management::refusal::Refusal;
use crate::management::shapes::sites::{SiteBody, SiteShown, Snippet};
use crate::management::shapes::told::ToldOnce;
use crate::management::writing;

/// The sites of a tenant within reach, by public id.
#[expect(
    clippy::unused_async,
    reason = "operations are alike: whether one waits is no matter of its callers"
)]
pub async fn list(
    desk: &Desk,
    officer: &Officer,
    tenant: &str,
    paging: &Paging,
) -> Result<Page<SiteShown>, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Read)?;
    let mut all = desk.verifier.catalogue.sites();
    all.retain(|site| site.tenant == view.tenant.id);
    let page = paging.of_all(all, |site| &site.public_id);
    Ok(page.map(|site| SiteShown::of(&site).value))
}

/// A site.
#[expect(
    clippy::unused_async,
    reason = "operations are alike: whether one waits is no matter of its callers"
)]
pub async fn show(
    desk: &Desk,
    officer: &Officer,
    (tenant, public_id): (&str, &str),
) -> Result<Tagged<SiteShown>, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Read)?;
    Ok(SiteShown::of(&*found(desk, &view, public_id)?))
}

/// What a site's pages are to have in them.
#[expect(
    clippy::unused_async,
    reason = "operations are alike: whether one waits is no matter of its callers"
)]
pub async fn snippet(
    desk: &Desk,
    officer: &Officer,
    (tenant, public_id): (&str, &str),
) -> Result<Snippet, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Read)?;
    let site = found(desk, &view, public_id)?;
    Ok(Snippet::of(&desk.public_url, &site.public_id))
}

/// Makes a site.
pub async fn create(
    desk: &Desk,
    officer: &Officer,
    tenant: &str,
    body: &SiteBody,
) -> Result<SiteShown, Refusal> {
    let (secret, told) = drawn(desk, body);
    let describe = async || {
        let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Shape)?;
        if desk.verifier.catalogue.site(&body.public_id).is_some() {
            return Err(taken("/public_id", "site", &body.public_id));
        }
        Ok(wanted(&view, body, secret.clone()))
    };
    let plan = writing::write(desk, officer, describe).await?;
    let mut shown = show(desk, officer, (tenant, &body.public_id)).await?.value;
    shown.warnings = writing::warnings(&plan);
    shown.secret = told;
    Ok(shown)
}

/// Changes a site (RFC 7396).
pub async fn change(
    desk: &Desk,
    officer: &Officer,
    (tenant, public_id): (&str, &str),
    (patch, if_match): (&Value, &IfMatch),
) -> Result<Tagged<SiteShown>, Refusal> {
    members::keep_secrets(patch, &["/secret"])?;
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Shape)?;
    let body = members::patched(&SiteBody::of(&*found(desk, &view, public_id)?), patch)?;
    let (secret, told) = drawn(desk, &body);
    let describe = async || {
        let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Shape)?;
        let site = found(desk, &view, public_id)?;
        if_match.check(&SiteShown::of(&site).tag)?;
        let body = members::patched(&SiteBody::of(&site), patch)?;
        members::keep_name("/public_id", &site.public_id, &body.public_id)?;
        Ok(wanted(&view, &body, secret.clone()))
    };
    let plan = writing::write(desk, officer, describe).await?;
    let mut shown = show(desk, officer, (tenant, public_id)).await?;
    shown.value.warnings = writing::warnings(&plan);
    shown.value.secret = told;
    Ok(shown)
}

/// Removes a site; its pages get no challenges any more.
pub async fn remove(
    desk: &Desk,
    officer: &Officer,
    (tenant, public_id): (&str, &str),
    if_match: &IfMatch,
) -> Result<(), Refusal> {
    let describe = async || {
        let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Shape)?;
        if_match.check(&SiteShown::of(&*found(desk, &view, public_id)?).tag)?;
        Ok(without(tenant, Removed::Site(public_id.to_owned())))
    };
    writing::write(desk, officer, describe).await.map(drop)
}

/// The site of this tenant; another tenant's is as unknown as none.
pub(in crate::management) fn found(
    desk: &Desk,
    view: &TenantView,
    public_id: &str,
) -> Result<Arc<Site>, Refusal> {
    let found = desk.verifier.catalogue.site(public_id);
    found
        .filter(|site| site.tenant == view.tenant.id)
        .ok_or_else(|| Refusal::unknown("site"))
}

fn wanted(view: &TenantView, body: &SiteBody, secret: Option<SecretString>) -> Blueprint {
    described(TenantBlueprint {
        sites: vec![body.blueprint(secret)],
        ..TenantBlueprint::as_it_is(&view.tenant)
    })
}

fn drawn(desk: &Desk, body: &SiteBody) -> (Option<SecretString>, Option<ToldOnce>) {
    let rng = desk.verifier.provisioner().rng;
    let set = body
        .secret
        .as_ref()
        .map(|given| given.set(SecretForm::Long, rng));
    set.map_or((None, None), |SecretSet { secret, told }| {
        (Some(secret), told)
    })
}
