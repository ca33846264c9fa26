//! From when to when a certificate is valid (RFC 5280, section 4.1.2.5).

use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, UnixTime};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// The first and the last second, since the epoch.
pub(super) struct Validity {
    not_before: UnixTime,
    not_after: UnixTime,
}

impl Validity {
    /// Reads it out of a certificate.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Result<Self, CertificateError> {
        let parsed =
            Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
        let validity = parsed.tbs_certificate().validity();
        Ok(Self {
            not_before: UnixTime::since_unix_epoch(validity.not_before.to_unix_duration()),
            not_after: UnixTime::since_unix_epoch(validity.not_after.to_unix_duration()),
        })
    }

    /// The last second of it, since the epoch.
    pub(super) fn ends_s(&self) -> u64 {
        self.not_after.as_secs()
    }

    /// Whether it is valid at a moment; the error says which end it is beyond.
    pub(super) fn check(&self, time: UnixTime) -> Result<(), CertificateError> {
        if time < self.not_before {
            return Err(CertificateError::NotValidYetContext {
                time,
                not_before: self.not_before,
            });
        }
        if time > self.not_after {
            return Err(CertificateError::ExpiredContext {
                time,
                not_after: self.not_after,
            });
        }
        Ok(())
    }
}
