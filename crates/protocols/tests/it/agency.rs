//! A bank whose applications speak DualShield, at a door of the server, at a moment that stands still.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::{Router, body};
use challenge::clock::{ManualClock, Timestamp};
use challenge::directory::Scope;
use challenge::directory::provision::{
    AuthenticatorBlueprint, Blueprint, ClientBlueprint, KeySource, Kind, Options, PolicyBlueprint,
    Provisioner, TenantBlueprint, UserBlueprint,
};
use challenge::policy::Limits;
use challenge::rng::DangerCountingRng;
use challenge::secret::Keyring;
use challenge::verifier::{Ports, Verifier};
use challenge::visitor::InlineMint;
use protocols::desk::Desk;
use protocols::device::Station;
use protocols::dualshield;
use protocols::incoming::PeerCertificate;
use secrecy::SecretString;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::bank::{Reply, request};
use crate::codes::key;

/// 30 November 2017, 10:50:38 UTC.
const START_S: i64 = 1_512_039_038;
/// The token endpoint.
pub(crate) const TOKEN: &str = "/das5/rest/oauth/token";
/// The suite of the MobileID tokens.
pub(crate) const SUITE: &str = "OCRA-1:HOTP-SHA1-6:QN08";
/// The suite of the tokens that may be asked what an application made up.
pub(crate) const TIMED_SUITE: &str = "OCRA-1:HOTP-SHA1-6:QN08-T1M";
/// The way through the grid: seven steps in five directions.
pub(crate) const PATH: &str = "0369146";
/// The static password of the first user.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// A certificate that is pinned to `machine`.
pub(crate) const MACHINE: [u8; 32] = [9; 32];
/// A certificate that is pinned to `pinned`, which has a secret as well.
pub(crate) const PINNED: [u8; 32] = [7; 32];
/// A certificate that is pinned to two clients.
pub(crate) const SHARED: [u8; 32] = [8; 32];

/// The bank.
pub(crate) struct Agency {
    router: Router,
    /// Its clock.
    pub(crate) clock: Arc<ManualClock>,
    /// What is behind the door.
    pub(crate) verifier: Arc<Verifier>,
    _folder: tempfile::TempDir,
}

impl Agency {
    /// A new bank.
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("agency.db").display());
        let options = store::Options::default();
        let store = store::open(&url.parse().unwrap(), &options).await.unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_s(START_S)));
        let rng = Arc::new(DangerCountingRng::default());
        let keyring = Keyring::new(BTreeMap::from([(1, [7; 32])])).unwrap();
        let provisioner = Provisioner {
            store: &*store,
            keyring: &keyring,
            rng: &*rng,
            clock: &*clock,
        };
        let blueprint = Blueprint {
            tenants: vec![bank(), other_bank()],
            ..Blueprint::default()
        };
        let applied = provisioner.apply(&blueprint, Options::default()).await;
        applied.unwrap();
        let ports = Ports {
            store,
            clock: clock.clone(),
            rng: rng.clone(),
            keyring,
            mint: Arc::new(InlineMint(DangerCountingRng::default())),
        };
        let verifier = Arc::new(Verifier::start(ports).await.unwrap());
        let router = dualshield::routes::router(Station::new(rng).hasher());
        let router = router.with_state(Arc::new(Desk {
            verifier: Arc::clone(&verifier),
            public_url: "https://myserver:8071".to_owned(),
        }));
        Self {
            router,
            clock,
            verifier,
            _folder: folder,
        }
    }

    /// Sends a request from 192.0.2.7.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Reply {
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

    /// Sends a request over a connection with a certificate.
    pub(crate) async fn send_with(&self, sha256: [u8; 32], mut request: Request<Body>) -> Reply {
        let certificate = PeerCertificate { sha256 };
        request.extensions_mut().insert(certificate);
        self.send(request).await
    }

    /// A client's token.
    pub(crate) async fn token(&self, client: &str, secret: &str) -> String {
        let body =
            format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
        let form = ("content-type", "application/x-www-form-urlencoded");
        let reply = self.send(request("POST", TOKEN, &[form], body)).await;
        let token = reply.json()["access_token"].as_str().map(str::to_owned);
        token.unwrap_or_else(|| panic!("no token: {}", reply.body))
    }

    /// The token of the application that most tests are.
    pub(crate) async fn agent(&self) -> String {
        self.token("agent", "password01").await
    }

    /// Calls a method.
    pub(crate) async fn call(&self, token: &str, method: &str, body: impl ToString) -> Reply {
        let path = format!("/das5/rest/auth/{method}");
        self.send(call(token, &path, &body)).await
    }

    /// What a method gives.
    pub(crate) async fn result(&self, token: &str, method: &str, body: &Value) -> Value {
        let reply = self.call(token, method, body).await;
        assert_eq!(error(&reply), 0, "{method} {body}: {}", reply.body);
        reply.json()["result"].clone()
    }

    /// A challenge for one of the first user's tokens.
    pub(crate) async fn challenge(&self, token: &str, serial: &str) -> Value {
        let body = json!({"user": first(), "token": {"serial": serial}});
        self.result(token, "getChallengeCode", &body).await
    }

    /// Answers as the first user.
    pub(crate) async fn answer(
        &self,
        token: &str,
        method: &str,
        (serial, otp, cc): (&str, &str, Option<&str>),
    ) -> Reply {
        let credential = json!({"otp": otp, "cc": cc});
        let body = json!({"user": first(), "token": {"serial": serial}, "credential": credential});
        self.call(token, method, body).await
    }
}

