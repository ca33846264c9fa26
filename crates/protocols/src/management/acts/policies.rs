//! A tenant's policies: listed, shown, made, changed, removed.

use std::sync::Arc;

use challenge::directory::TenantView;
use challenge::directory::provision::{Blueprint, Removed, TenantBlueprint};
use challenge::officers::{Officer, Power};
use challenge::policy::Policy;
use serde_json::Value;

use crate::desk::Desk;
use crate::management::acts::{described, in_the_way, taken, without};
use crate::management::members;
use crate::management::paging::{Page, Paging};
use crate::management::precondition::{IfMatch, Tagged};
use crate::management::refusal::Refusal;
use crate::management::shapes::policies::{PolicyBody, PolicyShown};
use crate::management::writing;

/// The policies of a tenant within reach, by code.
#[expect(
    clippy::unused_async,
    reason = "operations are alike: whether one waits is no matter of its callers"
)]
pub async fn list(
    desk: &Desk,
    officer: &Officer,
    tenant: &str,
    paging: &Paging,
) -> Result<Page<PolicyShown>, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Read)?;
    let page = paging.of_all(view.policies().collect(), |policy| &policy.code);
    Ok(page.map(|policy| PolicyShown::of(policy).value))
}

/// A policy.
#[expect(
    clippy::unused_async,
    reason = "operations are alike: whether one waits is no matter of its callers"
)]
pub async fn show(
    desk: &Desk,
    officer: &Officer,
    (tenant, code): (&str, &str),
) -> Result<Tagged<PolicyShown>, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Read)?;
    Ok(PolicyShown::of(&*found(&view, code)?))
}

/// Makes a policy.
pub async fn create(
    desk: &Desk,
    officer: &Officer,
    tenant: &str,
    body: &PolicyBody,
) -> Result<PolicyShown, Refusal> {
    let describe = async || {
        let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Shape)?;
        if view.policy(&body.code).is_some() {
            return Err(taken("/code", "policy", &body.code));
        }
        Ok(wanted(&view, body))
    };
    let plan = writing::write(desk, officer, describe).await?;
    let mut shown = show(desk, officer, (tenant, &body.code)).await?.value;
    shown.warnings = writing::warnings(&plan);
    Ok(shown)
}

/// Changes a policy (RFC 7396). Locks and limits follow it at once, since they are computed.
pub async fn change(
    desk: &Desk,
    officer: &Officer,
    (tenant, code): (&str, &str),
    (patch, if_match): (&Value, &IfMatch),
) -> Result<Tagged<PolicyShown>, Refusal> {
    let describe = async || {
        let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Shape)?;
        let policy = found(&view, code)?;
        if_match.check(&PolicyShown::of(&policy).tag)?;
        let body = members::patched(&PolicyBody::of(&policy), patch)?;
        members::keep_name("/code", &policy.code, &body.code)?;
        Ok(wanted(&view, &body))
    };
    let plan = writing::write(desk, officer, describe).await?;
    let mut shown = show(desk, officer, (tenant, code)).await?;
    shown.value.warnings = writing::warnings(&plan);
    Ok(shown)
}

/// Removes a policy that no authenticator serves alone.
pub async fn remove(
    desk: &Desk,
    officer: &Officer,
    (tenant, code): (&str, &str),
    if_match: &IfMatch,
) -> Result<(), Refusal> {
    let describe = async || {
        let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Shape)?;
        if_match.check(&PolicyShown::of(&*found(&view, code)?).tag)?;
        Ok(without(tenant, Removed::Policy(code.to_owned())))
    };
    let removed = writing::write(desk, officer, describe).await;
    removed.map(drop).map_err(in_the_way)
}

fn found(view: &TenantView, code: &str) -> Result<Arc<Policy>, Refusal> {
    let found = view.policy(code).cloned();
    found.ok_or_else(|| Refusal::unknown("policy"))
}

fn wanted(view: &TenantView, body: &PolicyBody) -> Blueprint {
    described(TenantBlueprint {
        policies: vec![body.blueprint()],
        ..TenantBlueprint::as_it_is(&view.tenant)
    })
}
