//! Two banks and the officers who look after them, at a moment that stands still.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{self, Body};
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use challenge::clock::{ManualClock, Timestamp};
use challenge::directory::provision::{
    AuthenticatorBlueprint, Blueprint, ClientBlueprint, KeySource, Kind, OkayBlueprint, Options,
    PolicyBlueprint, SiteBlueprint, TenantBlueprint, UserBlueprint,
};
use challenge::officers::{NewToken, Officer, Reach, Role};
use challenge::policy::Limits;
use challenge::rng::DangerCountingRng;
use challenge::secret::Keyring;
use challenge::verifier::{Ports, Verifier};
use challenge::visitor::InlineMint;
use oath::Key;
use protocols::desk::Desk;
use protocols::management;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::bank::Reply;

/// The moment at which everything begins: 21 September 2026, 14:13:20 UTC.
pub(super) const START_S: i64 = 1_790_000_000;

/// The key of every token with one.
pub(super) const KEY: &[u8] = b"12345678901234567890";

/// The server, and those who run it.
pub(super) struct Office {
    router: Router,
    pub(super) desk: Arc<Desk>,
    pub(super) clock: Arc<ManualClock>,
    /// An admin of the whole server.
    pub(super) admin: String,
    /// An operator of the whole server.
    pub(super) operator: String,
    /// An auditor of the whole server.
    pub(super) auditor: String,
    /// An admin of `OTHERBANK` alone.
    pub(super) stranger: String,
    /// An admin of `ONLINEBANK` alone.
    pub(super) owner: String,
    /// An admin of the whole server, whose token ended.
    pub(super) former: String,
    _folder: tempfile::TempDir,
}

impl Office {
    pub(super) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("office.db").display());
        let store = store::open(&url.parse().unwrap(), &store::Options::default())
            .await
            .unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_s(START_S - 172_800)));
        let ports = Ports {
            store,
            clock: clock.clone(),
            rng: Arc::new(DangerCountingRng::default()),
            keyring: Keyring::new(BTreeMap::from([(1, [7; 32])])).unwrap(),
            mint: Arc::new(InlineMint(DangerCountingRng::default())),
        };
        let verifier = Arc::new(Verifier::start(ports).await.unwrap());
        let blueprint = Blueprint {
            tenants: vec![bank("ONLINEBANK", 40007), bank("OTHERBANK", 40008)],
            ..Blueprint::default()
        };
        verifier
            .provisioner()
            .apply(&blueprint, Options::default())
            .await
            .unwrap();
        verifier.catalogue.refresh().await.unwrap();
        verifier.found_console().await.unwrap();
        verifier.catalogue.refresh().await.unwrap();
        let own = Self::reach(&verifier, "ONLINEBANK");
        let others = Self::reach(&verifier, "OTHERBANK");
        let former = Self::token(&verifier, "former", (Role::Admin, Reach::Server), 1).await;
        clock.set(Timestamp::from_unix_s(START_S));
        let server = Reach::Server;
        let desk = Arc::new(Desk {
            verifier: Arc::clone(&verifier),
            public_url: "https://auth.bank.example".to_owned(),
        });
        Self {
            router: management::routes::router().with_state(Arc::clone(&desk)),
            desk,
            clock,
            admin: Self::token(&verifier, "admin", (Role::Admin, server), 365).await,
            operator: Self::token(&verifier, "operator", (Role::Operator, server), 365).await,
            auditor: Self::token(&verifier, "auditor", (Role::Auditor, server), 365).await,
            stranger: Self::token(&verifier, "stranger", (Role::Admin, others), 365).await,
            owner: Self::token(&verifier, "owner", (Role::Admin, own), 365).await,
            former,
            _folder: folder,
        }
    }

    fn reach(verifier: &Verifier, tenant: &str) -> Reach {
        Reach::Tenant(verifier.catalogue.tenant(tenant).unwrap().tenant.id)
    }

    async fn token(
        verifier: &Verifier,
        name: &str,
        (role, reach): (Role, Reach),
        days: u32,
    ) -> String {
        let wish = NewToken {
            name: name.to_owned(),
            role,
            reach,
            days: Some(days),
        };
        let made = verifier.make_token(&Officer::command_line(), wish).await;
        made.unwrap().text.expose_secret().to_owned()
    }

    /// Sends a request from 192.0.2.7.
    pub(super) async fn send(&self, mut request: Request<Body>) -> Reply {
        let peer = SocketAddr::from(([192, 0, 2, 7], 40_000));
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body::to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Asks in the name of whoever holds the token; `headers` beside the usual ones.
    pub(super) async fn ask(
        &self,
        token: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Reply {
        self.send(Self::request(token, (method, path), headers, body))
            .await
    }

    /// A request as officers send it.
    pub(super) fn request(
        token: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Request<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("x-correlation-id", "c-1");
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            let kind = match method {
                "PATCH" => "application/merge-patch+json",
                _ => "application/json",
            };
            if !headers.iter().any(|(name, _)| *name == "content-type") {
                request = request.header(header::CONTENT_TYPE, kind);
            }
            Body::from(body.to_string())
        };
        request.body(body).unwrap()
    }

    /// Reads something in the admin's name.
    pub(super) async fn get(&self, path: &str) -> Reply {
        self.ask(&self.admin, ("GET", path), &[], &Value::Null)
            .await
    }

    /// Makes something in the admin's name.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.ask(&self.admin, ("POST", path), &[], body).await
    }

    /// Changes something in the admin's name.
    pub(super) async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.ask(&self.admin, ("PATCH", path), &[], body).await
    }

    /// The id of a user.
    pub(super) async fn user(&self, tenant: &str, login_name: &str) -> String {
        let path = format!("/tenants/{tenant}/users?login_name={login_name}");
        let found = self.get(&path).await.json();
        found["items"][0]["id"].as_str().unwrap().to_owned()
    }
}

