//! Pushes from end to end: what push services get, how often, and what is made of their answers.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use challenge::audit::EventKind;
use countersign::system::SystemClock;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value, json};

use crate::partner::{Inside, Partner};
use crate::push_phone::{AUTH, PushPhone};
use crate::push_stage::{CREATED, PUSHES, Stage, a_while, answer, ready, until};
use crate::receiver::{Arrival, Manner, PROMPTLY, Receiver, SOON, header, trap};
use crate::running::{Home, Server, foreign, prepared};

/// A push with what opens and verifies it.
fn captured(stage: &Stage, phone: &PushPhone, arrival: &Arrival, text: &Value) -> Value {
    let key = *stage.server.verifier.push_key().unwrap().public();
    json!({
        "body": BASE64URL_NOPAD.encode(&arrival.bytes),
        "auth": BASE64URL_NOPAD.encode(AUTH),
        "privateKey": phone.browser_key(),
        "authorization": header(&arrival.head, "authorization"),
        "audience": format!("http://{}", stage.service.address),
        "serverKey": BASE64URL_NOPAD.encode(key.as_bytes()),
        "now": stage.server.verifier.now().unix_s(),
        "text": text,
    })
}

fn passes(command: &mut Command, pushes: &Value) {
    let mut process = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    input.write_all(pushes.to_string().as_bytes()).unwrap();
    drop(input);
    assert!(process.wait().unwrap().success());
}

#[tokio::test]
async fn the_published_libraries_open_and_verify_what_is_sent() {
    let stage = Stage::with(Manner::status(CREATED)).await;
    let phone = stage.phone("ünïcode").await;
    let secret_text = "Pay 12.50 EUR to ACME";
    let first = stage.partner.session("ünïcode", 101, secret_text).await;
    let arrivals = stage.service.until(1, SOON).await;
    let asked = &arrivals[0];
    assert!(
        asked.head.starts_with("POST /push/one HTTP/1.1\r\n"),
        "{}",
        asked.head
    );
    let ttl: u32 = header(&asked.head, "ttl").parse().unwrap();
    assert!((115..=120).contains(&ttl), "{ttl}");
    for (name, value) in [
        ("urgency", "high"),
        ("content-encoding", "aes128gcm"),
        ("content-type", "application/octet-stream"),
        ("content-length", "359"),
    ] {
        assert_eq!(header(&asked.head, name), value, "{name}");
    }
    stage.cancel(&first).await;
    let second = stage.partner.session("ünïcode", 102, "?").await;
    let arrivals = stage.service.until(3, SOON).await;
    let mut pushes = Vec::new();
    for arrival in &arrivals {
        // Which of the last two came first is not said: each has its own session's topic.
        let of_first = header(&arrival.head, "topic") == header(&asked.head, "topic");
        let session = if of_first { &first } else { &second };
        let is_asked = arrival.head == asked.head || !of_first;
        let text = json!({
            "version": 1,
            "about": if is_asked { "asked" } else { "ended" },
            "device": phone.name.to_string(),
            "session": session,
            "answer_by_ms": stage.answer_by_ms(session).await,
        });
        pushes.push(captured(&stage, &phone, arrival, &text));
        for part in [
            first.as_str(),
            secret_text,
            "40007",
            &phone.name.to_string(),
        ] {
            assert!(
                !arrival.head.contains(part) && !arrival.text.contains(part),
                "{part}"
            );
        }
    }
    let ended = pushes.iter().filter(|one| one["text"]["about"] == "ended");
    assert_eq!(ended.count(), 1);
    let pushes = Value::Array(pushes);
    let mut node = Command::new("node");
    node.arg(foreign("web_push.mjs"));
    node.arg(prepared("COUNTERSIGN_TEST_NODE_MODULES"));
    passes(&mut node, &pushes);
    let mut python = Command::new(prepared("COUNTERSIGN_TEST_PYTHON"));
    python.arg(foreign("web_push.py"));
    passes(&mut python, &pushes);
    stage.server.stopped().await;
}

