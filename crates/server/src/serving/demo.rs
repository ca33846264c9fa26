//! `countersign demo`: a server with a demo tenant on a fresh database, a partner's website beside it, and
//! what to try with them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use challenge::directory::provision::{
    Blueprint as Directory, Options, Provisioner, SiteBlueprint,
};
use challenge::rng::{self, Rng};
use challenge::secret::Keyring;
use store::StoreUrl;
use tempfile::TempDir;

use crate::app::{self, Application, Blueprint};
use crate::config::provisioning;
use crate::serving::partner::{Account, Website};
use crate::serving::proxies::Proxies;
use crate::serving::{connections, stop, telemetry};
use crate::system::{OsRng, SystemClock};

/// The demo's tenant, in the form in which everybody describes theirs.
const TENANT: &str = include_str!("demo.toml");

/// A demo server that is ready to run, and the folder that its database is in.
pub struct Stage {
    /// The server.
    pub application: Application,
    /// The site, as it was applied.
    pub site: SiteBlueprint,
    /// Removed, with the database in it, when the stage is dropped.
    pub folder: TempDir,
}

impl Stage {
    /// Makes a database in a temporary folder, applies the demo's tenant, and takes the address.
    /// `changes` is what is different about its site.
    pub async fn set(
        listen: &str,
        changes: impl FnOnce(&mut SiteBlueprint),
    ) -> anyhow::Result<Self> {
        let mut blueprint = provisioning::parse(TENANT).context("the demo's tenant")?;
        let tenants = blueprint.tenants.iter_mut();
        let mut sites = tenants.flat_map(|tenant| &mut tenant.sites);
        let site = sites.next().context("the demo's tenant has a site")?;
        changes(site);
        let site = site.clone();
        let folder = TempDir::with_prefix("countersign-").context("no temporary folder")?;
        let store = StoreUrl::Sqlite(folder.path().join("countersign.db"));
        let rng = OsRng;
        let key = rng::bytes(&rng);
        let keyring = || Keyring::new(BTreeMap::from([(1, key)])).context("no master key");
        provide(&blueprint, (&store, &keyring()?), &rng).await?;
        let application = Application::build(Blueprint {
            listen: listen.to_owned(),
            metrics_listen: None,
            public_url: None,
            proxies: Proxies::default(),
            store,
            require_durable: false,
            keyring: keyring()?,
            clock: Arc::new(SystemClock),
            rng: Arc::new(rng),
        })
        .await?;
        Ok(Self {
            application,
            site,
            folder,
        })
    }

    /// What the demo's website was given by the server's operator.
    pub fn account(&self) -> anyhow::Result<Account> {
        let secret = self.site.secret.clone();
        Ok(Account {
            server: url(self.application.address()),
            public_id: self.site.public_id.clone(),
            private_id: secret.context("the demo's site has a secret")?,
        })
    }
}

/// Serves the demo and its website until asked to stop.
pub async fn run(listen: &str, partner_listen: Option<&str>) -> anyhow::Result<()> {
    if telemetry::recorder().is_none() {
        tracing::warn!("metrics are not recorded");
    }
    // A free port beside the server, unless said otherwise.
    let (host, _) = listen.rsplit_once(':').unwrap_or((listen, ""));
    let partner_listen = partner_listen.map_or_else(|| format!("{host}:0"), str::to_owned);
    let website = app::bind(&partner_listen, "--partner-listen").await?;
    let website_url = url(website.local_addr()?);
    let stage = Stage::set(listen, |site| site.origins = vec![website_url.clone()]).await?;
    let pages = Website::new(stage.account()?, Arc::new(SystemClock))?.router();
    let serving = tokio::spawn(connections::serve(website, pages, std::future::pending()));
    let address = stage.application.address();
    let program = std::env::current_exe().unwrap_or_else(|_| Path::new("countersign").into());
    let advice = advice(&url(address), &website_url, &program.display().to_string());
    // A reader that has seen enough ends nothing.
    let _ = writeln!(std::io::stdout(), "listening on http://{address}\n{advice}");
    let ended = stage.application.run(stop::asked()).await;
    serving.abort();
    ended
}

/// The URL under which a listener of this machine is reached from it: a listener on all addresses is
/// reached on the loopback one too.
fn url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        let loopback: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        address.set_ip(loopback);
    }
    format!("http://{address}")
}

async fn provide(
    blueprint: &Directory,
    (store, keyring): (&StoreUrl, &Keyring),
    rng: &dyn Rng,
) -> anyhow::Result<()> {
    let store = store::open(store, &store::Options::default()).await?;
    let provisioner = Provisioner {
        store: &*store,
        keyring,
        rng,
        clock: &SystemClock,
    };
    provisioner.apply(blueprint, Options::default()).await?;
    Ok(())
}

/// What to try, as commands that can be pasted into another terminal.
fn advice(base: &str, website: &str, program: &str) -> String {
    format!(
        r#"
Open {website}/ in a browser: a partner's website, whose form asks its visitors to prove that they are
no robots (Ocapi). Send it, see what the website's server asked and was answered, and send the same form
again: it is refused, since that a challenge is valid is told once.

A demo bank, ONLINEBANK, on a fresh database in a temporary folder (removed when this ends).
Its portal is the client spl-api (secret password01), its customer the user myTestUser1,
who holds a button token (HOTP), an authenticator app (TOTP) and a phone for challenges (OCRA).
All keys are those of the published test vectors. Paste into another terminal:

# The portal authenticates itself.
TOKEN=$(curl -s {base}/idp/ONLINEBANK/authn/token \
  -d grant_type=client_credentials -d client_id=spl-api -d client_secret=password01 |
  sed 's/.*"access_token":"\([^"]*\)".*/\1/'); echo "$TOKEN"

# The customer types a one-time password. Send it twice: the second time it is refused.
CODE=$({program} token totp --key-hex 3132333435363738393031323334353637383930)
curl -si {base}/idp/ONLINEBANK/authn/token -H "Authorization: Bearer $TOKEN" \
  -d "mode=SYNCHRONOUS&password=$CODE&grant_type=password&authType=AT_CUSTOTP&username=myTestUser1"; echo

# The portal asks for a challenge; the customer's phone computes the response.
QUESTION=$(curl -s {base}/scim/ONLINEBANK/v2/Authenticator/.AT_CUSTOTP \
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/scim+json' \
  -d '{{"urn:hid:scim:api:idp:2.0:Action":{{"action":"USER-CHALLENGE",
       "attributes":[{{"name":"USER.EXTERNALID","value":"uid406jkt"}}]}}}}' |
  sed 's/.*"CHALLENGE"[^}}]*"value":"\([0-9]*\)".*/\1/'); echo "$QUESTION"
RESPONSE=$({program} token ocra --suite OCRA-1:HOTP-SHA1-8:QN08 \
  --key-hex 3132333435363738393031323334353637383930 --question "$QUESTION")
curl -si {base}/idp/ONLINEBANK/authn/token -H "Authorization: Bearer $TOKEN" \
  -d "mode=ASYNCHRONOUS&password=$RESPONSE&device_id=13158&grant_type=password&authType=AT_CUSTOTP&username=myTestUser1"; echo

Health {base}/healthz, readiness {base}/readyz, metrics {base}/metrics. Ctrl-C ends the demo.
"#
    )
}
