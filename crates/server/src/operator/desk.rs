//! What every sub-command has at hand: settings, the database, the keys, and where to print.

use std::sync::Arc;

use challenge::administration::Actor;
use challenge::clock::Timestamp;
use challenge::door::Door;
use challenge::officers::CONSOLE;
use challenge::ports::{Store, TenantRows};
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
        Ok(master_key::load(&self.settings, &self.environment)?)
    }

    /// When the master keys were made, as far as that is known.
    pub fn key_made_at(&self) -> Option<Timestamp> {
        master_key::made_at(&self.settings, &self.environment)
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
            clock: Arc::new(SystemClock),
            rng: Arc::new(OsRng),
            push_contact: self.settings.push_contact.clone(),
            audit_keep_days: self.settings.audit_keep_days,
        })
    }

    fn store_url(&self) -> Result<StoreUrl, Failure> {
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
        let stamp = self.keyring()?.audit_stamp();
        let store = self.open_unmarked().await?;
        store.stamp_with(stamp.map_err(Failure::new)?);
        Ok(store)
    }

    /// The verifier, for acts that race with answers.
    pub(super) async fn verifier(&self) -> Result<Verifier, Failure> {
        let keyring = self.keyring()?;
        let store = self.open_unmarked().await?;
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