#[tokio::test]
async fn a_phone_that_decided_gets_no_second_push_and_an_expiry_none() {
    let stage = Stage::with(Manner::status(CREATED)).await;
    let phone = stage.phone("u").await;
    stage.partner.session("u", 101, "?").await;
    stage.service.until(1, SOON).await;
    phone.approves().await;
    stage.partner.session("u", 101, "?").await;
    stage.service.until(2, SOON).await;
    stage.clock.advance_s(121);
    a_while().await;
    assert_eq!(stage.service.arrivals().len(), 2);
    stage.server.stopped().await;
}

#[tokio::test]
async fn a_subscription_that_its_service_does_not_know_is_dropped_and_a_newer_one_stays() {
    for status in ["404 Not Found", "410 Gone"] {
        let stage = Stage::with(answer(status, "")).await;
        let phone = stage.phone("u").await;
        assert!(phone.is_subscribed().await);
        stage.partner.session("u", 101, "?").await;
        until("the subscription is dropped", async || {
            !phone.is_subscribed().await
        })
        .await;
        let events = stage.home.events(40007).await;
        let dropped = events.iter().filter(|one| one.kind == EventKind::DropPush);
        assert_eq!(dropped.count(), 1);
        stage.partner.session("u", 101, "?").await;
        a_while().await;
        assert_eq!(stage.service.arrivals().len(), 1, "it was pushed to again");
        // Approving needs no push.
        phone.approves().await;
        stage.service.behave(Manner::status(CREATED));
        assert_eq!(phone.subscribes(&stage.endpoint()).await, 204);
        stage.partner.session("u", 101, "?").await;
        stage.service.until(2, SOON).await;
        assert!(phone.is_subscribed().await);
        stage.server.stopped().await;
    }
}

#[tokio::test]
async fn a_busy_service_is_tried_when_it_said_and_a_failing_one_soon() {
    let stage = Stage::with(answer("429 Too Many Requests", "Retry-After: 30\r\n")).await;
    stage.phone("u").await;
    let session = stage.partner.session("u", 101, "?").await;
    let first = stage.service.until(1, SOON).await;
    stage.server.failed(PUSHES, &[1]).await;
    stage.service.behave(answer("503 Service Unavailable", ""));
    stage.clock.advance_s(25);
    a_while().await;
    assert_eq!(stage.service.arrivals().len(), 1, "it was tried too early");
    stage.clock.advance_s(6);
    stage.service.until(2, SOON).await;
    stage.server.failed(PUSHES, &[2]).await;
    stage.service.behave(Manner::status(CREATED));
    stage.clock.advance_s(3);
    let all = stage.service.until(3, SOON).await;
    let ttl = |arrival: &Arrival| header(&arrival.head, "ttl").parse::<u32>().unwrap();
    assert!(ttl(&all[2]) <= ttl(&first[0]) - 34, "{}", ttl(&all[2]));
    assert_eq!(header(&all[2].head, "topic"), header(&all[0].head, "topic"));
    a_while().await;
    assert_eq!(stage.service.arrivals().len(), 3);
    let told = stage.partner.check(&session).await;
    assert_eq!(told["status"]["message"], "INCOMPLETE", "{told}");
    stage.server.stopped().await;
}

#[tokio::test]
async fn what_a_service_refuses_is_not_tried_again_and_redirects_lead_nowhere() {
    let (elsewhere, caught) = trap().await;
    let redirect = format!("Location: http://{elsewhere}/\r\n");
    for manner in [
        answer("403 Forbidden", ""),
        answer("400 Bad Request", ""),
        answer("413 Content Too Large", ""),
        answer("302 Found", &redirect),
        answer("307 Temporary Redirect", &redirect),
        answer("308 Permanent Redirect", &redirect),
    ] {
        let stage = Stage::with(manner).await;
        let phone = stage.phone("u").await;
        stage.partner.session("u", 101, "?").await;
        stage.service.until(1, SOON).await;
        stage.clock.advance_s(10);
        a_while().await;
        assert_eq!(stage.service.arrivals().len(), 1);
        assert!(phone.is_subscribed().await);
        phone.approves().await;
        stage.server.stopped().await;
    }
    assert_eq!(*caught.lock().unwrap(), 0);
}

