//! Callbacks from end to end: what receivers get, in which order, how often, and what never leaves.

use std::sync::Arc;
use std::time::Duration;

use challenge::approval::Verdict;
use challenge::approval::delivery::PAUSES_S;
use serde_json::Value;

use crate::partner::{Inside, MovedClock, Partner, tenants};
use crate::receiver::{Arrival, Manner, OK, PROMPTLY, Receiver, SOON, trap, verify};
use crate::running::Home;

const CALLBACKS: &str = "okay.callback";

fn types(arrivals: &[Arrival]) -> Vec<String> {
    let types = arrivals.iter().map(|one| &one.body["type"]);
    types
        .map(|kind| kind.to_string().replace('"', ""))
        .collect()
}

/// A server in this process, a tenant, and the receiver of its callbacks.
struct Stage {
    home: Home,
    clock: Arc<MovedClock>,
    server: Inside,
    receiver: Receiver,
    partner: Partner,
}

impl Stage {
    async fn with(manner: Manner, settings: &str) -> Self {
        Self::on(Home::sqlite(), manner, settings).await
    }

    async fn on(home: Home, manner: Manner, settings: &str) -> Self {
        let receiver = Receiver::start(manner).await;
        home.done([
            "apply".as_ref(),
            tenants(&[(40007, &receiver.url(), settings)]).as_os_str(),
        ]);
        let clock = Arc::new(MovedClock::default());
        let server = Inside::start(&home, &clock).await;
        let partner = Partner::of(&server.base, 40007);
        Self {
            home,
            clock,
            server,
            receiver,
            partner,
        }
    }

    fn now_s(&self) -> u64 {
        self.server.verifier.now().unix_s()
    }

