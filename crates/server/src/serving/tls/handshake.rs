//! The handshake: begun by the client within a time, ended with words that reach it.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use protocols::incoming::PeerCertificate;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Terms;

/// The longest a client may take from the connection to the end of the handshake.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);

/// How long, and how much, a refused client may go on sending: closed at once, it would not get to read
/// why it was refused.
const PARTING_TIME_MAX: Duration = Duration::from_secs(1);
const PARTING_BYTES_MAX: u64 = 64 * 1024;

/// How a connection began.
pub(in crate::serving) enum Begun {
    /// Encrypted, and with the certificate that the client presented.
    Encrypted(Box<TlsStream<TcpStream>>, Option<PeerCertificate>),
    /// With a request in clear.
    Unencrypted(TcpStream),
    /// Not at all.
    Not,
}

/// Begins a connection on these terms.
pub(in crate::serving) async fn begin(stream: TcpStream, terms: &Terms) -> Begun {
    let beginning = tokio::time::timeout(HANDSHAKE_TIME_MAX, greet(stream, terms.now()));
    match beginning.await {
        Ok(Ok(begun)) => begun,
        Ok(Err(Refused { problem, stream })) => {
            tracing::debug!(%problem, "a TLS handshake failed");
            if let Some(stream) = stream {
                // Whether it heard or not, the connection is over.
                let _ = tokio::time::timeout(PARTING_TIME_MAX, part(stream)).await;
            }
            Begun::Not
        }
        Err(_) => {
            tracing::debug!("a TLS handshake took too long");
            Begun::Not
        }
    }
}

/// A handshake that failed, and the connection, where there still is one.
struct Refused {
    problem: std::io::Error,
    stream: Option<TcpStream>,
}

async fn greet(stream: TcpStream, config: Arc<ServerConfig>) -> Result<Begun, Refused> {
    let mut first = [0];
    let peeked = stream.peek(&mut first).await;
    peeked.map_err(|problem| Refused {
        problem,
        stream: None,
    })?;
    // A method's first letter; a handshake begins with 22 (RFC 8446, section 5.1).
    if first[0].is_ascii_uppercase() {
        return Ok(Begun::Unencrypted(stream));
    }
    let accepting = TlsAcceptor::from(config).accept(stream).into_fallible();
    let stream = accepting.await.map_err(|(problem, stream)| Refused {
        problem,
        stream: Some(stream),
    })?;
    let (_, connection) = stream.get_ref();
    let own = connection
        .peer_certificates()
        .and_then(|chain| chain.first());
    let certificate = own.map(|certificate| fingerprint(certificate));
    Ok(Begun::Encrypted(Box::new(stream), certificate))
}

/// Ends the connection once the client has.
async fn part(mut stream: TcpStream) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut rest = stream.take(PARTING_BYTES_MAX);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}

/// What a certificate is pinned by.
pub(in crate::serving) fn fingerprint(certificate: &[u8]) -> PeerCertificate {
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest(&SHA256, certificate).as_ref());
    PeerCertificate { sha256 }
}
