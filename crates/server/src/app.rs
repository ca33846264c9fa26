//! The application: ports wired to the domain, the domain to the protocols, all behind one listener, or
//! behind two where one speaks TLS.
//!
//! `serve`, `demo`, `tour` and the tests build it the same way; what differs is in their settings.
//! No rule of the business is decided here.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use challenge::clock::Clock;
use challenge::door::Door;
use challenge::ports::Store;
use challenge::rng::Rng;
use challenge::rotation;
use challenge::secret::Keyring;
use challenge::verifier::{Ports, Verifier};
use futures_util::FutureExt as _;
use protocols::desk::Desk;
use protocols::device::Station;
use store::StoreUrl;
use tokio::net::TcpListener;

use crate::config::TlsSettings;
use crate::config::master_key::Source;
use crate::console::{self, Console};
use crate::serving::proxies::Proxies;
use crate::serving::tls::Keeper;
use crate::serving::{self, description, health, telemetry};
use crate::workers;

/// What an application is built from.
pub struct Blueprint {
    /// Where to listen, such as `127.0.0.1:8080`; port 0 takes a free one.
    pub listen: String,
    /// Where to serve `/metrics` instead, if not beside everything else.
    pub metrics_listen: Option<String>,
    /// The address clients see, without a trailing slash; nothing: `http://` and the listener's.
    pub public_url: Option<String>,
    /// The proxies in front that are believed when they say whom they speak for.
    pub proxies: Proxies,
    /// What speaks TLS beside the plain listener, if anything does.
    pub tls: Option<TlsSettings>,
    /// The database.
    pub store: StoreUrl,
    /// Whether a database that may lose acknowledged commits is refused.
    pub require_durable: bool,
    /// The master keys.
    pub keyring: Keyring,
    /// Where the master keys are read again while the server runs; nothing: nowhere.
    pub key_source: Option<Source>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub rng: Arc<dyn Rng>,
    /// A `mailto:` or `https:` URI that push services are told; nothing: the public URL, as HTTPS.
    pub push_contact: Option<String>,
    /// Days for which the audit log is kept; nothing: for ever.
    pub audit_keep_days: Option<u32>,
}

/// An application that listens, and does not answer before it [runs](Application::run).
pub struct Application {
    listener: TcpListener,
    encrypted: Option<Encrypted>,
    metrics_listener: Option<TcpListener>,
    router: Router,
    verifier: Arc<Verifier>,
    signature: workers::Signature,
    keys: workers::Keys,
    audit_keep_days: Option<u32>,
    /// Where phones wait for something to be asked.
    station: Arc<Station>,
    address: SocketAddr,
}

/// The listener that speaks TLS.
struct Encrypted {
    listener: TcpListener,
    address: SocketAddr,
    keeper: Keeper,
}

impl Encrypted {
    async fn open(settings: TlsSettings, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let listen = settings.listen.clone();
        let keeper = Keeper::open(settings, clock)?;
        let listener = bind(&listen, "--tls-listen").await?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            keeper,
        })
    }

    /// Answers until `stop` is done, and keeps the certificate up to date.
    async fn run(self, router: Router, stop: impl Future<Output = ()>) {
        let terms = self.keeper.terms();
        let keeping = tokio::spawn(self.keeper.keep());
        serving::connections::serve_encrypted(self.listener, terms, router, stop).await;
        keeping.abort();
    }
}

