//! `DualShield`: a challenge is asked for and its response verified, by grid and by OCRA.
//!
//! `scripts/bench dualshield` measures whole rounds (getChallengeCode, then verifyResponse, each on disk before it is
//! answered) beside `/healthz`. The load reads each grid along the user's path, which costs it some of the
//! cores that it shares with the server.

use std::fmt::Write as _;

use countersign::serving::partner_dual::{Step, read_along, steps};
use oath::Key;
use oath::ocra::{Input, Suite};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::load::{self, Measured, Times, Wire, gather_all};
use crate::measure;
use crate::server::{self, Server};
use crate::table;

/// Connections at once.
const CONNECTIONS: [usize; 4] = [1, 16, 64, 256];

/// Users, each with a grid and a phone; connections share them out.
const USERS: usize = 2048;

/// Rounds of all connections in one cell.
const ROUNDS: usize = 8192;

const PATH: &str = "336416";
const SUITE: &str = "OCRA-1:HOTP-SHA1-6:QN08";
const KEY_HEX: &str = "3132333435363738393031323334353637383930";

/// Measures on both databases.
pub(crate) fn run(runtime: &Runtime) -> Result<(), String> {
    for (name, store) in server::stores() {
        let server = Server::start(store.as_deref(), &tenant())?;
        let bearer = runtime.block_on(token(&server.address))?;
        for connections in CONNECTIONS {
            table::loads_head(name, connections);
            let limit = load::health(&server.address, connections);
            table::load("/healthz", &measure(runtime, &server, limit)?);
            for (what, product) in [
                ("grid, rounds of two", "GridGo"),
                ("OCRA, rounds of two", "MobileID"),
            ] {
                let rounds = rounds((&server.address, &bearer), product, connections);
                table::load(what, &measure(runtime, &server, rounds)?);
            }
        }
        table::foot(&server);
    }
    Ok(())
}

fn tenant() -> String {
    let mut text = String::from(
        "[[tenant]]\nname = \"BANK\"\n[[tenant.client]]\nid = \"agent\"\nsecret = \"password01\"\n\
         protocols = [\"dualshield\"]\n[[tenant.policy]]\ncode = \"SIGNIN\"\n",
    );
    for number in 0..USERS {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "[[tenant.user]]\nlogin_name = \"user{number}\"\n\
             [[tenant.user.authenticator]]\nserial = \"1{number:07}\"\nkind = \"grid\"\npath = \"{PATH}\"\n\
             [[tenant.user.authenticator]]\nserial = \"2{number:07}\"\nkind = \"ocra\"\n\
             secret = {{ hex = \"{KEY_HEX}\" }}\nsuite = \"{SUITE}\"\n"
        );
    }
    text
}

async fn token(address: &str) -> Result<String, String> {
    let mut wire = Wire::connect(address).await?;
    let body = json!({
        "grant_type": "client_credentials", "client_id": "agent", "client_secret": "password01",
    });
    let request = request("/das5/rest/oauth/token", None, &body);
    let answer = json_of(wire.exchange(&request).await?)?;
    let token = answer["access_token"].as_str();
    token
        .map(str::to_owned)
        .ok_or_else(|| format!("no token: {answer}"))
}

/// So many rounds over so many connections, each user on one of them.
async fn rounds(
    (address, bearer): (&str, &str),
    product: &'static str,
    connections: usize,
) -> Result<Measured, String> {
    let tasks = (0..connections).map(|connection| {
        let (address, bearer) = (address.to_owned(), bearer.to_owned());
        tokio::spawn(async move {
            let mut round = Round {
                wire: Wire::connect(&address).await?,
                bearer,
                product,
                steps: steps(PATH),
            };
            let mut times = Times::default();
            for turn in 0..ROUNDS / connections {
                let user = (connection + turn * connections) % USERS;
                let sent = Instant::now();
                round.play(user).await?;
                times.add(sent);
            }
            Ok((times, ()))
        })
    });
    Ok(gather_all(tasks.collect()).await?.0)
}

/// What one connection does again and again.
struct Round {
    wire: Wire,
    bearer: String,
    product: &'static str,
    steps: Vec<Step>,
}

impl Round {
    async fn play(&mut self, user: usize) -> Result<(), String> {
        let mut body = json!({
            "user": {"loginName": format!("user{user}"), "domain.name": "BANK"},
            "token": {"product.method": self.product},
            "return": ["code", "reference"],
        });
        let asked = self.call("getChallengeCode", &body).await?;
        let code = asked["result"]["code"].as_str().unwrap_or_default();
        let cc = &asked["result"]["reference"];
        body["credential"] = json!({"otp": self.response(code)?, "cc": cc});
        self.call("verifyResponse", &body).await?;
        Ok(())
    }

    fn response(&self, code: &str) -> Result<String, String> {
        if self.product == "GridGo" {
            return read_along(code, &self.steps, (4, 10)).map_err(|error| error.to_string());
        }
        let suite = Suite::parse(SUITE).map_err(|error| error.to_string())?;
        let question = suite.question(code).map_err(|error| error.to_string())?;
        let input = Input {
            counter: None,
            question,
            pin: None,
            session: None,
            time_step: None,
        };
        let key = Key::from_hex(KEY_HEX).map_err(|error| error.to_string())?;
        let response = suite.response(&key, &input);
        response
            .map(|code| code.to_string())
            .map_err(|error| error.to_string())
    }

    async fn call(&mut self, method: &str, body: &Value) -> Result<Value, String> {
        let path = format!("/das5/rest/auth/{method}");
        let request = request(&path, Some(&self.bearer), body);
        let answer = json_of(self.wire.exchange(&request).await?)?;
        if answer["error"] == 0 {
            Ok(answer)
        } else {
            Err(format!("{method}: {answer}"))
        }
    }
}

fn request(path: &str, bearer: Option<&str>, body: &Value) -> String {
    let bearer = bearer.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let (bearer, body) = (bearer.unwrap_or_default(), body.to_string());
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\n{bearer}Content-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len(),
    )
}

fn json_of(answer: &[u8]) -> Result<Value, String> {
    let body = answer.iter().position(|&byte| byte == b'{');
    let body = body.ok_or("the answer has no body")?;
    serde_json::from_slice(&answer[body..]).map_err(|error| error.to_string())
}
