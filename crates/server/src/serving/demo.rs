//! `countersign demo`: a server with a demo tenant on a fresh database, and what to try with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use challenge::directory::provision::{Options, Provisioner};
use challenge::rng::{self, Rng};
use challenge::secret::Keyring;
use store::StoreUrl;
use tempfile::TempDir;

use crate::app::{Application, Blueprint};
use crate::config::provisioning;
use crate::serving::{stop, telemetry};
use crate::system::{OsRng, SystemClock};

/// The demo's tenant, in the form in which everybody describes theirs.
const TENANT: &str = include_str!("demo.toml");

/// A demo server that is ready to run, and the folder that its database is in.
pub struct Stage {
    /// The server.
    pub application: Application,
    /// Removed, with the database in it, when the stage is dropped.
    pub folder: TempDir,
}

impl Stage {
    /// Makes a database in a temporary folder, applies the demo's tenant, and takes the address.
    pub async fn set(listen: &str) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("countersign-").context("no temporary folder")?;
        let store = StoreUrl::Sqlite(folder.path().join("countersign.db"));
        let rng = OsRng;
        let key = rng::bytes(&rng);
        let keyring = || Keyring::new(BTreeMap::from([(1, key)])).context("no master key");
        provide(&store, &keyring()?, &rng).await?;
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
            folder,
        })
    }
}

/// Serves the demo until asked to stop.
pub async fn run(listen: &str) -> anyhow::Result<()> {
    if telemetry::recorder().is_none() {
        tracing::warn!("metrics are not recorded");
    }
    let stage = Stage::set(listen).await?;
    let address = stage.application.address();
    println!("listening on http://{address}");
    let program = std::env::current_exe().unwrap_or_else(|_| Path::new("countersign").into());
    println!(
        "{}",
        advice(&format!("http://{address}"), &program.display().to_string())
    );
    stage.application.run(stop::asked()).await
}

async fn provide(store: &StoreUrl, keyring: &Keyring, rng: &dyn Rng) -> anyhow::Result<()> {
    let blueprint = provisioning::parse(TENANT).context("the demo's tenant")?;
    let store = store::open(store, &store::Options::default()).await?;
    let provisioner = Provisioner {
        store: &*store,
        keyring,
        rng,
        clock: &SystemClock,
    };
    provisioner.apply(&blueprint, Options::default()).await?;
    Ok(())
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
