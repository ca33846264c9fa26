//! Certificates of the test's own: an authority, what it signed, and what nobody signed but itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::digest::{SHA256, digest};
use countersign::config::TlsSettings;
use data_encoding::HEXLOWER;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use tempfile::TempDir;

/// The years in which a certificate is valid: from the beginning of the first to that of the last.
pub(crate) type Years = (i32, i32);

/// Years that hold every present of this test.
pub(crate) const NOW: Years = (2020, 2120);

/// A certificate and its key, as files.
pub(crate) struct Pair {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    /// SHA-256 of the certificate, in lower-case hexadecimal.
    pub(crate) fingerprint: String,
}

impl Pair {
    /// As arguments for curl.
    pub(crate) fn for_curl(&self) -> [&str; 4] {
        let [certificate, key] = [&self.certificate, &self.key].map(|path| path.to_str().unwrap());
        ["--cert", certificate, "--key", key]
    }
}

/// A folder with an authority, and with what it signed.
pub(crate) struct Office {
    folder: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Office {
    pub(crate) fn open() -> Self {
        let params = params(
            "an authority",
            NOW,
            IsCa::Ca(BasicConstraints::Unconstrained),
        );
        let office = Self {
            folder: TempDir::with_prefix("countersign-tls-").unwrap(),
            authority: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap(),
        };
        office.write("ca.pem", &office.authority.pem());
        office
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file with the authority's certificate.
    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// What the authority signed for somebody.
    pub(crate) fn signed(&self, name: &str, years: Years) -> Pair {
        self.signed_with(name, years, &KeyPair::generate().unwrap())
    }

    /// What the authority signed for somebody who brought a key.
    pub(crate) fn signed_with(&self, name: &str, years: Years, key: &KeyPair) -> Pair {
        let certificate = params(name, years, IsCa::NoCa)
            .signed_by(key, &self.authority)
            .unwrap();
        self.pair(name, &certificate, key)
    }

    /// What somebody signed for himself, an authority by its own word as those of OpenSSL are.
    pub(crate) fn self_signed(&self, name: &str, years: Years) -> Pair {
        let key = KeyPair::generate().unwrap();
        let params = params(name, years, IsCa::Ca(BasicConstraints::Unconstrained));
        let certificate = params.self_signed(&key).unwrap();
        self.pair(name, &certificate, &key)
    }

    /// What somebody signed for himself with OpenSSL, without extensions.
    pub(crate) fn version_1(&self, name: &str) -> Pair {
        let pair = self.self_signed(name, NOW);
        let subject = format!("/CN={name}");
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let (key, certificate) = (path(&pair.key), path(&pair.certificate));
        let request = path(&self.folder.path().join("request"));
        openssl(&[
            "req", "-new", "-key", &key, "-subj", &subject, "-out", &request,
        ]);
        openssl(&[
            "x509",
            "-req",
            "-in",
            &request,
            "-signkey",
            &key,
            "-out",
            &certificate,
        ]);
        pair
    }

    fn pair(&self, name: &str, certificate: &rcgen::Certificate, key: &KeyPair) -> Pair {
        Pair {
            certificate: self.write(&format!("{name}.pem"), &certificate.pem()),
            key: self.write(&format!("{name}.key"), &key.serialize_pem()),
            fingerprint: HEXLOWER.encode(digest(&SHA256, certificate.der()).as_ref()),
        }
    }

    /// A listener on a free port, as `localhost`, that any certificate will do for.
    pub(crate) fn listener(&self) -> TlsSettings {
        let server = self.signed("localhost", NOW);
        TlsSettings {
            listen: "127.0.0.1:0".to_owned(),
            certificate: server.certificate,
            key: server.key,
            client_ca: None,
        }
    }
}

fn params(name: &str, (first, last): Years, is_ca: IsCa) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.replace(' ', "-")]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(first, 1, 1);
    params.not_after = date_time_ymd(last, 1, 1);
    params.is_ca = is_ca;
    params
}

/// Has OpenSSL do something.
pub(crate) fn openssl(arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
}
