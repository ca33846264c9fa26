//! A shop with a few websites and their visitors, at a door of the server, at a moment that stands still.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use aws_lc_rs::{hmac, pbkdf2};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::{Router, body};
use challenge::clock::{ManualClock, Timestamp};
use challenge::directory::provision::{
    Blueprint, Options, Provisioner, SiteBlueprint, TenantBlueprint,
};
use challenge::rng::DangerCountingRng;
use challenge::secret::Keyring;
use challenge::verifier::{Ports, Verifier};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use protocols::desk::Desk;
use protocols::ocapi;
use secrecy::SecretString;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::shop_mint::ShopMint;

/// 15 January 2027, 8:00:00 UTC.
pub(crate) const START_S: i64 = 1_800_000_000;
/// The server's address.
pub(crate) const SERVER: &str = "https://challenge.example";

/// The shop.
pub(crate) struct Shop {
    router: Router,
    /// Its clock.
    pub(crate) clock: Arc<ManualClock>,
    /// What draws its puzzles.
    pub(crate) mint: Arc<ShopMint>,
    /// The domain behind it.
    pub(crate) verifier: Arc<Verifier>,
    _folder: tempfile::TempDir,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body as text.
    pub(crate) body: String,
    /// The body.
    pub(crate) bytes: Vec<u8>,
}

/// The key of a site.
pub(crate) fn key_of(site: &str) -> String {
    format!("{site:-<64}")
}

fn site(public_id: &str) -> SiteBlueprint {
    SiteBlueprint {
        secret: Some(SecretString::from(key_of(public_id))),
        difficulty: Some(3),
        ..SiteBlueprint::named(public_id)
    }
}

/// The shops and their sites.
pub(crate) fn blueprint() -> Blueprint {
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let sites = vec![
        site("shop"),
        SiteBlueprint {
            origins: texts(&["https://shop.example", "http://127.0.0.1:9000"]),
            ..site("listed")
        },
        SiteBlueprint {
            jwt_algorithms: texts(&["HS256", "HS384"]),
            kinds: texts(&["text", "pow"]),
            ..site("agile")
        },
        SiteBlueprint {
            kinds: texts(&["classification"]),
            ..site("pictures")
        },
        SiteBlueprint {
            kinds: texts(&["classification", "transcription", "text"]),
            corpora: texts(&["harbour", "letters"]),
            origins: texts(&["https://gallery.example"]),
            ..site("gallery")
        },
    ];
    Blueprint {
        tenants: vec![
            TenantBlueprint {
                sites,
                ..TenantBlueprint::named("SHOPS")
            },
            TenantBlueprint {
                sites: vec![site("other")],
                ..TenantBlueprint::named("OTHERS")
            },
        ],
        ..Blueprint::default()
    }
}

