//! A directory in memory: what provisioning reads and writes, and nothing else.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;

use challenge::access::{AccessToken, TokenKey};
use challenge::approval::ports::{
    ApprovalStore, Claim, Claimed, CodeDigest, Guesses, LinkingCode, Listing, Outbox, Settled,
    Waiting,
};
use challenge::approval::{Device, Session};
use challenge::audit::Event;
use challenge::clock::Timestamp;
use challenge::directory::{
    Authenticator, AuthenticatorKey, ServerSetting, Site, Tenant, User, UserKey,
};
use challenge::id::{Id, TimedId};
use challenge::lifecycle::Challenge;
use challenge::ports::{
    Change, FailingUser, Provision, Store, StoreError, TenantRows, Version, Versioned,
};
use challenge::standing::Standing;
use challenge::visitor::{SiteHour, Visit};

use crate::memory_corpora::CorpusRows;

#[derive(Default)]
pub(crate) struct Rows {
    pub(super) version: u64,
    pub(super) settings: Vec<ServerSetting>,
    pub(super) tenants: BTreeMap<Id<Tenant>, TenantRows>,
    pub(super) users: BTreeMap<Id<User>, User>,
    pub(super) authenticators: BTreeMap<Id<Authenticator>, Authenticator>,
    pub(super) standings: BTreeMap<Id<User>, (Version, Standing)>,
    pub(super) events: Vec<Event>,
    pub(super) corpora: CorpusRows,
    /// So many writes are lost to somebody faster.
    pub(super) losses: u32,
}

#[derive(Default)]
pub(crate) struct Memory(Mutex<Rows>);

impl Memory {
    pub(super) fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap()
    }

    pub(super) fn user_named(&self, name: &str) -> User {
        self.rows()
            .users
            .values()
            .find(|user| user.login_name == name)
            .unwrap()
            .clone()
    }

    pub(super) fn token(&self, serial: &str) -> Authenticator {
        let rows = self.rows();
        rows.authenticators
            .values()
            .find(|one| one.serial == serial)
            .unwrap()
            .clone()
    }
}

impl Rows {
    fn held(&self, user: Id<User>) -> Vec<Authenticator> {
        self.authenticators
            .values()
            .filter(|one| one.user == user)
            .cloned()
            .collect()
    }

    /// Writes tenants and what is small about them.
    fn write_catalogue(&mut self, change: &Provision) {
        for row in &change.settings {
            put(&mut self.settings, row, |row| row.name.clone());
        }
        for tenant in &change.tenants {
            let (clients, policies, sites) = (Vec::new(), Vec::new(), Vec::new());
            let fresh = TenantRows {
                tenant: tenant.clone(),
                clients,
                policies,
                sites,
            };
            self.tenants.entry(tenant.id).or_insert(fresh).tenant = tenant.clone();
        }
        for row in &change.clients {
            put(&mut self.of(row.tenant).clients, row, |row| row.id);
        }
        for row in &change.policies {
            put(&mut self.of(row.tenant).policies, row, |row| row.id);
        }
        for row in &change.sites {
            put(&mut self.of(row.tenant).sites, row, |row| row.id);
        }
        for (tenant, id) in &change.removed_clients {
            self.of(*tenant).clients.retain(|row| row.id != *id);
        }
        for (tenant, id) in &change.removed_policies {
            self.of(*tenant).policies.retain(|row| row.id != *id);
        }
        for (tenant, id) in &change.removed_sites {
            self.of(*tenant).sites.retain(|row| row.id != *id);
        }
    }

    fn of(&mut self, tenant: Id<Tenant>) -> &mut TenantRows {
        self.tenants.get_mut(&tenant).unwrap()
    }
}

keeps_corpora!(Memory);

#[async_trait]
impl Store for Memory {
    async fn standing(
        &self,
        _: Id<Tenant>,
        user: Id<User>,
    ) -> Result<Option<Versioned<Standing>>, StoreError> {
        let found = self.rows().standings.get(&user).cloned();
        Ok(found.map(|(version, value)| Versioned { version, value }))
    }

