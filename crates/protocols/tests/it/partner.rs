//! Partners of the Okay protocol at a door of the server, at a moment that stands still.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::{self, Body};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use base64ct::{Base64, Encoding as _};
use challenge::clock::{ManualClock, Timestamp};
use challenge::directory::provision::{
    Blueprint, ClientBlueprint, OkayBlueprint, Options, Provisioner, TenantBlueprint,
};
use challenge::directory::{OkaySettings, PinPlace, TenantStatus};
use challenge::rng::DangerCountingRng;
use challenge::secret::Keyring;
use challenge::verifier::{Ports, Verifier};
use challenge::visitor::InlineMint;
use protocols::desk::Desk;
use protocols::device::Station;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// The moment at which everything begins.
pub(crate) const START_S: i64 = 1_790_000_000;
/// The secret of every tenant.
pub(crate) const SECRET: &str = "securetoken";
/// A tenant that verifies PINs itself.
pub(crate) const SHOP: u64 = 40007;
/// A tenant whose PINs the server verifies, with number matching, and whose word is NO.
pub(crate) const BANK: u64 = 150_001;
/// A tenant that may not ask.
pub(crate) const ASLEEP: u64 = 12000;
/// A tenant whose trial is over.
pub(crate) const OVER: u64 = 10000;
/// A tenant that may start two things a minute.
pub(crate) const SLOW: u64 = 20002;
/// A tenant that may ask often.
pub(crate) const BUSY: u64 = 50001;