/// A request to a method.
pub(crate) fn call(token: &str, path: &str, body: &(impl ToString + ?Sized)) -> Request<Body> {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    request("POST", path, &headers, body.to_string())
}

/// How most tests name the first user.
pub(crate) fn first() -> Value {
    json!({"loginName": "myTestUser1"})
}

/// `error`.
pub(crate) fn error(reply: &Reply) -> u64 {
    let error = reply.json()["error"].as_u64();
    error.unwrap_or_else(|| panic!("no number: {}", reply.body))
}

/// What is read off a grid along [`PATH`] from a cell, by a reader of the test's own.
pub(crate) fn read_off(code: &str, (row, column): (i64, i64)) -> String {
    let grid: Value = serde_json::from_str(code).unwrap();
    let rows = grid["rows"].as_i64().unwrap();
    let columns = grid["cols"].as_i64().unwrap();
    let cell = |row: i64, column: i64| {
        let line = usize::try_from(row.rem_euclid(rows)).unwrap();
        let place = usize::try_from(column.rem_euclid(columns)).unwrap();
        char::from(grid["grid"][line].as_str().unwrap().as_bytes()[place])
    };
    let (mut row, mut column) = (row, column);
    let mut read = String::from(cell(row, column));
    for hour in PATH.chars() {
        let (down, right) = match hour {
            '0' => (-1, 0),
            '1' | '2' => (-1, 1),
            '3' => (0, 1),
            '4' | '5' => (1, 1),
            '6' => (1, 0),
            '9' => (0, -1),
            _ => unreachable!(),
        };
        (row, column) = (row + down, column + right);
        read.push(cell(row, column));
    }
    read
}

fn bank() -> TenantBlueprint {
    let takes_passwords = Limits {
        static_password: true,
        ..Limits::default()
    };
    let policy = |code: &str, limits| PolicyBlueprint {
        code: code.to_owned(),
        limits,
    };
    TenantBlueprint {
        display_name: Some("Online Bank".to_owned()),
        clients: clients(),
        policies: vec![
            policy("AT_CUSTOTP", Limits::default()),
            policy("AT_STATIC", takes_passwords),
        ],
        users: users(),
        ..TenantBlueprint::named("ONLINEBANK")
    }
}

fn client(id: &str, secret: &str) -> ClientBlueprint {
    ClientBlueprint {
        secret: Some(SecretString::from(secret)),
        protocols: vec!["dualshield".to_owned()],
        ..ClientBlueprint::named(id)
    }
}

