//! Races over HTTP: one code at many doors is accepted once, and the limit is the limit exactly.

use std::fmt::Write as _;

use oath::{Hotp, Key};
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;

use crate::running::{Home, Server};

const AT_ONCE: usize = 32;
const ROUNDS: usize = 15;
const KEY: &str = "3132333435363738393031323334353637383930";

/// A tenant with a user a round: a race that goes wrong cannot hide behind the one before it.
fn tenant() -> tempfile::TempPath {
    let mut text = String::from(
        "[[tenant]]\nname = \"ONLINEBANK\"\n\
         [[tenant.client]]\nid = \"spl-api\"\nsecret = \"password01\"\n\
         grants = [\"client_credentials\", \"password\"]\n\
         [[tenant.policy]]\ncode = \"AT_CUSTOTP\"\n\
         [[tenant.policy]]\ncode = \"AT_PATIENT\"\nmax_failures = 1000\n",
    );
    for round in 0..ROUNDS {
        for (name, policy) in [("racer", "AT_PATIENT"), ("guesser", "AT_CUSTOTP")] {
            write!(
                text,
                "[[tenant.user]]\nlogin_name = \"{name}{round}\"\n[[tenant.user.authenticator]]\n\
                 serial = \"{name}{round}\"\nkind = \"hotp\"\npolicies = [\"{policy}\"]\n\
                 secret = {{ hex = \"{KEY}\" }}\n"
            )
            .unwrap();
        }
    }
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), text).unwrap();
    file.into_temp_path()
}

struct Doors {
    client: Client,
    bases: Vec<String>,
    bearer: String,
}

impl Doors {
    async fn of(servers: &[Server]) -> Self {
        let client = Client::builder().no_proxy().build().unwrap();
        let bases: Vec<_> = servers.iter().map(|server| server.base.clone()).collect();
        let doors = Self {
            client,
            bases,
            bearer: String::new(),
        };
        let body = "grant_type=client_credentials&client_id=spl-api&client_secret=password01";
        let answer = doors.request(0, body.to_owned()).send().await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        let bearer = answer["access_token"].as_str().unwrap().to_owned();
        Self { bearer, ..doors }
    }

    fn request(&self, door: usize, body: String) -> reqwest::RequestBuilder {
        let base = &self.bases[door % self.bases.len()];
        let request = self
            .client
            .post(format!("{base}/idp/ONLINEBANK/authn/token"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);
        if self.bearer.is_empty() {
            request
        } else {
            request.bearer_auth(&self.bearer)
        }
    }

    /// The same body at all doors at once: how many were accepted. None may be answered 5xx.
    async fn race(&self, body: &str) -> usize {
        let mut race = JoinSet::new();
        for door in 0..AT_ONCE {
            let request = self.request(door, body.to_owned());
            race.spawn(async move { request.send().await.unwrap().status() });
        }
        let statuses = race.join_all().await;
        for status in &statuses {
            assert!(
                [StatusCode::OK, StatusCode::BAD_REQUEST].contains(status),
                "{status}"
            );
        }
        statuses
            .into_iter()
            .filter(|status| *status == StatusCode::OK)
            .count()
    }

    /// What SCIM counts of a user's wrong answers.
    async fn failed(&self, user: &str) -> String {
        let get = async |path: String| -> serde_json::Value {
            let url = format!("{}/scim/ONLINEBANK/v2/{path}", self.bases[0]);
            let answer = self
                .client
                .get(url)
                .bearer_auth(&self.bearer)
                .send()
                .await
                .unwrap();
            answer.json().await.unwrap()
        };
        let users = get(format!("Users?filter=userName%20eq%20%22{user}%22")).await;
        let id = users["resources"][0]["id"].as_str().unwrap().to_owned();
        let counted = get(format!("Authenticator/{id}.AT_CUSTOTP")).await;
        counted["statistics"]["totalFailed"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

async fn race_on(home: Home, nodes: usize) {
    home.done(["apply", tenant().to_str().unwrap()]);
    let servers: Vec<_> = (0..nodes).map(|_| home.serve()).collect();
    let doors = Doors::of(&servers).await;
    let code = Hotp::default().code(&Key::from_hex(KEY).unwrap(), 0);
    for round in 0..ROUNDS {
        let right = format!(
            "mode=SYNCHRONOUS&password={code}&grant_type=password&authType=AT_PATIENT\
             &username=racer{round}"
        );
        assert_eq!(doors.race(&right).await, 1, "round {round}");
        let wrong = format!(
            "mode=SYNCHRONOUS&password=000000&grant_type=password&authType=AT_CUSTOTP\
             &username=guesser{round}"
        );
        assert_eq!(doors.race(&wrong).await, 0);
        assert_eq!(
            doors.failed(&format!("guesser{round}")).await,
            "5",
            "round {round}"
        );
    }
}

#[tokio::test]
async fn on_one_node_with_sqlite_a_code_counts_once_and_the_limit_exactly() {
    race_on(Home::sqlite(), 1).await;
}

#[tokio::test]
async fn on_three_nodes_with_postgresql_a_code_counts_once_and_the_limit_exactly() {
    race_on(Home::postgres(), 3).await;
}
