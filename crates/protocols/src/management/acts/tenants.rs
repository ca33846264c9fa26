//! Tenants: listed, shown, made, changed, removed.

use challenge::clock::Timestamp;
use challenge::directory::provision::{
    Blueprint, OkayBlueprint, Removal, Removed, TenantBlueprint,
};
use challenge::directory::{OkaySettings, Tenant};
use challenge::officers::{CONSOLE, Denied, Officer, Power, Reach};
use serde_json::Value;

use crate::desk::Desk;
use crate::management::acts::{in_the_way, taken, without};
use crate::management::members::{self, SecretForm, SecretGiven, SecretSet};
use crate::management::paging::{Page, Paging};
use crate::management::precondition::{IfMatch, Tagged};
use crate::management::refusal::Refusal;
use crate::management::shapes::tenants::{OkayBody, OkaySecrets, TenantBody, TenantShown};
use crate::management::shapes::told::ToldOnce;
use crate::management::writing;

/// The tenants within reach, by name.
#[expect(
    clippy::unused_async,
    reason = "operations are alike: whether one waits is no matter of its callers"
)]
pub async fn list(
    desk: &Desk,
    officer: &Officer,
    paging: &Paging,
) -> Result<Page<TenantShown>, Refusal> {
    officer.may(Power::Read)?;
    let mut all = desk.verifier.catalogue.tenants();
    all.retain(|view| {
        let reach = Reach::Tenant(view.tenant.id);
        view.tenant.name != CONSOLE && officer.reach.covers(reach)
    });
    let page = paging.of_all(all, |view| &view.tenant.name);
    let now = desk.verifier.now();
    Ok(page.map(|view| TenantShown::of(&view.tenant, now).value))
}

/// A tenant within reach.
#[expect(
    clippy::unused_async,
    reason = "operations are alike: whether one waits is no matter of its callers"
)]
pub async fn show(
    desk: &Desk,
    officer: &Officer,
    name: &str,
) -> Result<Tagged<TenantShown>, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, name, Power::Read)?;
    Ok(TenantShown::of(&view.tenant, desk.verifier.now()))
}

/// Makes a tenant. For officers of the whole server.
pub async fn create(
    desk: &Desk,
    officer: &Officer,
    body: &TenantBody,
) -> Result<TenantShown, Refusal> {
    officer.server(Power::Govern)?;
    let drawn = Drawn::of(desk, body.okay.as_ref());
    let describe = async || {
        let catalogue = &desk.verifier.catalogue;
        // The built-in tenant is not there for anybody, and its name is not to be had.
        if catalogue.tenant(&body.name).is_some() || body.name == CONSOLE {
            return Err(taken("/name", "tenant", &body.name));
        }
        described(desk, body, &drawn.secrets)
    };
    let plan = writing::write(desk, officer, describe).await?;
    let mut shown = show(desk, officer, &body.name).await?.value;
    shown.warnings = writing::warnings(&plan);
    drawn.tell(&mut shown);
    Ok(shown)
}

/// Changes a tenant within reach (RFC 7396).
///
/// What an officer of the tenant alone may not change is whether, until when and under which number
/// it may use the protocol of approvals, and whether it may have private addresses called.
pub async fn change(
    desk: &Desk,
    officer: &Officer,
    name: &str,
    (patch, if_match): (&Value, &IfMatch),
) -> Result<Tagged<TenantShown>, Refusal> {
    members::keep_secrets(patch, &["/okay/secret", "/okay/callback_standard_secret"])?;
    let named = officer.tenant(&desk.verifier.catalogue, name, Power::Shape)?;
    let body = patched(&named.tenant, patch)?;
    let drawn = Drawn::of(desk, body.okay.as_ref());
    let describe = async || {
        let view = officer.tenant(&desk.verifier.catalogue, name, Power::Shape)?;
        let tenant = &view.tenant;
        if_match.check(&TenantShown::of(tenant, desk.verifier.now()).tag)?;
        let body = patched(tenant, patch)?;
        members::keep_name("/name", &tenant.name, &body.name)?;
        let blueprint = described(desk, &body, &drawn.secrets)?;
        check_governed(officer, tenant, &blueprint)?;
        Ok(blueprint)
    };
    let plan = writing::write(desk, officer, describe).await?;
    let mut shown = show(desk, officer, name).await?;
    shown.value.warnings = writing::warnings(&plan);
    drawn.tell(&mut shown.value);
    Ok(shown)
}