    async fn challenge(
        &self,
        _: Id<Tenant>,
        _: TimedId,
    ) -> Result<Option<Versioned<Challenge>>, StoreError> {
        Ok(None)
    }

    async fn visit(
        &self,
        _: Id<Tenant>,
        _: TimedId,
    ) -> Result<Option<Versioned<Visit>>, StoreError> {
        Ok(None)
    }

    async fn is_spent(
        &self,
        _: Id<Tenant>,
        _: &[u8; 32],
        _: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn add_site_hours(&self, _: Vec<SiteHour>) -> Result<(), StoreError> {
        Err(StoreError::Unavailable(
            "provisioning counts nothing".to_owned(),
        ))
    }

    async fn site_hours(
        &self,
        _: Id<Tenant>,
        _: Id<Site>,
        _: Timestamp,
    ) -> Result<Vec<SiteHour>, StoreError> {
        Ok(Vec::new())
    }

    async fn access_token(
        &self,
        _: Id<Tenant>,
        _: &TokenKey,
    ) -> Result<Option<AccessToken>, StoreError> {
        Ok(None)
    }

    async fn commit(&self, _: Change) -> Result<(), StoreError> {
        Err(StoreError::Unavailable(
            "provisioning commits nothing".to_owned(),
        ))
    }

    async fn directory_version(&self) -> Result<u64, StoreError> {
        Ok(self.rows().version)
    }

    async fn tenants(&self) -> Result<Vec<TenantRows>, StoreError> {
        Ok(self.rows().tenants.values().cloned().collect())
    }

    async fn server_settings(&self) -> Result<Vec<ServerSetting>, StoreError> {
        Ok(self.rows().settings.clone())
    }

    async fn user(
        &self,
        tenant: Id<Tenant>,
        key: UserKey<'_>,
    ) -> Result<Option<(User, Vec<Authenticator>)>, StoreError> {
        let rows = self.rows();
        let fits = |user: &&User| {
            user.tenant == tenant
                && match key {
                    UserKey::Id(id) => user.id == id,
                    UserKey::LoginName(name) => user.login_name == name,
                    UserKey::ExternalId(name) => user.external_id.as_deref() == Some(name),
                }
        };
        let user = rows.users.values().find(fits).cloned();
        Ok(user.map(|user| (user.clone(), rows.held(user.id))))
    }

    async fn authenticator(
        &self,
        tenant: Id<Tenant>,
        key: AuthenticatorKey<'_>,
    ) -> Result<Option<Authenticator>, StoreError> {
        let rows = self.rows();
        let found = rows.authenticators.values().find(|one| {
            one.tenant == tenant
                && match key {
                    AuthenticatorKey::Id(id) => one.id == id,
                    AuthenticatorKey::Serial(serial) => one.serial == serial,
                }
        });
        Ok(found.cloned())
    }

    async fn authenticators_on(
        &self,
        _: Id<Tenant>,
        _: &str,
    ) -> Result<Vec<Authenticator>, StoreError> {
        Ok(Vec::new())
    }

    async fn users_from(
        &self,
        tenant: Id<Tenant>,
        from: &str,
        limit: u32,
    ) -> Result<Vec<(User, Vec<Authenticator>)>, StoreError> {
        let mut users = self.users(tenant, None, u32::MAX).await?;
        users.retain(|(user, _)| user.login_name.as_str() >= from);
        users.sort_by(|(left, _), (right, _)| left.login_name.cmp(&right.login_name));
        users.truncate(usize::try_from(limit).unwrap());
        Ok(users)
    }

    async fn failing_users(
        &self,
        tenant: Id<Tenant>,
        failures: u32,
        (after, limit): (Option<(u32, Id<User>)>, u32),
    ) -> Result<Vec<FailingUser>, StoreError> {
        let mut found = Vec::new();
        for (user, authenticators) in self.users(tenant, None, u32::MAX).await? {
            let standing = self.standing(tenant, user.id).await?.unwrap();
            let counted = standing.value.most_failures();
            let is_later = after.is_none_or(|after| (counted, user.id) > after);
            if counted >= failures && is_later {
                found.push(FailingUser {
                    failures: counted,
                    user,
                    authenticators,
                });
            }
        }
        found.sort_by_key(|one| (one.failures, one.user.id));
        found.truncate(usize::try_from(limit).unwrap());
        Ok(found)
    }

    async fn users(
        &self,
        tenant: Id<Tenant>,
        after: Option<Id<User>>,
        limit: u32,
    ) -> Result<Vec<(User, Vec<Authenticator>)>, StoreError> {
        let rows = self.rows();
        let users = rows.users.values().filter(|user| user.tenant == tenant);
        let later = users.filter(|user| after.is_none_or(|after| user.id > after));
        let page = later.take(usize::try_from(limit).unwrap());
        Ok(page
            .map(|user| (user.clone(), rows.held(user.id)))
            .collect())
    }

    async fn provision(&self, change: Provision) -> Result<(), StoreError> {
        let mut rows = self.rows();
        let lost = change.standings.iter().any(|(_, write)| {
            rows.standings
                .get(&write.user)
                .map_or(0, |(version, _)| *version)
                != write.expected
        });
        if rows.losses > 0 || lost || change.expected_version != rows.version {
            rows.losses = rows.losses.saturating_sub(1);
            return Err(StoreError::Conflict);
        }
        rows.version += 1;
        rows.write_catalogue(&change);
        rows.users
            .extend(change.users.into_iter().map(|user| (user.id, user)));
        let authenticators = change.authenticators.into_iter().map(|one| (one.id, one));
        rows.authenticators.extend(authenticators);
        for (_, write) in change.standings {
            rows.standings
                .insert(write.user, (write.expected + 1, write.next.unwrap()));
        }
        rows.events.extend(change.events);
        Ok(())
    }

    async fn events(&self, _: Id<Tenant>, _: u32) -> Result<Vec<Event>, StoreError> {
        Ok(self.rows().events.clone())
    }

    async fn sweep(&self, _: Timestamp, _: u32) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }
}

