//! The directory in memory: what stands still is read once and kept until its version moves.
//!
//! What is spent is never kept here: counters, locks and status are read from the store each time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use data_encoding::HEXLOWER;
use quick_cache::sync::Cache;

use crate::access;
use crate::clock::Timestamp;
use crate::delivery::{SETTING, StoredDelivery};
use crate::directory::{Authenticator, Client, SignUp, Site, TENANTLESS, Tenant, User, UserKey};
use crate::id::Id;
use crate::officers::CONSOLE;
use crate::policy::Policy;
use crate::ports::{Store, StoreError, TenantRows};
use crate::restore::RestoreMoment;

/// Users kept in memory; an unknown name takes a place as a known one does.
const USERS_KEPT: usize = 100_000;

/// The first number that is given to a tenant that names none.
const FIRST_OKAY_ID: u64 = 150_001;

/// Names longer than this are looked up each time, so that memory stays bounded.
const KEPT_NAME_LENGTH_MAX: usize = 256;

/// The directory, as of at most one refresh ago.
pub struct Catalogue {
    store: Arc<dyn Store>,
    snapshot: RwLock<Arc<Snapshot>>,
    users: Cache<(Id<Tenant>, String), KeptUser>,
    stale: AtomicBool,
}

#[derive(Default)]
struct Snapshot {
    version: u64,
    tenants: HashMap<String, Arc<TenantView>>,
    by_id: HashMap<Id<Tenant>, Arc<TenantView>>,
    by_okay_id: HashMap<u64, Arc<TenantView>>,
    sites: HashMap<String, Arc<Site>>,
    site_names: HashMap<Id<Site>, String>,
    /// Clients whose names are unique in the server, by name.
    agents: HashMap<String, Caller>,
    /// Clients that present a certificate, by its SHA-256 in lower-case hexadecimal.
    certificates: HashMap<String, Vec<Caller>>,
    /// The tenants whose clients' tokens begin with this mark: nearly always one.
    token_marks: HashMap<[u8; 4], Vec<Id<Tenant>>>,
    delivery: Option<Arc<StoredDelivery>>,
    sign_up: SignUp,
    restored_at: Option<Timestamp>,
}

/// A client and its tenant.
pub type Caller = (Arc<TenantView>, Arc<Client>);

#[derive(Clone)]
struct KeptUser {
    version: u64,
    record: Option<Arc<UserRecord>>,
}

/// A tenant with what is small about it, ready for look-ups.
#[derive(Debug)]
pub struct TenantView {
    /// The tenant.
    pub tenant: Tenant,
    clients: HashMap<String, Arc<Client>>,
    client_names: HashMap<Id<Client>, String>,
    policies: HashMap<String, Arc<Policy>>,
}

/// A user with all authenticators.
#[derive(Clone, Debug)]
pub struct UserRecord {
    /// The user.
    pub user: User,
    /// The user's authenticators, revoked ones included, by ascending id.
    pub authenticators: Vec<Arc<Authenticator>>,
}

impl Catalogue {
    /// Reads the directory for the first time.
    pub async fn load(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let catalogue = Self {
            store,
            snapshot: RwLock::default(),
            users: Cache::new(USERS_KEPT),
            stale: AtomicBool::new(false),
        };
        let version = catalogue.store.directory_version().await?;
        catalogue.reload(version).await?;
        Ok(catalogue)
    }

    /// Reads the directory again where its version moved; whether it had.
    pub async fn refresh(&self) -> Result<bool, StoreError> {
        let outcome = self.refreshed().await;
        self.stale.store(outcome.is_err(), Ordering::Relaxed);
        outcome
    }