/// Removes a tenant in which there is nothing any more. For officers of the whole server.
pub async fn remove(
    desk: &Desk,
    officer: &Officer,
    name: &str,
    if_match: &IfMatch,
) -> Result<(), Refusal> {
    let describe = async || {
        let view = officer.tenant(&desk.verifier.catalogue, name, Power::Read)?;
        officer.server(Power::Govern)?;
        if_match.check(&TenantShown::of(&view.tenant, desk.verifier.now()).tag)?;
        Ok(without(name, Removed::Tenant))
    };
    let removed = writing::write(desk, officer, describe).await;
    removed.map(drop).map_err(in_the_way)
}

fn patched(tenant: &Tenant, patch: &Value) -> Result<TenantBody, Refusal> {
    members::patched(&TenantBody::of(tenant), patch)
}

/// The tenant as a blueprint that names nothing else.
fn described(desk: &Desk, body: &TenantBody, secrets: &OkaySecrets) -> Result<Blueprint, Refusal> {
    let free = desk.verifier.catalogue.free_okay_id();
    let okay = body.okay.as_ref().map(|okay| {
        let settings = okay.settings(free)?;
        let OkaySecrets {
            secret,
            callback_standard_secret,
        } = secrets.clone();
        Ok::<_, Refusal>(OkayBlueprint {
            settings,
            secret,
            callback_standard_secret,
        })
    });
    let okay = okay.transpose()?;
    let present = desk.verifier.catalogue.tenant(&body.name);
    let is_gone = okay.is_none() && present.is_some_and(|view| view.tenant.okay.is_some());
    let removed = is_gone.then(|| Removal {
        tenant: body.name.clone(),
        what: Removed::Okay,
    });
    Ok(Blueprint {
        tenants: vec![TenantBlueprint {
            display_name: body.display_name.clone(),
            okay,
            ..TenantBlueprint::named(&body.name)
        }],
        removed: removed.into_iter().collect(),
        ..Blueprint::default()
    })
}

/// Refuses what only an officer of the whole server may change.
fn check_governed(officer: &Officer, tenant: &Tenant, wanted: &Blueprint) -> Result<(), Denied> {
    let governed = |okay: &OkaySettings| {
        (
            okay.id,
            okay.status,
            okay.trial_expires.map(Timestamp::unix_ms),
            okay.allow_private_callback,
            okay.allow_private_push,
        )
    };
    let before = tenant.okay.as_ref().map(governed);
    let okay = wanted
        .tenants
        .first()
        .and_then(|tenant| tenant.okay.as_ref());
    if before == okay.map(|okay| governed(&okay.settings)) {
        return Ok(());
    }
    officer.server(Power::Govern)
}

/// The secrets that a request sets, and those that it had drawn.
struct Drawn {
    secrets: OkaySecrets,
    secret: Option<ToldOnce>,
    callback_standard_secret: Option<ToldOnce>,
}

impl Drawn {
    fn of(desk: &Desk, okay: Option<&OkayBody>) -> Self {
        let rng = desk.verifier.provisioner().rng;
        let set = |given: Option<&SecretGiven>, form| -> (Option<_>, Option<_>) {
            let set = given.map(|given| given.set(form, rng));
            set.map_or((None, None), |SecretSet { secret, told }| {
                (Some(secret), told)
            })
        };
        let given = okay.and_then(|okay| okay.secret.as_ref());
        let (secret, secret_told) = set(given, SecretForm::Usual);
        let given = okay.and_then(|okay| okay.callback_standard_secret.as_ref());
        let (callback_standard_secret, callback_told) = set(given, SecretForm::Webhook);
        Self {
            secrets: OkaySecrets {
                secret,
                callback_standard_secret,
            },
            secret: secret_told,
            callback_standard_secret: callback_told,
        }
    }

    fn tell(self, shown: &mut TenantShown) {
        if let Some(okay) = &mut shown.okay {
            okay.secret = self.secret;
            okay.callback_standard_secret = self.callback_standard_secret;
        }
    }
}
