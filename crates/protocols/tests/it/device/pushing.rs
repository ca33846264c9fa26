//! A push, from the subscription to what the app reads: opened and verified by other code than sealed it.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use axum::body::Body;
use axum::http::Request;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use challenge::approval::push::{OutgoingPush, PushReception};
use challenge::approval::{PublicKey, Wanted};
use challenge::clock::Clock as _;
use challenge::rng::DangerCountingRng;
use protocols::device::push::{Letter, Sender, letter};
use serde_json::{Value, json};

use crate::partner::{BUSY, Partner, START_S};
use crate::phone::Phone;

const PLACE: (&str, &str) = ("PUT", "/device/v1/device/push");

/// A browser's side of a subscription.
struct Browser {
    private: PrivateKey,
    auth: [u8; 16],
}

impl Browser {
    fn new() -> Self {
        Self {
            private: PrivateKey::generate(&ECDH_P256).unwrap(),
            auth: *b"sixteen bytes ..",
        }
    }

    fn public(&self) -> Vec<u8> {
        self.private.compute_public_key().unwrap().as_ref().to_vec()
    }

    /// What `PushSubscription.toJSON()` gives.
    fn subscription(&self, endpoint: &str) -> Value {
        json!({
            "endpoint": endpoint,
            "expirationTime": null,
            "keys": {
                "p256dh": Base64UrlUnpadded::encode_string(&self.public()),
                "auth": Base64UrlUnpadded::encode_string(&self.auth),
            },
        })
    }

    /// Opens what a push brought, by HMAC alone (RFC 8291, section 3.4, the second form).
    fn open(&self, body: &[u8]) -> Vec<u8> {
        let hmac = |key: &[u8], parts: &[&[u8]]| {
            let tag = sign(&Key::new(HMAC_SHA256, key), &parts.concat());
            tag.as_ref().to_vec()
        };
        assert_eq!(body[16..21], [0, 0, 16, 0, 65], "record size, key length");
        let (salt, theirs, sealed) = (&body[..16], &body[21..86], &body[86..]);
        let peer = UnparsedPublicKey::new(&ECDH_P256, theirs);
        let shared = agreement::agree(&self.private, peer, (), |shared| Ok(shared.to_vec()));
        let prk = hmac(&self.auth, &[&shared.unwrap()]);
        let ours = self.public();
        let info = [b"WebPush: info\0", ours.as_slice(), theirs, &[1]];
        let prk = hmac(salt, &[&hmac(&prk, &info)]);
        let key = hmac(&prk, &[b"Content-Encoding: aes128gcm\0\x01"]);
        let nonce = hmac(&prk, &[b"Content-Encoding: nonce\0\x01"]);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).unwrap();
        let mut plain = sealed.to_vec();
        let plain = key.open_in_place(nonce, Aad::empty(), &mut plain).unwrap();
        let end = plain.iter().rposition(|byte| *byte != 0).unwrap();
        assert_eq!((plain.len(), plain[end]), (257, 2), "padding");
        plain[..end].to_vec()
    }
}

async fn pushes(partner: &Partner) -> Vec<OutgoingPush> {
    let wanted = Wanted {
        most_per_tenant: 10,
        most: 10,
        first_tries_only: false,
        pass_over: Vec::new(),
    };
    let given_out = partner.verifier.claim_pushes(wanted).await.unwrap();
    let taken = given_out.outgoing.iter();
    let taken: Vec<_> = taken
        .map(|one| (one.clone(), PushReception::Taken))
        .collect();
    partner.verifier.settle_pushes(&taken).await.unwrap();
    given_out.outgoing
}

fn written(partner: &Partner, push: &OutgoingPush) -> Letter {
    let key = partner.verifier.push_key_of(&push.subscription).unwrap();
    let sender = Sender {
        key: &key,
        contact: "mailto:ops@bank.example",
    };
    letter(
        push,
        sender,
        partner.clock.now(),
        &DangerCountingRng::default(),
    )
    .unwrap()
}

fn header<'a>(letter: &'a Letter, name: &str) -> &'a str {
    let mut headers = letter.headers.iter();
    &headers.find(|(found, _)| *found == name).unwrap().1
}

