//! The way in: compare a blueprint with the directory, and write what differs in one piece.

use std::collections::HashSet;

use oath::otpauth;

use super::blueprint::Blueprint;
use super::draft::Draft;
use super::findings::{At, Finding};
use super::unique;
use crate::administration::Actor;
use crate::clock::Clock;
use crate::officers::CONSOLE;
use crate::ports::{Provision, Store, StoreError, TenantRows};
use crate::rng::Rng;
use crate::secret::Keyring;

/// How often a plan is made again because somebody else wrote first.
const ATTEMPTS: u32 = 10;

/// Brings the directory to what a blueprint says.
#[derive(Clone, Copy)]
pub struct Provisioner<'a> {
    /// Where the directory is kept.
    pub store: &'a dyn Store,
    /// What secrets are sealed with.
    pub keyring: &'a Keyring,
    /// Where ids, salts and generated keys come from.
    pub rng: &'a dyn Rng,
    /// When it happens, for the audit log.
    pub clock: &'a dyn Clock,
}

/// How far a blueprint goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options<'a> {
    /// Whether what the blueprint does not name goes away, in the tenants it names: clients, sites,
    /// policies and approval settings are removed, authenticators revoked, static passwords
    /// dropped. Users, counters and whatever was spent stay.
    pub prune: bool,
    /// Who acts, for the audit log; nothing: nobody is named.
    pub actor: Option<Actor<'a>>,
    /// The directory's version that the blueprint was made from: where there is another one by now,
    /// nothing is written, and it is a [`StoreError::Conflict`]. Nothing: whichever there is.
    pub from_version: Option<u64>,
}

/// What is to be done, or was done.
#[derive(Debug, Default)]
pub struct Plan {
    /// The rows; empty after they were written.
    pub provision: Provision,
    /// One line a change, for people.
    pub changes: Vec<String>,
    /// What is done as asked though it is better not asked for.
    pub warnings: Vec<Finding>,
    /// The keys that were generated; they are shown nowhere else.
    pub generated: Vec<Generated>,
}

/// A key that was generated.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The tenant's name.
    pub tenant: String,
    /// The authenticator's serial.
    pub serial: String,
    /// The key, in the form in which a person can hand it over.
    pub key: GeneratedKey,
}

/// A generated key in a form that can be handed over. **Holds the secret.**
#[derive(Clone, Debug)]
pub enum GeneratedKey {
    /// What authenticator apps read.
    Uri(Box<otpauth::Uri>),
    /// What devices for challenges and signatures read; see `docs/enrolment-uris.md`.
    Ocra(Box<otpauth::OcraUri>),
}

/// Why a blueprint was not applied. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The blueprint cannot be applied; every reason that was found, at least one.
    #[error("{}", .0.first().map_or_else(String::new, ToString::to_string))]
    Refused(Vec<Finding>),
    /// The store did not do as asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Provisioner<'_> {
    /// Says what applying the blueprint would do.
    pub async fn plan(
        &self,
        blueprint: &Blueprint,
        options: Options<'_>,
    ) -> Result<Plan, ProvisionError> {
        let built_in = blueprint.tenants.iter().map(|tenant| &tenant.name);
        let mut built_in = built_in.chain(blueprint.removed.iter().map(|one| &one.tenant));
        if built_in.any(|name| name == CONSOLE) {
            return Err(ProvisionError::Refused(vec![At::tenant(CONSOLE).finding(
                "this name is the server's own: its users are the administrators, who are made in the \
                 console; choose another name",
            )]));
        }
        self.plan_any(blueprint, options).await
    }

    /// The same for a blueprint of the server's own, which may name the tenant of the administrators.
    pub(crate) async fn plan_built_in(
        &self,
        blueprint: &Blueprint,
        options: Options<'_>,
    ) -> Result<Plan, ProvisionError> {
        self.plan_any(blueprint, options).await
    }

    async fn plan_any(
        &self,
        blueprint: &Blueprint,
        options: Options<'_>,
    ) -> Result<Plan, ProvisionError> {
        let version = self.store.directory_version().await?;
        if options.from_version.is_some_and(|from| from != version) {
            return Err(StoreError::Conflict.into());
        }
        let present = self.store.tenants().await?;
        let mut draft = Draft::new(self, options);
        draft.provision.expected_version = version;
        unique::check(&mut draft, blueprint, &present);
        check_tenant_names(&mut draft, blueprint);
        if blueprint.delivery.is_some() || blueprint.sign_up.is_some() {
            let present = self.store.server_settings().await?;
            if let Some(delivery) = &blueprint.delivery {
                draft.plan_delivery(delivery, &present);
            }
            if let Some(sign_up) = blueprint.sign_up {
                draft.plan_sign_up(sign_up, &present);
            }
            draft.check_letters(blueprint, &present);
        }
        for tenant in &blueprint.tenants {
            let rows = present.iter().find(|rows| rows.tenant.name == tenant.name);
            draft.plan_tenant(tenant, rows).await?;
        }
        draft.plan_removals(&blueprint.removed, &present).await?;
        // What was found wrong, or found to be so already, may be another's doing meanwhile.
        if let Some(from) = options.from_version
            && self.store.directory_version().await? != from
        {
            return Err(StoreError::Conflict.into());
        }
        draft.tell();
        let Draft {
            found,
            provision,
            changes,
            generated,
            ..
        } = draft;
        if !found.problems.is_empty() {
            return Err(ProvisionError::Refused(found.problems));
        }
        Ok(Plan {
            provision,
            changes,
            warnings: found.warnings,
            generated,
        })
    }

    /// Applies the blueprint whole, or nothing of it. Where nothing differs nothing is written.
    pub async fn apply(
        &self,
        blueprint: &Blueprint,
        options: Options<'_>,
    ) -> Result<Plan, ProvisionError> {
        for _ in 0..ATTEMPTS {
            let mut plan = self.plan(blueprint, options).await?;
            if plan.changes.is_empty() {
                return Ok(plan);
            }
            match self
                .store
                .provision(std::mem::take(&mut plan.provision))
                .await
            {
                Ok(()) => return Ok(plan),
                Err(StoreError::Conflict) if options.from_version.is_none() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

fn check_tenant_names(draft: &mut Draft<'_>, blueprint: &Blueprint) {
    let mut names = HashSet::new();
    for tenant in &blueprint.tenants {
        if !names.insert(&tenant.name) {
            draft
                .found
                .problem(&At::tenant(&tenant.name), "it is described twice");
        }
    }
}

/// The rows of a tenant that does not exist yet have none of anything.
pub(super) fn rows_or_none<T>(
    rows: Option<&TenantRows>,
    of: impl FnOnce(&TenantRows) -> &Vec<T>,
) -> &[T] {
    rows.map_or(&[], |rows| of(rows).as_slice())
}
