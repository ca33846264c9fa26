//! What every request tells beside its content: where it came from and with which certificate, what its
//! caller calls it, its body up to a limit. What a body means is each protocol's matter.

use std::cell::Cell;
use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use challenge::directory::Tenant;
use challenge::id::Id;
use http_body_util::LengthLimitError;

/// Characters of a correlation id that are kept.
const CORRELATION_LENGTH_MAX: usize = 64;

/// A request's extension: the client certificate of the connection it came over, whose key the peer
/// proved to hold (RFC 8446, section 4.4.3; RFC 5246, section 7.4.8).
///
/// The server's TLS listener sets it, and a proxy that is trusted with it; no header of a stranger does,
/// and a plain connection has none. It is nobody's yet: whose it is, if anybody's, a client's pinned
/// fingerprint says. A request without one came without a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// SHA-256 of the certificate as it was sent (DER), which is no secret.
    pub sha256: [u8; 32],
}

tokio::task_local! {
    /// Whose the request is that this task answers, once that is known.
    static TENANT: Cell<Option<Id<Tenant>>>;
}

/// Answers a request, and tells whose it turned out to be; nothing where it was nobody's. For counting.
pub async fn with_tenant<Answering: Future>(
    answering: Answering,
) -> (Answering::Output, Option<Id<Tenant>>) {
    let answered = async {
        let answer = answering.await;
        (answer, TENANT.with(Cell::get))
    };
    TENANT.scope(Cell::new(None), answered).await
}

/// Notes whose the request is that is being answered. Where nobody counts, nothing is noted.
pub(crate) fn is_of(tenant: Id<Tenant>) {
    let _ = TENANT.try_with(|noted| noted.set(Some(tenant)));
}

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
