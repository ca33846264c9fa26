//! The port, written once for both databases: what is asked, in which order, and how rows are read.

use std::sync::RwLock;

use async_trait::async_trait;
use challenge::access::{AccessToken, TokenKey};
use challenge::audit::Event;
use challenge::audit::chain::Stamp;
use challenge::clock::Timestamp;
use challenge::directory::provision::Parts;
use challenge::directory::{
    Authenticator, AuthenticatorKey, ServerSetting, Site, Tenant, User, UserKey,
};
use challenge::id::{Id, TimedId};
use challenge::lifecycle::Challenge;
use challenge::ports::{Change, FailingUser, Provision, Store, StoreError, TenantRows, Versioned};
use challenge::standing::Standing;
use challenge::visitor::{SiteHour, Visit};

use crate::cell::{Cell, Row};
use crate::change::ChangeRows;
use crate::database::{Database, LONG_PATIENCE, PATIENCE};
use crate::spool::Spool;
use crate::{corpora, directory, moving, outbox, provision, sql};

/// How often the directory is read again because it changed meanwhile.
const DIRECTORY_ATTEMPTS: u32 = 8;

/// A store on one of the two databases.
pub(crate) struct Engine<D> {
    database: D,
    /// With what events are marked as they are appended.
    pub(crate) stamp: RwLock<Option<Stamp>>,
}

impl<D: Database> Engine<D> {
    pub(crate) fn on(database: D) -> Self {
        Self {
            database,
            stamp: RwLock::default(),
        }
    }

    pub(crate) fn database(&self) -> &D {
        &self.database
    }

    pub(crate) async fn first(
        &self,
        sql: &'static str,
        cells: Vec<Cell>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.database.fetch(sql, cells).await?.into_iter().next())
    }

    pub(crate) async fn all<T>(
        &self,
        sql: &'static str,
        cells: Vec<Cell>,
        parse: fn(Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.database
            .fetch(sql, cells)
            .await?
            .into_iter()
            .map(parse)
            .collect()
    }

    async fn read_tenants(&self) -> Result<Vec<TenantRows>, StoreError> {
        let tenants = self.all(sql::TENANTS, vec![], directory::tenant).await?;
        let clients = self.all(sql::CLIENTS, vec![], directory::client).await?;
        let policies = self.all(sql::POLICIES, vec![], directory::policy).await?;
        let sites = self.all(sql::SITES, vec![], directory::site).await?;
        Ok(assemble(tenants, clients, policies, sites))
    }
}

/// Sorts the small rows to their tenants, in one pass over each.
fn assemble(
    tenants: Vec<Tenant>,
    clients: Vec<challenge::directory::Client>,
    policies: Vec<challenge::policy::Policy>,
    sites: Vec<challenge::directory::Site>,
) -> Vec<TenantRows> {
    let mut rows: std::collections::BTreeMap<Id<Tenant>, TenantRows> = tenants
        .into_iter()
        .map(|tenant| {
            let (clients, policies, sites) = (Vec::new(), Vec::new(), Vec::new());
            (
                tenant.id,
                TenantRows {
                    tenant,
                    clients,
                    policies,
                    sites,
                },
            )
        })
        .collect();
    for client in clients {
        if let Some(row) = rows.get_mut(&client.tenant) {
            row.clients.push(client);
        }
    }
    for policy in policies {
        if let Some(row) = rows.get_mut(&policy.tenant) {
            row.policies.push(policy);
        }
    }
    for site in sites {
        if let Some(row) = rows.get_mut(&site.tenant) {
            row.sites.push(site);
        }
    }
    rows.into_values().collect()
}

#[async_trait]
impl<D: Database> Store for Engine<D> {
    async fn standing(
        &self,
        tenant: Id<Tenant>,
        user: Id<User>,
    ) -> Result<Option<Versioned<Standing>>, StoreError> {
        let key = vec![tenant.number().into(), user.number().into()];
        self.first(sql::STANDING, key)
            .await?
            .map(moving::standing)
            .transpose()
    }

    async fn challenge(
        &self,
        tenant: Id<Tenant>,
        id: TimedId,
    ) -> Result<Option<Versioned<Challenge>>, StoreError> {
        let key = vec![tenant.number().into(), id.as_bytes().as_slice().into()];
        let row = self.first(sql::CHALLENGE, key).await?;
        row.map(|row| moving::challenge((tenant, id), row))
            .transpose()
    }

