//! Waiting for sessions: event streams and long polls, woken by this node and by others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream};
use axum::http::Response;
use challenge::approval::{ApprovalWish, Asking, Question, SessionKind, Verdict};
use challenge::verifier::Verifier;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::partner::{BUSY, Partner, read};
use crate::phone::{Phone, Typed};

/// Much longer than anything here takes, and shorter than a minute, after which a stream looks by itself.
const SOON: Duration = Duration::from_secs(30);

/// An event stream that is read.
struct Events(BodyDataStream);

impl Events {
    fn of(response: Response<Body>) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self(response.into_body().into_data_stream())
    }

    /// The next event's name and data; nothing: it ended.
    async fn next(&mut self) -> Option<(String, Value)> {
        let chunk = tokio::time::timeout(SOON, self.0.next())
            .await
            .expect("no event")?;
        let text = String::from_utf8(chunk.unwrap().to_vec()).unwrap();
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.strip_prefix(name));
            lines.next().unwrap_or_default().trim().to_owned()
        };
        let data = serde_json::from_str(&field("data:")).unwrap();
        Some((field("event:"), data))
    }

    /// How many sessions the next event shows.
    async fn count(&mut self) -> usize {
        let (name, data) = self.next().await.unwrap();
        assert_eq!(name, "sessions");
        data["sessions"].as_array().unwrap().len()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test measures how long it waited"
)]
fn now() -> Instant {
    Instant::now()
}

/// Has the user asked by a node.
async fn start_on(node: &Verifier) {
    let tenant = node.catalogue.tenant_by_okay_id(BUSY).unwrap();
    let question = Question {
        kind: SessionKind::Ok,
        header: String::new(),
        text: String::new(),
        device_data: None,
    };
    let wish = ApprovalWish {
        asking: Asking {
            tenant: &tenant,
            door: challenge::door::Door::Okay,
            officer: None,
            address: None,
            correlation: None,
        },
        user_external_id: "u",
        question: &question,
        client: None,
    };
    node.start_approval(&wish).await.unwrap();
}

#[tokio::test]
async fn a_stream_tells_what_is_there_and_every_change_at_once() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "u").await;
    let mut events = Events::of(phone.ask(&partner, "/device/v1/events").await);
    assert_eq!(events.count().await, 0);
    partner.started(BUSY, "u", &json!(101)).await;
    let began = now();
    assert_eq!(events.count().await, 1);
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    phone
        .decide(&partner, Verdict::Approve, Typed::default())
        .await;
    assert_eq!(events.count().await, 0);
}

#[tokio::test]
async fn a_stream_tells_what_another_node_started() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "u").await;
    let mut events = Events::of(phone.ask(&partner, "/device/v1/events").await);
    assert_eq!(events.count().await, 0);
    for count in 1..=2 {
        start_on(&partner.other_node).await;
        assert_eq!(events.count().await, count);
    }
}

#[tokio::test]
async fn a_stream_says_goodbye_to_a_device_that_is_unlinked_and_ends() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "u").await;
    let mut events = Events::of(phone.ask(&partner, "/device/v1/events").await);
    assert_eq!(events.count().await, 0);
    phone
        .send(&partner, ("DELETE", "/device/v1/device"), "")
        .await;
    assert_eq!(
        events.next().await,
        Some(("unlinked".to_owned(), json!({})))
    );
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_stream_tells_of_the_right_user_alone() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "u").await;
    Phone::linked(&partner, BUSY, "v").await;
    let mut events = Events::of(phone.ask(&partner, "/device/v1/events").await);
    assert_eq!(events.count().await, 0);
    partner.started(BUSY, "v", &json!(101)).await;
    partner.started(BUSY, "u", &json!(101)).await;
    let (_, data) = events.next().await.unwrap();
    assert_eq!(data["sessions"][0]["user"], "u");
    assert_eq!(data["sessions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn streams_and_waits_end_when_the_station_closes() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "u").await;
    let mut events = Events::of(phone.ask(&partner, "/device/v1/events").await);
    assert_eq!(events.count().await, 0);
    let later = phone.ask(&partner, "/device/v1/sessions?wait_s=30").await;
    let station = Arc::clone(&partner.station);
    let closing = tokio::spawn(async move { station.close() });
    let reply = tokio::time::timeout(SOON, read(later)).await.unwrap();
    assert_eq!(reply.json()["sessions"], json!([]));
    assert_eq!(events.next().await, None);
    closing.await.unwrap();
}

#[tokio::test]
async fn a_long_poll_is_answered_when_something_comes() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "u").await;
    let later = phone.ask(&partner, "/device/v1/sessions?wait_s=30").await;
    assert_eq!(later.status(), 200);
    let kind = json!(101);
    let (reply, _) = tokio::join!(
        tokio::time::timeout(SOON, read(later)),
        partner.started(BUSY, "u", &kind),
    );
    let first = reply.unwrap().json();
    assert_eq!(first["sessions"].as_array().unwrap().len(), 1);
    // What is there already is told at once, unless it is known.
    let at_once = phone
        .send(&partner, ("GET", "/device/v1/sessions?wait_s=30"), "")
        .await;
    assert_eq!(at_once.json(), first);
    let state = first["state"].as_str().unwrap();
    let path = format!("/device/v1/sessions?wait_s=30&state={state}");
    let later = phone.ask(&partner, &path).await;
    let (reply, _) = tokio::join!(
        tokio::time::timeout(SOON, read(later)),
        phone.decide(&partner, Verdict::Decline, Typed::default()),
    );
    assert_eq!(reply.unwrap().json()["sessions"], json!([]));
}

#[tokio::test]
async fn a_long_poll_ends_in_time_with_nothing() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "u").await;
    let began = now();
    let reply = phone
        .send(&partner, ("GET", "/device/v1/sessions?wait_s=1"), "")
        .await;
    assert_eq!(reply.json()["sessions"], json!([]));
    let waited = began.elapsed();
    assert!(
        waited >= Duration::from_millis(990) && waited < SOON,
        "{waited:?}"
    );
}