async fn server_key(partner: &Partner) -> String {
    let request = Request::get("/device/v1/server").body(Body::empty());
    let reply = partner.send(request.unwrap()).await.json();
    reply["push_public_key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_app_reads_which_session_waits_and_the_push_service_nothing() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "uid406jkt").await;
    let browser = Browser::new();
    let mut subscription = browser.subscription("https://push.example:8443/send/AbC");
    subscription["key"] = server_key(&partner).await.into();
    assert_eq!(phone.send(&partner, PLACE, &subscription).await.status, 204);
    let session = partner.started(BUSY, "uid406jkt", &json!(101)).await;
    partner.clock.advance_s(20);
    let push = pushes(&partner).await.remove(0);
    let first = written(&partner, &push);
    let read: Value = serde_json::from_slice(&browser.open(&first.body)).unwrap();
    let device = phone.name.unwrap().to_string();
    let expected = json!({
        "version": 1, "about": "asked", "device": device, "session": session,
        "answer_by_ms": (START_S + 120) * 1000,
    });
    assert_eq!(read, expected);
    for (name, value) in [
        ("content-encoding", "aes128gcm"),
        ("ttl", "100"),
        ("urgency", "high"),
    ] {
        assert_eq!(header(&first, name), value);
    }
    let topic = header(&first, "topic").to_owned();
    let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    assert!(
        topic.len() == 32 && topic.bytes().all(in_alphabet),
        "{topic}"
    );
    let token = verified(header(&first, "authorization"), &server_key(&partner).await);
    assert_eq!(token["aud"], "https://push.example:8443");
    assert_eq!(token["sub"], "mailto:ops@bank.example");
    let id = session.parse().unwrap();
    let view = partner.verifier.catalogue.tenant_by_okay_id(BUSY).unwrap();
    let asking = challenge::approval::Asking {
        tenant: &view,
        door: challenge::door::Door::Okay,
        officer: None,
        address: None,
        correlation: None,
    };
    partner.verifier.cancel_approval(&asking, id).await.unwrap();
    let push = pushes(&partner).await.remove(0);
    let second = written(&partner, &push);
    let read: Value = serde_json::from_slice(&browser.open(&second.body)).unwrap();
    assert_eq!(
        (&read["about"], &read["session"]),
        (&json!("ended"), &json!(session))
    );
    assert_eq!(header(&second, "urgency"), "normal");
    assert_eq!(
        header(&second, "topic"),
        topic,
        "it takes the first one's place"
    );
    assert_eq!(first.body.len(), second.body.len());
    let _next = partner.started(BUSY, "uid406jkt", &json!(101)).await;
    let next = written(&partner, &pushes(&partner).await.remove(0));
    assert_ne!(header(&next, "topic"), topic);
}

/// The claims of a token that this key signed.
fn verified(authorization: &str, key: &str) -> Value {
    let rest = authorization.strip_prefix("vapid t=").unwrap();
    let (token, beside) = rest.split_once(", k=").unwrap();
    assert_eq!(beside, key);
    let bytes = |text: &str| Base64UrlUnpadded::decode_vec(text).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let key = PublicKey::of_unverified(&bytes(key)).unwrap();
    assert!(key.verifies(signed.as_bytes(), &bytes(signature)));
    let (_, claims) = signed.split_once('.').unwrap();
    serde_json::from_slice(&bytes(claims)).unwrap()
}

#[tokio::test]
async fn a_phone_may_be_linked_with_its_subscription() {
    let partner = Partner::open().await;
    let ticket = partner.link(BUSY, "u").await.json();
    let mut phone = Phone::new();
    let mut body = phone.link_body(&partner, ticket["linkingCode"].as_str().unwrap());
    body["push"] =
        json!({"endpoint": "https://push.example/1", "keys": {"p256dh": "", "auth": ""}});
    let refused = phone.link(&partner, &body).await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (400, "does-not-fit")
    );
    // The code was not used up by what did not fit.
    body["push"] = Browser::new().subscription("https://push.example/1");
    assert_eq!(phone.link(&partner, &body).await.status, 201);
    partner.started(BUSY, "u", &json!(101)).await;
    assert_eq!(pushes(&partner).await.len(), 1);
}

#[tokio::test]
async fn a_subscription_that_does_not_fit_is_refused_by_the_member_that_does_not() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "u").await;
    let good = || Browser::new().subscription("https://push.example/1");
    let with = |pointer: &str, value: Value| {
        let mut changed = good();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    let mut off_curve = Browser::new().public();
    off_curve[64] ^= 1;
    let off_curve = Base64UrlUnpadded::encode_string(&off_curve);
    let mut strange = good();
    strange["key"] = good()["keys"]["p256dh"].clone();
    let mut no_key = good();
    no_key["key"] = json!("?");
    let long = format!("https://push.example/{}", "a".repeat(2028));
    for (body, kind, told) in [
        (json!({}), "malformed", "endpoint"),
        (json!([]), "malformed", "the body"),
        (
            json!({"endpoint": "https://push.example/"}),
            "malformed",
            "keys",
        ),
        (
            with("/keys/auth", json!("AA==")),
            "malformed",
            "push.keys.auth",
        ),
        (
            with("/keys/p256dh", json!("+/+/")),
            "malformed",
            "push.keys.p256dh",
        ),
        (
            with("/keys/p256dh", json!(off_curve)),
            "does-not-fit",
            "push.keys.p256dh",
        ),
        (
            with("/keys/auth", json!("AAAA")),
            "does-not-fit",
            "push.keys.auth: 16 bytes",
        ),
        (
            with("/endpoint", json!("http://push.example/")),
            "does-not-fit",
            "push.endpoint",
        ),
        (
            with("/endpoint", json!(long)),
            "does-not-fit",
            "at most 2048 bytes",
        ),
        (strange, "does-not-fit", "push_public_key"),
        (no_key, "malformed", "push.key"),
    ] {
        let reply = phone.send(&partner, PLACE, &body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (400, kind),
            "{body}"
        );
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(told), "{body}: {detail}");
    }
    let shown = phone.send(&partner, ("GET", "/device/v1/device"), "").await;
    assert_eq!(shown.json()["push_subscribed"], false);
}
