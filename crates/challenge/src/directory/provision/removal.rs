//! Planning that single things go, by name: without a description of all that stays.

use super::draft::Draft;
use super::findings::At;
use crate::directory::{Tenant, User, UserKey};
use crate::officers::within_tenant;
use crate::ports::{StoreError, TenantRows};
use crate::standing::Status;

/// Users that are read at a time.
const PAGE: u32 = 1000;

/// Authenticators in the way of a removal that are counted, and some more of the same page.
const SERVING_MAX: usize = 100;

/// One thing that is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The name of the tenant that it belongs to, or that it is.
    pub tenant: String,
    /// What it is.
    pub what: Removed,
}

/// What is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removed {
    /// The tenant itself, in which there must be nothing any more: what was spent is never forgotten.
    Tenant,
    /// Its settings for approvals.
    Okay,
    /// The client with this id, and its access tokens.
    Client(String),
    /// The site with this public id.
    Site(String),
    /// The policy with this code, which must be no client's default.
    Policy(String),
    /// The static password of the user with this login name.
    Password(String),
}

impl Draft<'_> {
    /// Plans what goes. What is not there is a problem: whoever named it meant something else.
    pub(super) async fn plan_removals(
        &mut self,
        removals: &[Removal],
        present: &[TenantRows],
    ) -> Result<(), StoreError> {
        for Removal { tenant, what } in removals {
            let at = At::tenant(tenant);
            let Some(rows) = present.iter().find(|rows| rows.tenant.name == *tenant) else {
                self.found.problem(&at, NOT_THERE);
                continue;
            };
            match what {
                Removed::Tenant => self.remove_tenant(&at, rows).await?,
                Removed::Okay => self.remove_okay(&at, &rows.tenant),
                Removed::Client(id) => self.remove_client(&at, rows, id),
                Removed::Site(public_id) => self.remove_site(&at, rows, public_id),
                Removed::Policy(code) => self.remove_policy(&at, rows, code).await?,
                Removed::Password(name) => self.remove_password(&at, rows, name).await?,
            }
        }
        Ok(())
    }

    async fn remove_tenant(&mut self, at: &At, rows: &TenantRows) -> Result<(), StoreError> {
        let id = rows.tenant.id;
        let held = [
            ("clients", !rows.clients.is_empty()),
            ("sites", !rows.sites.is_empty()),
            ("policies", !rows.policies.is_empty()),
            (
                "corpora (`corpus remove`)",
                !self.context.store.corpora(id).await?.is_empty(),
            ),
        ];
        let held: Vec<_> = held
            .iter()
            .filter(|(_, any)| *any)
            .map(|(what, _)| *what)
            .collect();
        if !held.is_empty() {
            let held = held.join(", ");
            self.found
                .problem(at, format!("it has {held}; remove them first"));
        }
        if !self.context.store.users(id, None, 1).await?.is_empty() {
            self.found.problem(
                at,
                "it has users, and what they spent must stay known; make it inactive instead \
                 (okay.status), and remove its clients and sites",
            );
        }
        if self.context.store.is_filled(id).await? {
            self.found.problem(
                at,
                "tokens are just being imported; wait until that is done, and remove it then if it still has \
                 no users",
            );
        }
        let now = self.context.clock.now();
        let (people, tokens) = within_tenant(self.context.store, id, now).await?;
        if people + tokens > 0 {
            self.found.problem(
                at,
                format!(
                    "officers reach it alone (administrators: {people}, good tokens: {tokens}); remove the \
                     administrators and revoke the tokens first"
                ),
            );
        }
        self.provision.removed_tenants.push(id);
        self.changed(id, at, "removed");
        Ok(())
    }

    fn remove_okay(&mut self, at: &At, tenant: &Tenant) {
        if tenant.okay.is_none() {
            self.found.problem(at, "okay: it has none");
            return;
        }
        self.changed(tenant.id, at, "okay: removed");
        let mut planned = self.provision.tenants.iter_mut();
        match planned.find(|planned| planned.id == tenant.id) {
            // The same change says more about the tenant.
            Some(planned) => planned.okay = None,
            None => self.provision.tenants.push(Tenant {
                okay: None,
                ..tenant.clone()
            }),
        }
    }

    fn remove_client(&mut self, at: &At, rows: &TenantRows, id: &str) {
        let at = at.within("client", id);
        let Some(client) = rows.clients.iter().find(|client| client.name == id) else {
            self.found.problem(&at, NOT_THERE);
            return;
        };
        let tenant = rows.tenant.id;
        self.provision.removed_clients.push((tenant, client.id));
        self.changed(tenant, &at, "removed, its access tokens with it");
    }

    fn remove_site(&mut self, at: &At, rows: &TenantRows, public_id: &str) {
        let at = at.within("site", public_id);
        let Some(site) = rows.sites.iter().find(|site| site.public_id == public_id) else {
            self.found.problem(&at, NOT_THERE);
            return;
        };
        self.provision.removed_sites.push((rows.tenant.id, site.id));
        self.changed(rows.tenant.id, &at, "removed");
    }

    async fn remove_policy(
        &mut self,
        at: &At,
        rows: &TenantRows,
        code: &str,
    ) -> Result<(), StoreError> {
        let at = at.within("policy", code);
        let Some(policy) = rows.policies.iter().find(|policy| policy.code == code) else {
            self.found.problem(&at, NOT_THERE);
            return Ok(());
        };
        let defaults = rows
            .clients
            .iter()
            .filter(|client| client.default_policy.as_deref() == Some(code));
        for client in defaults {
            let client = &client.name;
            self.found.problem(
                &at,
                format!("it is the default_policy of client {client}; give the client another"),
            );
        }
        if let Some((number, serial)) = self.serving_alone(rows, code).await? {
            self.found.problem(
                &at,
                format!(
                    "{number} authenticators serve it and no other, {serial} among them; give them another \
                     policy, or revoke them, first"
                ),
            );
        }
        self.provision
            .removed_policies
            .push((rows.tenant.id, policy.id));
        self.changed(rows.tenant.id, &at, "removed");
        Ok(())
    }

    /// Authenticators of a tenant that would serve nothing without this policy: their number, counted up to
    /// [`SERVING_MAX`], and the serial of one. Those that are revoked serve nothing anyhow.
    async fn serving_alone(
        &self,
        rows: &TenantRows,
        code: &str,
    ) -> Result<Option<(usize, String)>, StoreError> {
        let stays = |other: &String| {
            other != code && rows.policies.iter().any(|policy| policy.code == *other)
        };
        let (store, tenant) = (self.context.store, rows.tenant.id);
        let (mut after, mut found) = (None, None);
        loop {
            let page = store.users(tenant, after, PAGE).await?;
            let Some((last, _)) = page.last() else {
                return Ok(found);
            };
            after = Some(last.id);
            for (user, held) in page {
                let mut alone = held;
                alone.retain(|one| {
                    one.policies.iter().any(|served| served == code)
                        && !one.policies.iter().any(stays)
                });
                if alone.is_empty() {
                    continue;
                }
                let standing = store.standing(tenant, user.id).await?;
                let movements = standing.map(|row| row.value.authenticators);
                let status = |id| Some(movements.as_ref()?.get(&id)?.status);
                for one in alone {
                    if status(one.id) != Some(Status::Revoked) {
                        let (number, _) = found.get_or_insert((0, one.serial));
                        *number += 1;
                    }
                }
            }
            if found
                .as_ref()
                .is_some_and(|(number, _)| *number >= SERVING_MAX)
            {
                return Ok(found);
            }
        }
    }

    async fn remove_password(
        &mut self,
        at: &At,
        rows: &TenantRows,
        login_name: &str,
    ) -> Result<(), StoreError> {
        let at = at.within("user", login_name);
        let key = UserKey::LoginName(login_name);
        let found = self.context.store.user(rows.tenant.id, key).await?;
        match found {
            None => self.found.problem(&at, NOT_THERE),
            Some((user, _)) if user.password_hash.is_none() => {
                self.found.problem(&at, "password: it has none");
            }
            Some((user, _)) => {
                let mut planned = self.provision.users.iter_mut();
                match planned.find(|planned| planned.id == user.id) {
                    // The same change says more about the user.
                    Some(planned) => planned.password_hash = None,
                    None => self.provision.users.push(User {
                        password_hash: None,
                        ..user
                    }),
                }
                self.changed(rows.tenant.id, &at, "password: removed");
            }
        }
        Ok(())
    }
}

const NOT_THERE: &str = "there is none of this name";
