//! Callbacks from end to end: what receivers get, in which order, how often, and what never leaves.

use std::sync::Arc;
use std::time::Duration;

use challenge::approval::Verdict;
use challenge::approval::delivery::{PAUSES_S, Reception};
use challenge::clock::Timestamp;
use countersign::workers::callbacks::courier::Courier;
use protocols::okay::callback::Letter;
use serde_json::Value;

use crate::partner::{Inside, MovedClock, Partner, tenants};
use crate::receiver::{Arrival, Manner, Receiver, trap, verify};
use crate::running::{Home, Server};

/// Longer than anything takes that is due at once.
const SOON: Duration = Duration::from_secs(5);

const OK: u16 = 200;

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
        let receiver = Receiver::start(manner).await;
        let home = Home::sqlite();
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
        for _ in 0..2000 {
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
    let stage = Stage::with(Manner::status(OK), "").await;
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
    assert!(lag < Duration::from_secs(1), "{lag:?}");
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
    stage.clock.advance_s(i64::from(PAUSES_S[2]) * 6 / 5 + 1);
    let arrivals = stage.receiver.until(6, SOON).await;
    for arrival in &arrivals[4..] {
        verify(arrival, stage.now_s());
    }
    stage.server.stopped().await;
}

#[tokio::test]
async fn a_callback_is_given_up_after_ten_tries_and_leaves_again_by_command() {
    let stage = Stage::with(Manner::status(503), "").await;
    let _phone = stage.partner.linked("u").await;
    stage.receiver.until(1, SOON).await;
    for tries in 2..=10 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        stage
            .clock
            .advance_s(i64::from(PAUSES_S[tries - 2]) * 6 / 5 + 1);
        stage.receiver.until(tries, SOON).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
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

#[tokio::test]
async fn a_receiver_that_is_gone_gets_nothing_more_until_an_operator_says_so() {
    let stage = Stage::with(Manner::status(410), "").await;
    let phone = stage.partner.linked("u").await;
    assert!(stage.trouble().await.contains("410"));
    stage.receiver.behave(Manner::status(OK));
    stage.partner.session("u", 101, "?").await;
    phone.decides(Verdict::Approve).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(stage.receiver.arrivals().len(), 1);
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
    for _ in 0..200 {
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

#[tokio::test]
async fn a_dead_and_a_slow_tenant_delay_nobody() {
    let quick = Receiver::start(Manner::status(OK)).await;
    let dead = Receiver::start(Manner::Hang).await;
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned();
    let slow = Receiver::start(Manner::Answer(Duration::from_secs(2), answer)).await;
    let home = Home::sqlite();
    let file = tenants(&[
        (1, &quick.url(), ""),
        (2, &dead.url(), ""),
        (3, &slow.url(), ""),
    ]);
    home.done(["apply".as_ref(), file.as_os_str()]);
    let server = Inside::start(&home, &Arc::default()).await;
    let partners: Vec<_> = (1..=3).map(|id| Partner::of(&server.base, id)).collect();
    let mut lags = [Vec::new(), Vec::new()];
    for (round, lags) in lags.iter_mut().enumerate() {
        if round == 1 {
            for user in 0..40 {
                partners[1].linked(&format!("u{user}")).await;
                partners[2].linked(&format!("u{user}")).await;
            }
            dead.until(16, SOON).await;
        }
        for user in 0..50 {
            let before = quick.arrivals().len();
            partners[0].linked(&format!("r{round}u{user}")).await;
            let linked_at = quick.now();
            let arrivals = quick.until(before + 1, SOON).await;
            lags.push(arrivals[before].after.saturating_sub(linked_at));
        }
    }
    let [alone, beside] = lags.map(|mut lags| {
        lags.sort();
        lags[lags.len() * 9 / 10]
    });
    println!("p90 alone {alone:?}, beside a dead and a slow tenant {beside:?}");
    // Waiting for either of the two would take seconds.
    assert!(
        beside <= alone * 2 + Duration::from_millis(250),
        "{alone:?} became {beside:?}"
    );
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_silence_and_twenty_deaths_lose_nothing() {
    const LIVES: usize = 20;
    let receiver = Receiver::start(Manner::status(500)).await;
    let home = Home::sqlite();
    let file = tenants(&[(1, &receiver.url(), "pending_s = 60")]);
    home.done(["apply".as_ref(), file.as_os_str()]);
    let clock = Arc::new(MovedClock::default());
    for round in 0..LIVES {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let (home, clock) = (&home, &clock);
        let life = async {
            let server = Inside::start(home, clock).await;
            let partner = Partner::of(&server.base, 1);
            if round == 0 {
                for user in 0..LIVES {
                    partner.linked(&format!("u{user}")).await;
                }
            }
            partner.session(&format!("u{round}"), 101, "?").await;
            server
        };
        let server = tokio::task::block_in_place(|| runtime.block_on(life));
        // Nothing is finished and nothing waited for: the tasks end wherever they are.
        drop(server);
        runtime.shutdown_background();
        clock.advance_s(180);
    }
    let known = receiver.arrivals().len();
    receiver.behave(Manner::status(OK));
    let server = Inside::start(&home, &clock).await;
    for _ in 0..60 {
        clock.advance_s(900);
        tokio::time::sleep(Duration::from_millis(400)).await;
        let listed = server.verifier.waiting_callbacks(None, false, (None, 1));
        if listed.await.unwrap().is_empty() {
            break;
        }
    }
    let arrivals = receiver.arrivals();
    let what = |one: &Arrival| {
        (
            one.body["userExternalId"].to_string(),
            one.body["type"].clone(),
        )
    };
    let mut names = std::collections::HashMap::new();
    for arrival in &arrivals {
        let id = names
            .entry(what(arrival))
            .or_insert_with(|| arrival.id.clone());
        assert_eq!(*id, arrival.id, "a callback changed its webhook-id");
    }
    let told: std::collections::HashSet<_> = arrivals[known..].iter().map(what).collect();
    assert_eq!(
        told.len(),
        2 * LIVES,
        "{} of {} arrived",
        told.len(),
        2 * LIVES
    );
    server.stopped().await;
}

/// Spellings of internal addresses; `PORT` stands for the port of a listener that must not be found.
const INTERNAL: &[&str] = &[
    "http://127.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://127.255.255.254:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.1:PORT/",
    "http://0x7f.0.0.0x1:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://0177.1:PORT/",
    "http://017700000001:PORT/",
    "http://00000177.0.0.1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://127.0.0.0x01:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://１２７.0.0.1:PORT/",
    "http://127。0。0。1:PORT/",
    "http://①②⑦.⓪.⓪.①:PORT/",
    "http://localhost:PORT/",
    "http://LOCALHOST:PORT/",
    "http://localhost.:PORT/",
    "http://lOcAlHoSt:PORT/",
    "http://loc%61lhost:PORT/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/",
    "http://ip6-localhost:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://0.0:PORT/",
    "http://0x0:PORT/",
    "http://00:PORT/",
    "http://[::1]:PORT/",
    "http://[::]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[::ffff:0:127.0.0.1]:PORT/",
    "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[64:ff9b:1::7f00:1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[2001:0:7f00:1::]:PORT/",
    "http://[fe80::1]:PORT/",
    "http://[fc00::1]:PORT/",
    "http://[fd00:ec2::254]:PORT/",
    "http://[ff02::1]:PORT/",
    "http://[100::1]:PORT/",
    "http://public.example@127.0.0.1:PORT/",
    "http://public.example:80@127.0.0.1:PORT/",
    "http://a:b@localhost:PORT/",
    "http://public.example%40127.0.0.1@127.0.0.1:PORT/",
    "http:\\\\127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/",
    "http:/127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "http://127.0.0.1\\@public.example:PORT/",
    "http://127.0.0.1:PORT#@public.example/",
    "http://127.0.0.1:PORT?@public.example/",
    "http://1\t27.0.0.1:PORT/",
    "http://127.0.0.1\n:PORT/",
    " http://127.0.0.1:PORT/",
    "HTTP://127.0.0.1:PORT/",
    "https://127.0.0.1:PORT/",
    "http://10.0.0.1:PORT/",
    "http://172.16.0.1:PORT/",
    "http://192.168.0.1:PORT/",
    "http://169.254.169.254/",
    "http://0xA9FEA9FE/",
    "http://2852039166/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255:PORT/",
    "http://240.0.0.1/",
];

#[tokio::test]
async fn no_spelling_of_an_internal_address_is_connected_to() {
    let (address, caught) = trap().await;
    let courier = Courier::new().unwrap();
    let letter = || Letter {
        body: "{}".to_owned(),
        headers: ["a", "b", "c"].map(|name| (name, "d".to_owned())),
    };
    let now = Timestamp::default();
    assert!(INTERNAL.len() >= 60);
    for spelling in INTERNAL {
        let url = spelling.replace("PORT", &address.port().to_string());
        let begun = countersign::system::Stopwatch::start();
        let reception = courier.deliver(&url, false, letter(), now).await;
        let Reception::Failed { trouble, .. } = reception else {
            panic!("{spelling}: {reception:?}");
        };
        let refused = trouble.contains("the address is internal");
        // Not every machine knows these names.
        let name = spelling.contains("ip6-localhost") || spelling.contains("localhost.:");
        let unknown = name && trouble.contains("failed to lookup");
        assert!(refused || unknown, "{spelling}: {trouble}");
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{spelling} was tried"
        );
    }
    for none in [
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:1/",
        "127.0.0.1",
        "",
    ] {
        let reception = courier.deliver(none, false, letter(), now).await;
        assert!(matches!(reception, Reception::Failed { .. }), "{none}");
    }
    assert_eq!(*caught.lock().unwrap(), 0);
    // The trap works: whoever may, falls into it.
    let url = format!("http://{address}/");
    let tried = courier.deliver(&url, true, letter(), now);
    let ended = tokio::time::timeout(Duration::from_secs(1), tried).await;
    assert!(ended.is_err() && *caught.lock().unwrap() == 1);
}

#[tokio::test]
async fn a_tenant_that_allows_no_private_address_reaches_none() {
    let (address, caught) = trap().await;
    let home = Home::sqlite();
    let text = std::fs::read_to_string(tenants(&[(
        1,
        &format!("http://localhost:{}/", address.port()),
        "",
    )]));
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(
        file.path(),
        text.unwrap().replace("allow_private_callback = true", ""),
    )
    .unwrap();
    home.done(["apply".as_ref(), file.path().as_os_str()]);
    let server = Inside::start(&home, &Arc::default()).await;
    Partner::of(&server.base, 1).linked("u").await;
    let waiting = async {
        loop {
            let listed = server
                .verifier
                .waiting_callbacks(None, false, (None, 1))
                .await
                .unwrap();
            if let Some(trouble) = listed.into_iter().find_map(|one| one.trouble) {
                return trouble;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let trouble = tokio::time::timeout(SOON, waiting).await.unwrap();
    assert!(trouble.contains("allow_private_callback"), "{trouble}");
    assert_eq!(*caught.lock().unwrap(), 0);
    server.stopped().await;
}

#[tokio::test]
async fn what_was_committed_before_a_kill_is_delivered_after_the_restart() {
    let receiver = Receiver::start(Manner::Hang).await;
    let (proxy, caught) = trap().await;
    let home = Home::sqlite();
    home.done([
        "apply".as_ref(),
        tenants(&[(1, &receiver.url(), "")]).as_os_str(),
    ]);
    let serve = || {
        let mut command = home.command(["serve", "--listen", "127.0.0.1:0"]);
        // A proxy of the environment is nobody a callback may be told to.
        for name in [
            "http_proxy",
            "HTTP_PROXY",
            "https_proxy",
            "HTTPS_PROXY",
            "all_proxy",
            "ALL_PROXY",
        ] {
            command.env(name, format!("http://{proxy}"));
        }
        Server::quietly(command)
    };
    for round in 0..3 {
        let server = serve();
        Partner::of(&server.base, 1)
            .linked(&format!("u{round}"))
            .await;
        server.killed();
    }
    receiver.behave(Manner::status(OK));
    let known = receiver.arrivals().len();
    let server = serve();
    // What had been given out is leased for a minute.
    let all = async {
        loop {
            let users: std::collections::BTreeSet<_> = receiver.arrivals()[known..]
                .iter()
                .map(|one| one.body["userExternalId"].to_string())
                .collect();
            if users.len() == 3 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(90), all)
        .await
        .unwrap();
    assert_eq!(*caught.lock().unwrap(), 0, "a proxy variable was heeded");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut metrics = String::new();
    for _ in 0..500 {
        let page = client.get(format!("{}/metrics", server.base)).send();
        metrics = page.await.unwrap().text().await.unwrap();
        if metrics.contains("countersign_callbacks_total{outcome=\"delivered\"} 3") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(
        metrics.contains("countersign_callbacks_total{outcome=\"delivered\"} 3"),
        "{metrics}"
    );
    assert!(metrics.contains("countersign_callback_lag_seconds"));
    assert!(server.stopped());
}
