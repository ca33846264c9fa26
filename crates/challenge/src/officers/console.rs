//! The tenant that the administrators are users of, and what the verifier needs to ask them.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;

use super::{CONSOLE, Denied, Origin};
use crate::directory::provision::{
    Blueprint, Options, PolicyBlueprint, SiteBlueprint, TenantBlueprint,
};
use crate::directory::{Client, Site, Tenant, TenantView};
use crate::door::Door;
use crate::id::Id;
use crate::policy::Limits;
use crate::ports::Provision;
use crate::rng;
use crate::verifier::{Context, Verifier};
use crate::visitor::Kind;

/// The policy of administrators' passwords.
pub const PASSWORD_POLICY: &str = "CONSOLE_PASSWORD";

/// The policy of administrators' one-time codes and recovery codes.
pub const CODE_POLICY: &str = "CONSOLE_CODE";

/// The public id of the site whose visitors sign up. There is no client of it, and nobody has its key: the
/// server checks its challenges by itself.
pub const SIGN_UP_SITE: &str = "countersign.sign-up";

/// Random bytes of that key.
const SITE_KEY_LENGTH: usize = 64;

/// The tenant's name for people.
pub(super) const DISPLAY_NAME: &str = "Administrators";

/// Failures after which an administrator is locked.
const MAX_FAILURES: u32 = 5;

/// Seconds of that lock. A sign-in link opens a session in spite of it.
const LOCK_S: u32 = 900;

/// How often a change of the directory is planned again because somebody else wrote first.
pub(super) const ATTEMPTS: u32 = 20;

/// What is told where that was not enough.
pub(super) const TOO_BUSY: &str = "the directory changes faster than this change can be planned";

/// The tenant of the administrators, and the console as a client of it, to ask the verifier with.
pub(super) struct Console {
    pub(super) view: Arc<TenantView>,
    client: Client,
}

impl Console {
    /// The tenant's id.
    pub(super) fn id(&self) -> Id<Tenant> {
        self.view.tenant.id
    }

    /// A request of somebody who signs in.
    pub(super) fn context<'a>(&'a self, origin: &'a Origin) -> Context<'a> {
        Context {
            tenant: &self.view,
            client: &self.client,
            door: Door::Management,
            channel: None,
            address: origin.address.as_deref(),
            correlation: origin.correlation.as_deref(),
        }
    }
}

impl Verifier {
    /// Makes the tenant [`super::CONSOLE`] with its policies where it is missing or differs.
    pub async fn found_console(&self) -> Result<(), Denied> {
        let mut tenant = TenantBlueprint::named(CONSOLE);
        tenant.display_name = Some(DISPLAY_NAME.to_owned());
        tenant.policies = vec![policy(PASSWORD_POLICY, true), policy(CODE_POLICY, false)];
        let rows = self.store.tenants().await?;
        let rows = rows.into_iter().find(|rows| rows.tenant.name == CONSOLE);
        let sites = rows.map(|rows| rows.sites).unwrap_or_default();
        let is_own = |site: &Site| site.public_id == SIGN_UP_SITE;
        let mut site = SiteBlueprint::named(SIGN_UP_SITE);
        site.kinds = [Kind::ProofOfWork, Kind::Text]
            .map(|kind| kind.name().to_owned())
            .into();
        if !sites.iter().any(is_own) {
            let key = rng::bytes::<SITE_KEY_LENGTH>(&*self.rng);
            site.secret = Some(BASE64URL_NOPAD.encode(&key).into());
        }
        tenant.sites = vec![site];
        let blueprint = Blueprint {
            tenants: vec![tenant],
            ..Blueprint::default()
        };
        if let Some(view) = self.catalogue.tenant(CONSOLE) {
            let has_sites = !sites.iter().all(is_own);
            if has_sites || view.tenant.okay.is_some() || view.clients().next().is_some() {
                return Err(Denied::Unavailable(format!(
                    "the tenant {CONSOLE} has clients, sites of others or approvals, through which a protocol would \
                     reach the administrators; take them away with the version that made them, or \
                     choose another database"
                )));
            }
        }
        for _ in 0..ATTEMPTS {
            let plan = self
                .provisioner()
                .plan_built_in(&blueprint, Options::default())
                .await?;
            if plan.changes.is_empty() || self.provision_now(plan.provision).await? {
                return Ok(());
            }
        }
        Err(Denied::Unavailable(TOO_BUSY.to_owned()))
    }

    pub(super) fn console(&self) -> Result<Console, Denied> {
        let view = self.catalogue.tenant(CONSOLE).ok_or_else(|| {
            Denied::Unavailable(format!(
                "the tenant {CONSOLE} is missing; start the server anew"
            ))
        })?;
        let client = console_client(view.tenant.id);
        Ok(Console { view, client })
    }

    /// Writes a change of the directory and honours it; whether nobody was faster.
    pub(super) async fn provision_now(&self, change: Provision) -> Result<bool, Denied> {
        match self.store.provision(change).await {
            Ok(()) => {}
            Err(crate::ports::StoreError::Conflict) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        self.catalogue.refresh().await?;
        Ok(true)
    }
}

fn policy(code: &str, static_password: bool) -> PolicyBlueprint {
    PolicyBlueprint {
        code: code.to_owned(),
        limits: Limits {
            max_failures: MAX_FAILURES,
            lock_s: LOCK_S,
            static_password,
            ..Limits::default()
        },
    }
}

/// The console is no row: nothing can call as it from outside.
fn console_client(tenant: Id<Tenant>) -> Client {
    Client {
        id: Id::SERVER,
        tenant,
        name: "console".to_owned(),
        secret: None,
        grants: Vec::new(),
        protocols: Vec::new(),
        scopes: Vec::new(),
        caller_supplied_challenge: false,
        addresses: Vec::new(),
        certificate_sha256: None,
        default_policy: None,
        default_channel: None,
        token_s: 0,
        user_token_s: 0,
    }
}
