//! Two nodes of one database with one clock, and administrators on them.

use std::sync::Arc;

use async_trait::async_trait;
use challenge::approval::pin::{CannotHash, PinHasher};
use challenge::clock::ManualClock;
use challenge::directory::provision::{Blueprint, Options, TenantBlueprint};
use challenge::directory::{Tenant, User};
use challenge::id::Id;
use challenge::officers::{
    Denied, NewAdministrator, NewSession, Officer, Origin, Reach, Role, Session, Stage as Owed,
};
use challenge::verifier::{Ports, Verifier};
use challenge::visitor::InlineMint;
use oath::otpauth;
use secrecy::{ExposeSecret, SecretString};

use crate::support::*;
use crate::verifying::{OsBytes, keyring};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// How many ask at once.
pub(crate) const AT_ONCE: usize = 16;

pub(crate) struct Stage {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) nodes: [Arc<Verifier>; 2],
}

/// Hashes at no cost.
pub(crate) struct Plain;

#[async_trait]
impl PinHasher for Plain {
    async fn hash(&self, pin: SecretString) -> Result<String, CannotHash> {
        Ok(format!("plain {}", pin.expose_secret()))
    }

    async fn matches(&self, hash: String, unverified: SecretString) -> Result<bool, CannotHash> {
        Ok(hash == format!("plain {}", unverified.expose_secret()))
    }
}

/// An administrator who set everything up.
pub(crate) struct Person {
    pub(crate) id: Id<User>,
    pub(crate) login_name: String,
    pub(crate) uri: otpauth::Uri,
    pub(crate) recovery: Vec<SecretString>,
    /// The session in which it was set up.
    pub(crate) session: SecretString,
}

impl Stage {
    pub(crate) async fn on(place: &Place) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let one = node(place, &clock).await;
        one.found_console().await.unwrap();
        let nodes = [one, node(place, &clock).await];
        Self { clock, nodes }
    }

    pub(crate) fn one(&self) -> &Verifier {
        &self.nodes[0]
    }

    pub(crate) fn other(&self) -> &Verifier {
        &self.nodes[1]
    }

    /// A tenant, known on both nodes.
    pub(crate) async fn tenant(&self, name: &str) -> Id<Tenant> {
        let blueprint = Blueprint {
            tenants: vec![TenantBlueprint::named(name)],
            ..Blueprint::default()
        };
        let provisioner = self.one().provisioner();
        let options = Options::default();
        provisioner.apply(&blueprint, options).await.unwrap();
        for node in &self.nodes {
            node.catalogue.refresh().await.unwrap();
        }
        self.one().catalogue.tenant(name).unwrap().tenant.id
    }

    /// Makes an administrator who did nothing yet; the link's text.
    pub(crate) async fn invited(&self, name: &str, role: Role, reach: Reach) -> (Id<User>, String) {
        let by = Officer::command_line();
        let wish = wish(name, role, reach);
        let (made, link) = self.one().make_administrator(&by, wish).await.unwrap();
        (made.id, link.text.expose_secret().to_owned())
    }

    /// Makes an administrator of the server who sets everything up.
    pub(crate) async fn person(&self, login_name: &str) -> Person {
        let (id, link) = self.invited(login_name, Role::Admin, Reach::Server).await;
        self.set_up(id, login_name, &link).await
    }

    pub(crate) async fn set_up(&self, id: Id<User>, login_name: &str, link: &str) -> Person {
        let node = self.one();
        let begun = node.follow_link(link, from("192.0.2.1")).await.unwrap();
        assert_eq!(begun.stage, Owed::Password);
        let session = self.session(&begun).await;
        let chosen = self.choose(&session, PASSWORD).await.unwrap();
        assert_eq!(chosen.stage, Owed::Factor);
        let session = self.session(&chosen).await;
        let factor = node.draw_second_factor(&session, None, &Plain).await;
        let uri: otpauth::Uri = factor.unwrap().uri.expose_secret().parse().unwrap();
        let session = self.session(&chosen).await;
        let code = self.code(&uri);
        let (open, recovery) = node.confirm_second_factor(&session, &code).await.unwrap();
        assert_eq!(open.stage, Owed::Open);
        self.clock.advance_s(30);
        Person {
            id,
            login_name: login_name.to_owned(),
            uri,
            recovery,
            session: open.secret,
        }
    }

    /// Chooses a password in a session that a link opened.
    pub(crate) async fn choose(&self, session: &Session, new: &str) -> Result<NewSession, Denied> {
        self.one()
            .choose_password(session, None, &new.into(), &Plain)
            .await
    }

    /// The session of a secret that was just given.
    pub(crate) async fn session(&self, new: &NewSession) -> Session {
        let secret = new.secret.expose_secret();
        self.one().session(secret, Origin::default()).await.unwrap()
    }

    pub(crate) async fn find(&self, secret: &SecretString) -> Result<Session, Denied> {
        let secret = secret.expose_secret();
        self.other().session(secret, Origin::default()).await
    }

    /// The present code.
    pub(crate) fn code(&self, uri: &otpauth::Uri) -> String {
        let totp = uri.totp().unwrap();
        let now = self.one().now().unix_s();
        totp.code_at(&uri.key, now).unwrap().as_str().to_owned()
    }

    /// A sign-in that owes the code.
    pub(crate) async fn half(&self, person: &Person) -> Session {
        let begun = self.begin(&person.login_name, PASSWORD).await.unwrap();
        assert_eq!(begun.stage, Owed::Code);
        self.session(&begun).await
    }

    pub(crate) async fn begin(&self, name: &str, password: &str) -> Result<NewSession, Denied> {
        let origin = from("192.0.2.7");
        self.one()
            .begin_session(name, &password.into(), origin, &Plain)
            .await
    }

    /// A whole sign-in, in a time step of its own.
    pub(crate) async fn sign_in(&self, person: &Person) -> NewSession {
        self.clock.advance_s(30);
        let half = self.half(person).await;
        let code = self.code(&person.uri);
        self.one().finish_by_code(&half, &code).await.unwrap()
    }
}

pub(crate) fn wish(name: &str, role: Role, reach: Reach) -> NewAdministrator {
    NewAdministrator {
        login_name: name.to_owned(),
        display_name: None,
        email: None,
        role,
        reach,
    }
}

pub(crate) fn from(address: &str) -> Origin {
    Origin {
        address: Some(address.to_owned()),
        correlation: None,
    }
}

/// An officer as a token or session makes one.
pub(crate) fn officer(role: Role, reach: Reach) -> Officer {
    Officer {
        name: "somebody".to_owned(),
        role,
        reach,
        ..Officer::command_line()
    }
}

async fn node(place: &Place, clock: &Arc<ManualClock>) -> Arc<Verifier> {
    let ports = Ports {
        store: place.open().await,
        clock: Arc::clone(clock) as _,
        rng: Arc::new(OsBytes),
        keyring: keyring(),
        mint: Arc::new(InlineMint(OsBytes)),
    };
    Arc::new(Verifier::start(ports).await.unwrap())
}

/// What many at once, over both nodes in turn, came to.
pub(crate) async fn at_once<T, F>(stage: &Stage, ask: impl Fn(Arc<Verifier>, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut tasks = tokio::task::JoinSet::new();
    for turn in 0..AT_ONCE {
        tasks.spawn(ask(Arc::clone(&stage.nodes[turn % 2]), turn));
    }
    tasks.join_all().await
}
