//! Connections: accepted up to a limit, read with patience up to a limit, drained at the end.
//!
//! HTTP/1.1 alone: a proxy in front speaks the rest.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
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
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

/// Connections held at once; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 8192;

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
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
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
        let router = router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            answer(router.clone(), request.map(Body::new), peer)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME_MAX)
            .max_buf_size(HEAD_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIME_MAX, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

/// Answers one request, in time and whatever happens: a panic ends that request alone.
async fn answer(
    router: Router,
    mut request: Request<Body>,
    peer: SocketAddr,
) -> Result<Response<Body>, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
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
