//! What a handshake may agree on: TLS 1.2 and 1.3, HTTP/1.1, the server's certificate, a client's one if
//! it has any.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use challenge::clock::Clock;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::UnixTime;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{Error, InconsistentKeys, RootCertStore, ServerConfig};

use super::files::Parsed;
use crate::config::TlsSettings;

/// The clock by which certificates are judged.
struct Time(Arc<dyn Clock>);

impl fmt::Debug for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Time")
    }
}

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        Some(moment(&*self.0))
    }
}

/// The present moment, as certificates count it.
pub(super) fn moment(clock: &dyn Clock) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(clock.now().unix_s()))
}

/// Puts them together. The error names the file that does not fit.
pub(super) fn agreed(
    parsed: Parsed,
    settings: &TlsSettings,
    clock: &Arc<dyn Clock>,
) -> Result<ServerConfig, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier =
        verifier(parsed.client_ca, &provider).map_err(|problem| format!("client_ca: {problem}"))?;
    let time = Arc::new(Time(Arc::clone(clock)));
    let mut config = ServerConfig::builder_with_details(provider, time)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| error.to_string())?
        .with_client_cert_verifier(verifier)
        .with_single_cert(parsed.chain, parsed.key)
        .map_err(|error| misfit(&error, settings))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Without it a session can be spliced into another one (RFC 7627).
    config.require_ems = true;
    // A session that is taken up again proves no possession of the key, and asks no verifier: each
    // connection does both anew, and nothing is kept about those that ended.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn verifier(
    client_ca: Option<RootCertStore>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let Some(roots) = client_ca else {
        return Ok(Arc::new(super::pinned::Pinned::with(provider)));
    };
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .allow_unauthenticated()
        .build()
        .map(|verifier| verifier as Arc<dyn ClientCertVerifier>)
        .map_err(|error| error.to_string())
}

fn misfit(error: &Error, settings: &TlsSettings) -> String {
    let (certificate, key) = (settings.certificate.display(), settings.key.display());
    match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => format!(
            "key: {key} does not belong to the first certificate in {certificate}; the server's own \
             certificate goes first, those of its authorities after it"
        ),
        Error::InvalidCertificate(_) => format!("certificate: {certificate}: {error}"),
        _ => format!(
            "key: {key}: {error}; RSA from 2048 bits, ECDSA (P-256, P-384, P-521) and Ed25519 can be used"
        ),
    }
}
