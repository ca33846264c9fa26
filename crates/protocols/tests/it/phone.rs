//! A phone in software: it holds a key, and speaks the device API.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::body::Body;
use axum::http::{Request, Response};
use base64ct::{Base64, Encoding as _};
use challenge::approval::signed::{self, DecisionText, Displayed, LinkText, SignedRequest};
use challenge::approval::{DeviceName, PublicKey, Verdict};
use challenge::clock::Clock as _;
use serde_json::{Value, json};

use crate::partner::{Partner, Reply, read};

/// A phone.
pub(crate) struct Phone {
    pub(crate) key: EcdsaKeyPair,
    pub(crate) name: Option<DeviceName>,
    nonce: AtomicU64,
}

/// What goes with a decision.
#[derive(Clone, Copy, Default)]
pub(crate) struct Typed<'a> {
    pub(crate) pin: Option<&'a str>,
    pub(crate) number: Option<&'a str>,
    pub(crate) user_verified: bool,
}

impl Phone {
    /// A phone that is not linked.
    pub(crate) fn new() -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            name: None,
            nonce: AtomicU64::new(1),
        }
    }

    /// A phone that is linked to a user.
    pub(crate) async fn linked(partner: &Partner, tenant: u64, user: &str) -> Self {
        let ticket = partner.link(tenant, user).await.json();
        let mut phone = Self::new();
        let body = phone.link_body(partner, ticket["linkingCode"].as_str().unwrap());
        let reply = phone.link(partner, &body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        phone
    }

    /// A signature by the phone's key.
    pub(crate) fn sign(&self, text: &[u8]) -> String {
        let signature = self.key.sign(&SystemRandom::new(), text).unwrap();
        Base64::encode_string(signature.as_ref())
    }

    /// What a phone sends to be linked.
    pub(crate) fn link_body(&self, partner: &Partner, code: &str) -> Value {
        let public_key = self.key.public_key().as_ref();
        let time_ms = partner.clock.now().unix_ms();
        let text = signed::link(&LinkText {
            code,
            public_key: &PublicKey::of_unverified(public_key).unwrap(),
            name: "My phone",
            platform: "test",
            time_ms,
        });
        json!({
            "code": code, "public_key": Base64::encode_string(public_key), "name": "My phone",
            "platform": "test", "capabilities": {"biometrics": true, "push": false},
            "time_ms": time_ms, "signature": self.sign(&text),
        })
    }

    /// Sends it, and remembers its name.
    pub(crate) async fn link(&mut self, partner: &Partner, body: &Value) -> Reply {
        let request = Request::post("/device/v1/link").body(Body::from(body.to_string()));
        let reply = partner.send(request.unwrap()).await;
        self.name = reply.json()["device"]
            .as_str()
            .map(|name| name.parse().unwrap());
        reply
    }

    /// A signed request.
    pub(crate) fn request(
        &self,
        partner: &Partner,
        (method, path): (&str, &str),
        body: &str,
    ) -> Request<Body> {
        let number = self.nonce.fetch_add(1, Ordering::SeqCst);
        let nonce = format!("nonce-nonce-{number:04}");
        let time_ms = partner.clock.now().unix_ms();
        self.request_at(time_ms, &nonce, (method, path), body)
    }

    /// A signed request of this time and nonce.
    pub(crate) fn request_at(
        &self,
        time_ms: i64,
        nonce: &str,
        (method, path): (&str, &str),
        body: &str,
    ) -> Request<Body> {
        let device = self.name.unwrap();
        let text = signed::request(&SignedRequest {
            device,
            method,
            path,
            time_ms,
            nonce,
            body: body.as_bytes(),
            unverified_signature: &[],
            address: None,
        });
        let signature = self.sign(&text);
        let authorization = format!(
            r#"Countersign device="{device}", time="{time_ms}", nonce="{nonce}", signature="{signature}""#
        );
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", authorization)
            .body(Body::from(body.to_owned()))
            .unwrap()
    }

    /// Sends a signed request; the answer's body is not read.
    pub(crate) async fn ask(&self, partner: &Partner, path: &str) -> Response<Body> {
        partner.ask(self.request(partner, ("GET", path), "")).await
    }

    /// Sends a signed request.
    pub(crate) async fn send(
        &self,
        partner: &Partner,
        place: (&str, &str),
        body: impl ToString,
    ) -> Reply {
        let request = self.request(partner, place, &body.to_string());
        read(partner.ask(request).await).await
    }

    /// The pending sessions.
    pub(crate) async fn pending(&self, partner: &Partner) -> Vec<Value> {
        let reply = self.send(partner, ("GET", "/device/v1/sessions"), "").await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()["sessions"].as_array().unwrap().clone()
    }

    /// The body of a decision about what was displayed.
    pub(crate) fn decision(
        &self,
        partner: &Partner,
        shown: &Value,
        verdict: Verdict,
        typed: Typed<'_>,
    ) -> Value {
        let time_ms = partner.clock.now().unix_ms();
        let text = |name: &str| shown[name].as_str().unwrap_or_default();
        let signed = signed::decision(&DecisionText {
            displayed: Displayed {
                tenant_id: shown["tenant_id"].as_u64().unwrap(),
                tenant_name: text("tenant_name"),
                user: text("user"),
                session: text("session"),
                kind: text("type"),
                header: text("header"),
                text: text("text"),
                device_data: text("device_data"),
            },
            verdict,
            number: typed.number.unwrap_or_default(),
            pin_given: typed.pin.is_some(),
            user_verified: typed.user_verified,
            time_ms,
        });
        json!({
            "decision": verdict.name(), "pin": typed.pin, "number": typed.number,
            "user_verified": typed.user_verified, "time_ms": time_ms,
            "signature": self.sign(signed.as_bytes()),
        })
    }

    /// Decides the only pending session.
    pub(crate) async fn decide(
        &self,
        partner: &Partner,
        verdict: Verdict,
        typed: Typed<'_>,
    ) -> Reply {
        let pending = self.pending(partner).await;
        assert_eq!(pending.len(), 1);
        let body = self.decision(partner, &pending[0], verdict, typed);
        let session = pending[0]["session"].as_str().unwrap();
        let path = format!("/device/v1/sessions/{session}/decision");
        self.send(partner, ("POST", &path), body).await
    }
}
