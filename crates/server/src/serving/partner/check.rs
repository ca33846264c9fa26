//! The check: the website's server asks the Ocapi server what became of a challenge.
//!
//! This is the whole of what a partner's server has to do. Whatever goes wrong, the form is refused.

use std::time::Duration;

use challenge::clock::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// How long a token is good for, in seconds; the server takes at most 300.
const TOKEN_S: u32 = 60;

/// How long the visitor is kept waiting for the server, at most.
const CHECK_TIME_MAX: Duration = Duration::from_secs(5);

/// What a partner got from the operator of the Ocapi server.
#[derive(Clone)]
pub struct Account {
    /// The Ocapi server, such as `https://captcha.example`.
    pub server: String,
    /// Names the site; stands in its pages.
    pub public_id: String,
    /// Proves that it is the site; stays on its server.
    pub private_id: SecretString,
}

/// A check as it went, for the demo to show. A website of yours needs [`Checked::is_valid`] alone.
pub struct Checked {
    /// The address that was asked.
    pub url: String,
    /// What the token says.
    pub claims: Value,
    /// The token.
    pub token: String,
    /// The answer's status and body, or why there is none.
    pub answer: String,
    /// Whether the form is to be taken.
    pub is_valid: bool,
}

impl Account {
    /// Asks what became of the challenge whose id came with a form.
    pub async fn check(&self, http: &Client, unverified_id: &str, now: Timestamp) -> Checked {
        let claims = self.claims(unverified_id, now);
        let token = self.signed(&claims);
        let url = self.url_of(unverified_id);
        let (answer, is_valid) = match ask(http, &url, &token).await {
            Ok((status, body)) => {
                let state = serde_json::from_str::<Value>(&body).unwrap_or_default();
                let is_valid = status == reqwest::StatusCode::OK && state["state"] == "valid";
                (format!("{status}\n{body}"), is_valid)
            }
            Err(error) => (format!("no answer: {error}"), false),
        };
        Checked {
            url,
            claims,
            token,
            answer,
            is_valid,
        }
    }

    /// What the token says: who asks, about which challenge, when and for how long.
    pub fn claims(&self, unverified_id: &str, now: Timestamp) -> Value {
        json!({
            "iss": self.public_id,
            "sub": unverified_id,
            "iat": now.unix_s(),
            "exp": now.plus_s(TOKEN_S).unix_s(),
        })
    }

    /// A JSON Web Token (RFC 7519), signed with the private id by HMAC and SHA-512.
    pub fn signed(&self, claims: &Value) -> String {
        let key = EncodingKey::from_secret(self.private_id.expose_secret().as_bytes());
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS512), claims, &key);
        token.expect("claims that are JSON can be signed with a secret")
    }

    /// What the visitor sent becomes one segment of a path, whatever it is.
    fn url_of(&self, unverified_id: &str) -> String {
        let segment: String = form_urlencoded::byte_serialize(unverified_id.as_bytes()).collect();
        format!("{}/ocapi/v2/challenge/{segment}", self.server)
    }
}

async fn ask(
    http: &Client,
    url: &str,
    token: &str,
) -> Result<(reqwest::StatusCode, String), reqwest::Error> {
    let request = http.get(url).bearer_auth(token).timeout(CHECK_TIME_MAX);
    let answer = request.send().await?;
    Ok((answer.status(), answer.text().await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_an_answer_nothing_is_taken() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}", free.local_addr().unwrap());
        drop(free);
        let account = Account {
            server,
            public_id: "shop".to_owned(),
            private_id: "secret".into(),
        };
        let http = Client::builder().no_proxy().build().unwrap();
        let now = Timestamp::from_unix_s(1_800_000_000);
        let checked = account.check(&http, "c.a/../b?x#y", now).await;
        assert!(!checked.is_valid);
        assert!(
            checked.answer.starts_with("no answer"),
            "{}",
            checked.answer
        );
        assert!(
            checked
                .url
                .ends_with("/ocapi/v2/challenge/c.a%2F..%2Fb%3Fx%23y")
        );
    }
}
