//! The files of the TLS listener looked at, without listening: what clients would think of them.

use std::path::PathBuf;
use std::sync::Arc;

use challenge::clock::Clock;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

use super::files::Contents;
use super::terms;
use super::validity::Validity;
use crate::config::TlsSettings;

/// What clients would think of a certificate.
pub struct Shown {
    /// Its file.
    pub file: PathBuf,
    /// The last second of its time, since the epoch.
    pub ends_s: i64,
    /// Why it is not valid now.
    pub not_valid: Option<String>,
    /// What is wrong with the order of those that came with it.
    pub chain: Option<String>,
    own: CertificateDer<'static>,
}

impl Shown {
    /// Whether it is for this name or address.
    pub fn is_for(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned());
        let parsed = ParsedCertificate::try_from(&self.own);
        match (name, parsed) {
            (Ok(name), Ok(parsed)) => verify_server_name(&parsed, &name).is_ok(),
            _ => false,
        }
    }
}

/// Reads the files as the listener would. The error is what it would say.
pub fn examine(settings: &TlsSettings, clock: &Arc<dyn Clock>) -> Result<Shown, String> {
    let parsed = Contents::read(settings)?.parse(settings)?;
    let chain = parsed.chain.clone();
    terms::agreed(parsed, settings, clock)?;
    let own = chain.first().cloned();
    let own = own.ok_or_else(|| "certificate: there is none in the file".to_owned())?;
    let validity = Validity::of(&own).map_err(|problem| format!("certificate: {problem}"))?;
    let not_valid = validity.check(terms::moment(&**clock)).err();
    Ok(Shown {
        file: settings.certificate.clone(),
        ends_s: i64::try_from(validity.ends_s()).unwrap_or(i64::MAX),
        not_valid: not_valid.map(|problem| problem.to_string()),
        chain: out_of_order(&chain),
        own,
    })
}

/// Which certificate was not signed by the one after it, by their names.
fn out_of_order(chain: &[CertificateDer<'_>]) -> Option<String> {
    let names: Option<Vec<_>> = chain
        .iter()
        .map(|certificate| {
            let parsed = Certificate::from_der(certificate).ok()?;
            let parsed = parsed.tbs_certificate();
            Some((
                parsed.subject().to_der().ok()?,
                parsed.issuer().to_der().ok()?,
            ))
        })
        .collect();
    let names = names?;
    let broken = names
        .iter()
        .zip(names.iter().skip(1))
        .position(|((_, issuer), (subject, _))| issuer != subject);
    broken.map(|place| {
        format!(
            "certificate {} in the file is not the one that signed certificate {}",
            place + 2,
            place + 1
        )
    })
}
