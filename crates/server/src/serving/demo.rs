//! `countersign demo`: a server with a demo tenant on a fresh database, a partner's website beside it, and
//! what to try with them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use challenge::directory::provision::{Blueprint as Directory, Options, Provisioner};
use challenge::rng::{self, Rng};
use challenge::secret::Keyring;
use store::StoreUrl;
use tempfile::TempDir;

use crate::app::{Application, Blueprint};
use crate::config::provisioning;
use crate::serving::partner_okay::{Account, Stand};
use crate::serving::{stop, telemetry};
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
        let store = StoreUrl::Sqlite(folder.path().join("countersign.db"));
        let rng = OsRng;
        let key = rng::bytes(&rng);
        let keyring = || Keyring::new(BTreeMap::from([(1, key)])).context("no master key");
        provide(&directory, (&store, &keyring()?), &rng).await?;
        let application = Application::build(Blueprint {
            listen: listen.to_owned(),
            metrics_listen: None,
            public_url: None,
            store,
            require_durable: false,
            keyring: keyring()?,
            clock: Arc::new(SystemClock),
            rng: Arc::new(rng),
        })
        .await?;
        Ok(Self {
            application,
            directory,
            folder,
        })
    }

    /// The server's address.
    pub fn url(&self) -> String {
        format!("http://{}", self.application.address())
    }

    /// What the operator hands to the partner whose customers approve on a phone.
    pub fn okay_account(&self) -> anyhow::Result<Account> {
        Account::of(&self.directory, self.url())
    }
}

/// Serves the demo and its website until asked to stop.
pub async fn run(listen: &str, okay_partner_listen: Option<&str>) -> anyhow::Result<()> {
    if telemetry::recorder().is_none() {
        tracing::warn!("metrics are not recorded");
    }
    let (host, _) = listen.rsplit_once(':').unwrap_or((listen, ""));
    let okay_partner = Stand::take(okay_partner_listen, host).await?;
    let stage = Stage::set(listen, |directory| okay_partner.invite_callbacks(directory)).await?;
    let base = stage.url();
    println!("listening on {base}");
    let program = std::env::current_exe().unwrap_or_else(|_| Path::new("countersign").into());
    let program = program.display().to_string();
    println!("{}", okay_advice(okay_partner.url()));
    println!("{}", advice(&base, &program));
    let website = okay_partner.open(stage.okay_account()?, program, Arc::new(SystemClock))?;
    let ended = stage.application.run(stop::asked()).await;
    website.abort();
    ended
}

async fn provide(
    directory: &Directory,
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
    provisioner.apply(directory, Options::default()).await?;
    Ok(())
}

/// What to try in a browser.
fn okay_advice(website: &str) -> String {
    format!(
        "
Open {website}/ in a browser: a partner's website that asks its customers' phones (Okay). Link a phone, ask
it for an approval, and see each callback arrive; the page shows the commands of a software phone."
    )
}

/// What to try, as commands that can be pasted into another terminal.
fn advice(base: &str, program: &str) -> String {
    format!(
        r#"
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
