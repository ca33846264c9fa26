//! Connections: accepted up to a limit, read and written with patience up to a limit, drained at the end.
//!
//! HTTP/1.1 alone, in clear or after a TLS handshake: a proxy in front speaks the rest.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response, StatusCode};
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use protocols::incoming::PeerCertificate;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;

use super::patience::Patient;
use super::tls::{self, Begun, Terms};

/// Connections held at once; further ones wait to be accepted. Ten thousand phones that listen fit in, and
/// leave room for everybody else.
const CONNECTIONS_MAX: usize = 16_384;

/// Connections held at once from one address, so that one cannot take all. A proxy is one address.
const CONNECTIONS_PER_ADDRESS_MAX: usize = 4096;

/// The longest a client may take to send a request's head, idle keep-alive time included.
const HEAD_TIME_MAX: Duration = Duration::from_secs(30);

/// The longest a request may take from its head to its answer.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);

/// The largest request head that is read.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// The longest a stopping server waits for requests under way.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(15);

/// The pause after an accept failed (no file descriptors left, most likely).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` on `listener` until `stop` is done, then drains.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    hold(listener, None, router, stop).await;
}

/// Serves `router` on `listener` as [`serve`] does, after a TLS handshake on these terms.
pub async fn serve_encrypted(
    listener: TcpListener,
    terms: Terms,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    hold(listener, Some(terms), router, stop).await;
}

async fn hold(
    listener: TcpListener,
    terms: Option<Terms>,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    // Dropped, it ends the handshakes under way: nothing was asked for in them yet.
    let (open, closed) = watch::channel(());
    let guests = Guests::default();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = next(&listener, &places) => accepted,
        };
        let (stream, peer, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(guest) = guests.enter(peer.ip()) else {
            tracing::debug!(%peer, "too many connections from one address");
            continue;
        };
        let router = router.clone();
        let watcher = graceful.watcher();
        if let Some(terms) = terms.clone() {
            let closed = closed.clone();
            tokio::spawn(async move {
                encrypted(stream, peer, router, (watcher, &terms, closed)).await;
                drop((place, guest));
            });
        } else {
            tokio::spawn(async move {
                converse(stream, Peer::unknown(peer), router, watcher).await;
                drop((place, guest));
            });
        }
    }
    drop((listener, open));
    if tokio::time::timeout(DRAIN_TIME_MAX, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

/// A request's extension: it came over TLS, which ended in this process.
#[derive(Clone, Copy, Debug)]
pub struct OverTls;

/// Who is at the other end of a connection.
#[derive(Clone, Copy)]
struct Peer {
    address: SocketAddr,
    certificate: Option<PeerCertificate>,
    is_encrypted: bool,
}

impl Peer {
    /// Somebody of whom only the address is known.
    fn unknown(address: SocketAddr) -> Self {
        Self {
            address,
            certificate: None,
            is_encrypted: false,
        }
    }
}

/// A connection that begins with a handshake.
async fn encrypted(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
    (watcher, terms, mut closed): (Watcher, &Terms, watch::Receiver<()>),
) {
    let begun = tokio::select! {
        begun = tls::begin(stream, terms) => begun,
        _ = closed.changed() => return,
    };
    match begun {
        Begun::Encrypted(stream, certificate) => {
            let peer = Peer {
                address,
                certificate,
                is_encrypted: true,
            };
            converse(stream, peer, router, watcher).await;
        }
        Begun::Unencrypted(stream) => {
            let peer = Peer::unknown(address);
            converse(stream, peer, tls::told_to_encrypt(), watcher).await;
        }
        Begun::Not => {}
    }
}

/// Answers a connection's requests until it ends.
async fn converse<S>(stream: S, peer: Peer, router: Router, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        answer(router.clone(), request.map(Body::new), peer)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Patient::new(stream)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// How many connections each address holds.
#[derive(Clone, Default)]
struct Guests(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection's entry; it leaves when it is dropped.
struct Guest {
    guests: Guests,
    address: IpAddr,
}

impl Guests {
    fn enter(&self, address: IpAddr) -> Option<Guest> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(address).or_insert(0);
        if *count >= CONNECTIONS_PER_ADDRESS_MAX {
            return None;
        }
        *count += 1;
        Some(Guest {
            guests: self.clone(),
            address,
        })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut held = self.guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.address);
            }
        }
    }
}

/// Answers one request, in time and whatever happens: a panic ends that request alone.
async fn answer(
    router: Router,
    mut request: Request<Body>,
    peer: Peer,
) -> Result<Response<Body>, Infallible> {
    let extensions = request.extensions_mut();
    extensions.insert(ConnectInfo(peer.address));
    if let Some(certificate) = peer.certificate {
        extensions.insert(certificate);
    }
    if peer.is_encrypted {
        extensions.insert(OverTls);
    }
    // Nothing of a request that panicked is looked at again.
    let answered = AssertUnwindSafe(router.oneshot(request)).catch_unwind();
    let (status, text) = match tokio::time::timeout(REQUEST_TIME_MAX, answered).await {
        Ok(Ok(answer)) => return answer,
        Ok(Err(_)) => {
            tracing::error!("a request panicked; this is a mistake in the program");
            (StatusCode::INTERNAL_SERVER_ERROR, "the request failed\n")
        }
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the request took too long\n",
        ),
    };
    let mut answer = Response::new(Body::from(text));
    *answer.status_mut() = status;
    Ok(answer)
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_holds_its_share_and_gets_a_place_back_when_a_connection_ends() {
        let (guests, address) = (Guests::default(), IpAddr::from([127, 0, 0, 1]));
        let mut held: Vec<_> = (0..CONNECTIONS_PER_ADDRESS_MAX)
            .filter_map(|_| guests.enter(address))
            .collect();
        assert_eq!(held.len(), CONNECTIONS_PER_ADDRESS_MAX);
        assert!(guests.enter(address).is_none());
        assert!(guests.enter(IpAddr::from([127, 0, 0, 2])).is_some());
        held.pop();
        assert!(guests.enter(address).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_visitor_who_does_not_read_an_answer_loses_the_connection() {
        use axum::routing::get;
        use tokio::io::AsyncWriteExt as _;

        let sound = || async { vec![0_u8; 176_044] };
        let router = Router::new().route("/", get(sound));
        let (near, mut far) = tokio::io::duplex(1024);
        let peer = Peer::unknown(SocketAddr::from(([127, 0, 0, 1], 1)));
        let graceful = GracefulShutdown::new();
        let held = tokio::spawn(converse(near, peer, router, graceful.watcher()));
        far.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_secs(59)).await;
        assert!(!held.is_finished());
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(held.is_finished(), "the answer still waits in memory");
    }
}