fn put<T: Clone, K: PartialEq>(rows: &mut Vec<T>, row: &T, key: impl Fn(&T) -> K) {
    rows.retain(|present| key(present) != key(row));
    rows.push(row.clone());
}

/// Provisioning asks nothing of it.
#[async_trait]
impl ApprovalStore for Memory {
    async fn device(
        &self,
        _: Id<Tenant>,
        _: Id<Device>,
    ) -> Result<Option<Versioned<Device>>, StoreError> {
        Ok(None)
    }

    async fn session(
        &self,
        _: Id<Tenant>,
        _: Id<Session>,
    ) -> Result<Option<Versioned<Session>>, StoreError> {
        Ok(None)
    }

    async fn linking_code(
        &self,
        _: &CodeDigest,
    ) -> Result<Option<Versioned<LinkingCode>>, StoreError> {
        Ok(None)
    }

    async fn open_linking_codes(&self, _: Timestamp, _: u32) -> Result<u32, StoreError> {
        Ok(0)
    }

    async fn guesses(&self, _: &CodeDigest) -> Result<Option<Versioned<Guesses>>, StoreError> {
        Ok(None)
    }
}

#[async_trait]
impl Outbox for Memory {
    async fn claim(&self, _: &Claim) -> Result<Vec<Claimed>, StoreError> {
        Ok(Vec::new())
    }

    async fn settle(&self, _: Vec<Settled>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn waiting_messages(&self, _: &Listing) -> Result<Vec<Waiting>, StoreError> {
        Ok(Vec::new())
    }

    async fn redeliver(&self, _: Id<Tenant>, _: TimedId, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }
}