    /// What went wrong with the callback that waits.
    async fn trouble(&self) -> String {
        for _ in 0..6_000 {
            let listed = self
                .server
                .verifier
                .waiting_callbacks(None, false, (None, 10))
                .await;
            let trouble = listed.unwrap().into_iter().find_map(|one| one.trouble);
            if let Some(trouble) = trouble {
                return trouble;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no callback failed");
    }
}

#[tokio::test]
async fn every_kind_arrives_once_in_order_within_a_second_and_verifies() {
    for home in [Home::sqlite(), Home::postgres()] {
        every_kind_arrives(Stage::on(home, Manner::status(OK), "").await).await;
    }
}

async fn every_kind_arrives(stage: Stage) {
    let phone = stage.partner.linked("uid406jkt").await;
    let mut sessions = Vec::new();
    for (kind, verdict) in [
        (101, Verdict::Approve),
        (101, Verdict::Decline),
        (105, Verdict::Approve),
    ] {
        sessions.push(
            stage
                .partner
                .session("uid406jkt", kind, "Pay 12.50 to ACME")
                .await,
        );
        phone.decides(verdict).await;
    }
    sessions.push(stage.partner.device_info("uid406jkt").await);
    phone.decides(Verdict::Approve).await;
    let before = stage.receiver.now();
    phone.device.unlink(&phone.home).await.unwrap();
    let arrivals = stage.receiver.until(6, SOON).await;
    let lag = arrivals[5].after.saturating_sub(before);
    assert!(lag < PROMPTLY, "{lag:?}");
    assert_eq!(types(&arrivals), ["101", "102", "102", "102", "104", "103"]);
    for arrival in &arrivals {
        verify(arrival, stage.now_s());
    }
    let told: Vec<_> = arrivals[1..5]
        .iter()
        .map(|one| one.body["sessionExternalId"].clone())
        .collect();
    assert_eq!(told, sessions);
    let results: Vec<_> = arrivals[1..4]
        .iter()
        .map(|one| one.body["authResult"].to_string())
        .collect();
    assert_eq!(
        results,
        [
            r#"{"dataType":103,"data":"OK"}"#,
            r#"{"dataType":101,"data":"CANCEL"}"#,
            r#"{"dataType":107,"data":"OK"}"#,
        ]
    );
    assert_eq!(
        arrivals[4].body["sessionResult"]["data"],
        "isBiometryEnabled=1;isApnsEnabled=0;"
    );
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(
        stage.receiver.arrivals().len(),
        6,
        "something was told twice"
    );
    // A connection was used again and again; the receiver's answers are short.
    assert!(
        stage.receiver.connections() < 6,
        "{}",
        stage.receiver.connections()
    );
    stage.server.stopped().await;
}

#[tokio::test]
async fn an_expiry_is_told_as_an_error_that_is_no_approval() {
    let stage = Stage::with(Manner::status(OK), "pending_s = 60").await;
    let _phone = stage.partner.linked("u").await;
    let session = stage.partner.session("u", 101, "?").await;
    stage.clock.advance_s(61);
    let arrivals = stage.receiver.until(2, SOON).await;
    verify(&arrivals[1], stage.now_s());
    let body = &arrivals[1].body;
    assert_eq!(body["sessionExternalId"], session.as_str());
    assert_eq!(body["status"]["code"], 101);
    assert_eq!(body["status"]["message"], "TenantSessionNotFound");
    assert_ne!(body["authResult"]["data"], "OK");
    assert_eq!(stage.partner.check(&session).await["status"]["code"], 101);
    stage.server.stopped().await;
}

#[tokio::test]
async fn a_failing_receiver_is_tried_again_in_order_and_overtaken_after_three_tries() {
    let stage = Stage::with(Manner::status(500), "").await;
    let phone = stage.partner.linked("u").await;
    stage.receiver.until(1, SOON).await;
    stage.partner.session("u", 101, "?").await;
    phone.decides(Verdict::Approve).await;
    // The approval waits behind the link as long as that keeps its line.
    for tries in 2..=3 {
        let pause_s = i64::from(PAUSES_S[tries - 2]);
        let failed = u32::try_from(tries).unwrap() - 1;
        stage.server.failed(CALLBACKS, &[0, failed]).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(stage.receiver.arrivals().len(), tries - 1);
        stage.clock.advance_s(pause_s * 6 / 5 + 1);
        let arrivals = stage.receiver.until(tries, SOON).await;
        assert_eq!(types(&arrivals), vec!["101"; tries]);
    }
    let arrivals = stage.receiver.until(4, SOON).await;
    assert_eq!(types(&arrivals)[3], "102");
    let ids: Vec<_> = arrivals.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids[..3], [ids[0]; 3]);
    assert_ne!(ids[3], ids[0]);
    stage.receiver.behave(Manner::status(OK));
    stage.server.failed(CALLBACKS, &[1, 3]).await;
    stage.clock.advance_s(i64::from(PAUSES_S[2]) * 6 / 5 + 1);
    let arrivals = stage.receiver.until(6, SOON).await;
    for arrival in &arrivals[4..] {
        verify(arrival, stage.now_s());
    }
    stage.server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_is_given_up_after_ten_tries_and_leaves_again_by_command() {
    let stage = Stage::with(Manner::status(503), "").await;
    let _phone = stage.partner.linked("u").await;
    stage.receiver.until(1, SOON).await;
    for tries in 2..=10 {
        let failed = u32::try_from(tries).unwrap() - 1;
        stage.server.failed(CALLBACKS, &[failed]).await;
        stage
            .clock
            .advance_s(i64::from(PAUSES_S[tries - 2]) * 6 / 5 + 1);
        stage.receiver.until(tries, SOON).await;
    }
    stage.server.failed(CALLBACKS, &[10]).await;
    stage.clock.advance_s(86_400 * 2);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(stage.receiver.arrivals().len(), 10);
    let dead: Value =
        serde_json::from_str(&stage.home.done(["callback", "dead", "--json"])).unwrap();
    assert_eq!(dead[0]["tenant"], "T40007");
    assert_eq!(dead[0]["failed_tries"], 10);
    assert_eq!(dead[0]["trouble"], "it answered 503");
    let id = dead[0]["id"].as_str().unwrap();
    assert_eq!(id, stage.receiver.arrivals()[0].id);
    stage.receiver.behave(Manner::status(OK));
    stage.home.done(["callback", "redeliver", id]);
    let arrivals = stage.receiver.until(11, SOON).await;
    assert_eq!(arrivals[10].id, id);
    verify(&arrivals[10], stage.now_s());
    for _ in 0..200 {
        if stage.home.done(["callback", "list", "--json"]) == "[]\n" {
            return stage.server.stopped().await;
        }
    }
    panic!("it is still listed");
}

#[tokio::test]
async fn a_receiver_that_hangs_about_one_user_holds_up_no_other_users_first_try() {
    let stage = Stage::with(Manner::HangFor("slow"), "").await;
    let _slow = stage.partner.linked("slow").await;
    // The tenant fails from here on: what hangs was given up.
    assert_eq!(stage.trouble().await, "no answer within 15 s");
    stage.clock.advance_s(7);
    stage.receiver.until(2, SOON).await;
    // While its retry hangs, another user is told of at once.
    let before = stage.receiver.now();
    let _quick = stage.partner.linked("quick").await;
    let arrivals = stage.receiver.until(3, SOON).await;
    assert_eq!(arrivals[2].body["userExternalId"], "quick");
    let lag = arrivals[2].after.saturating_sub(before);
    assert!(lag < PROMPTLY, "{lag:?}");
    stage.server.stopped().await;
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let answer = "HTTP/1.1 429 Slow\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n".to_owned();
    let stage = Stage::with(Manner::Answer(Duration::ZERO, answer), "").await;
    let _phone = stage.partner.linked("u").await;
    assert_eq!(stage.trouble().await, "it answered 429");
    stage.clock.advance_s(590);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(stage.receiver.arrivals().len(), 1);
    stage.clock.advance_s(11);
    stage.receiver.until(2, SOON).await;
    stage.server.stopped().await;
}

#[tokio::test]
async fn redirects_resets_and_silence_are_failures() {
    let (elsewhere, caught) = trap().await;
    let redirect = format!(
        "HTTP/1.1 307 Elsewhere\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n"
    );
    for (manner, expected) in [
        (
            Manner::Answer(Duration::ZERO, redirect),
            "it answered 307; redirects are not followed",
        ),
        (Manner::HangUp, "the connection ended before an answer came"),
        (Manner::Hang, "no answer within 15 s"),
    ] {
        let stage = Stage::with(manner, "").await;
        let _phone = stage.partner.linked("u").await;
        stage.receiver.until(1, SOON).await;
        assert_eq!(stage.trouble().await, expected);
        stage.receiver.behave(Manner::status(OK));
        stage.clock.advance_s(7);
        stage.receiver.until(2, SOON).await;
        stage.server.stopped().await;
    }
    assert_eq!(*caught.lock().unwrap(), 0, "a redirect was followed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_gets_nothing_more_until_an_operator_says_so() {
    let stage = Stage::with(Manner::status(410), "").await;
    let phone = stage.partner.linked("u").await;
    assert!(stage.trouble().await.contains("410"));
    stage.receiver.behave(Manner::status(OK));
    stage.partner.session("u", 101, "?").await;
    phone.decides(Verdict::Approve).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(stage.receiver.arrivals().len(), 1);
    // Of all servers in this process; both of this one are counted.
    let metrics = reqwest::get(format!("{}/metrics", stage.server.base)).await;
    let metrics = metrics.unwrap().text().await.unwrap();
    let counted = metrics
        .lines()
        .find_map(|line| line.strip_prefix("countersign_callbacks_dead_total "));
    let counted: u32 = counted.expect("some are dead").parse().unwrap();
    assert!(counted >= 2, "{counted}");
    let dead: Value =
        serde_json::from_str(&stage.home.done(["callback", "dead", "--json"])).unwrap();
    for one in dead.as_array().unwrap() {
        stage
            .home
            .done(["callback", "redeliver", one["id"].as_str().unwrap()]);
    }
    let arrivals = stage.receiver.until(3, SOON).await;
    let mut rest = types(&arrivals[1..]);
    rest.sort();
    assert_eq!(rest, ["101", "102"]);
    stage.server.stopped().await;
}

#[tokio::test]
async fn a_long_answer_is_not_read_to_its_end() {
    let long = "x".repeat(32 * 1024 * 1024);
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{long}",
        long.len()
    );
    let stage = Stage::with(Manner::Answer(Duration::ZERO, answer), "").await;
    let _phone = stage.partner.linked("u").await;
    stage.receiver.until(1, SOON).await;
    for _ in 0..6_000 {
        let listed = stage
            .server
            .verifier
            .waiting_callbacks(None, false, (None, 10))
            .await;
        if listed.unwrap().is_empty() {
            return stage.server.stopped().await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("a 200 with a long body was not taken");
}
