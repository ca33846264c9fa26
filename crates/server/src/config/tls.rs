//! Settings of the TLS listener: where it listens, and which files it speaks with. What is in the files
//! is read by `serving::tls`.

use std::path::{Path, PathBuf};

use super::section::Section;

/// The port where none is named.
const PORT: &str = "8443";

/// A TLS listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSettings {
    /// Where to listen, such as `0.0.0.0:8443`; port 0 takes a free one.
    pub listen: String,
    /// The file with the server's certificate and those between it and its authority (PEM).
    pub certificate: PathBuf,
    /// The file with the certificate's private key (PEM).
    pub key: PathBuf,
    /// The file with the authorities of which one must have signed a client's certificate (PEM);
    /// nothing: whoever signed it, the clients' pins decide alone.
    pub client_ca: Option<PathBuf>,
}

/// What one source says about it.
#[derive(Clone, Debug, Default)]
pub struct TlsLayer {
    /// Where to listen.
    pub listen: Option<String>,
    /// The file with the certificate.
    pub certificate: Option<PathBuf>,
    /// The file with the key.
    pub key: Option<PathBuf>,
    /// The file with the clients' authorities.
    pub client_ca: Option<PathBuf>,
}

impl TlsLayer {
    /// What the environment says; `get` finds a variable by the end of its name.
    pub fn of_environment(get: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            listen: get("TLS_LISTEN"),
            certificate: get("TLS_CERTIFICATE").map(PathBuf::from),
            key: get("TLS_KEY").map(PathBuf::from),
            client_ca: get("TLS_CLIENT_CA").map(PathBuf::from),
        }
    }

    /// What the section `[tls]` of a file in this folder says; files are looked up from there.
    pub fn of_section(mut section: Section<'_>, folder: &Path) -> Self {
        let mut path = |key| Some(folder.join(section.text(key)?));
        let (certificate, key, client_ca) = (path("certificate"), path("key"), path("client_ca"));
        let listen = section.text("listen");
        section.finish();
        Self {
            listen,
            certificate,
            key,
            client_ca,
        }
    }

    /// This one's word where it has one, else the other's.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            listen: self.listen.or(below.listen),
            certificate: self.certificate.or(below.certificate),
            key: self.key.or(below.key),
            client_ca: self.client_ca.or(below.client_ca),
        }
    }

    /// The listener that is described, beside the one at `plain_listen`; nothing: there is to be none.
    pub fn settings(self, plain_listen: &str) -> Result<Option<TlsSettings>, String> {
        let Self {
            listen,
            certificate,
            key,
            client_ca,
        } = self;
        let Some((certificate, key)) = certificate.clone().zip(key.clone()) else {
            let said = listen.is_some() || client_ca.is_some();
            return match (certificate, key) {
                (None, None) if !said => Ok(None),
                (None, _) => Err(
                    "tls: certificate: it is missing; name the file with the server's certificate"
                        .to_owned(),
                ),
                (Some(_), _) => Err(
                    "tls: key: it is missing; name the file with the certificate's private key"
                        .to_owned(),
                ),
            };
        };
        Ok(Some(TlsSettings {
            listen: listen.unwrap_or_else(|| beside(plain_listen)),
            certificate,
            key,
            client_ca,
        }))
    }
}

/// The address beside that of the plain listener: a free port where that one takes a free one.
fn beside(plain_listen: &str) -> String {
    let (host, port) = plain_listen
        .rsplit_once(':')
        .unwrap_or((plain_listen, PORT));
    let port = if port == "0" { port } else { PORT };
    format!("{host}:{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(listen: Option<&str>, files: [Option<&str>; 3]) -> TlsLayer {
        let [certificate, key, client_ca] = files.map(|file| file.map(PathBuf::from));
        TlsLayer {
            listen: listen.map(str::to_owned),
            certificate,
            key,
            client_ca,
        }
    }

    #[test]
    fn a_listener_needs_a_certificate_and_its_key() {
        let settings = |listen, files| layer(listen, files).settings("127.0.0.1:8080");
        assert_eq!(settings(None, [None; 3]), Ok(None));
        for (listen, files, missing) in [
            (Some("a:1"), [None; 3], "tls: certificate"),
            (None, [None, None, Some("ca")], "tls: certificate"),
            (None, [None, Some("k"), None], "tls: certificate"),
            (None, [Some("c"), None, None], "tls: key"),
        ] {
            let problem = settings(listen, files).unwrap_err();
            assert!(problem.starts_with(missing), "{problem}");
        }
    }

    #[test]
    fn it_listens_beside_the_plain_one_unless_said_otherwise() {
        for (plain, own, expected) in [
            ("127.0.0.1:8080", None, "127.0.0.1:8443"),
            ("[::]:80", None, "[::]:8443"),
            ("127.0.0.1:0", None, "127.0.0.1:0"),
            ("127.0.0.1:8080", Some("0.0.0.0:8071"), "0.0.0.0:8071"),
        ] {
            let layer = layer(own, [Some("c"), Some("k"), None]);
            let settings = layer.settings(plain).unwrap().unwrap();
            assert_eq!(settings.listen, expected);
        }
    }
}