#[tokio::test]
async fn a_service_that_hangs_or_hangs_up_holds_up_nobody() {
    let stage = Stage::with(Manner::Hang).await;
    let stuck = stage.phone("stuck").await;
    stage.partner.session("stuck", 101, "?").await;
    stage.service.until(1, SOON).await;
    let well = Receiver::start(Manner::status(CREATED)).await;
    let endpoint = format!("http://{}/", well.address);
    let phone = stage.phone_at("well", &endpoint).await;
    let before = well.now();
    stage.partner.session("well", 101, "?").await;
    let came = well.until(1, SOON).await[0].after.saturating_sub(before);
    assert!(came < PROMPTLY, "{came:?}");
    stuck.approves().await;
    phone.approves().await;
    stage.service.behave(Manner::HangUp);
    stage.partner.session("stuck", 101, "?").await;
    stage.service.until(3, SOON).await;
    // What hangs is waited for no longer than anything else that stops.
    let begun = countersign::system::Stopwatch::start();
    stage.server.stopped().await;
    assert!(begun.elapsed() < Duration::from_secs(12));
}

#[tokio::test]
async fn a_push_survives_a_restart() {
    let stage = Stage::with(Manner::HangUp).await;
    stage.phone("u").await;
    stage.partner.session("u", 101, "?").await;
    stage.service.until(1, SOON).await;
    stage.server.stopped().await;
    stage.service.behave(Manner::status(CREATED));
    let tried = stage.service.arrivals().len();
    let server = Inside::start(&stage.home, &stage.clock).await;
    stage.service.until(tried + 1, SOON).await;
    a_while().await;
    assert_eq!(stage.service.arrivals().len(), tried + 1);
    server.stopped().await;
}

#[tokio::test]
async fn of_several_nodes_one_sends_each_push() {
    let stage = Stage::on(Home::postgres(), Manner::status(CREATED)).await;
    let other = Inside::start(&stage.home, &stage.clock).await;
    let by_other = Partner::of(&other.base, 40007);
    let (verifier, key) = (&stage.server.verifier, other.verifier.push_key().unwrap());
    assert_eq!(verifier.push_key().unwrap().public(), key.public());
    for number in 0..10 {
        let user = format!("u{number}");
        stage.phone(&user).await;
        let asking = if number % 2 == 0 {
            &stage.partner
        } else {
            &by_other
        };
        asking.session(&user, 101, "?").await;
    }
    stage.service.until(10, SOON).await;
    a_while().await;
    assert_eq!(stage.service.arrivals().len(), 10);
    other.stopped().await;
    stage.server.stopped().await;
}

#[tokio::test]
async fn a_tenant_whose_pushes_stay_outside_reaches_no_internal_address() {
    let (address, caught) = trap().await;
    let home = Home::sqlite();
    ready(&home, "max_pending = 100").await;
    let server = Inside::start(&home, &Arc::default()).await;
    let partner = Partner::of(&server.base, 40007);
    let public = ("u", "https://push.example/1");
    let whom = (server.base.as_str(), Arc::new(SystemClock) as _);
    let phone = PushPhone::linked(whom, &partner, public).await;
    let port = address.port();
    let plain = format!("http://127.0.0.1:{port}/");
    assert_eq!(phone.subscribes(&plain).await, 400);
    for host in [
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[fd00::1]",
        "10.0.0.1",
        "169.254.169.254",
    ] {
        let endpoint = format!("https://{host}:{port}/push");
        assert_eq!(phone.subscribes(&endpoint).await, 204, "{host}");
        partner.session("u", 101, "?").await;
    }
    let verifier = &server.verifier;
    until("all were given up", async || {
        let wanted = challenge::approval::ports::Listing {
            kind: PUSHES,
            tenant: None,
            line: None,
            dead_only: false,
            after: None,
            limit: 100,
        };
        let waiting = verifier.store().waiting_messages(&wanted).await.unwrap();
        waiting.is_empty()
    })
    .await;
    assert_eq!(*caught.lock().unwrap(), 0);
    server.stopped().await;
}

