//! Waiting for sessions: an event stream, and one answer that comes later. Neither holds a worker
//! or a connection to the database; each looks when the bell rings, and rarely otherwise.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Response;
use axum::response::IntoResponse as _;
use axum::response::sse::{Event, KeepAlive, Sse};
use challenge::approval::{DeviceCaller, Refused as DomainRefused};
use challenge::clock::Timestamp;
use challenge::verifier::Verifier;
use futures_util::stream::{self, Stream};

use crate::device::refusal::Refused;
use crate::device::response::{self, Pending};
use crate::device::station::{Station, Waiter};

/// The pause after which a stream looks without being woken: for devices that another node
/// unlinked, and for sessions that it ended.
const LOOK_PAUSE: Duration = Duration::from_mins(1);

/// How long after a session's expiry a stream looks.
const EXPIRY_MARGIN: Duration = Duration::from_millis(20);

/// The pause after which a stream says that it is alive.
const COMMENT_PAUSE: Duration = Duration::from_secs(20);

/// How long a stream may be open. The device then proves again that it holds its key.
const STREAM_TIME_MAX: Duration = Duration::from_hours(1);

/// What somebody waits with.
pub(super) struct Watch {
    verifier: Arc<Verifier>,
    caller: DeviceCaller,
    waiter: Waiter,
    /// The state that is known already.
    known: Option<String>,
    /// The moment at which the first of the sessions it saw expires.
    expiry: Option<Timestamp>,
    end: tokio::time::Instant,
}

/// What a watch saw.
enum Seen {
    Changed(Pending),
    Unlinked,
    /// Its time is over, or the station closed.
    Over,
    /// The store cannot say.
    Unavailable(Refused),
}

impl Watch {
    /// Begins to watch.
    pub(super) fn new(
        station: &Arc<Station>,
        verifier: &Arc<Verifier>,
        caller: DeviceCaller,
        known: Option<String>,
    ) -> Self {
        Self {
            verifier: Arc::clone(verifier),
            caller,
            waiter: station.enter(verifier),
            known,
            expiry: None,
            end: tokio::time::Instant::now() + STREAM_TIME_MAX,
        }
    }

    /// The sessions that are pending, as an event stream.
    pub(super) fn events(self) -> Response<Body> {
        let keep_alive = KeepAlive::new().interval(COMMENT_PAUSE);
        let mut response = Sse::new(events(self))
            .keep_alive(keep_alive)
            .into_response();
        response::set_common(&mut response);
        response
    }

    /// The sessions that are pending, once they are others than those known, or after `wait`.
    ///
    /// The head is sent at once. If the store fails later, the body breaks off.
    pub(super) fn later(mut self, wait: Duration) -> Response<Body> {
        self.end = tokio::time::Instant::now() + wait;
        let body = stream::once(async move {
            let pending = match self.next().await {
                Seen::Changed(pending) => pending,
                Seen::Unavailable(_) => return Err(BrokenOff),
                Seen::Over | Seen::Unlinked => self.look().await.map_err(|_| BrokenOff)?,
            };
            Ok(Bytes::from(pending.text))
        });
        response::json_later(Body::from_stream(body))
    }

    /// The next change.
    async fn next(&mut self) -> Seen {
        loop {
            // First the ring, then the look: what happens in between has rung.
            let ring = self.verifier.bell().about(self.caller.device.user);
            let looked = self.look().await;
            self.expiry = looked.as_ref().ok().and_then(|pending| pending.expiry);
            match looked {
                Ok(pending) if self.known.as_ref() != Some(&pending.state) => {
                    self.known = Some(pending.state.clone());
                    return Seen::Changed(pending);
                }
                Ok(_) => {}
                Err(Refused::Domain(DomainRefused::UnknownDevice)) => return Seen::Unlinked,
                Err(refused) => return Seen::Unavailable(refused),
            }
            let pause = self.pause();
            tokio::select! {
                () = self.waiter.closed() => return Seen::Over,
                () = tokio::time::sleep_until(self.end) => return Seen::Over,
                () = ring => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// How long nothing changes without a ring: until a session expires, and never long.
    fn pause(&self) -> Duration {
        let left_ms = self.expiry.map(|expiry| {
            let left_ms = expiry.unix_ms() - self.verifier.now().unix_ms();
            u64::try_from(left_ms).unwrap_or(0)
        });
        let until_expiry = left_ms.map(|left_ms| Duration::from_millis(left_ms) + EXPIRY_MARGIN);
        until_expiry.map_or(LOOK_PAUSE, |pause| pause.min(LOOK_PAUSE))
    }

    async fn look(&self) -> Result<Pending, Refused> {
        let sessions = self.verifier.pending_approvals(&self.caller).await?;
        Ok(response::pending(&self.caller, &sessions))
    }
}

/// A body that breaks off.
#[derive(Debug, thiserror::Error)]
#[error("the sessions could not be read")]
struct BrokenOff;

fn events(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(Some(watch), |watch| async move {
        let mut watch = watch?;
        Some(match watch.next().await {
            Seen::Changed(pending) => {
                let event = Event::default().event("sessions").id(pending.state);
                (Ok(event.data(pending.text)), Some(watch))
            }
            Seen::Unlinked => (Ok(Event::default().event("unlinked").data("{}")), None),
            Seen::Over => return None,
            Seen::Unavailable(refused) => {
                // The device comes back, and is then told in words.
                response::log(&refused);
                return None;
            }
        })
    })
}