impl Shop {
    /// A new shop without visitors.
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("shop.db").display());
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
        provisioner
            .apply(&blueprint(), Options::default())
            .await
            .unwrap();
        let mint = Arc::new(ShopMint::default());
        let ports = Ports {
            store,
            clock: clock.clone(),
            rng,
            keyring,
            mint: mint.clone(),
        };
        let verifier = Arc::new(Verifier::start(ports).await.unwrap());
        let router = ocapi::routes::router().with_state(Arc::new(Desk {
            verifier: verifier.clone(),
            public_url: SERVER.to_owned(),
        }));
        Self {
            router,
            clock,
            mint,
            verifier,
            _folder: folder,
        }
    }

    /// Sends a request from an address.
    pub(crate) async fn send_from(&self, peer: &str, mut request: Request<Body>) -> Reply {
        let peer = SocketAddr::new(peer.parse().unwrap(), 40_000);
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body::to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            bytes: bytes.to_vec(),
        }
    }

    /// Sends a request from 192.0.2.7.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Reply {
        self.send_from("192.0.2.7", request(method, path, headers, body))
            .await
    }

    /// Creates a challenge.
    pub(crate) async fn create(&self, site: &str) -> Value {
        let reply = self.send("GET", &place(site), &[], "").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.json()
    }

    /// Answers a challenge.
    pub(crate) async fn answer(&self, id: &str, answer: &Value) -> Reply {
        let body = json!({"answer": answer}).to_string();
        let headers = [("content-type", "application/json")];
        self.send("POST", &place(id), &headers, body).await
    }

    /// The id of a challenge of a site that was answered right.
    pub(crate) async fn solved(&self, site: &str) -> String {
        let challenge = self.create(site).await;
        let id = id_of(&challenge);
        let reply = self.answer(&id, &solve(&challenge)).await;
        assert_eq!(reply.json()["state"], "valid", "{}", reply.body);
        id
    }

    /// Checks with a token of a site, and perhaps more headers.
    pub(crate) async fn check(&self, token: &str, path: &str, more: &[(&str, &str)]) -> Reply {
        let bearer = format!("Bearer {token}");
        let headers = [&[("authorization", bearer.as_str())], more].concat();
        self.send("GET", path, &headers, "").await
    }

    /// The state that a site is told.
    pub(crate) async fn state(&self, site: &str, id: &str) -> String {
        let reply = self.check(&self.token(site), &place(id), &[]).await;
        reply.json()["state"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", reply.body))
            .to_owned()
    }

    /// A plain token of a site.
    pub(crate) fn token(&self, site: &str) -> String {
        self.token_with(site, &json!({}))
    }

    /// A token of a site with more claims, or others.
    pub(crate) fn token_with(&self, site: &str, more: &Value) -> String {
        let now = self.verifier.now().unix_s();
        let mut claims = json!({"iss": site, "iat": now, "exp": now + 60});
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let header = json!({"alg": "HS512", "typ": "JWT"}).to_string();
        sign(
            hmac::HMAC_SHA512,
            &header,
            &claims.to_string(),
            &key_of(site),
        )
    }
}

impl Reply {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// A header; empty where it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The last part of a problem's type.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let kind = self.json()["type"].as_str().unwrap().to_owned();
        kind.strip_prefix("urn:problem-type:ocapi:")
            .unwrap()
            .to_owned()
    }

    /// Status, headers and body for a snapshot.
    pub(crate) fn shown(&self) -> String {
        let mut shown = format!("< {}\n", self.status);
        for (name, value) in &self.headers {
            writeln!(shown, "< {name}: {}", value.to_str().unwrap()).unwrap();
        }
        let body = match serde_json::from_str::<Value>(&self.body) {
            Ok(json) => serde_json::to_string_pretty(&json).unwrap(),
            Err(_) => self.body.clone(),
        };
        shown + &body + "\n"
    }
}

/// Where a challenge or a site is.
pub(crate) fn place(name: &str) -> String {
    format!("/ocapi/v2/challenge/{name}")
}

/// The id of a challenge.
pub(crate) fn id_of(challenge: &Value) -> String {
    challenge["id"].as_str().unwrap().to_owned()
}

/// Solves a proof of work as a browser does, by what is shown alone.
pub(crate) fn solve(challenge: &Value) -> Value {
    let parameters = &challenge["parameters"];
    let hex = |name: &str| {
        let text = parameters[name].as_str().unwrap();
        HEXLOWER.decode(text.as_bytes()).unwrap()
    };
    let cost = u32::try_from(parameters["cost"].as_u64().unwrap()).unwrap();
    let cost = NonZeroU32::new(cost).unwrap();
    let (nonce, salt, prefix) = (hex("nonce"), hex("salt"), hex("keyPrefix"));
    for counter in 0..=10_000_u32 {
        let password = [nonce.as_slice(), &counter.to_be_bytes()].concat();
        let mut key = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, cost, &salt, &password, &mut key);
        if key.starts_with(&prefix) {
            return json!({"counter": counter, "derivedKey": HEXLOWER.encode(&key)});
        }
    }
    panic!("no counter fits");
}

/// An answer that is wrong.
pub(crate) fn wrong() -> Value {
    json!({"counter": 1, "derivedKey": "00".repeat(32)})
}

/// A token of these parts.
pub(crate) fn sign(algorithm: hmac::Algorithm, header: &str, claims: &str, key: &str) -> String {
    let encode = |part: &str| BASE64URL_NOPAD.encode(part.as_bytes());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let mac = hmac::sign(
        &hmac::Key::new(algorithm, key.as_bytes()),
        signed.as_bytes(),
    );
    format!("{signed}.{}", BASE64URL_NOPAD.encode(mac.as_ref()))
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
