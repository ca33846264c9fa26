//! Callbacks under strain: tenants that are dead or slow beside one that is well, an hour of silence,
//! and servers that are killed.

use std::sync::Arc;
use std::time::Duration;

use challenge::approval::LEASE_S;

use crate::partner::{Inside, MovedClock, Partner, tenants};
use crate::push_stage::until;
use crate::receiver::{Arrival, Manner, OK, Receiver, SOON, trap};
use crate::running::{Home, Server};

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
        beside <= alone * 2 + Duration::from_secs(1),
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
    for _ in 0..150 {
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
        receiver.until(round + 1, SOON).await;
        server.killed();
    }
    receiver.behave(Manner::status(OK));
    let known = receiver.arrivals().len();
    // What had been given out is leased for a minute, which is over for whoever comes later.
    let later = Arc::new(MovedClock::default());
    later.advance_s(i64::from(LEASE_S) + 1);
    let server = Inside::start(&home, &later).await;
    until("all are told", async || {
        let users: std::collections::BTreeSet<_> = receiver.arrivals()[known..]
            .iter()
            .map(|one| one.body["userExternalId"].to_string())
            .collect();
        users.len() == 3
    })
    .await;
    assert_eq!(*caught.lock().unwrap(), 0, "a proxy variable was heeded");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    until("all are counted", async || {
        let page = client.get(format!("{}/metrics", server.base)).send();
        let metrics = page.await.unwrap().text().await.unwrap();
        // Those of all servers in this process are counted.
        let delivered = "countersign_callbacks_total{outcome=\"delivered\"} ";
        let counted = metrics
            .lines()
            .find_map(|line| line.strip_prefix(delivered));
        metrics.contains("countersign_callback_lag_seconds")
            && counted.is_some_and(|count| count.parse::<u32>().unwrap() >= 3)
    })
    .await;
    server.stopped().await;
}
