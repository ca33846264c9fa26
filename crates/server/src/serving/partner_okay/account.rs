//! The partner's requests: each carries a signature over its fields and the secret token.

use std::time::Duration;

use anyhow::Context as _;
use data_encoding::BASE64;
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// How long the partner's server waits for an answer, at most.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// The session types by name, each with the number that is signed for it. Biometrics may be signed as 105 or
/// as 107; 105 is also a new PIN's, and a signature that was one request's is no other's, not even
/// with the same texts.
const TYPES: [(&str, u16); 8] = [
    ("AUTH_OK", 101),
    ("AUTH_PIN", 102),
    ("AUTH_PIN_TAN", 103),
    ("AUTH_BIOMETRIC_OK", 107),
    ("SET_PIN", 105),
    ("USER_FORGOT_PIN", 106),
    ("FALLBACK", 108),
    ("DEVICE_INFO", 104),
];

/// What a partner got from the operator of the Okay server.
#[derive(Clone)]
pub struct Account {
    /// The Okay server, such as `https://okay.example`.
    pub server: String,
    /// The tenant's number.
    pub tenant_id: u64,
    /// The secret token: signs requests, and verifies callbacks.
    pub secret: SecretString,
    /// The second secret, for Standard Webhooks signatures, if there is one: `whsec_` and base64.
    pub standard_secret: Option<SecretString>,
}

/// What a user's phone is asked.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The partner's own name for the user.
    pub user: &'a str,
    /// A session type by name, such as `AUTH_OK`.
    pub kind: &'a str,
    /// The headline.
    pub header: &'a str,
    /// The text.
    pub text: &'a str,
}

/// A request as it went: for the demo to show.
pub struct Exchange {
    /// The address that was asked.
    pub url: String,
    /// What was sent.
    pub sent: Value,
    /// The answer's status; nothing where there was no answer.
    pub status: Option<StatusCode>,
    /// The answer's body, or why there is none.
    pub received: Value,
}

impl Account {
    /// Standard base64 of SHA-256 over the fields, one after the other, and the secret.
    pub fn signature(&self, fields: &[&str]) -> String {
        let mut digest = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        for field in fields {
            digest.update(field.as_bytes());
        }
        digest.update(self.secret.expose_secret().as_bytes());
        BASE64.encode(digest.finish().as_ref())
    }

    /// Asks for a code with which the user's phone is linked.
    pub fn link(&self, user: &str) -> (&'static str, Value) {
        let tenant = self.tenant_id.to_string();
        let body = json!({
            "tenantId": self.tenant_id,
            "userExternalId": user,
            "signature": self.signature(&[&tenant, user]),
        });
        ("/gateway/link", body)
    }

    /// Asks the user's phone; nothing for a type that there is not.
    pub fn start(&self, wish: &Wish<'_>) -> Option<(&'static str, Value)> {
        let (name, number) = TYPES.iter().find(|(name, _)| *name == wish.kind)?;
        let (tenant, number) = (self.tenant_id.to_string(), number.to_string());
        if *name == "DEVICE_INFO" {
            let wanted = "isBioEnabled";
            let body = json!({
                "tenantId": self.tenant_id,
                "userExternalId": wish.user,
                "type": name,
                "sessionParams": { "deviceData": wanted },
                "signature": self.signature(&[&tenant, wish.user, wanted, &number]),
            });
            return Some(("/gateway/session", body));
        }
        let signature = self.signature(&[&tenant, wish.user, wish.header, wish.text, &number]);
        let body = json!({
            "tenantId": self.tenant_id,
            "userExternalId": wish.user,
            "type": name,
            "authParams": { "guiHeader": wish.header, "guiText": wish.text },
            "signature": signature,
        });
        Some(("/gateway/auth", body))
    }

    /// Asks what became of a session.
    pub fn check(&self, session: &str) -> (&'static str, Value) {
        let tenant = self.tenant_id.to_string();
        let body = json!({
            "tenantId": self.tenant_id,
            "sessionExternalId": session,
            "signature": self.signature(&[&tenant, session]),
        });
        ("/gateway/check", body)
    }

    /// Sends a request; whatever goes wrong is in the exchange.
    pub async fn send(&self, http: &Client, (path, sent): (&'static str, Value)) -> Exchange {
        let url = format!("{}{path}", self.server);
        let (status, received) = match ask(http, &url, &sent).await {
            Ok((status, body)) => {
                let parsed = serde_json::from_str(&body);
                (Some(status), parsed.unwrap_or(Value::String(body)))
            }
            Err(error) => (None, Value::String(format!("no answer: {error}"))),
        };
        Exchange {
            url,
            sent,
            status,
            received,
        }
    }
}

impl Exchange {
    /// Whether the server did what it was asked: HTTP 200, and status 0 or −1 in the body.
    pub fn went_well(&self) -> bool {
        let code = self.received["status"]["code"].as_i64();
        self.status == Some(StatusCode::OK) && matches!(code, Some(0 | -1))
    }
}

/// The client of a partner's server: it follows nothing and asks no proxy.
pub(super) fn http() -> anyhow::Result<Client> {
    let client = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(ANSWER_TIME_MAX);
    client.build().context("no HTTP client")
}

async fn ask(
    http: &Client,
    url: &str,
    body: &Value,
) -> Result<(StatusCode, String), reqwest::Error> {
    let answer = http.post(url).json(body).send().await?;
    Ok((answer.status(), answer.text().await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(tenant_id: u64, secret: &str) -> Account {
        Account {
            server: "http://127.0.0.1:9".to_owned(),
            tenant_id,
            secret: secret.into(),
            standard_secret: None,
        }
    }

    #[test]
    fn the_published_signatures_are_made() {
        let (path, link) = account(40007, "securetoken").link("uid406jkt");
        assert_eq!(path, "/gateway/link");
        assert_eq!(
            link["signature"],
            "zqVmg24iAeAqhKdyFOClJdmaB1NBE4lm4K/xnZUwg7M="
        );
        let (_, check) = account(40007, "securetoken").check("100227");
        assert_eq!(
            check["signature"],
            "YXDW1cf2GdRZlWSBX85crl97sVd+cB3AA9pKUahpgPk="
        );
        let wish = Wish {
            user: "AATFR7851",
            kind: "AUTH_OK",
            header: "Secure Service Request",
            text: "Have you requested authorization request?",
        };
        let (path, start) = account(12000, "password").start(&wish).unwrap();
        assert_eq!(path, "/gateway/auth");
        assert_eq!(
            start["signature"],
            "BBtE0ixMwgVZ2U0XZCBGpGffwfQgu4S0ler0Ia2kwHQ="
        );
    }

    #[test]
    fn a_type_that_there_is_not_is_not_asked_for() {
        let wish = Wish {
            user: "u",
            kind: "GET_PAYMENT_CARD",
            header: "",
            text: "",
        };
        assert!(account(1, "s").start(&wish).is_none());
    }

    #[tokio::test]
    async fn without_an_answer_nothing_went_well() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}", free.local_addr().unwrap());
        drop(free);
        let account = Account {
            server,
            ..account(1, "s")
        };
        let exchange = account.send(&http().unwrap(), account.link("u")).await;
        assert!(!exchange.went_well());
        assert!(exchange.received.as_str().unwrap().starts_with("no answer"));
    }
}
