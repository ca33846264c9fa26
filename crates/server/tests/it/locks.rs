//! A lock holds at every door, on every node, after a restart; and what an operator does beside a
//! live server is honoured by it within a second.

use std::time::Duration;

use oath::{Hotp, Key};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::push_stage::until;
use crate::running::{DEMO_TENANT, Home, Server};

const KEY: &str = "3132333435363738393031323334353637383930";

fn hotp(counter: u64) -> String {
    Hotp::default()
        .code(&Key::from_hex(KEY).unwrap(), counter)
        .to_string()
}

struct Portal {
    client: Client,
    base: String,
    bearer: String,
}

impl Portal {
    async fn at(server: &Server) -> Self {
        let client = Client::builder().no_proxy().build().unwrap();
        let mut portal = Self {
            client,
            base: server.base.clone(),
            bearer: String::new(),
        };
        let body = "grant_type=client_credentials&client_id=spl-api&client_secret=password01";
        let answer: Value = portal.token(body).await.json().await.unwrap();
        answer["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut portal.bearer);
        portal
    }

    async fn token(&self, body: &str) -> reqwest::Response {
        let request = self
            .client
            .post(format!("{}/idp/ONLINEBANK/authn/token", self.base))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body.to_owned());
        let request = if self.bearer.is_empty() {
            request
        } else {
            request.bearer_auth(&self.bearer)
        };
        request.send().await.unwrap()
    }

    async fn login(&self, code: &str) -> StatusCode {
        let body =
            format!("mode=SYNCHRONOUS&grant_type=password&username=myTestUser1&password={code}");
        self.token(&body).await.status()
    }

    async fn action(&self, place: &str, action: &str, attributes: Value) -> StatusCode {
        let body = json!({
            "urn:hid:scim:api:idp:2.0:Action": {"action": action, "attributes": attributes}
        });
        let request = self
            .client
            .post(format!("{}/scim/ONLINEBANK/v2/{place}", self.base))
            .bearer_auth(&self.bearer)
            .json(&body);
        request.send().await.unwrap().status()
    }
}

async fn a_lock_holds_everywhere(home: Home) {
    home.done(["apply", DEMO_TENANT]);
    let (one, other) = (home.serve(), home.serve());
    let (here, there) = (Portal::at(&one).await, Portal::at(&other).await);
    for portal in [&here, &there, &here, &there] {
        assert_eq!(portal.login("000000").await, StatusCode::BAD_REQUEST);
    }
    // The fifth failure comes through another door: a resynchronisation with a wrong code.
    let wrong = json!([{"name": "OTP", "value": "000000"}]);
    let synchronised = here.action("Device/20000000", "AUTO-SYNCH", wrong).await;
    assert_eq!(synchronised, StatusCode::BAD_REQUEST);
    let right = json!([{"name": "OTP", "value": hotp(0)}, {"name": "OTP", "value": hotp(1)}]);
    let synchronised = there.action("Device/20000000", "AUTO-SYNCH", right).await;
    assert_eq!(
        synchronised,
        StatusCode::BAD_REQUEST,
        "locked at the other door"
    );
    assert_eq!(there.login(&hotp(0)).await, StatusCode::BAD_REQUEST);
    one.killed();
    other.killed();
    let again = home.serve();
    let portal = Portal::at(&again).await;
    assert_eq!(
        portal.login(&hotp(0)).await,
        StatusCode::BAD_REQUEST,
        "a restart opens nothing"
    );
    let user = json!([{"name": "USER.EXTERNALID", "value": "uid406jkt"}]);
    assert_eq!(
        portal
            .action("Authenticator/.AT_CUSTOTP", "RESET", user)
            .await,
        StatusCode::OK
    );
    assert_eq!(portal.login(&hotp(0)).await, StatusCode::OK);
}

#[tokio::test]
async fn a_lock_holds_at_every_door_and_after_a_kill_with_sqlite() {
    a_lock_holds_everywhere(Home::sqlite()).await;
}

#[tokio::test]
async fn a_lock_holds_at_every_door_and_after_a_kill_with_postgresql() {
    a_lock_holds_everywhere(Home::postgres()).await;
}

#[tokio::test]
async fn what_an_operator_does_is_honoured_by_a_live_server() {
    let home = Home::sqlite();
    home.done(["apply", DEMO_TENANT]);
    let server = home.serve();
    let portal = Portal::at(&server).await;
    let second = Duration::from_secs(1);
    let refused = StatusCode::BAD_REQUEST;

    home.done(["user", "lock", "myTestUser1"]);
    assert_eq!(portal.login(&hotp(0)).await, refused);
    home.done(["user", "unlock", "myTestUser1"]);
    assert_eq!(portal.login(&hotp(0)).await, StatusCode::OK);

    home.done(["authenticator", "lock", "20000000"]);
    assert_eq!(portal.login(&hotp(1)).await, refused);
    home.done(["authenticator", "unlock", "20000000"]);
    assert_eq!(portal.login(&hotp(1)).await, StatusCode::OK);

    home.done([
        "authenticator",
        "resync",
        "20000000",
        &hotp(500),
        &hotp(501),
    ]);
    assert_eq!(portal.login(&hotp(502)).await, StatusCode::OK);

    home.done(["authenticator", "revoke", "20000000"]);
    assert_eq!(portal.login(&hotp(503)).await, refused);
    tokio::time::sleep(second).await;
    assert_eq!(portal.login(&hotp(504)).await, refused);
}

#[tokio::test]
async fn a_token_of_a_client_that_was_removed_is_refused_soon() {
    let home = Home::sqlite();
    home.done(["apply", DEMO_TENANT]);
    let server = home.serve();
    let portal = Portal::at(&server).await;
    assert_eq!(portal.login(&hotp(0)).await, StatusCode::OK);
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), "[[tenant]]\nname = \"ONLINEBANK\"\n").unwrap();
    home.done(["apply", file.path().to_str().unwrap(), "--prune"]);
    let mut counter = 0;
    until("the token is refused", async || {
        counter += 1;
        portal.login(&hotp(counter)).await == StatusCode::UNAUTHORIZED
    })
    .await;
}