/// A reply with its headers in order, its body indented.
pub(super) fn shown(reply: &Reply) -> String {
    let mut shown = format!("< {}\n", reply.status);
    let headers: BTreeMap<_, _> = reply
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    for (name, value) in headers {
        writeln!(shown, "< {name}: {value}").unwrap();
    }
    if reply.body.is_empty() {
        return shown;
    }
    let body: Value = reply.json();
    shown + &serde_json::to_string_pretty(&body).unwrap() + "\n"
}

/// The kind of a problem, and the places of what is wrong.
pub(super) fn problem(reply: &Reply) -> (String, Vec<String>) {
    let body = reply.json();
    assert_eq!(body["status"], reply.status.as_u16(), "{}", reply.body);
    assert_eq!(
        reply.headers[header::CONTENT_TYPE],
        "application/problem+json"
    );
    let kind = body["type"].as_str().unwrap();
    let kind = kind.strip_prefix("urn:problem-type:management:").unwrap();
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    let pointer = |error: &Value| error["pointer"].as_str().unwrap().to_owned();
    (kind.to_owned(), errors.iter().map(pointer).collect())
}

fn bank(name: &str, number: u64) -> TenantBlueprint {
    let key = || KeySource::Given(Key::new(KEY.to_vec()).unwrap());
    let lower = name.to_lowercase();
    let is_first = name == "ONLINEBANK";
    let policy = |code: &str| PolicyBlueprint {
        code: code.to_owned(),
        limits: Limits::default(),
    };
    let mut policies = vec![policy("AT_CUSTOTP")];
    // What only one of them has tells whether the other finds it.
    policies.extend(is_first.then(|| policy("AT_SPARE")));
    let mark = if is_first { "" } else { "X" };
    let token = |serial: &str, kind| AuthenticatorBlueprint {
        key: key(),
        ..AuthenticatorBlueprint::new(format!("{mark}{serial}"), kind)
    };
    TenantBlueprint {
        display_name: Some(format!("The {name}")),
        okay: Some(OkayBlueprint {
            secret: Some("securetoken-securetoken-securetoken".into()),
            ..OkayBlueprint::numbered(number)
        }),
        clients: vec![ClientBlueprint {
            secret: Some("password01password01".into()),
            ..ClientBlueprint::named(format!("{lower}-api"))
        }],
        sites: vec![SiteBlueprint {
            secret: Some(
                "a-private-key-of-at-least-64-characters-a-private-key-of-at-least-64".into(),
            ),
            ..SiteBlueprint::named(format!("{lower}-shop"))
        }],
        policies,
        users: vec![
            UserBlueprint {
                external_id: Some("uid406jkt".to_owned()),
                email: Some("test@example.org".to_owned()),
                authenticators: vec![token("H1", Kind::Hotp), token("T1", Kind::Totp)],
                ..UserBlueprint::named("myTestUser1")
            },
            UserBlueprint {
                authenticators: vec![token("O2", Kind::Ocra)],
                ..UserBlueprint::named("myTestUser2")
            },
        ],
        ..TenantBlueprint::named(name)
    }
}