/// The server, and the partners it knows.
pub(crate) struct Partner {
    pub(crate) router: Router,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) station: Arc<Station>,
    pub(crate) verifier: Arc<Verifier>,
    /// Another node on the same database.
    pub(crate) other_node: Arc<Verifier>,
    _folder: tempfile::TempDir,
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// `status.message`.
    pub(crate) fn message(&self) -> String {
        self.json()["status"]["message"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// What a problem's `type` ends in.
    pub(crate) fn problem(&self) -> String {
        let json = self.json();
        let kind = json["type"].as_str().unwrap();
        kind.strip_prefix("urn:problem-type:device:")
            .unwrap()
            .to_owned()
    }

    /// Why it was refused.
    pub(crate) fn reason(&self) -> &str {
        self.headers["countersign-reason"].to_str().unwrap()
    }
}

fn tenants() -> Vec<TenantBlueprint> {
    let tenant = |id, change: fn(&mut OkaySettings)| {
        let mut okay = OkayBlueprint::numbered(id);
        change(&mut okay.settings);
        okay.secret = Some(SECRET.into());
        let agent = |name: &str| ClientBlueprint {
            secret: Some("password01".into()),
            protocols: vec!["dualshield".to_owned()],
            ..ClientBlueprint::named(format!("{name}-{id}"))
        };
        TenantBlueprint {
            okay: Some(okay),
            clients: vec![agent("agent"), agent("second")],
            display_name: Some(format!("Tenant \u{201c}{id}\u{201d}")),
            ..TenantBlueprint::named(format!("T{id}"))
        }
    };
    vec![
        tenant(SHOP, |_| {}),
        tenant(BANK, |okay| {
            okay.pin = PinPlace::Server;
            okay.number_matching = true;
            okay.decline_word = "NO".into();
            okay.starts_per_5_min = 1000;
        }),
        tenant(ASLEEP, |okay| okay.status = TenantStatus::Inactive),
        tenant(OVER, |okay| {
            okay.trial_expires = Some(Timestamp::from_unix_s(START_S));
        }),
        tenant(SLOW, |okay| okay.starts_per_min = Some(2)),
        tenant(BUSY, |okay| {
            okay.starts_per_5_min = 100_000;
            okay.max_pending = 1000;
        }),
        TenantBlueprint::named("NOTSETUP"),
    ]
}

impl Partner {
    /// A new server.
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("okay.db").display());
        let url = url.parse().unwrap();
        let options = store::Options::default();
        let store = store::open(&url, &options).await.unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_s(START_S)));
        let rng = Arc::new(DangerCountingRng::default());
        let keyring = || Keyring::new(BTreeMap::from([(1, [7; 32])])).unwrap();
        let provisioner = Provisioner {
            store: &*store,
            keyring: &keyring(),
            rng: &*rng,
            clock: &*clock,
        };
        let blueprint = Blueprint {
            tenants: tenants(),
            ..Blueprint::default()
        };
        let applied = provisioner.apply(&blueprint, Options::default()).await;
        applied.unwrap();
        let node = |store| {
            let ports = Ports {
                store,
                clock: clock.clone(),
                rng: rng.clone(),
                keyring: keyring(),
                mint: Arc::new(InlineMint(DangerCountingRng::default())),
            };
            async { Arc::new(Verifier::start(ports).await.unwrap()) }
        };
        let verifier = node(Arc::clone(&store)).await;
        let other_node = node(store).await;
        let station = Station::new(rng.clone());
        let router = protocols::okay::routes::router()
            .merge(protocols::device::routes::router(&station))
            .merge(protocols::dualshield::routes::router(station.hasher()))
            .with_state(Arc::new(Desk {
                verifier: Arc::clone(&verifier),
                public_url: "https://myserver:8445".to_owned(),
            }));
        Self {
            router,
            clock,
            station,
            verifier,
            other_node,
            _folder: folder,
        }
    }

    /// Sends a request from 192.0.2.7; the body of the answer is not read.
    pub(crate) async fn ask(&self, mut request: Request<Body>) -> Response<Body> {
        let peer = SocketAddr::from(([192, 0, 2, 7], 40_000));
        request.extensions_mut().insert(ConnectInfo(peer));
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends a request from 192.0.2.7.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        read(self.ask(request).await).await
    }

    /// Posts a body to the gateway.
    pub(crate) async fn post(&self, path: &str, body: impl ToString) -> Reply {
        let request = Request::post(path).body(Body::from(body.to_string()));
        self.send(request.unwrap()).await
    }

    /// Links a user.
    pub(crate) async fn link(&self, tenant: u64, user: &str) -> Reply {
        self.post("/gateway/link", link(tenant, user)).await
    }

    /// Has a user asked for a yes or no.
    pub(crate) async fn start(&self, tenant: u64, user: &str, kind: &Value, text: &str) -> Reply {
        self.post("/gateway/auth", start(tenant, user, kind, text))
            .await
    }

    /// The id of a session just started.
    pub(crate) async fn started(&self, tenant: u64, user: &str, kind: &Value) -> String {
        let reply = self.start(tenant, user, kind, "text").await;
        assert_eq!(reply.message(), "OK", "{}", reply.reason());
        reply.json()["sessionExternalId"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Asks what came of a session.
    pub(crate) async fn check(&self, tenant: u64, session: &str) -> Reply {
        self.post("/gateway/check", check(tenant, session)).await
    }

    /// Asserts what came of a session.
    pub(crate) async fn assert_checked(&self, tenant: u64, session: &str, result: (u16, &str)) {
        let reply = self.check(tenant, session).await;
        let expected = json!({
            "status": {"code": 0, "message": "OK"},
            "authResult": {"dataType": result.0, "data": result.1},
        });
        assert_eq!(reply.json(), expected);
    }
}

/// An answer, read whole.
pub(crate) async fn read(response: Response<Body>) -> Reply {
    let (parts, body) = response.into_parts();
    let bytes = body::to_bytes(body, usize::MAX).await.unwrap();
    Reply {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

/// The signature of these fields.
pub(crate) fn sign(fields: &[&str]) -> String {
    let text = fields.concat() + SECRET;
    Base64::encode_string(digest(&SHA256, text.as_bytes()).as_ref())
}

/// A request to link.
pub(crate) fn link(tenant: u64, user: &str) -> Value {
    let signature = sign(&[&tenant.to_string(), user]);
    json!({"tenantId": tenant, "userExternalId": user, "signature": signature})
}

/// A request to start; a type's name is hashed as the first number that its users hash.
pub(crate) fn start(tenant: u64, user: &str, kind: &Value, text: &str) -> Value {
    let hashed = match kind.as_str() {
        Some("AUTH_OK") => "101",
        Some("AUTH_PIN_TAN") => "103",
        Some("SET_PIN") => "105",
        Some(other) => other,
        None => &kind.to_string(),
    };
    let signature = sign(&[&tenant.to_string(), user, "Header", text, hashed]);
    json!({
        "tenantId": tenant, "userExternalId": user, "type": kind,
        "authParams": {"guiHeader": "Header", "guiText": text}, "signature": signature,
    })
}

/// A request to check.
pub(crate) fn check(tenant: u64, session: &str) -> Value {
    let signature = sign(&[&tenant.to_string(), session]);
    json!({"tenantId": tenant, "sessionExternalId": session, "signature": signature})
}
