//! What every request tells beside its content: where it came from, what its caller calls it, its
//! body up to a limit. What a body means is each protocol's matter.

use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use http_body_util::LengthLimitError;

/// Characters of a correlation id that are kept.
const CORRELATION_LENGTH_MAX: usize = 64;

/// A body that was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoBody {
    /// It is longer than it may be.
    TooLarge,
    /// It ended early.
    EndedEarly,
}

/// The whole body, if it has at most so many bytes.
pub(crate) async fn read_body(body: Body, bytes_max: usize) -> Result<Bytes, NoBody> {
    axum::body::to_bytes(body, bytes_max)
        .await
        .map_err(|error| {
            if error.into_inner().is::<LengthLimitError>() {
                NoBody::TooLarge
            } else {
                NoBody::EndedEarly
            }
        })
}

/// The address of the peer.
pub(crate) fn address(parts: &Parts) -> Option<String> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(address)| address.ip().to_canonical().to_string())
}

/// The caller's own name for the request: its printable ASCII, cut.
pub(crate) fn correlation(parts: &Parts) -> Option<String> {
    let given = parts.headers.get("x-correlation-id")?;
    let kept: String = given
        .as_bytes()
        .iter()
        .filter(|byte| byte.is_ascii_graphic() || **byte == b' ')
        .take(CORRELATION_LENGTH_MAX)
        .map(|&byte| char::from(byte))
        .collect();
    (!kept.is_empty()).then_some(kept)
}
