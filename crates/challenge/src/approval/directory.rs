//! What approvals need of the directory: a tenant's settings and secrets, and users that appear.

use zeroize::Zeroizing;

use super::caller::Asking;
use super::refused::Refused;
use super::session::Session;
use crate::audit::{EventKind, Outcome};
use crate::directory::{OkaySettings, Tenant, TenantStatus, User, UserKey};
use crate::id::Id;
use crate::ports::{Provision, StandingWrite, StoreError};
use crate::secret::{Place, Sealed};
use crate::standing::Standing;
use crate::verifier::{TRIES, Verifier};

/// The longest name of a user that a tenant may give, in bytes.
pub(super) const EXTERNAL_ID_MAX: usize = 200;

impl Verifier {
    /// The settings of a tenant that may ask now.
    pub fn may_ask<'a>(&self, tenant: &'a Tenant) -> Result<&'a OkaySettings, Refused> {
        let okay = tenant.okay.as_ref().ok_or(Refused::NotSetUp)?;
        if okay.status == TenantStatus::Inactive {
            return Err(Refused::TenantInactive);
        }
        if okay
            .trial_expires
            .is_some_and(|end| self.clock.now() >= end)
        {
            return Err(Refused::TenantExpired);
        }
        Ok(okay)
    }

    /// The secret that a tenant's requests and callbacks are signed with.
    pub fn okay_secret(&self, tenant: &Tenant) -> Result<Zeroizing<Vec<u8>>, Refused> {
        let okay = tenant.okay.as_ref().ok_or(Refused::NotSetUp)?;
        let sealed = okay.secret.as_ref().ok_or(Refused::NotSetUp)?;
        Ok(self
            .keyring
            .open(&okay_place(tenant.id, "okay_secret"), sealed)?)
    }

    /// The secret of a tenant's Standard Webhooks signatures; nothing: it has none of its own.
    pub fn okay_callback_secret(
        &self,
        tenant: &Tenant,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Refused> {
        let okay = tenant.okay.as_ref().ok_or(Refused::NotSetUp)?;
        let place = okay_place(tenant.id, "okay_callback_standard_secret");
        let open = |sealed: &Sealed| self.keyring.open(&place, sealed);
        Ok(okay
            .callback_standard_secret
            .as_ref()
            .map(open)
            .transpose()?)
    }

    /// The user of this name, who is created where there is none.
    ///
    /// A change of the directory: whole, and tried again where somebody else changed it meanwhile.
    pub(super) async fn user_or_new(
        &self,
        asking: &Asking<'_>,
        external_id: &str,
    ) -> Result<User, Refused> {
        let tenant = asking.tenant.tenant.id;
        let mut turn = None;
        for _ in 0..TRIES {
            let version = self.store.directory_version().await?;
            let key = UserKey::ExternalId(external_id);
            if let Some((user, _)) = self.store.user(tenant, key).await? {
                return Ok(user);
            }
            if turn.is_none() {
                turn = self.turnstiles.pass(tenant.number()).await;
                continue;
            }
            self.refuse_session_names(tenant, external_id).await?;
            let user = self.new_user(tenant, external_id).await?;
            let mut event = self.event_of_asking(asking, EventKind::Provision, Outcome::Done);
            event.user = Some(user.id);
            let told = format!("user {}: created by linking", user.login_name);
            event.detail.fields = vec![("change".to_owned(), told)];
            let standing = StandingWrite {
                user: user.id,
                expected: 0,
                next: Some(Standing::default()),
            };
            let change = Provision {
                expected_version: version,
                users: vec![user.clone()],
                standings: vec![(tenant, standing)],
                events: vec![event],
                ..Provision::default()
            };
            match self.store.provision(change).await {
                Ok(()) => return Ok(user),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refused::Unavailable(format!(
            "a new user of tenant {tenant}: {TRIES} lost races"
        )))
    }

    /// The signature of a link equals that of a look at a session where the user is called as the
    /// session is, so no user gets such a name.
    async fn refuse_session_names(
        &self,
        tenant: Id<Tenant>,
        external_id: &str,
    ) -> Result<(), Refused> {
        let Ok(id) = external_id.parse::<Id<Session>>() else {
            return Ok(());
        };
        match self.store.session(tenant, id).await? {
            None => Ok(()),
            Some(_) => Err(Refused::DoesNotFit(
                "userExternalId: a session has this number; choose another name".to_owned(),
            )),
        }
    }

    async fn new_user(&self, tenant: Id<Tenant>, external_id: &str) -> Result<User, Refused> {
        let id = Id::random(&*self.rng);
        Ok(User {
            id,
            tenant,
            login_name: self.free_login_name(tenant, external_id, id).await?,
            external_id: Some(external_id.to_owned()),
            display_name: None,
            email: None,
            phone: None,
            password_hash: None,
        })
    }

    /// A login name of the user's own. Somebody who signs in by the external id is not known to be the
    /// same person. The last name holds the user's id, so nobody else has it.
    async fn free_login_name(
        &self,
        tenant: Id<Tenant>,
        external_id: &str,
        id: Id<User>,
    ) -> Result<String, Refused> {
        for name in [external_id.to_owned(), format!("okay:{external_id}")] {
            let key = UserKey::LoginName(&name);
            if self.store.user(tenant, key).await?.is_none() {
                return Ok(name);
            }
        }
        Ok(format!("okay:{external_id}:{id}"))
    }

    /// The user that a tenant calls so. One who was just created may not be in the catalogue yet.
    pub(super) async fn user_called(
        &self,
        tenant: Id<Tenant>,
        external_id: &str,
    ) -> Result<Option<User>, Refused> {
        let key = UserKey::ExternalId(external_id);
        if let Some(record) = self.catalogue.user(tenant, key).await? {
            return Ok(Some(record.user.clone()));
        }
        let found = self.store.user(tenant, key).await?;
        Ok(found.map(|(user, _)| user))
    }
}

/// Where a tenant's secrets stand.
pub(crate) fn okay_place(tenant: Id<Tenant>, column: &'static str) -> Place<'static> {
    Place {
        table: "tenant",
        column,
        tenant: tenant.number(),
        row: tenant.number(),
    }
}

/// Refuses a user's name that could not be kept or shown.
pub(super) fn check_external_id(external_id: &str) -> Result<(), Refused> {
    if external_id.is_empty() || external_id.len() > EXTERNAL_ID_MAX {
        return Err(Refused::DoesNotFit(format!(
            "userExternalId: 1 to {EXTERNAL_ID_MAX} bytes are allowed"
        )));
    }
    if external_id.chars().any(char::is_control) {
        return Err(Refused::DoesNotFit(
            "userExternalId: control characters are not allowed".to_owned(),
        ));
    }
    Ok(())
}
