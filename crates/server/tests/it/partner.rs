//! A partner's server that asks for approvals, and a server in this process whose clock can be moved.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use challenge::approval::ports::Listing;
use challenge::clock::{Clock, Timestamp};
use challenge::verifier::Verifier;
use countersign::app::{Application, Blueprint};
use countersign::cli::Output;
use countersign::config::{Environment, Overrides, Settings};
use countersign::device;
use countersign::operator::Desk;
use countersign::system::SystemClock;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::push_stage::until;
use crate::receiver::{SECRET, STANDARD_SECRET, vendor_signature};
use crate::running::Home;

/// Tenants for approvals, a file for `apply`: number, callback URL, further lines of settings.
pub(crate) fn tenants(all: &[(u64, &str, &str)]) -> tempfile::TempPath {
    let mut text = String::new();
    for (id, callback_url, more) in all {
        write!(
            text,
            "[[tenant]]\nname = \"T{id}\"\n[tenant.okay]\nid = {id}\nsecret = \"{SECRET}\"\n\
             callback_standard_secret = \"{STANDARD_SECRET}\"\ncallback_url = \"{callback_url}\"\n\
             allow_private_callback = true\nstarts_per_5_min = 1000\n{more}\n"
        )
        .unwrap();
    }
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), text).unwrap();
    file.into_temp_path()
}

/// The machine's clock, moved forward by the test.
#[derive(Default)]
pub(crate) struct MovedClock(AtomicI64);

impl MovedClock {
    pub(crate) fn advance_s(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let moved = self.0.load(Ordering::Relaxed);
        Timestamp::from_unix_ms(SystemClock.now().unix_ms() + moved)
    }
}

/// A server in this process.
pub(crate) struct Inside {
    pub(crate) base: String,
    pub(crate) verifier: Arc<Verifier>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Inside {
    pub(crate) async fn start(home: &Home, clock: &Arc<MovedClock>) -> Self {
        Self::with(home, clock, Environment::fixed([])).await
    }

    /// The same, with settings from the environment.
    pub(crate) async fn with(
        home: &Home,
        clock: &Arc<MovedClock>,
        environment: Environment,
    ) -> Self {
        let overrides = Overrides {
            data: Some(home.data()),
            store: home.store(),
            listen: Some("127.0.0.1:0".to_owned()),
            ..Overrides::default()
        };
        let desk = Desk {
            settings: Settings::load(overrides, &environment).unwrap(),
            environment,
            output: Output { json: false },
        };
        let blueprint = Blueprint {
            clock: Arc::<MovedClock>::clone(clock),
            ..desk.application().unwrap()
        };
        let application = Application::build(blueprint).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        Self {
            base: format!("http://{}", application.address()),
            verifier: Arc::clone(application.verifier()),
            stop,
            running: tokio::spawn(application.run(async {
                // Dropped or sent: either way it is to stop.
                let _ = stopped.await;
            })),
        }
    }

    /// Waits until the messages of a kind that wait, or are dead, were written down as failed so often,
    /// the fewest first: what fails is tried again so long after that, by the clock that a test moves.
    pub(crate) async fn failed(&self, kind: &'static str, tries: &[u32]) {
        let listing = Listing {
            kind,
            tenant: None,
            line: None,
            dead_only: false,
            after: None,
            limit: 100,
        };
        let what = format!("{kind} failed {tries:?} times");
        until(&what, async || {
            let waiting = self.verifier.store().waiting_messages(&listing).await;
            let mut failed: Vec<_> = waiting
                .unwrap()
                .iter()
                .map(|one| one.failed_tries)
                .collect();
            failed.sort_unstable();
            failed == tries
        })
        .await;
    }

    /// Stops it as SIGTERM does.
    pub(crate) async fn stopped(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }
}

/// A partner's server.
pub(crate) struct Partner {
    client: reqwest::Client,
    base: String,
    pub(crate) tenant: u64,
}

impl Partner {
    pub(crate) fn of(base: &str, tenant: u64) -> Self {
        Self {
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            base: base.to_owned(),
            tenant,
        }
    }

    async fn post(&self, path: &str, mut body: Value, fields: &[&str]) -> Value {
        let tenant = self.tenant.to_string();
        let mut signed = vec![tenant.as_str()];
        signed.extend(fields);
        body["tenantId"] = self.tenant.into();
        body["signature"] = vendor_signature(&signed).into();
        let url = format!("{}/gateway/{path}", self.base);
        let answer = self.client.post(url).json(&body).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// A linking code for a user.
    pub(crate) async fn code(&self, user: &str) -> String {
        let told = self
            .post("link", json!({ "userExternalId": user }), &[user])
            .await;
        told["linkingCode"]
            .as_str()
            .unwrap_or_else(|| panic!("{told}"))
            .to_owned()
    }

    /// Starts an approval; the whole answer.
    pub(crate) async fn auth(&self, user: &str, kind: u32, text: &str) -> Value {
        let kind_text = kind.to_string();
        let params = json!({ "guiHeader": "Payment", "guiText": text });
        let body = json!({ "userExternalId": user, "type": kind, "authParams": params });
        self.post("auth", body, &[user, "Payment", text, &kind_text])
            .await
    }

    /// Starts an approval; its session.
    pub(crate) async fn session(&self, user: &str, kind: u32, text: &str) -> String {
        let told = self.auth(user, kind, text).await;
        told["sessionExternalId"]
            .as_str()
            .unwrap_or_else(|| panic!("{told}"))
            .to_owned()
    }

    /// Asks for device information; its session.
    pub(crate) async fn device_info(&self, user: &str) -> String {
        let params = json!({ "deviceData": "isBioEnabled" });
        let body = json!({ "userExternalId": user, "type": 104, "sessionParams": params });
        let told = self
            .post("session", body, &[user, "isBioEnabled", "104"])
            .await;
        told["sessionExternalId"]
            .as_str()
            .unwrap_or_else(|| panic!("{told}"))
            .to_owned()
    }

    /// Starts a session of a kind that is told by its name and signed by its number.
    pub(crate) async fn named_session(&self, user: &str, name: &str, number: &str) -> String {
        let params = json!({ "guiHeader": "Payment", "guiText": "?" });
        let body = json!({ "userExternalId": user, "type": name, "authParams": params });
        let told = self
            .post("auth", body, &[user, "Payment", "?", number])
            .await;
        let session = told["sessionExternalId"].as_str();
        session.unwrap_or_else(|| panic!("{told}")).to_owned()
    }

    /// Looks at a session.
    pub(crate) async fn check(&self, session: &str) -> Value {
        self.post("check", json!({ "sessionExternalId": session }), &[session])
            .await
    }

    /// Links a device of this process.
    pub(crate) async fn linked(&self, user: &str) -> Phone {
        let folder = tempfile::tempdir().unwrap();
        let home = device::Home::at(folder.path().join("phone"));
        let code = self.code(user).await;
        let device = device::Device::link(&self.base, &code, &home)
            .await
            .unwrap();
        Phone {
            device,
            home,
            folder,
        }
    }
}

/// A software device and its folder.
pub(crate) struct Phone {
    pub(crate) device: device::Device,
    pub(crate) home: device::Home,
    folder: tempfile::TempDir,
}

impl Phone {
    /// Decides about the only session that is pending.
    pub(crate) async fn decides(&self, verdict: challenge::approval::Verdict) {
        let pending = self.device.pending().await.unwrap();
        let decision = device::Decision::plain(verdict);
        self.device.decide(&pending[0], &decision).await.unwrap();
    }

    /// Where its keys are.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("phone")
    }
}
