//! A phone whose browser takes pushes: its key, its subscription, and its signed requests.

use std::sync::Arc;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::encoding::{AsBigEndian as _, EcPrivateKeyBin};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use challenge::approval::signed::{self, DecisionText, Displayed, LinkText, SignedRequest};
use challenge::approval::{DeviceName, PublicKey, Verdict};
use challenge::clock::Clock;
use challenge::rng;
use countersign::system::OsRng;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value, json};

use crate::partner::Partner;

/// The shared secret of every subscription of the tests.
pub(crate) const AUTH: &[u8; 16] = b"sixteen bytes ..";

/// A linked phone.
pub(crate) struct PushPhone {
    key: EcdsaKeyPair,
    browser: PrivateKey,
    client: reqwest::Client,
    base: String,
    clock: Arc<dyn Clock>,
    pub(crate) name: DeviceName,
}

impl PushPhone {
    /// Links a phone that subscribed at this endpoint.
    pub(crate) async fn linked(
        (base, clock): (&str, Arc<dyn Clock>),
        partner: &Partner,
        (user, endpoint): (&str, &str),
    ) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let (code, time_ms) = (partner.code(user).await, clock.now().unix_ms());
        let public = key.public_key().as_ref();
        let text = signed::link(&LinkText {
            code: &code,
            public_key: &PublicKey::of_unverified(public).unwrap(),
            name: "phone",
            platform: "test",
            time_ms,
        });
        let mut phone = Self {
            browser: PrivateKey::generate(&ECDH_P256).unwrap(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            base: base.to_owned(),
            clock,
            name: "1-1".parse().unwrap(),
            key,
        };
        let body = json!({
            "code": code, "public_key": BASE64.encode(phone.key.public_key().as_ref()),
            "name": "phone", "platform": "test", "time_ms": time_ms,
            "signature": phone.sign(&text), "push": phone.subscription(endpoint),
        });
        let url = format!("{}/device/v1/link", phone.base);
        let answer = phone.client.post(url).json(&body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let device = answer["device"].as_str();
        phone.name = device
            .unwrap_or_else(|| panic!("{answer}"))
            .parse()
            .unwrap();
        phone
    }

    fn sign(&self, text: &[u8]) -> String {
        BASE64.encode(self.key.sign(&SystemRandom::new(), text).unwrap().as_ref())
    }

    /// What the browser gives its page.
    pub(crate) fn subscription(&self, endpoint: &str) -> Value {
        let public = self.browser.compute_public_key().unwrap();
        json!({ "endpoint": endpoint, "keys": {
            "p256dh": BASE64URL_NOPAD.encode(public.as_ref()),
            "auth": BASE64URL_NOPAD.encode(AUTH),
        }})
    }

    /// The browser's private key.
    pub(crate) fn browser_key(&self) -> String {
        let key: EcPrivateKeyBin<'_> = self.browser.as_be_bytes().unwrap();
        BASE64URL_NOPAD.encode(key.as_ref())
    }

    /// Sends a signed request; status and body.
    pub(crate) async fn send(&self, (method, path): (&str, &str), body: &str) -> (u16, Value) {
        let nonce = BASE64URL_NOPAD.encode(&rng::bytes::<18>(&OsRng));
        let time_ms = self.clock.now().unix_ms();
        let text = signed::request(&SignedRequest {
            device: self.name,
            method,
            path,
            time_ms,
            nonce: &nonce,
            body: body.as_bytes(),
            unverified_signature: &[],
            address: None,
        });
        let (device, signature) = (self.name, self.sign(&text));
        let credentials = format!(
            "Countersign device=\"{device}\", time=\"{time_ms}\", nonce=\"{nonce}\", \
             signature=\"{signature}\""
        );
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header("authorization", credentials)
            .header("content-type", "application/json")
            .body(body.to_owned());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Whether the server keeps a subscription.
    pub(crate) async fn is_subscribed(&self) -> bool {
        let (status, shown) = self.send(("GET", "/device/v1/device"), "").await;
        assert_eq!(status, 200, "{shown}");
        shown["push_subscribed"].as_bool().unwrap()
    }

    /// Subscribes anew; the status.
    pub(crate) async fn subscribes(&self, endpoint: &str) -> u16 {
        let body = self.subscription(endpoint).to_string();
        let place = ("PUT", "/device/v1/device/push");
        self.send(place, &body).await.0
    }

    /// Looks by itself, and approves what waits.
    pub(crate) async fn approves(&self) {
        let (_, found) = self.send(("GET", "/device/v1/sessions"), "").await;
        let session = &found["sessions"][0];
        let text = |name: &str| session[name].as_str().unwrap_or_default();
        let time_ms = self.clock.now().unix_ms();
        let signed = signed::decision(&DecisionText {
            displayed: Displayed {
                tenant_id: session["tenant_id"].as_u64().unwrap(),
                tenant_name: text("tenant_name"),
                user: text("user"),
                session: text("session"),
                kind: text("type"),
                header: text("header"),
                text: text("text"),
                device_data: text("device_data"),
            },
            verdict: Verdict::Approve,
            number: "",
            pin_given: false,
            user_verified: false,
            time_ms,
        });
        let body = json!({
            "decision": "approve", "time_ms": time_ms, "signature": self.sign(signed.as_bytes()),
        });
        let path = format!("/device/v1/sessions/{}/decision", text("session"));
        let place = ("POST", path.as_str());
        let (status, told) = self.send(place, &body.to_string()).await;
        assert_eq!(status, 200, "{told}");
    }
}
