//! A console to be used by tests: an application on a clock of its own, and browsers without script.

use std::collections::BTreeMap;
use std::sync::Arc;

use challenge::clock::{Clock as _, ManualClock, Timestamp};
use challenge::directory::provision::Options;
use challenge::officers::{NewAdministrator, Officer, Reach, Role};
use challenge::secret::Keyring;
use challenge::verifier::Verifier;
use countersign::app::{Application, Blueprint};
use countersign::config::provisioning;
use countersign::serving::proxies::Proxies;
use countersign::system::OsRng;
use oath::{Key, Totp};
use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::{Client, Method, StatusCode, redirect};
use secrecy::ExposeSecret as _;
use store::StoreUrl;
use tempfile::TempDir;

use crate::running::DEMO_TENANT;

/// What every administrator of these tests chooses.
pub(crate) const PASSWORD: &str = "four words that do not belong together";

/// A server in this process.
pub(crate) struct Stage {
    pub(crate) base: String,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) verifier: Arc<Verifier>,
    _folder: TempDir,
}

impl Stage {
    /// One with the demo's tenant.
    pub(crate) async fn open() -> Self {
        Self::known_as(None).await
    }

    /// One that the world knows by this address, behind a proxy on this machine.
    pub(crate) async fn known_as(public_url: Option<&str>) -> Self {
        let folder = TempDir::with_prefix("countersign-console-").unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_s(1_800_000_000)));
        let application = Application::build(Blueprint {
            listen: "127.0.0.1:0".to_owned(),
            metrics_listen: None,
            public_url: public_url.map(str::to_owned),
            proxies: Proxies::parse(&["127.0.0.1".to_owned()]).unwrap(),
            tls: None,
            store: StoreUrl::Sqlite(folder.path().join("countersign.db")),
            require_durable: false,
            keyring: Keyring::new(BTreeMap::from([(1, [7; 32])])).unwrap(),
            key_source: None,
            clock: clock.clone(),
            rng: Arc::new(OsRng),
            push_contact: None,
            audit_keep_days: None,
        })
        .await
        .unwrap();
        let verifier = Arc::clone(application.verifier());
        let directory = std::fs::read_to_string(DEMO_TENANT).unwrap();
        let directory = provisioning::parse(&directory).unwrap();
        let provisioner = verifier.provisioner();
        let applied = provisioner.apply(&directory, Options::default()).await;
        applied.unwrap();
        let base = format!("http://{}", application.address());
        tokio::spawn(application.run(std::future::pending()));
        Self {
            base,
            clock,
            verifier,
            _folder: folder,
        }
    }

    /// Has the server hand letters over to a mail server at this port.
    pub(crate) async fn sends_letters_to(&self, port: u16) {
        let file = format!(
            "[delivery.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n\
             from = \"Online Bank <codes@bank.example>\"\n"
        );
        self.apply(&file).await;
    }

    /// Brings the directory to what a file for `apply` says.
    pub(crate) async fn apply(&self, file: &str) {
        let described = provisioning::parse(file).unwrap();
        let provisioner = self.verifier.provisioner();
        let applied = provisioner.apply(&described, Options::default()).await;
        applied.unwrap();
        self.verifier.catalogue.refresh().await.unwrap();
    }

    /// The path of the sign-in link of a new administrator.
    pub(crate) async fn link_of(&self, name: &str, role: Role, tenant: Option<&str>) -> String {
        self.verifier.catalogue.refresh().await.unwrap();
        let reach = tenant.map(|name| self.verifier.catalogue.tenant(name).unwrap().tenant.id);
        let wish = NewAdministrator {
            login_name: name.to_owned(),
            display_name: None,
            email: None,
            role,
            reach: reach.map_or(Reach::Server, Reach::Tenant),
        };
        let by = Officer::command_line();
        let (_, link) = self.verifier.make_administrator(&by, wish).await.unwrap();
        link.url("").expose_secret().to_owned()
    }

    /// An administrator who is signed in, and the key of the second factor.
    pub(crate) async fn signed_in(&self, name: &str, role: Role, tenant: Option<&str>) -> Person {
        let mut browser = self.browser();
        let link = self.link_of(name, role, tenant).await;
        let (key, recovery) = browser.set_up(&link, &self.clock).await;
        Person {
            browser,
            key,
            recovery,
        }
    }

    /// A browser that keeps cookies, sends forms, and follows nothing by itself.
    pub(crate) fn browser(&self) -> Browser {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none());
        Browser {
            client: client.build().unwrap(),
            base: self.base.clone(),
            cookies: BTreeMap::new(),
            token: String::new(),
            headers: HeaderMap::new(),
        }
    }
}

