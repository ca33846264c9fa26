//! The tour's receiver of callbacks: each is verified as a partner would, printed, and waited for.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use challenge::clock::Clock as _;
use serde_json::Value;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;

use super::wire::outln;
use crate::serving::partner_okay::{Account, Callback, Stand};
use crate::system::SystemClock;

/// The longest the tour waits for a callback.
const ARRIVAL: Duration = Duration::from_secs(15);

/// Callbacks that may lie unread; the tour reads each before it causes the next.
const UNREAD_MAX: usize = 16;

/// Where the tour's callbacks arrive. It closes when it is dropped.
pub(super) struct Mailbox {
    arrived: Receiver<Callback>,
    serving: JoinHandle<()>,
}

/// What a callback is verified with, and where it is put.
struct Slot {
    account: Account,
    arrived: Sender<Callback>,
}

impl Mailbox {
    /// Answers at the stand, for whoever was given `account`.
    pub(super) fn open(stand: Stand, account: Account) -> Self {
        let (sender, arrived) = mpsc::channel(UNREAD_MAX);
        let slot = Slot {
            account,
            arrived: sender,
        };
        let router = Router::new()
            .route("/callback", post(take))
            .with_state(Arc::new(slot));
        Self {
            arrived,
            serving: stand.answer_with(router),
        }
    }

    /// Waits for the next callback, which must verify, and prints it.
    pub(super) async fn next(&mut self, title: &str) -> anyhow::Result<Value> {
        let arrived = tokio::time::timeout(ARRIVAL, self.arrived.recv()).await;
        let callback = arrived.context("no callback arrived in time")?;
        let callback = callback.context("the receiver ended")?;
        outln(&format!("\n   {title}"));
        outln(&format!("   < POST /callback {}", callback.body));
        for check in &callback.checks {
            outln(&format!(
                "   {}: {}",
                check.what,
                if check.passed { "verified" } else { "wrong" }
            ));
        }
        ensure!(callback.is_verified(), "a callback does not verify");
        Ok(callback.body)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(State(slot): State<Arc<Slot>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let callback = slot.account.receive(&headers, &body, SystemClock.now());
    match slot.arrived.send(callback).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
