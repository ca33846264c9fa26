//! Many phones of many users: linked, and then asked and answering as fast as the server lets them.

use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use challenge::approval::signed::{self, DecisionText, Displayed, LinkText, SignedRequest};
use challenge::approval::{DeviceName, PublicKey, Verdict};
use challenge::clock::Clock as _;
use challenge::rng;
use countersign::system::{OsRng, SystemClock};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

/// The tenant's number and secret.
const TENANT_ID: u64 = 40007;
const SECRET: &str = "securetoken";

/// Phones that are linked at once.
const LINKED_AT_ONCE: usize = 32;

const HEADER: &str = "Authorization requested";

/// The tenant, as `apply` reads it; without a URL nobody is called back.
pub(crate) fn tenant(callback_url: Option<&str>) -> String {
    let callbacks = callback_url.map_or_else(String::new, |url| {
        format!("callback_url = \"{url}\"\nallow_private_callback = true\n")
    });
    format!(
        "[[tenant]]\nname = \"ONLINEBANK\"\n[tenant.okay]\nid = {TENANT_ID}\nsecret = \"{SECRET}\"\n\
         starts_per_5_min = 1000000\npending_s = 600\n{callbacks}"
    )
}

/// A user's linked phone.
pub(crate) struct Phone {
    key: EcdsaKeyPair,
    name: DeviceName,
    user: String,
    asked: u64,
}

/// Links a phone for each of so many users.
pub(crate) async fn link_all(address: &str, users: usize) -> Result<Vec<Phone>, String> {
    let client = reqwest::Client::builder().no_proxy().build();
    let client = client.map_err(|error| error.to_string())?;
    let links = (0..users).map(|number| Phone::link(&client, address, format!("user{number}")));
    stream::iter(links)
        .buffered(LINKED_AT_ONCE)
        .try_collect()
        .await
}

impl Phone {
    async fn link(client: &reqwest::Client, address: &str, user: String) -> Result<Self, String> {
        let asked = json!({
            "tenantId": TENANT_ID,
            "userExternalId": user,
            "signature": sign(&[&user]),
        });
        let url = format!("http://{address}/gateway/link");
        let code = post(client, &url, &asked).await?;
        let code = code["linkingCode"].as_str().ok_or("no linking code")?;
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let key = key.map_err(|error| error.to_string())?;
        let public = PublicKey::of_unverified(key.public_key().as_ref());
        let public = public.map_err(|refused| refused.to_string())?;
        let (name, platform, time_ms) = ("Phone", "bench", SystemClock.now().unix_ms());
        let text = signed::link(&LinkText {
            code,
            public_key: &public,
            name,
            platform,
            time_ms,
        });
        let body = json!({
            "code": code,
            "public_key": BASE64.encode(public.as_bytes()),
            "name": name,
            "platform": platform,
            "capabilities": { "biometrics": false, "push": false },
            "push": null,
            "time_ms": time_ms,
            "signature": signature(&key, &text)?,
        });
        let linked = post(client, &format!("http://{address}/device/v1/link"), &body).await?;
        let name = linked["device"].as_str().ok_or("no device")?;
        Ok(Self {
            name: name.parse().map_err(|_| "no name of a device")?,
            key,
            user,
            asked: 0,
        })
    }

    /// What the partner sends to ask this phone; its text is another each time, as a payment's is.
    pub(crate) fn start(&mut self) -> String {
        self.asked += 1;
        let text = self.text();
        let signature = sign(&[&self.user, HEADER, &text, "101"]);
        let body = json!({
            "tenantId": TENANT_ID,
            "userExternalId": self.user,
            "type": 101,
            "authParams": { "guiHeader": HEADER, "guiText": text },
            "signature": signature,
        });
        request("POST", "/gateway/auth", &body.to_string(), "")
    }

    /// What the phone sends to approve this session.
    pub(crate) fn approve(&self, session: &str) -> Result<String, String> {
        let (text, time_ms) = (self.text(), SystemClock.now().unix_ms());
        let decision = signed::decision(&DecisionText {
            displayed: Displayed {
                tenant_id: TENANT_ID,
                tenant_name: "ONLINEBANK",
                user: &self.user,
                session,
                kind: "OK",
                header: HEADER,
                text: &text,
                device_data: "",
            },
            verdict: Verdict::Approve,
            number: "",
            pin_given: false,
            user_verified: false,
            time_ms,
        });
        let body = json!({
            "decision": "approve",
            "user_verified": false,
            "time_ms": time_ms,
            "signature": signature(&self.key, decision.as_bytes())?,
        });
        let path = format!("/device/v1/sessions/{session}/decision");
        self.request("POST", &path, &body.to_string())
    }

    /// What the phone sends to hear what it is asked, as it is asked it.
    pub(crate) fn listen(&self) -> Result<String, String> {
        self.request("GET", "/device/v1/events", "")
    }

    fn text(&self) -> String {
        format!("Do you okay payment {}?", self.asked)
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Result<String, String> {
        let (time_ms, nonce) = (SystemClock.now().unix_ms(), rng::bytes::<18>(&OsRng));
        let nonce = BASE64URL_NOPAD.encode(&nonce);
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
        let authorization = format!(
            "Authorization: Countersign device=\"{}\", time=\"{time_ms}\", nonce=\"{nonce}\", \
             signature=\"{}\"\r\n",
            self.name,
            signature(&self.key, &text)?,
        );
        Ok(request(method, path, body, &authorization))
    }
}

/// What the partner sends to ask what became of this session.
pub(crate) fn check(session: &str) -> String {
    let body = json!({
        "tenantId": TENANT_ID,
        "sessionExternalId": session,
        "signature": sign(&[session]),
    });
    request("POST", "/gateway/check", &body.to_string(), "")
}

fn request(method: &str, path: &str, body: &str, more: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: bench\r\n{more}Content-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len(),
    )
}

async fn post(client: &reqwest::Client, url: &str, body: &Value) -> Result<Value, String> {
    let answer = client.post(url).json(body).send().await;
    let answer = answer.map_err(|error| error.to_string())?;
    let (status, told) = (answer.status(), answer.json::<Value>().await);
    let told = told.map_err(|error| error.to_string())?;
    if status.is_success() {
        Ok(told)
    } else {
        Err(format!("{url}: {status}: {told}"))
    }
}

fn signature(key: &EcdsaKeyPair, text: &[u8]) -> Result<String, String> {
    let signature = key.sign(&SystemRandom::new(), text);
    let signature = signature.map_err(|error| error.to_string())?;
    Ok(BASE64.encode(signature.as_ref()))
}

/// The gateway's signature.
fn sign(fields: &[&str]) -> String {
    let mut digest = Context::new(&SHA256);
    digest.update(TENANT_ID.to_string().as_bytes());
    for field in fields {
        digest.update(field.as_bytes());
    }
    digest.update(SECRET.as_bytes());
    BASE64.encode(digest.finish().as_ref())
}
