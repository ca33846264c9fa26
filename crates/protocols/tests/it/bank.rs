//! A bank with a few clients and users, at a door of the server, at a moment that stands still.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::{Router, body};
use challenge::clock::{ManualClock, Timestamp};
use challenge::directory::provision::{Blueprint, Options, Provisioner, TenantBlueprint};
use challenge::rng::DangerCountingRng;
use challenge::secret::Keyring;
use challenge::verifier::{Ports, Verifier};
use challenge::visitor::InlineMint;
use protocols::activid;
use protocols::desk::Desk;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::tenant::tenant;

/// 30 November 2017, 10:50:38 UTC: the moment of the vendor's example.
const START_S: i64 = 1_512_039_038;
/// The token endpoint.
pub(crate) const TOKEN: &str = "/idp/ONLINEBANK/authn/token";
/// The content type of the vendor's example.
pub(crate) const FORM: (&str, &str) = (
    "content-type",
    "application/x-www-form-urlencoded; charset=UTF-8",
);

/// The bank.
pub(crate) struct Bank {
    router: Router,
    /// Its clock.
    pub(crate) clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: String,
}

impl Bank {
    /// A new bank, nobody yet authenticated.
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("bank.db").display());
        let store = store::open(&url.parse().unwrap(), &store::Options::default())
            .await
            .unwrap();
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
            tenants: vec![tenant(), TenantBlueprint::named("OTHERBANK")],
            ..Blueprint::default()
        };
        provisioner
            .apply(&blueprint, Options::default())
            .await
            .unwrap();
        let ports = Ports {
            store,
            clock: clock.clone(),
            rng,
            keyring,
            mint: Arc::new(InlineMint(DangerCountingRng::default())),
        };
        let verifier = Arc::new(Verifier::start(ports).await.unwrap());
        let public_url = "https://myserver:8445".to_owned();
        let router = activid::routes::router().with_state(Arc::new(Desk {
            verifier,
            public_url,
        }));
        Self {
            router,
            clock,
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
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// Sends a form.
    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.send(request("POST", path, &[&[FORM], headers].concat(), body))
            .await
    }

    /// The token that the portal gets for itself.
    pub(crate) async fn portal_token(&self) -> String {
        let body = "grant_type=client_credentials&client_id=spl-api&client_secret=password01";
        let reply = self.post(TOKEN, &[], body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Has the portal pass on a login of the grant `password`.
    pub(crate) async fn login(&self, token: &str, body: &str) -> Reply {
        let body = format!("grant_type=password&{body}");
        self.post(
            TOKEN,
            &[("authorization", &format!("Bearer {token}"))],
            &body,
        )
        .await
    }

    /// Speaks SCIM with a token.
    pub(crate) async fn scim(&self, token: &str, method: &str, path: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/scim+json"),
            ("x-correlation-id", "c-1"),
        ];
        self.send(request(
            method,
            &format!("/scim/ONLINEBANK{path}"),
            &headers,
            body,
        ))
        .await
    }

    /// A challenge for a user under `AT_CUSTOTP`.
    pub(crate) async fn challenge(&self, token: &str, user: &str) -> String {
        let body = action("USER-CHALLENGE", &[("USER.EXTERNALID", user)]);
        let reply = self
            .scim(token, "POST", "/v2/Authenticator/.AT_CUSTOTP", &body)
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.json()["attributes"][0]["value"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The id of the user with this login name.
    pub(crate) async fn user_id(&self, token: &str, user: &str) -> String {
        let path = format!("/v2/Users?filter=userName%20eq%20{user}");
        let reply = self.scim(token, "GET", &path, "").await;
        reply.json()["resources"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

impl Reply {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The error at the token endpoint.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    /// Status, headers and body for a snapshot; OAuth bodies as they are, SCIM ones in order.
    pub(crate) fn shown(&self) -> String {
        let mut shown = format!("< {}\n", self.status);
        for (name, value) in &self.headers {
            let value = value.to_str().unwrap();
            let value = if name == header::ETAG {
                "[version]"
            } else {
                value
            };
            writeln!(shown, "< {name}: {value}").unwrap();
        }
        let scim = self
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/scim"));
        shown
            + &if scim {
                ordered(&self.body)
            } else {
                self.body.clone()
            }
            + "\n"
    }
}

/// JSON with its members in alphabetic order, and without versions.
fn ordered(body: &str) -> String {
    fn sort(value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let sorted: BTreeMap<_, _> = members.into_iter().collect();
                let sorted = sorted.into_iter().map(|(name, value)| {
                    let value = if name == "version" {
                        "[version]".into()
                    } else {
                        sort(value)
                    };
                    (name, value)
                });
                Value::Object(sorted.collect())
            }
            Value::Array(elements) => elements.into_iter().map(sort).collect(),
            one => one,
        }
    }
    serde_json::to_string_pretty(&sort(serde_json::from_str(body).unwrap())).unwrap()
}

/// A request.
pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.as_ref().to_vec())).unwrap()
}

/// An Action message.
pub(crate) fn action(name: &str, attributes: &[(&str, &str)]) -> String {
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(name, value)| serde_json::json!({"name": name, "value": value}))
        .collect();
    let urn = "urn:hid:scim:api:idp:2.0:Action";
    serde_json::json!({"schemas": [urn], urn: {"action": name, "attributes": attributes}})
        .to_string()
}