    async fn visit(
        &self,
        tenant: Id<Tenant>,
        id: TimedId,
    ) -> Result<Option<Versioned<Visit>>, StoreError> {
        let key = vec![tenant.number().into(), id.as_bytes().as_slice().into()];
        let row = self.first(sql::CHALLENGE, key).await?;
        row.map(|row| moving::visit((tenant, id), row)).transpose()
    }

    async fn is_spent(
        &self,
        tenant: Id<Tenant>,
        digest: &[u8; 32],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let cells = vec![
            tenant.number().into(),
            digest.as_slice().into(),
            now.unix_ms().into(),
        ];
        Ok(self.first(sql::KEPT_MARK, cells).await?.is_some())
    }

    async fn add_site_hours(&self, hours: Vec<SiteHour>) -> Result<(), StoreError> {
        let steps: Result<Vec<_>, _> = hours.iter().map(provision::site_hour).collect();
        self.database.run(steps?, PATIENCE).await?;
        Ok(())
    }

    async fn site_hours(
        &self,
        tenant: Id<Tenant>,
        site: Id<Site>,
        from: Timestamp,
    ) -> Result<Vec<SiteHour>, StoreError> {
        let cells = vec![
            tenant.number().into(),
            site.number().into(),
            from.unix_ms().into(),
        ];
        self.all(sql::SITE_HOURS, cells, moving::site_hour).await
    }

    async fn access_token(
        &self,
        tenant: Id<Tenant>,
        key: &TokenKey,
    ) -> Result<Option<AccessToken>, StoreError> {
        let cells = vec![
            tenant.number().into(),
            key.issued_ms.into(),
            key.digest.as_slice().into(),
        ];
        let row = self.first(sql::TOKEN, cells).await?;
        row.map(|row| moving::access_token((tenant, *key), row))
            .transpose()
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        self.database
            .commit(ChangeRows::of(change, self.stamp().as_ref())?)
            .await
    }

    async fn directory_version(&self) -> Result<u64, StoreError> {
        let row = self
            .first(sql::DIRECTORY_VERSION, vec![])
            .await?
            .unwrap_or(Row(vec![]));
        let mut row = row.of("directory_version");
        let version = row.int()?;
        u64::try_from(version).map_err(|_| row.fault("it is negative"))
    }

    async fn tenants(&self) -> Result<Vec<TenantRows>, StoreError> {
        // Four reads are not one moment: they count only if nothing was changed meanwhile.
        for _ in 0..DIRECTORY_ATTEMPTS {
            let before = self.directory_version().await?;
            let tenants = self.read_tenants().await;
            if self.directory_version().await? == before {
                return tenants;
            }
        }
        Err(StoreError::Unavailable(
            "the directory changes faster than it can be read".to_owned(),
        ))
    }

    async fn server_settings(&self) -> Result<Vec<ServerSetting>, StoreError> {
        self.all(sql::SERVER_SETTINGS, vec![], directory::setting)
            .await
    }

    async fn user(
        &self,
        tenant: Id<Tenant>,
        key: UserKey<'_>,
    ) -> Result<Option<(User, Vec<Authenticator>)>, StoreError> {
        let (sql, key): (_, Cell) = match key {
            UserKey::Id(id) => (sql::USER_BY_ID, id.number().into()),
            UserKey::LoginName(name) => (sql::USER_BY_LOGIN_NAME, name.into()),
            UserKey::ExternalId(id) => (sql::USER_BY_EXTERNAL_ID, id.into()),
        };
        let rows = self
            .database
            .fetch(sql, vec![tenant.number().into(), key])
            .await?;
        Ok(directory::users(rows)?.into_iter().next())
    }

    async fn authenticator(
        &self,
        tenant: Id<Tenant>,
        key: AuthenticatorKey<'_>,
    ) -> Result<Option<Authenticator>, StoreError> {
        let (sql, key): (_, Cell) = match key {
            AuthenticatorKey::Id(id) => (sql::AUTHENTICATOR_BY_ID, id.number().into()),
            AuthenticatorKey::Serial(serial) => (sql::AUTHENTICATOR_BY_SERIAL, serial.into()),
        };
        let row = self.first(sql, vec![tenant.number().into(), key]).await?;
        row.map(directory::authenticator).transpose()
    }

