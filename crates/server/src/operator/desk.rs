//! What every sub-command has at hand: settings, the database, the keys, and where to print.

use std::sync::Arc;

use challenge::administration::Actor;
use challenge::clock::Clock as _;
use challenge::door::Door;
use challenge::officers::CONSOLE;
use challenge::ports::{Store, TenantRows};
use challenge::rotation;
use challenge::secret::Keyring;
use challenge::verifier::{Ports, Verifier};
use challenge::visitor::InlineMint;
use store::StoreUrl;

use crate::app::Blueprint;
use crate::cli::{Failure, Output};
use crate::config::{Environment, Settings, master_key};
use crate::system::{OsRng, SystemClock};

/// Who acts, in the audit log.
pub(super) const OPERATOR: Actor<'static> = Actor {
    name: "operator",
    door: Door::CommandLine,
    address: None,
    correlation: None,
};

/// What every sub-command has at hand.
pub struct Desk {
    /// The settings.
    pub settings: Settings,
    /// The environment they came from.
    pub environment: Environment,
    /// Where to print.
    pub output: Output,
}

impl Desk {
    /// The master keys; that there are some shows that `init` was here.
    pub(super) fn keyring(&self) -> Result<Keyring, Failure> {
        Ok(self.key_source()?.read()?)
    }

    /// Where the master keys are.
    pub(super) fn key_source(&self) -> Result<master_key::Source, Failure> {
        Ok(master_key::Source::of(&self.settings, &self.environment)?)
    }

    /// The master keys as this database has them used: which of them seals, and what lasts of those that
    /// were dropped.
    pub(super) async fn keyring_of(&self, store: &dyn Store) -> Result<Keyring, Failure> {
        let source = self.key_source()?;
        let keyring = source.read()?;
        let made_at = source.made_at().unwrap_or_else(|| SystemClock.now());
        let agreed = rotation::agree(store, &keyring, made_at).await;
        agreed.map_err(Failure::new)?;
        Ok(keyring)
    }

    /// The directory's version, and the master keys that what is written is sealed under: whoever writes, and
    /// each time anew, expects that version, so that nothing is written that was sealed under a key of before.
    /// What is appended to the audit log is marked under them.
    pub(super) async fn keys_to_write(&self, store: &dyn Store) -> Result<(u64, Keyring), Failure> {
        // Read first: whatever becomes of the keys after this raises it.
        let version = store.directory_version().await?;
        let keyring = self.keyring_of(store).await?;
        store.stamp_with(keyring.audit_stamp().map_err(Failure::new)?);
        Ok((version, keyring))
    }

    /// What the acts of officers need: those that the management API has too are the same code.
    pub(super) async fn management(&self) -> Result<protocols::desk::Desk, Failure> {
        let public_url = self.settings.public_url.clone();
        Ok(protocols::desk::Desk {
            verifier: Arc::new(self.verifier().await?),
            public_url: public_url.unwrap_or_else(|| format!("http://{}", self.settings.listen)),
        })
    }

    /// What a server is built from.
    pub fn application(&self) -> Result<Blueprint, Failure> {
        Ok(Blueprint {
            listen: self.settings.listen.clone(),
            metrics_listen: self.settings.metrics_listen.clone(),
            public_url: self.settings.public_url.clone(),
            proxies: self.settings.trusted_proxies.clone(),
            tls: self.settings.tls.clone(),
            store: self.store_url()?,
            require_durable: self.settings.require_durable,
            keyring: self.keyring()?,
            key_source: Some(self.key_source()?),
            clock: Arc::new(SystemClock),
            rng: Arc::new(OsRng),
            push_contact: self.settings.push_contact.clone(),
            audit_keep_days: self.settings.audit_keep_days,
        })
    }

    pub(super) fn store_url(&self) -> Result<StoreUrl, Failure> {
        self.settings
            .store
            .parse()
            .map_err(|error| Failure::new(format!("--store: {error}")))
    }

    /// Opens the database, to look into it before there is a master key: what is appended to the audit log
    /// by it is nobody's.
    pub(super) async fn open_unmarked(&self) -> Result<Arc<dyn Store>, Failure> {
        let url = self.store_url()?;
        let options = store::Options {
            require_durable: self.settings.require_durable,
        };
        store::open(&url, &options).await.map_err(Failure::new)
    }

    /// Opens the database of a server that was set up. What is appended to the audit log by it is marked
    /// as this server's.
    pub(super) async fn store(&self) -> Result<Arc<dyn Store>, Failure> {
        // Without keys the database is not opened: it would be made.
        self.keyring()?;
        let store = self.open_unmarked().await?;
        self.keys_to_write(&*store).await?;
        Ok(store)
    }

    /// The verifier, for acts that race with answers.
    pub(super) async fn verifier(&self) -> Result<Verifier, Failure> {
        // Without keys the database is not opened: it would be made.
        self.keyring()?;
        let store = self.open_unmarked().await?;
        let keyring = self.keyring_of(&*store).await?;
        let ports = Ports {
            store,
            clock: Arc::new(SystemClock),
            rng: Arc::new(OsRng),
            keyring,
            mint: Arc::new(InlineMint(OsRng)),
        };
        Ok(Verifier::start(ports).await?)
    }
}

/// The tenants, or the one of this name, by name. The one of the administrators is there when it is
/// named: to lock and unlock them.
pub(super) async fn tenants(
    store: &dyn Store,
    name: Option<&str>,
) -> Result<Vec<TenantRows>, Failure> {
    let mut all = store.tenants().await?;
    all.sort_by(|left, right| left.tenant.name.cmp(&right.tenant.name));
    let Some(name) = name else {
        all.retain(|rows| rows.tenant.name != CONSOLE);
        return Ok(all);
    };
    let found: Vec<_> = all
        .into_iter()
        .filter(|rows| rows.tenant.name == name)
        .collect();
    if found.is_empty() {
        return Err(Failure::new(format!(
            "there is no tenant {name}; see `countersign tenant list`"
        )));
    }
    Ok(found)
}

/// The one that was meant; else a failure that says how to name it.
pub(super) fn the_one<T>(
    what: &str,
    name: &str,
    mut found: Vec<(String, T)>,
) -> Result<T, Failure> {
    if found.len() > 1 {
        let tenants: Vec<_> = found.iter().map(|(tenant, _)| tenant.as_str()).collect();
        let tenants = tenants.join(", ");
        return Err(Failure::new(format!(
            "several tenants have a {what} {name}: {tenants}; say which with --tenant"
        )));
    }
    let one = found.pop().map(|(_, one)| one);
    one.ok_or_else(|| {
        Failure::new(format!(
            "there is no {what} {name}; see `countersign {what} list`"
        ))
    })
}