/// Somebody who set everything up.
pub(crate) struct Person {
    pub(crate) browser: Browser,
    pub(crate) key: Key,
    pub(crate) recovery: Vec<String>,
}

/// What an authenticator app shows.
pub(crate) fn code(key: &Key, clock: &ManualClock) -> String {
    let code = Totp::default().code_at(key, clock.now().unix_s()).unwrap();
    code.as_str().to_owned()
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// Where the browser is sent on to.
    pub(crate) fn location(&self) -> &str {
        self.headers
            .get("location")
            .map_or("", |value| value.to_str().unwrap())
    }

    /// What stands between two texts, the first time.
    pub(crate) fn between(&self, before: &str, after: &str) -> &str {
        let (_, rest) = self
            .text
            .split_once(before)
            .unwrap_or_else(|| panic!("no {before} in {}", self.text));
        rest.split_once(after).unwrap().0
    }

    /// The cookies that it sets, as they are written.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        lines.map(|line| line.to_str().unwrap()).collect()
    }
}

/// A browser.
#[derive(Clone)]
pub(crate) struct Browser {
    client: Client,
    base: String,
    pub(crate) cookies: BTreeMap<String, String>,
    /// What the forms of the last page hold.
    pub(crate) token: String,
    /// What it says beside everything.
    pub(crate) headers: HeaderMap,
}

impl Browser {
    /// Asks for a page.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// Sends a form of the last page.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token.clone();
        let fields = [&[("csrf", token.as_str())], fields].concat();
        self.send(Method::POST, path, Some(&fields)).await
    }

    /// Sends exactly these fields.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        fields: Option<&[(&str, &str)]>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        let cookies = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        request = request.header("cookie", cookies.collect::<Vec<_>>().join("; "));
        request = request.headers(self.headers.clone());
        if let Some(fields) = fields {
            request = request.form(fields);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let answer = Answer {
            status,
            headers,
            text,
        };
        for line in answer.cookies() {
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let field = "name=\"csrf\" value=\"";
        if answer.text.contains(field) {
            answer.between(field, "\"").clone_into(&mut self.token);
        }
        answer
    }

    /// Follows a link, chooses a password, sets the second factor up: signed in then.
    pub(crate) async fn set_up(&mut self, link: &str, clock: &ManualClock) -> (Key, Vec<String>) {
        self.get(link).await;
        let followed = self.post(link, &[]).await;
        assert_eq!(
            followed.location(),
            "/console/set-up/password",
            "{}",
            followed.text
        );
        self.get("/console/set-up/password").await;
        let fields = [("new_password", PASSWORD), ("again", PASSWORD)];
        let chosen = self.post("/console/set-up/password", &fields).await;
        assert_eq!(
            chosen.location(),
            "/console/set-up/factor",
            "{}",
            chosen.text
        );
        self.get("/console/set-up/factor").await;
        let drawn = self.post("/console/set-up/factor", &[]).await;
        let key = Key::from_base32(drawn.between("secret=", "&")).unwrap();
        let code = code(&key, clock);
        let told = self
            .post("/console/set-up/factor", &[("code", &code)])
            .await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text);
        let listed = told.between("<ul class=\"codes panel\">", "</ul>");
        let recovery = listed.split("<li>").skip(1);
        let recovery = recovery.map(|item| item.split_once("</li>").unwrap().0.to_owned());
        (key, recovery.collect())
    }

    /// Sends the name and the password.
    pub(crate) async fn send_password(&mut self, name: &str, password: &str) -> Answer {
        self.get("/console/sign-in").await;
        let fields = [("login_name", name), ("password", password)];
        self.post("/console/sign-in", &fields).await
    }
}

/// A client that goes to the server itself, without a browser's cookies.
pub(crate) fn plain() -> Client {
    Client::builder().no_proxy().build().unwrap()
}
