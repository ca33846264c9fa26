//! `countersign demo`: a server with a demo tenant on a fresh database, three partners' websites beside it,
//! and what to try with them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use challenge::directory::provision::{
    Blueprint as Directory, Options, Provisioner, SiteBlueprint,
};
use challenge::rng::{self, Rng};
use challenge::secret::Keyring;
use secrecy::ExposeSecret as _;
use store::StoreUrl;
use tempfile::TempDir;

use crate::app::{self, Application, Blueprint};
use crate::config::provisioning;
use crate::serving::demo_corpora;
use crate::serving::mailbox::Mailbox;
use crate::serving::partner::{self, Website};
use crate::serving::partner_dual::{self, Pocket};
use crate::serving::partner_okay::{self, Stand};
use crate::serving::proxies::Proxies;
use crate::serving::{connections, stop, telemetry};
use crate::system::{OsRng, SystemClock};

/// The demo's tenant, in the form in which everybody describes theirs.
const TENANT: &str = include_str!("demo.toml");

/// A demo server that is ready to run, and the folder that its database is in.
pub struct Stage {
    /// The server.
    pub application: Application,
    /// What was applied.
    pub directory: Directory,
    /// Removed, with the database in it, when the stage is dropped.
    pub folder: TempDir,
}

impl Stage {
    /// Makes a database in a temporary folder, applies the demo's tenant, and takes the address.
    /// `changes` is what is different about the tenant.
    pub async fn set(listen: &str, changes: impl FnOnce(&mut Directory)) -> anyhow::Result<Self> {
        let mut directory = provisioning::parse(TENANT).context("the demo's tenant")?;
        changes(&mut directory);
        let folder = TempDir::with_prefix("countersign-").context("no temporary folder")?;
        let store = database(&folder);
        let rng = OsRng;
        let key = rng::bytes(&rng);
        let keyring = || Keyring::new(BTreeMap::from([(1, key)])).context("no master key");
        provide(&directory, (&store, &keyring()?), &rng).await?;
        let application = Application::build(Blueprint {
            listen: listen.to_owned(),
            metrics_listen: None,
            public_url: None,
            proxies: Proxies::default(),
            tls: None,
            store,
            require_durable: false,
            keyring: keyring()?,
            key_source: None,
            clock: Arc::new(SystemClock),
            rng: Arc::new(rng),
            push_contact: None,
            audit_keep_days: None,
        })
        .await?;
        Ok(Self {
            application,
            directory,
            folder,
        })
    }

    /// Where the server is reached from this machine.
    pub fn url(&self) -> String {
        app::url_of(self.application.address())
    }

    /// The link by which the server's first administrator signs in to the console.
    ///
    /// It is the demo's own to show: its server holds nothing but the published test vectors.
    async fn sign_in_link(&self) -> anyhow::Result<String> {
        let made = self.application.verifier().make_first_administrator();
        let (_, link) = made
            .await?
            .context("the demo has its first administrator")?;
        Ok(link.url(&self.url()).expose_secret().to_owned())
    }

    /// Draws the images of the demo's site and imports them, while it is served: the kinds that need them are
    /// there some seconds later.
    fn draw_corpora(&self) -> anyhow::Result<tokio::task::JoinHandle<()>> {
        let tenant = self.directory.tenants.first();
        let tenant = tenant.context("the demo has a tenant")?.name.clone();
        let database = database(&self.folder);
        Ok(tokio::spawn(async move {
            if let Err(error) = demo_corpora::provide(&database, &tenant).await {
                tracing::error!("pictures and handwriting are not offered: {error:#}");
            }
        }))
    }

    /// What the website with a form was given by the server's operator.
    pub fn account(&self) -> anyhow::Result<partner::Account> {
        let mut sites = self.directory.tenants.iter().flat_map(|t| &t.sites);
        let site = sites.next().context("the demo's tenant has a site")?;
        let secret = site.secret.clone();
        Ok(partner::Account {
            server: self.url(),
            public_id: site.public_id.clone(),
            private_id: secret.context("the demo's site has a secret")?,
        })
    }

    /// What the website whose customers approve on a phone was given.
    pub fn okay_account(&self) -> anyhow::Result<partner_okay::Account> {
        partner_okay::Account::of(&self.directory, self.url())
    }

    /// What the website was given whose customers sign in by grid, phone, card or sent code.
    pub fn dual_account(&self) -> anyhow::Result<partner_dual::Account> {
        partner_dual::Account::of(&self.directory, self.url())
    }

    /// What that website's customer knows and carries.
    pub fn pocket(&self) -> anyhow::Result<Pocket> {
        Pocket::of(&self.directory)
    }
}

/// Lets `change` happen to each site.
pub fn each_site(directory: &mut Directory, change: impl Fn(&mut SiteBlueprint)) {
    let sites = directory.tenants.iter_mut().flat_map(|t| &mut t.sites);
    sites.for_each(change);
}

/// Where the demo listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses<'a> {
    /// The server.
    pub server: &'a str,
    /// The website with a form; nothing: a free port on the server's host.
    pub partner: Option<&'a str>,
    /// The website whose customers approve on a phone; nothing: the same.
    pub okay_partner: Option<&'a str>,
    /// The website whose customers sign in by grid, phone, card or sent code; nothing: the same.
    pub dual_partner: Option<&'a str>,
}