impl Application {
    /// Opens the store, reads the directory and takes the address.
    pub async fn build(blueprint: Blueprint) -> anyhow::Result<Self> {
        let options = store::Options {
            require_durable: blueprint.require_durable,
        };
        let store = store::open(&blueprint.store, &options).await?;
        tracing::info!(store = store.describe(), "store opened");
        agree(&*store, &blueprint).await?;
        let encrypted = match blueprint.tls {
            Some(settings) => Some(Encrypted::open(settings, Arc::clone(&blueprint.clock)).await?),
            None => None,
        };
        let station = Station::new(Arc::clone(&blueprint.rng));
        let mint = workers::Mint::open(Arc::clone(&blueprint.rng))
            .context("the threads that draw puzzles could not be started")?;
        let rng = Arc::clone(&blueprint.rng);
        let ports = Ports {
            store,
            clock: blueprint.clock,
            rng: blueprint.rng,
            keyring: blueprint.keyring,
            mint: Arc::new(mint),
        };
        let verifier = Verifier::start(ports)
            .await
            .context("the directory could not be read")?;
        let founded = verifier.found_console().await;
        founded.context("the administrators' tenant could not be made")?;
        let verifier = Arc::new(verifier);
        let listener = bind(&blueprint.listen, "--listen").await?;
        let metrics_listener = match &blueprint.metrics_listen {
            Some(listen) => Some(bind(listen, "--metrics-listen").await?),
            None => None,
        };
        let address = listener.local_addr()?;
        let public_url = blueprint
            .public_url
            .unwrap_or_else(|| format!("http://{address}"));
        let keys = workers::Keys::take_up(&verifier, (blueprint.key_source, address)).await?;
        let contact = blueprint
            .push_contact
            .unwrap_or_else(|| contact_of(&public_url));
        let desk = Arc::new(Desk {
            verifier: Arc::clone(&verifier),
            public_url,
        });
        let console = Console::new(&desk, station.hasher(), Arc::clone(&rng));
        let pages = console::router(&console);
        let router = router(&desk, &station, pages, metrics_listener.is_none());
        let router = blueprint.proxies.before(router);
        Ok(Self {
            listener,
            encrypted,
            metrics_listener,
            router,
            verifier,
            signature: workers::Signature { contact, rng },
            keys,
            audit_keep_days: blueprint.audit_keep_days,
            station,
            address,
        })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address it speaks TLS on, if it does.
    pub fn encrypted_address(&self) -> Option<SocketAddr> {
        self.encrypted.as_ref().map(|encrypted| encrypted.address)
    }

    /// The domain behind it.
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    /// Answers until `stop` is done, then finishes what is under way.
    pub async fn run(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let workers = workers::start(
            &self.verifier,
            (self.signature, self.keys),
            self.audit_keep_days,
        )?;
        let metrics = self.metrics_listener.map(|listener| {
            let router = telemetry::router(&self.verifier);
            tokio::spawn(serving::connections::serve(
                listener,
                router,
                std::future::pending(),
            ))
        });
        let station = self.station;
        let stop = async move {
            stop.await;
            // Phones that wait would hold their connections; they ask again elsewhere or later.
            station.close();
        };
        let stop = stop.shared();
        let encrypted = async {
            if let Some(encrypted) = self.encrypted {
                encrypted.run(self.router.clone(), stop.clone()).await;
            }
        };
        let plain = serving::connections::serve(self.listener, self.router.clone(), stop.clone());
        tokio::join!(plain, encrypted);
        workers.stop().await;
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        Ok(())
    }
}

/// Brings the keys to what the database says of them.
async fn agree(store: &dyn Store, blueprint: &Blueprint) -> anyhow::Result<()> {
    let made_at = blueprint.key_source.as_ref().and_then(Source::made_at);
    let made_at = made_at.unwrap_or_else(|| blueprint.clock.now());
    let agreed = rotation::agree(store, &blueprint.keyring, made_at).await;
    agreed.context("the master key")?;
    Ok(())
}

/// What push services are told of whoever runs this server, where nothing else was said. They take no
/// `http:` URI (RFC 8292, section 2.1).
fn contact_of(public_url: &str) -> String {
    match public_url.strip_prefix("http://") {
        Some(rest) => format!("https://{rest}"),
        None => public_url.to_owned(),
    }
}

/// All that is served, each protocol under its own paths, and the console under its own.
fn router(desk: &Arc<Desk>, station: &Arc<Station>, console: Router, with_metrics: bool) -> Router {
    let counted = |door, router| telemetry::counted(router, &desk.verifier, door);
    let dualshield = protocols::dualshield::routes::router(station.hasher());
    let protocols = counted(Door::Activid, protocols::activid::routes::router())
        .merge(counted(Door::Ocapi, protocols::ocapi::routes::router()))
        .merge(counted(Door::Okay, protocols::okay::routes::router()))
        .merge(counted(Door::Dualshield, dualshield))
        .merge(counted(
            Door::Device,
            protocols::device::routes::router(station),
        ))
        .merge(counted(
            Door::Management,
            protocols::management::routes::router(),
        ))
        .with_state(Arc::clone(desk));
    let mut router = Router::new()
        .merge(health::router(desk))
        .merge(description::router())
        .merge(console)
        .merge(protocols);
    if with_metrics {
        router = router.merge(telemetry::router(&desk.verifier));
    }
    router.layer(axum::middleware::from_fn(telemetry::observe))
}

/// The URL under which a listener of this machine is reached from it: a listener on all addresses is
/// reached on the loopback one too.
pub fn url_of(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        let loopback: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        address.set_ip(loopback);
    }
    format!("http://{address}")
}

/// Takes an address; the error names the option that chooses another.
pub async fn bind(listen: &str, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose a free address with {option} ADDRESS:PORT")
    })
}