#[tokio::test]
async fn what_is_sent_refused_and_dropped_is_counted() {
    countersign::serving::telemetry::recorder().unwrap();
    let stage = Stage::with(Manner::status(CREATED)).await;
    stage.phone("u").await;
    stage.partner.session("u", 101, "?").await;
    stage.service.until(1, SOON).await;
    stage.service.behave(answer("403 Forbidden", ""));
    stage.partner.session("u", 101, "?").await;
    stage.service.until(2, SOON).await;
    stage.service.behave(Manner::status(410));
    stage.partner.session("u", 101, "?").await;
    stage.service.until(3, SOON).await;
    let url = format!("{}/metrics", stage.server.base);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    until("all is counted", async || {
        let page = client.get(&url).send().await.unwrap().text().await.unwrap();
        let has = |text: &str| page.lines().any(|line| line.starts_with(text));
        ["sent", "refused", "gone"]
            .iter()
            .all(|one| has(&format!("countersign_pushes_total{{outcome=\"{one}\"}} ")))
            && has("countersign_push_subscriptions_dropped_total ")
            && !has("countersign_push_subscriptions_dropped_total 0")
    })
    .await;
    stage.server.stopped().await;
}

#[tokio::test]
async fn an_endpoint_and_its_secret_stand_in_no_log_and_in_no_file() {
    let home = Home::sqlite();
    ready(&home, "allow_private_push = true\nmax_pending = 5").await;
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = home.command(["serve", "--listen", "127.0.0.1:0"]);
    command.env("COUNTERSIGN_LOG", "trace");
    command.stderr(Stdio::from(log.reopen().unwrap()));
    let server = Server::quietly(command);
    let partner = Partner::of(&server.base, 40007);
    let service = Receiver::start(Manner::status(410)).await;
    let endpoint = format!("http://{}/planted-endpoint", service.address);
    let whom = (server.base.as_str(), Arc::new(SystemClock) as _);
    let phone = PushPhone::linked(whom, &partner, ("u", &endpoint)).await;
    partner.session("u", 101, "?").await;
    service.until(1, SOON).await;
    until("it is dropped", async || !phone.is_subscribed().await).await;
    assert_eq!(phone.subscribes(&endpoint).await, 204);
    service.behave(answer("403 Forbidden", ""));
    partner.session("u", 101, "?").await;
    service.until(2, SOON).await;
    until("it is logged", async || {
        let logged = std::fs::read_to_string(log.path()).unwrap();
        logged.contains("a push failed")
    })
    .await;
    assert!(server.stopped());
    let files = std::fs::read_dir(home.data()).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let places: Vec<_> = files.chain([log.path().to_owned()]).collect();
    assert!(places.len() > 2, "the database, its key and the log");
    let secret = [BASE64URL_NOPAD.encode(AUTH), BASE64.encode(AUTH)];
    for place in places {
        let written = std::fs::read(&place).unwrap();
        for planted in [b"planted-endpoint", AUTH.as_slice()]
            .into_iter()
            .chain(secret.iter().map(String::as_bytes))
        {
            let mut windows = written.windows(planted.len());
            let planted = windows.find(|window| *window == planted);
            assert!(
                planted.is_none(),
                "{planted:?} stands in {}",
                place.display()
            );
        }
    }
}