/// Serves the demo and its websites until asked to stop.
pub async fn run(listen: Addresses<'_>) -> anyhow::Result<()> {
    if telemetry::recorder().is_none() {
        tracing::warn!("metrics are not recorded");
    }
    // A free port beside the server, unless said otherwise.
    let (host, _) = listen
        .server
        .rsplit_once(':')
        .unwrap_or((listen.server, ""));
    let beside = |given: Option<&str>| given.map_or_else(|| format!("{host}:0"), str::to_owned);
    let website = app::bind(&beside(listen.partner), "--partner-listen").await?;
    let website_url = app::url_of(website.local_addr()?);
    let okay_partner = Stand::take(&beside(listen.okay_partner)).await?;
    let dual_website = app::bind(&beside(listen.dual_partner), "--dual-partner-listen").await?;
    let dual_url = app::url_of(dual_website.local_addr()?);
    let mailbox = Mailbox::new(&OsRng, Arc::new(SystemClock));
    let stage = Stage::set(listen.server, |directory| {
        directory.delivery = Some(mailbox.delivery(&dual_url));
        each_site(directory, |site| site.origins = origins_of(&website_url));
        okay_partner.invite_callbacks(directory);
    })
    .await?;
    let drawing = stage.draw_corpora()?;
    let pages = Website::new(stage.account()?, Arc::new(SystemClock))?.router();
    let serving = tokio::spawn(connections::serve(website, pages, std::future::pending()));
    let program = std::env::current_exe().unwrap_or_else(|_| Path::new("countersign").into());
    let program = program.display().to_string();
    let dual_pages = partner_dual::Website::new(
        stage.dual_account()?,
        stage.pocket()?,
        Arc::new(SystemClock),
    )?;
    let dual_serving = tokio::spawn(connections::serve(
        dual_website,
        dual_pages.router().merge(mailbox.router()),
        std::future::pending(),
    ));
    let websites = [website_url.as_str(), okay_partner.url(), dual_url.as_str()];
    let console = stage.sign_in_link().await?;
    let advice = advice(&stage.url(), (websites, &console), &program);
    // A reader that has seen enough ends nothing.
    let address = stage.application.address();
    let _ = writeln!(std::io::stdout(), "listening on http://{address}\n{advice}");
    let okay_serving = okay_partner.open(stage.okay_account()?, program, Arc::new(SystemClock))?;
    let ended = stage.application.run(stop::asked()).await;
    drawing.abort();
    serving.abort();
    okay_serving.abort();
    dual_serving.abort();
    ended
}

fn database(folder: &TempDir) -> StoreUrl {
    StoreUrl::Sqlite(folder.path().join("countersign.db"))
}

async fn provide(
    directory: &Directory,
    (store, keyring): (&StoreUrl, &Keyring),
    rng: &dyn Rng,
) -> anyhow::Result<()> {
    let store = store::open(store, &store::Options::default()).await?;
    store.stamp_with(keyring.audit_stamp()?);
    let provisioner = Provisioner {
        store: &*store,
        keyring,
        rng,
        clock: &SystemClock,
    };
    provisioner.apply(directory, Options::default()).await?;
    Ok(())
}

/// What to try, as commands that can be pasted into another terminal.
fn advice(base: &str, (websites, console): ([&str; 3], &str), program: &str) -> String {
    let [website, okay_website, dual_website] = websites;
    let app = app_at(base);
    format!(
        r#"
Open {website}/ in a browser: a partner's website, whose form asks its visitors to prove that they are
no robots (Ocapi): by work that the browser does, by pictures, by old handwriting or by a drawn code that can
be heard too. (Pictures and handwriting are drawn when the demo starts; give it some seconds.) Send the form, see
what the website's server asked and was answered, and send the same form again: it is refused, since that a
challenge is valid is told once.

Open {okay_website}/ in a browser: a partner's website that asks its customers' phones (Okay). Link a phone,
ask it for an approval, and see each callback arrive. The phone is the authenticator app, at {app} in
this browser or another one; or a software phone, whose commands the page shows.

Open {dual_website}/ in a browser: a partner's website whose customers sign in by a grid on the screen, by a
phone's response, by a printed card or by a code that is sent (DualShield). It has the customer's path, phone
and card too. Type a wrong passcode, and there is another grid; send a right one again, and it is refused.

Open {console} in a browser: the console, from where all this is run. The link signs its administrator, admin,
in once: choose a password there, and scan the second factor with an authenticator app.

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

/// Where people open the authenticator app of a server: by name, where there is one, since browsers verify
/// their users for names alone (Web Authentication).
fn app_at(server: &str) -> String {
    format!("{}/app/", server.replace("//127.0.0.1:", "//localhost:"))
}

/// The origins of a website on this machine: browsers know it by its address and as `localhost`.
fn origins_of(url: &str) -> Vec<String> {
    let by_name = url.replace("//127.0.0.1:", "//localhost:");
    vec![url.to_owned(), by_name]
}