    async fn authenticators_on(
        &self,
        tenant: Id<Tenant>,
        device_id: &str,
    ) -> Result<Vec<Authenticator>, StoreError> {
        let key = vec![tenant.number().into(), device_id.into()];
        self.all(sql::AUTHENTICATORS_ON, key, directory::authenticator)
            .await
    }

    async fn users(
        &self,
        tenant: Id<Tenant>,
        after: Option<Id<User>>,
        limit: u32,
    ) -> Result<Vec<(User, Vec<Authenticator>)>, StoreError> {
        let after = after.map_or(0, Id::number);
        let cells = vec![
            tenant.number().into(),
            after.into(),
            i64::from(limit).into(),
        ];
        directory::users(self.database.fetch(sql::USERS, cells).await?)
    }

    async fn users_from(
        &self,
        tenant: Id<Tenant>,
        from: &str,
        limit: u32,
    ) -> Result<Vec<(User, Vec<Authenticator>)>, StoreError> {
        let cells = vec![tenant.number().into(), from.into(), i64::from(limit).into()];
        directory::users(self.database.fetch(sql::USERS_FROM, cells).await?)
    }

    async fn failing_users(
        &self,
        tenant: Id<Tenant>,
        failures: u32,
        (after, limit): (Option<(u32, Id<User>)>, u32),
    ) -> Result<Vec<FailingUser>, StoreError> {
        let least = i64::from(failures.max(1));
        let place = after.map(|(failures, id)| (i64::from(failures), id.number()));
        // No id is as small as 0.
        let (failures, id) = place.unwrap_or((least, 0)).max((least, 0));
        let cells = vec![
            tenant.number().into(),
            failures.into(),
            id.into(),
            i64::from(limit).into(),
        ];
        let named = self
            .all(sql::FAILING_USERS, cells, directory::failing)
            .await?;
        let mut found = Vec::new();
        for (failures, id) in named {
            // A standing without its user is of one who is just being made.
            if let Some((user, authenticators)) = self.user(tenant, UserKey::Id(id)).await? {
                found.push(FailingUser {
                    failures,
                    user,
                    authenticators,
                });
            }
        }
        Ok(found)
    }

    async fn provision(&self, change: Provision) -> Result<(), StoreError> {
        self.database.clear_up().await?;
        let steps = provision::steps(&change, self.stamp().as_ref())?;
        let sealed_under = provision::sealed_under(&change);
        self.run_sealed(steps, (change.expected_version, &sealed_under))
            .await
    }

    async fn take_in(
        &self,
        expected_version: u64,
        parts: &mut dyn Parts,
    ) -> Result<bool, StoreError> {
        let folder = self.database.folder();
        let stamp = self.stamp();
        let Some(spool) =
            Spool::collect(&folder, (expected_version, stamp.as_ref()), parts).await?
        else {
            return Ok(false);
        };
        self.database.run_spooled(spool).await?;
        Ok(true)
    }

    async fn is_filled(&self, tenant: Id<Tenant>) -> Result<bool, StoreError> {
        self.database.is_filled(tenant.number()).await
    }

    async fn events(&self, tenant: Id<Tenant>, limit: u32) -> Result<Vec<Event>, StoreError> {
        let cells = vec![tenant.number().into(), i64::from(limit).into()];
        self.all(sql::EVENTS, cells, moving::event).await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        // What cannot be cleared up is seen by nobody, and must not keep what serves nobody from going.
        if let Err(error) = self.database.clear_up().await {
            tracing::warn!(%error, "what an intake left behind cannot be removed; it will be tried again");
        }
        let mut steps = Vec::new();
        let ended = provision::ended(before, limit).into_iter();
        let ended = ended.chain([outbox::ended(before, limit)]);
        for (find, cells, remove) in ended.chain(corpora::ended(before, limit)) {
            let keys = self.database.fetch(find, cells).await?;
            steps.extend(keys.into_iter().map(|Row(key)| provision::any(remove, key)));
        }
        if steps.is_empty() {
            return Ok(0);
        }
        self.database.run(steps, LONG_PATIENCE).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.directory_version().await?;
        self.database
            .run(vec![provision::any(sql::PROBE, vec![])], PATIENCE)
            .await?;
        Ok(())
    }

    fn describe(&self) -> String {
        self.database.describe()
    }
}