    /// Whether the last refresh failed: what an administrator changed may not be honoured.
    pub fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Relaxed)
    }

    async fn refreshed(&self) -> Result<bool, StoreError> {
        let version = self.store.directory_version().await?;
        if version == self.snapshot().version {
            return Ok(false);
        }
        self.reload(version).await?;
        Ok(true)
    }

    /// The version of the directory that look-ups are answered from; what is looked up after it was
    /// asked for is of this version or a later one.
    pub fn version(&self) -> u64 {
        self.snapshot().version
    }

    /// All tenants, in no order.
    pub fn tenants(&self) -> Vec<Arc<TenantView>> {
        self.snapshot().by_id.values().cloned().collect()
    }

    /// Whether visitors may open accounts, as an officer set it.
    pub fn sign_up(&self) -> SignUp {
        self.snapshot().sign_up
    }

    /// Whether something of this moment is from before the last restore, and so good for nothing: it may
    /// have been used by then.
    pub fn is_from_before_restore(&self, moment: Timestamp) -> bool {
        let restored_at = self.snapshot().restored_at;
        restored_at.is_some_and(|restored_at| moment <= restored_at)
    }

    /// Whether visitors can open accounts: they may, and there is a mail server to confirm addresses by.
    pub fn takes_sign_ups(&self) -> bool {
        self.snapshot().takes_sign_ups()
    }

    /// The first number of the protocol of approvals that no tenant has.
    pub fn free_okay_id(&self) -> u64 {
        let snapshot = self.snapshot();
        let mut numbers = FIRST_OKAY_ID..;
        let free = numbers.find(|number| !snapshot.by_okay_id.contains_key(number));
        free.unwrap_or(FIRST_OKAY_ID)
    }

    /// The tenant of this name.
    pub fn tenant(&self, name: &str) -> Option<Arc<TenantView>> {
        self.snapshot().tenants.get(name).cloned()
    }

    /// The tenant with this id.
    pub fn tenant_by_id(&self, id: Id<Tenant>) -> Option<Arc<TenantView>> {
        self.snapshot().by_id.get(&id).cloned()
    }

    /// The tenant that has this number in the protocol of approvals.
    pub fn tenant_by_okay_id(&self, id: u64) -> Option<Arc<TenantView>> {
        self.snapshot().by_okay_id.get(&id).cloned()
    }

    /// The client of this name whose protocol names no tenant: such names are unique in the server.
    pub fn agent(&self, name: &str) -> Option<Caller> {
        self.snapshot().agents.get(name).cloned()
    }

    /// The clients that present the certificate with this SHA-256.
    pub fn agents_by_certificate(&self, sha256: &[u8; 32]) -> Vec<Caller> {
        let name = HEXLOWER.encode(sha256);
        let snapshot = self.snapshot();
        snapshot
            .certificates
            .get(&name)
            .cloned()
            .unwrap_or_default()
    }

    /// The tenants that a client's token with this mark may belong to.
    pub(crate) fn tenants_by_token_mark(&self, mark: [u8; 4]) -> Vec<Id<Tenant>> {
        let snapshot = self.snapshot();
        let found = snapshot.token_marks.get(&mark);
        found.cloned().unwrap_or_default()
    }

    /// The site of this public id, of whatever tenant.
    pub fn site(&self, public_id: &str) -> Option<Arc<Site>> {
        self.snapshot().sites.get(public_id).cloned()
    }

    /// The site with this id.
    pub fn site_by_id(&self, id: Id<Site>) -> Option<Arc<Site>> {
        let snapshot = self.snapshot();
        let public_id = snapshot.site_names.get(&id)?;
        snapshot.sites.get(public_id).cloned()
    }

    /// All sites, in no order.
    pub fn sites(&self) -> Vec<Arc<Site>> {
        self.snapshot().sites.values().cloned().collect()
    }

    /// How codes reach users; nothing where that was never set.
    pub fn delivery(&self) -> Option<Arc<StoredDelivery>> {
        self.snapshot().delivery.clone()
    }

    /// A user with all authenticators; nothing where there is no such user.
    pub async fn user(
        &self,
        tenant: Id<Tenant>,
        key: UserKey<'_>,
    ) -> Result<Option<Arc<UserRecord>>, StoreError> {
        // The version is taken before the row is read: what is read later can only be newer.
        let version = self.snapshot().version;
        let place = (tenant, kept_name(key));
        if let Some(kept) = self.users.get(&place)
            && kept.version == version
        {
            return Ok(kept.record);
        }
        let record = self
            .store
            .user(tenant, key)
            .await?
            .map(|(user, authenticators)| {
                Arc::new(UserRecord {
                    user,
                    authenticators: authenticators.into_iter().map(Arc::new).collect(),
                })
            });
        if place.1.len() <= KEPT_NAME_LENGTH_MAX {
            self.users.insert(
                place,
                KeptUser {
                    version,
                    record: record.clone(),
                },
            );
        }
        Ok(record)
    }

    async fn reload(&self, version: u64) -> Result<(), StoreError> {
        let mut fresh = Snapshot {
            version,
            ..Snapshot::default()
        };
        let settings = self.store.server_settings().await?;
        if let Some(row) = settings.iter().find(|row| row.name == SETTING) {
            let read = StoredDelivery::read(row).map_err(|error| row.unreadable(&error))?;
            fresh.delivery = Some(Arc::new(read));
        }
        if let Some(row) = settings.iter().find(|row| row.name == SignUp::SETTING) {
            fresh.sign_up = SignUp::read(row).map_err(|error| row.unreadable(&error))?;
        }
        let restored = RestoreMoment::among(&settings)?;
        fresh.restored_at = restored.map(RestoreMoment::of_use).transpose()?;
        for mut rows in self.store.tenants().await? {
            let is_hidden = rows.tenant.name == CONSOLE && !fresh.takes_sign_ups();
            for site in std::mem::take(&mut rows.sites) {
                // The server's own site is there for those who sign up.
                if is_hidden {
                    continue;
                }
                fresh.site_names.insert(site.id, site.public_id.clone());
                fresh.sites.insert(site.public_id.clone(), Arc::new(site));
            }
            let view = Arc::new(TenantView::from(rows));
            let tenant = &view.tenant;
            if let Some(okay) = &tenant.okay {
                fresh.by_okay_id.insert(okay.id, Arc::clone(&view));
            }
            fresh.take_clients(&view);
            fresh.by_id.insert(tenant.id, Arc::clone(&view));
            fresh.tenants.insert(tenant.name.clone(), Arc::clone(&view));
        }
        let fresh = Arc::new(fresh);
        let mut kept = self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Of two that read at the same time the one that saw more stays.
        if kept.version <= fresh.version {
            *kept = fresh;
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        // A panic while the lock was held left a whole snapshot behind: it is replaced in one step.
        self.snapshot
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Snapshot {
    fn takes_sign_ups(&self) -> bool {
        let delivery = self.delivery.as_ref();
        self.sign_up.open && delivery.is_some_and(|stored| stored.settings.smtp.is_some())
    }

    fn take_clients(&mut self, view: &Arc<TenantView>) {
        for client in view.clients() {
            let caller = || (Arc::clone(view), Arc::clone(client));
            if client.speaks(TENANTLESS) {
                self.agents.insert(client.name.clone(), caller());
            }
            if let Some(certificate) = &client.certificate_sha256 {
                let held = self.certificates.entry(certificate.clone());
                held.or_default().push(caller());
            }
            let mark = access::client_mark(view.tenant.id, client.id);
            let marked = self.token_marks.entry(mark).or_default();
            if !marked.contains(&view.tenant.id) {
                marked.push(view.tenant.id);
            }
        }
    }
}

impl TenantView {
    /// The client that calls itself so.
    pub fn client(&self, name: &str) -> Option<&Arc<Client>> {
        self.clients.get(name)
    }

    /// The client with this id.
    pub fn client_by_id(&self, id: Id<Client>) -> Option<&Arc<Client>> {
        self.client_names
            .get(&id)
            .and_then(|name| self.clients.get(name))
    }

    /// The policies, in no order.
    pub fn policies(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.policies.values()
    }

    /// The clients, in no order.
    pub fn clients(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.clients.values()
    }

    /// The policy with this code.
    pub fn policy(&self, code: &str) -> Option<&Arc<Policy>> {
        self.policies.get(code)
    }
}

impl From<TenantRows> for TenantView {
    fn from(rows: TenantRows) -> Self {
        let clients: HashMap<_, _> = rows
            .clients
            .into_iter()
            .map(|client| (client.name.clone(), Arc::new(client)))
            .collect();
        let client_names = clients
            .values()
            .map(|client| (client.id, client.name.clone()))
            .collect();
        let policies = rows
            .policies
            .into_iter()
            .map(|policy| (policy.code.clone(), Arc::new(policy)))
            .collect();
        Self {
            tenant: rows.tenant,
            clients,
            client_names,
            policies,
        }
    }
}

/// The name under which a look-up is kept; the three ways to name a user never meet.
fn kept_name(key: UserKey<'_>) -> String {
    match key {
        UserKey::Id(id) => format!("i{id}"),
        UserKey::LoginName(name) => format!("l{name}"),
        UserKey::ExternalId(name) => format!("e{name}"),
    }
}
