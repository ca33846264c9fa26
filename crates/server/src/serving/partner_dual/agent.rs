//! The website's requests: a bearer token first, then one JSON object to each method.
//!
//! This is the whole of what an application's server has to do. Whatever goes wrong, nobody is let in.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use challenge::clock::{Clock, Timestamp};
use reqwest::{Client, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::account::Account;

/// How long the visitor is kept waiting for an answer, at most.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// Seconds before a token's end from which it is not used any more, as the vendor's own client has it.
const TOKEN_SPARE_S: u32 = 60;

/// Where tokens come from.
const TOKEN_PATH: &str = "/das5/rest/oauth/token";

/// An application that calls the API.
pub struct Agent {
    account: Account,
    http: Client,
    clock: Arc<dyn Clock>,
    token: Mutex<Option<Token>>,
}

struct Token {
    text: SecretString,
    /// From this moment on another one is fetched.
    spent_at: Timestamp,
}

/// A request as it went, for the demo to show. Neither the secret nor a token is in it.
pub struct Exchange {
    /// The path that was asked.
    pub path: String,
    /// What was sent.
    pub sent: String,
    /// The answer's status; nothing where there was no answer.
    pub status: Option<StatusCode>,
    /// The answer's body, or why there is none.
    pub received: String,
}

/// What a method answered.
pub struct Reply {
    /// `error`; nothing where no answer can be read.
    pub error: Option<i64>,
    /// `message`, if any.
    pub message: String,
    /// `result`, if any.
    pub result: Value,
}

impl Reply {
    /// Whether the method did what it was asked: HTTP 200 and an `error` of 0, nothing else.
    pub fn went_well(&self) -> bool {
        self.error == Some(0)
    }

    fn none(text: impl Into<String>) -> Self {
        Self {
            error: None,
            message: text.into(),
            result: Value::Null,
        }
    }
}

impl Agent {
    /// An application with this account. It follows no redirect and asks no proxy.
    pub fn new(account: Account, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let http = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWER_TIME_MAX)
            .build();
        Ok(Self {
            account,
            http: http.context("no HTTP client")?,
            clock,
            token: Mutex::default(),
        })
    }

    /// The account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// A user by login name, as requests name one.
    pub fn user(&self, login_name: &str) -> Value {
        json!({"loginName": login_name, "domain.name": self.account.domain})
    }

    /// Calls a method; what went over the wire is added to `wire`.
    pub async fn call(&self, method: &str, body: &Value, wire: &mut Vec<Exchange>) -> Reply {
        let token = match self.bearer(wire).await {
            Ok(token) => token,
            Err(problem) => return Reply::none(problem),
        };
        let path = format!("/das5/rest/auth/{method}");
        let request = self.http.post(format!("{}{path}", self.account.server));
        let request = request.bearer_auth(token.expose_secret()).json(body);
        let exchange = exchange(path, format!("{body:#}"), request).await;
        let reply = reply(&exchange);
        if exchange.status == Some(StatusCode::UNAUTHORIZED) {
            // The server may have been set up anew; the next call gets another token.
            *self.token.lock().await = None;
        }
        wire.push(exchange);
        reply
    }

    /// A token that is good for a while.
    async fn bearer(&self, wire: &mut Vec<Exchange>) -> Result<SecretString, String> {
        let mut kept = self.token.lock().await;
        let now = self.clock.now();
        if let Some(token) = kept.as_ref().filter(|token| now < token.spent_at) {
            return Ok(token.text.clone());
        }
        let Account {
            client_id, server, ..
        } = &self.account;
        let secret = self.account.client_secret.expose_secret();
        let request = self.http.post(format!("{server}{TOKEN_PATH}"));
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id.as_str()),
            ("client_secret", secret),
        ];
        let request = request.form(&fields);
        let sent = format!("grant_type=client_credentials&client_id={client_id}&client_secret=…");
        let mut got = exchange(TOKEN_PATH.to_owned(), sent, request).await;
        let answer: Value = serde_json::from_str(&got.received).unwrap_or_default();
        let (text, lifetime) = (&answer["access_token"], &answer["expires_in"]);
        let lifetime = lifetime.as_u64().and_then(|s| u32::try_from(s).ok());
        let (Some(text), Some(lifetime_s)) = (text.as_str(), lifetime) else {
            let problem = format!("no access token: {}", got.received);
            wire.push(got);
            return Err(problem);
        };
        got.received = got.received.replace(text, "…");
        wire.push(got);
        let token = Token {
            text: text.into(),
            spent_at: now.plus_s(lifetime_s.saturating_sub(TOKEN_SPARE_S)),
        };
        Ok(kept.insert(token).text.clone())
    }
}

async fn exchange(path: String, sent: String, request: RequestBuilder) -> Exchange {
    let (status, received) = match answer_to(request).await {
        Ok((status, body)) => (Some(status), body),
        Err(error) => (None, format!("no answer: {error}")),
    };
    Exchange {
        path,
        sent,
        status,
        received,
    }
}

async fn answer_to(request: RequestBuilder) -> Result<(StatusCode, String), reqwest::Error> {
    let answer = request.send().await?;
    Ok((answer.status(), answer.text().await?))
}

/// Reads an envelope. One of another status than 200 is never a success, whatever it says.
fn reply(exchange: &Exchange) -> Reply {
    let Ok(mut body) = serde_json::from_str::<Value>(&exchange.received) else {
        return Reply::none(exchange.received.clone());
    };
    let error = body["error"].as_i64();
    let is_ok = exchange.status == Some(StatusCode::OK);
    Reply {
        error: error.filter(|error| is_ok || *error != 0),
        message: body["message"].as_str().unwrap_or_default().to_owned(),
        // What is no object has no members, and indexing it to take one would panic.
        result: body.get_mut("result").map(Value::take).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemClock;

    fn exchanged(status: Option<u16>, received: &str) -> Exchange {
        Exchange {
            path: String::new(),
            sent: String::new(),
            status: status.map(|status| StatusCode::from_u16(status).unwrap()),
            received: received.to_owned(),
        }
    }

    #[test]
    fn only_a_zero_with_status_200_lets_anybody_in() {
        assert!(reply(&exchanged(Some(200), r#"{"error":0}"#)).went_well());
        for (status, received) in [
            (Some(200), r#"{"error":1000,"message":"wrong"}"#),
            (Some(200), r#"{"error":"0"}"#),
            (Some(200), r#"{"error":0.5}"#),
            (Some(200), r#"{"error":null}"#),
            (Some(200), "{}"),
            (Some(200), "[0]"),
            (Some(200), "0"),
            (Some(200), ""),
            (Some(401), r#"{"error":0}"#),
            (Some(503), r#"{"error":0}"#),
            (None, "no answer: error 0"),
        ] {
            let reply = reply(&exchanged(status, received));
            assert!(!reply.went_well(), "{status:?} {received}");
        }
    }

    #[tokio::test]
    async fn without_a_server_nothing_went_well_and_no_secret_is_shown() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let account = Account {
            server: format!("http://{}", free.local_addr().unwrap()),
            domain: "D".to_owned(),
            client_id: "api-agent".to_owned(),
            client_secret: "the-secret".into(),
        };
        drop(free);
        let agent = Agent::new(account, Arc::new(SystemClock)).unwrap();
        let mut wire = Vec::new();
        let reply = agent.call("verifyResponse", &json!({}), &mut wire).await;
        assert!(!reply.went_well());
        let [exchange] = &wire[..] else {
            panic!("only a token was asked for");
        };
        assert!(exchange.received.starts_with("no answer"));
        assert!(!exchange.sent.contains("the-secret"));
    }
}