fn clients() -> Vec<ClientBlueprint> {
    let certified = |id: &str, sha256: [u8; 32]| ClientBlueprint {
        certificate_sha256: Some(data_encoding::HEXUPPER.encode(&sha256)),
        protocols: vec!["dualshield".to_owned()],
        ..ClientBlueprint::named(id)
    };
    vec![
        client("agent", "password01"),
        client("second", "password02"),
        client("odd~client", "p+w:d%41 é"),
        ClientBlueprint {
            caller_supplied_challenge: true,
            ..client("payments", "password03")
        },
        ClientBlueprint {
            addresses: vec!["198.51.100.0/24".to_owned()],
            ..client("remote", "password04")
        },
        ClientBlueprint {
            scopes: vec![],
            ..client("powerless", "password05")
        },
        ClientBlueprint {
            scopes: vec![Scope::Read],
            ..client("reader", "password06")
        },
        ClientBlueprint {
            grants: vec![],
            ..client("grantless", "password07")
        },
        ClientBlueprint {
            protocols: vec!["activid".to_owned()],
            ..client("elsewhere", "password08")
        },
        certified("machine", MACHINE),
        certified("one-of-two", SHARED),
        certified("two-of-two", SHARED),
        ClientBlueprint {
            secret: Some(SecretString::from("password09")),
            ..certified("pinned", PINNED)
        },
    ]
}

fn users() -> Vec<UserBlueprint> {
    let token = |serial: &str, kind: Kind| AuthenticatorBlueprint {
        policies: Some(vec!["AT_CUSTOTP".to_owned()]),
        ..AuthenticatorBlueprint::new(serial, kind)
    };
    let keyed = |serial: &str, kind: Kind| AuthenticatorBlueprint {
        key: KeySource::Given(key()),
        ..token(serial, kind)
    };
    let mobile = |serial: &str, suite: &str| AuthenticatorBlueprint {
        suite: Some(suite.to_owned()),
        ..keyed(serial, Kind::Ocra)
    };
    let on_phone = |one: AuthenticatorBlueprint| AuthenticatorBlueprint {
        device_id: Some("13158".to_owned()),
        ..one
    };
    let sold_as = |product: &str, one: AuthenticatorBlueprint| AuthenticatorBlueprint {
        product: Some(product.to_owned()),
        ..one
    };
    vec![
        UserBlueprint {
            external_id: Some("uid406jkt".to_owned()),
            display_name: Some("Test User".to_owned()),
            password: Some(SecretString::from(PASSWORD)),
            authenticators: vec![
                on_phone(mobile("10000000", SUITE)),
                sold_as("MobileID", on_phone(keyed("T1", Kind::Totp))),
                sold_as("SafeID", keyed("H1", Kind::Hotp)),
                AuthenticatorBlueprint {
                    path: Some(SecretString::from(PATH)),
                    ..token("G1", Kind::Grid)
                },
                keyed("C1", Kind::Card),
            ],
            ..UserBlueprint::named("myTestUser1")
        },
        UserBlueprint {
            authenticators: vec![mobile("30000000", TIMED_SUITE)],
            ..UserBlueprint::named("payer")
        },
        UserBlueprint {
            authenticators: vec![mobile("40000000", SUITE), mobile("40000001", SUITE)],
            ..UserBlueprint::named("twofold")
        },
        UserBlueprint::named("tokenless"),
    ]
}

fn other_bank() -> TenantBlueprint {
    let mobile = AuthenticatorBlueprint {
        key: KeySource::Given(key()),
        suite: Some(SUITE.to_owned()),
        ..AuthenticatorBlueprint::new("90000000", Kind::Ocra)
    };
    TenantBlueprint {
        clients: vec![client("other-agent", "password01")],
        policies: vec![PolicyBlueprint {
            code: "AT_CUSTOTP".to_owned(),
            limits: Limits::default(),
        }],
        users: vec![UserBlueprint {
            authenticators: vec![mobile],
            ..UserBlueprint::named("myTestUser1")
        }],
        ..TenantBlueprint::named("OTHERBANK")
    }
}
