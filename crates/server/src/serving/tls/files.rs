//! The files of the TLS listener: read up to a size, and parsed with errors that say what to do.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::config::TlsSettings;

/// The largest file that is read: a few hundred certificates.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// What the files hold, unread.
pub(super) struct Contents {
    certificate: Zeroizing<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
    client_ca: Option<Zeroizing<Vec<u8>>>,
}

/// What they say.
pub(super) struct Parsed {
    /// The server's certificate, and those between it and its authority.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// The private key of the first one.
    pub(super) key: PrivateKeyDer<'static>,
    /// The authorities of the clients' certificates.
    pub(super) client_ca: Option<RootCertStore>,
}

impl Contents {
    /// Reads the files.
    pub(super) fn read(settings: &TlsSettings) -> Result<Self, String> {
        let client_ca = settings.client_ca.as_deref();
        Ok(Self {
            certificate: read("certificate", &settings.certificate)?,
            key: read("key", &settings.key)?,
            client_ca: client_ca.map(|path| read("client_ca", path)).transpose()?,
        })
    }

    /// A digest by which files that were changed are known.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        let client_ca = self.client_ca.as_ref();
        for part in [Some(&self.certificate), Some(&self.key), client_ca] {
            let bytes = part.map_or(&[][..], |part| part.as_slice());
            context.update(&bytes.len().to_be_bytes());
            context.update(bytes);
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        digest
    }

    /// Parses them; the settings are for naming the file that is wrong.
    pub(super) fn parse(&self, settings: &TlsSettings) -> Result<Parsed, String> {
        let chain = certificates("certificate", &settings.certificate, &self.certificate)?;
        let key = private_key(&settings.key, &self.key)?;
        let authorities = settings.client_ca.as_deref().zip(self.client_ca.as_ref());
        let client_ca = authorities
            .map(|(path, bytes)| roots(path, bytes))
            .transpose()?;
        Ok(Parsed {
            chain,
            key,
            client_ca,
        })
    }
}

fn read(what: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let in_file =
        |problem: &dyn std::fmt::Display| format!("{what}: {}: {problem}", path.display());
    let mut bytes = Zeroizing::new(Vec::new());
    let file = File::open(path).map_err(|error| in_file(&error))?;
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| in_file(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= FILE_BYTES_MAX) {
        Ok(bytes)
    } else {
        Err(in_file(&format!(
            "it is larger than {FILE_BYTES_MAX} bytes"
        )))
    }
}

/// All certificates of a file, at least one.
fn certificates(
    what: &str,
    path: &Path,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, String> {
    let path = path.display();
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match parsed {
        Ok(chain) if chain.is_empty() => Err(format!(
            "{what}: {path} holds no certificate in PEM (-----BEGIN CERTIFICATE-----); from DER: \
             openssl x509 -inform der -in FILE -out FILE.pem"
        )),
        Ok(chain) => Ok(chain),
        Err(error) => Err(format!("{what}: {path}: {error}")),
    }
}

fn private_key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    let path = path.display();
    // As PKCS#8, and in the older form that says so in a line below the first one.
    let encrypted = [&b"-----BEGIN ENCRYPTED PRIVATE KEY"[..], b"4,ENCRYPTED"];
    let is_encrypted = |mark: &[u8]| pem.windows(mark.len()).any(|window| window == mark);
    if encrypted.into_iter().any(is_encrypted) {
        return Err(format!(
            "key: {path} is encrypted, and nobody is there to type its password; decrypt it into a \
             file that the server's user alone can read: openssl pkey -in FILE -out FILE.key"
        ));
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => format!(
            "key: {path} holds no private key in PEM (-----BEGIN PRIVATE KEY-----); from DER: \
             openssl pkey -inform der -in FILE -out FILE.key"
        ),
        error => format!("key: {path}: {error}"),
    })
}

fn roots(path: &Path, pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for (number, certificate) in (1..).zip(certificates("client_ca", path, pem)?) {
        roots.add(certificate).map_err(|error| {
            let path = path.display();
            format!("client_ca: {path}: certificate {number} cannot be used: {error}")
        })?;
    }
    Ok(roots)
}
