//! Codes on their way to phones: asked for over the DualShield protocol, brought by a gateway, good once.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use challenge::audit::{EventKind, Outcome};
use serde_json::{Value, json};

use crate::push_stage::until;
use crate::receiver::{Arrival, Manner, OK, PROMPTLY, Receiver, SOON, header, trap};
use crate::running::{Home, Server};
use crate::visitors::client;

/// Planted: whatever is written anywhere must not hold them.
pub(crate) const PHONE: &str = "+41 79 111 22 33";
pub(crate) const EMAIL: &str = "anna.planted@customers.example";
pub(crate) const KEY: &str = "planted-gateway-key-04";

/// A bank with a customer who is sent codes, and the delivery settings that stand before it.
pub(crate) fn file(delivery: &str, tenant: &str, policy: &str) -> tempfile::NamedTempFile {
    let text = format!(
        "{delivery}\n[[tenant]]\nname = \"BANK\"\n{tenant}\n[tenant.okay]\nid = 7\n\
         secret = \"a-secret-of-thirty-characters-1\"\n\
         [[tenant.client]]\nid = \"agent\"\nsecret = \"agents-secret\"\n\
         [[tenant.policy]]\ncode = \"P\"\n{policy}\n\
         [[tenant.user]]\nlogin_name = \"anna\"\nphone = \"{PHONE}\"\nemail = \"{EMAIL}\"\n\
         [[tenant.user.authenticator]]\nserial = \"T1\"\nkind = \"on_demand\"\n"
    );
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

pub(crate) fn gateway(url: &str, more: &str) -> String {
    format!("[delivery.gateway]\nurl = \"{url}\"\nallow_private = true\n{more}\n")
}

pub(crate) fn apply(home: &Home, file: &tempfile::NamedTempFile) -> String {
    home.done(["apply".as_ref(), file.path()])
}

/// An application that calls the server.
#[derive(Clone)]
pub(crate) struct Agent {
    base: String,
    token: String,
}

impl Agent {
    pub(crate) async fn of(server: &Server) -> Self {
        let request = client()
            .post(format!("{}/das5/rest/oauth/token", server.base))
            .basic_auth("agent", Some("agents-secret"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        let answer = request.send().await.unwrap().text().await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let token = answer["access_token"].as_str();
        Self {
            base: server.base.clone(),
            token: token.unwrap_or_else(|| panic!("{answer}")).to_owned(),
        }
    }

    async fn call(&self, method: &str, mut body: Value) -> Value {
        body["user"] = json!({ "loginName": "anna", "domain.name": "BANK" });
        let request = client()
            .post(format!("{}/das5/rest/auth/{method}", self.base))
            .bearer_auth(&self.token)
            .header("Content-Type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"))
    }

    /// Asks for a code; what the server said.
    pub(crate) async fn send(&self) -> Value {
        self.call("sendOTP", json!({})).await
    }

    /// Gives a code; the error's number.
    pub(crate) async fn verify(&self, code: &str) -> i64 {
        let body = json!({ "credential": { "otp": code } });
        let answer = self.call("verify", body).await;
        answer["error"].as_i64().unwrap()
    }
}

/// The digits in a text.
pub(crate) fn digits(text: &str) -> String {
    let digits = |part: &&str| part.len() >= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    let found = parts.find(digits);
    found
        .unwrap_or_else(|| panic!("no code in {text:?}"))
        .to_owned()
}

pub(crate) fn code_in(arrival: &Arrival) -> String {
    digits(arrival.body["text"].as_str().unwrap())
}

/// A server with a gateway, and an application.
async fn stage(home: &Home, manner: Manner, policy: &str) -> (Server, Agent, Receiver) {
    let receiver = Receiver::start(manner).await;
    apply(home, &file(&gateway(&receiver.url(), ""), "", policy));
    let server = home.serve();
    let agent = Agent::of(&server).await;
    (server, agent, receiver)
}

#[tokio::test]
async fn a_code_arrives_at_once_and_is_good_once() {
    for home in [Home::sqlite(), Home::postgres()] {
        let (server, agent, receiver) = stage(&home, Manner::status(OK), "").await;
        let before = receiver.now();
        let sent = agent.send().await;
        assert_eq!(sent["error"], 0, "{sent}");
        let arrivals = receiver.until(1, SOON).await;
        let lag = arrivals[0].after.saturating_sub(before);
        assert!(lag < PROMPTLY, "{lag:?}");
        assert_eq!(arrivals[0].body["to"], PHONE);
        let text = arrivals[0].body["text"].as_str().unwrap();
        assert!(
            text.ends_with(" is your BANK code. It is valid for 2 min."),
            "{text}"
        );
        assert!(arrivals[0].head.contains("content-type: application/json"));
        let code = code_in(&arrivals[0]);
        assert_eq!(agent.verify(&code).await, 0);
        assert_ne!(agent.verify(&code).await, 0, "it was used");
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(receiver.arrivals().len(), 1, "it is sent once");
        assert!(server.stopped());
    }
}

#[tokio::test]
async fn of_thirty_two_answers_with_one_code_at_once_one_is_right() {
    let home = Home::sqlite();
    let (_server, agent, receiver) = stage(&home, Manner::status(OK), "max_failures = 100").await;
    agent.send().await;
    let code = code_in(&receiver.until(1, SOON).await[0]);
    let answers: Vec<_> = (0..32)
        .map(|_| {
            let (agent, code) = (agent.clone(), code.clone());
            tokio::spawn(async move { agent.verify(&code).await })
        })
        .collect();
    let mut right = 0;
    for answer in answers {
        right += usize::from(answer.await.unwrap() == 0);
    }
    assert_eq!(right, 1);
}

#[tokio::test]
async fn two_servers_bring_each_code_once_and_a_newer_one_ends_the_older() {
    let home = Home::sqlite();
    let (server, agent, receiver) = stage(&home, Manner::status(OK), "").await;
    let other = home.serve();
    let elsewhere = Agent::of(&other).await;
    let mut codes = Vec::new();
    for (count, agent) in [&agent, &elsewhere, &agent, &elsewhere]
        .into_iter()
        .enumerate()
    {
        assert_eq!(agent.send().await["error"], 0);
        let arrivals = receiver.until(count + 1, SOON).await;
        codes.push(code_in(&arrivals[count]));
    }
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(receiver.arrivals().len(), 4);
    let newest = codes.pop().unwrap();
    for older in codes.iter().filter(|code| **code != newest).take(2) {
        assert_ne!(agent.verify(older).await, 0);
    }
    drop((server, other));
}

#[tokio::test]
async fn a_gateway_that_comes_back_gets_the_code_and_a_late_one_none() {
    let home = Home::sqlite();
    let (server, agent, receiver) = stage(&home, Manner::status(503), "challenge_s = 8").await;
    assert_eq!(agent.send().await["error"], 0);
    receiver.until(1, SOON).await;
    receiver.behave(Manner::HangUp);
    let arrivals = receiver.until(2, SOON).await;
    let pause = arrivals[1].after.saturating_sub(arrivals[0].after);
    assert!(
        pause >= Duration::from_secs(2) && pause < Duration::from_secs(8),
        "{pause:?}"
    );
    assert_eq!(arrivals[0].body, arrivals[1].body);
    // The next try would come after the code's time: there is none, and an event says so.
    receiver.behave(Manner::status(OK));
    let told = || async {
        let events = home.events(7).await;
        let told = events
            .into_iter()
            .filter(|one| one.kind == EventKind::Deliver);
        told.map(|one| (one.outcome, one.detail.fields))
            .collect::<Vec<_>>()
    };
    until("the code was given up", async || !told().await.is_empty()).await;
    let late =
        Duration::from_secs(9).saturating_sub(receiver.now().saturating_sub(arrivals[0].after));
    tokio::time::sleep(late).await;
    assert_eq!(receiver.arrivals().len(), 2);
    let first = told().await;
    assert_eq!((first.len(), first[0].0), (1, Outcome::Undelivered));
    assert!(
        first[0].1.contains(&("tries".to_owned(), "2".to_owned())),
        "{first:?}"
    );
    // One that fails once arrives at the second try.
    receiver.behave(Manner::status(429));
    assert_eq!(agent.send().await["error"], 0);
    receiver.until(3, SOON).await;
    receiver.behave(Manner::status(OK));
    let code = code_in(&receiver.until(4, SOON).await[3]);
    assert_eq!(agent.verify(&code).await, 0);
    until("it was told", async || told().await.len() == 2).await;
    assert_eq!(told().await[1].0, Outcome::Done);
    assert!(server.stopped());
}

#[tokio::test]
async fn a_running_server_learns_of_a_gateway_and_says_what_is_missing_before() {
    let home = Home::sqlite();
    apply(&home, &file("", "", ""));
    let server = home.serve();
    let agent = Agent::of(&server).await;
    let refused = agent.send().await;
    assert_ne!(refused["error"], 0);
    let told = refused["message"].as_str().unwrap();
    assert!(
        told.contains("nothing is configured") && told.contains("[delivery.gateway]"),
        "{told}"
    );
    let receiver = Receiver::start(Manner::status(OK)).await;
    let told = apply(&home, &file(&gateway(&receiver.url(), ""), "", ""));
    assert!(told.contains("delivery: set: sms"), "{told}");
    let mut sent = Value::Null;
    for _ in 0..1200 {
        sent = agent.send().await;
        if sent["error"] == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(sent["error"], 0, "{sent}");
    receiver.until(1, SOON).await;
    let told = apply(&home, &file(&gateway(&receiver.url(), ""), "", ""));
    assert!(told.contains("nothing to change"), "{told}");
}

#[tokio::test]
async fn a_gateway_at_an_internal_address_is_asked_nothing_unless_allowed() {
    let (address, caught) = trap().await;
    let home = Home::sqlite();
    let delivery = format!("[delivery.gateway]\nurl = \"http://{address}/\"\n");
    apply(&home, &file(&delivery, "", ""));
    let log = tempfile::NamedTempFile::new().unwrap();
    let server = logged(&home, log.path());
    assert_eq!(Agent::of(&server).await.send().await["error"], 0);
    let mut text = String::new();
    for _ in 0..1200 {
        text = std::fs::read_to_string(log.path()).unwrap();
        if text.contains("the gateway's address is internal") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(
        text.contains("allow_private in [delivery.gateway]"),
        "{text}"
    );
    assert_eq!(*caught.lock().unwrap(), 0);
}

pub(crate) fn logged(home: &Home, log: &Path) -> Server {
    let mut command = home.command(["serve", "--listen", "127.0.0.1:0"]);
    command
        .env("COUNTERSIGN_LOG", "trace")
        .env("COUNTERSIGN_LOG_FORMAT", "json");
    let log = std::fs::File::options().append(true).open(log).unwrap();
    command.stderr(Stdio::from(log));
    Server::quietly(command)
}

#[tokio::test]
async fn what_is_filled_in_ends_no_string_and_begins_no_member() {
    const NAME: &str = r#"Bank "A" \ {code}&to=x"#;
    let receiver = Receiver::start(Manner::status(OK)).await;
    let home = Home::sqlite();
    let tenant = format!("display_name = '{NAME}'");
    apply(&home, &file(&gateway(&receiver.url(), ""), &tenant, ""));
    let server = home.serve();
    let agent = Agent::of(&server).await;
    agent.send().await;
    let text = receiver.until(1, SOON).await[0].body["text"].clone();
    let text = text.as_str().unwrap().to_owned();
    assert!(text.contains(&format!(" is your {NAME} code.")), "{text}");
    let form = "headers = { \"Content-Type\" = \"application/x-www-form-urlencoded\" }";
    apply(&home, &file(&gateway(&receiver.url(), form), &tenant, ""));
    // The server learns of it within a moment; what it sends before goes the old way.
    let (mut sent, mut count) = (None, 1);
    until("the new way is taken", async || {
        agent.send().await;
        count += 1;
        let last = receiver.until(count, SOON).await.remove(count - 1);
        let is_form = last.head.contains("form-urlencoded");
        sent = is_form.then_some(last);
        is_form
    })
    .await;
    let sent = sent.unwrap();
    let pairs: Vec<_> = form_urlencoded::parse(sent.text.as_bytes()).collect();
    assert_eq!(pairs.len(), 2, "{}", sent.text);
    assert_eq!((&*pairs[0].0, &*pairs[0].1), ("to", PHONE));
    assert!(pairs[1].1.contains(NAME), "{}", sent.text);
}

#[tokio::test]
async fn a_gateway_is_asked_by_get_with_headers_where_it_wants_that() {
    let receiver = Receiver::start(Manner::status(OK)).await;
    let home = Home::sqlite();
    let url = format!("{}?to={{to}}&text={{text}}&id={{id}}", receiver.url());
    let more = format!("method = \"GET\"\ntext = \"{{code}}\"\nheaders = {{ X-Key = \"{KEY}\" }}");
    apply(&home, &file(&gateway(&url, &more), "", ""));
    let server = home.serve();
    let agent = Agent::of(&server).await;
    agent.send().await;
    let asked = &receiver.until(1, SOON).await[0];
    let line = asked.head.lines().next().unwrap();
    let query = line.strip_prefix("GET /callback?").unwrap();
    let query = query.strip_suffix(" HTTP/1.1").unwrap();
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    assert_eq!((&*pairs[0].0, &*pairs[0].1), ("to", PHONE));
    assert_eq!(agent.verify(&pairs[1].1).await, 0);
    assert_eq!(header(&asked.head, "x-key"), KEY);
    assert_eq!(header(&asked.head, "content-type"), "");
}

#[tokio::test]
async fn no_more_leave_in_a_minute_than_the_operator_allows() {
    let receiver = Receiver::start(Manner::status(OK)).await;
    let home = Home::sqlite();
    apply(
        &home,
        &file(&gateway(&receiver.url(), "per_min = 2"), "", ""),
    );
    let server = home.serve();
    let agent = Agent::of(&server).await;
    for count in 1..=2 {
        assert_eq!(agent.send().await["error"], 0);
        receiver.until(count, SOON).await;
    }
    assert_eq!(agent.send().await["error"], 0, "it waits for its turn");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(receiver.arrivals().len(), 2);
}
