//! `serve` with a TLS listener, from outside: what it says, what it reads again, what it refuses to
//! start with, and how many it holds.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{KeyPair, RsaKeySize};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificates::{NOW, Office, Pair, openssl};
use crate::running::{Home, Server};

/// A server with a TLS listener, and its log.
pub(crate) struct Secured {
    pub(crate) server: Server,
    log: PathBuf,
    pub(crate) port: u16,
}

impl Secured {
    /// Starts one with these files; both addresses are free ones.
    pub(crate) fn start(
        home: &Home,
        office: &Office,
        pair: &Pair,
        variables: &[(&str, &str)],
    ) -> Self {
        Self::of(serve(home, office, pair), office.folder(), variables)
    }

    /// Starts one; its log goes into the folder.
    pub(crate) fn of(mut command: Command, folder: &Path, variables: &[(&str, &str)]) -> Self {
        let log = folder.join("log");
        command.env("COUNTERSIGN_LOG", "info");
        command.envs(variables.iter().copied());
        command.stderr(std::fs::File::create(&log).unwrap());
        let server = Server::quietly(command);
        // It was said before the line that was waited for.
        let said = std::fs::read_to_string(&log).unwrap();
        let (_, rest) = said
            .split_once("listening on https://127.0.0.1:")
            .unwrap_or_else(|| panic!("no address: {said}"));
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
        let port = rest[..end].parse().unwrap();
        Self { server, log, port }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until the log has this line so often.
    async fn logged(&self, text: &str, times: usize) {
        for _ in 0..1200 {
            if self.log().matches(text).count() >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{text:?} was not logged {times} times: {}", self.log());
    }

    /// Connects as somebody who trusts the office's authority; gives the server's certificate too.
    async fn connect(
        &self,
        config: &Arc<ClientConfig>,
    ) -> std::io::Result<(TlsStream<TcpStream>, Vec<u8>)> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        let name = "localhost".try_into().unwrap();
        let connector = TlsConnector::from(Arc::clone(config));
        let stream = connector.connect(name, stream).await?;
        let chain = stream.get_ref().1.peer_certificates().unwrap();
        let certificate = chain[0].to_vec();
        Ok((stream, certificate))
    }
}

/// `serve` with the TLS listener in a file of settings, as operators have it.
fn serve(home: &Home, office: &Office, pair: &Pair) -> Command {
    let [certificate, key] = [&pair.certificate, &pair.key].map(|path| path.display());
    let settings = format!(
        "[tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n"
    );
    let settings = office.write("countersign.toml", &settings);
    let settings = settings.to_str().unwrap();
    home.command(["serve", "--listen", "127.0.0.1:0", "--config", settings])
}

/// A client that trusts the office's authority and presents what the resolver has.
fn client(office: &Office, presented: Option<CertifiedKey>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(office.ca()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    Arc::new(match presented {
        Some(key) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))),
        None => builder.with_no_client_auth(),
    })
}

/// Asks for a page on an open connection, and closes it.
async fn ask(stream: &mut TlsStream<TcpStream>) -> std::io::Result<String> {
    ask_for(stream, "/healthz", "").await
}

async fn ask_for(
    stream: &mut TlsStream<TcpStream>,
    path: &str,
    headers: &str,
) -> std::io::Result<String> {
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_server_says_both_addresses_and_answers_at_both() {
    let (home, office) = (Home::sqlite(), Office::open());
    let pair = office.signed("localhost", NOW);
    for format in ["human", "json"] {
        let variables = [("COUNTERSIGN_LOG_FORMAT", format)];
        let secured = Secured::start(&home, &office, &pair, &variables);
        let (mut stream, _) = secured.connect(&client(&office, None)).await.unwrap();
        assert!(
            ask(&mut stream)
                .await
                .unwrap()
                .starts_with("HTTP/1.1 200 OK\r\n")
        );
        let plain = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/healthz", secured.server.base);
        assert_eq!(plain.get(url).send().await.unwrap().status(), 200);
        assert!(secured.server.stopped());
    }
}

#[tokio::test]
async fn the_console_of_an_https_address_is_not_shown_in_clear_to_other_machines() {
    let (home, office) = (Home::sqlite(), Office::open());
    let pair = office.signed("localhost", NOW);
    let variables = [("COUNTERSIGN_PUBLIC_URL", "https://verify.example")];
    let secured = Secured::start(&home, &office, &pair, &variables);
    // What a proxy that nobody trusts passes on came from anywhere.
    let afar = "X-Forwarded-For: 203.0.113.5\r\n";
    let (mut stream, _) = secured.connect(&client(&office, None)).await.unwrap();
    let answer = ask_for(&mut stream, "/console/sign-in", afar)
        .await
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains("\r\nstrict-transport-security: max-age=31536000\r\n"),
        "{answer}"
    );
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/console/sign-in", secured.server.base);
    let asked = plain.get(&url).header("X-Forwarded-For", "203.0.113.5");
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert!(!answer.headers().contains_key("strict-transport-security"));
    assert!(!answer.text().await.unwrap().contains("name=\"password\""));
}

#[test]
fn the_address_in_clear_is_the_only_line_on_stdout() {
    let (home, office) = (Home::sqlite(), Office::open());
    let pair = office.signed("localhost", NOW);
    let mut command = serve(&home, &office, &pair);
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    let mut told = String::new();
    stdout.read_line(&mut told).unwrap();
    assert!(told.starts_with("listening on http://127.0.0.1:"), "{told}");
    let id = process.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    stdout.read_to_string(&mut told).unwrap();
    assert_eq!(told.lines().count(), 1, "{told}");
    process.wait().unwrap();
}

#[tokio::test]
async fn a_new_certificate_is_taken_on_sighup_and_a_bad_one_is_not() {
    let (home, office) = (Home::sqlite(), Office::open());
    let pair = office.signed("localhost", NOW);
    let secured = Secured::start(&home, &office, &pair, &[]);
    let client = client(&office, None);
    let hang_up = async |line: &str, times: usize| {
        secured.server.hang_up();
        secured.logged(line, times).await;
        secured.connect(&client).await.unwrap().1
    };
    let first = secured.connect(&client).await.unwrap().1;
    let another = office.signed("another", NOW);
    std::fs::copy(&another.key, &pair.key).unwrap();
    let kept = hang_up("the TLS listener keeps the certificate that it has", 1).await;
    assert_eq!(kept, first);
    assert!(
        secured
            .log()
            .contains("does not belong to the first certificate")
    );
    std::fs::remove_file(&pair.key).unwrap();
    let kept = hang_up("the TLS listener keeps the certificate that it has", 2).await;
    assert_eq!(kept, first);
    // It takes the place of the first one.
    office.signed("localhost", NOW);
    let taken = hang_up("the certificate of the TLS listener was read again", 1).await;
    assert_ne!(taken, first);
    assert!(!secured.log().contains("PRIVATE KEY"));
}

#[tokio::test]
async fn a_certificate_without_its_key_proves_nothing() {
    let (home, office) = (Home::sqlite(), Office::open());
    let pair = office.signed("localhost", NOW);
    let secured = Secured::start(&home, &office, &pair, &[]);
    let (agent, thief) = (office.signed("agent", NOW), office.signed("thief", NOW));
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let presented = |certificate: &Path, key: &Path| {
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let key = provider.key_provider.load_private_key(key).unwrap();
        CertifiedKey::new(
            vec![CertificateDer::from_pem_file(certificate).unwrap()],
            key,
        )
    };
    for (key, fine) in [(&agent.key, true), (&thief.key, false)] {
        let client = client(&office, Some(presented(&agent.certificate, key)));
        let answer = async {
            let (mut stream, _) = secured.connect(&client).await?;
            ask(&mut stream).await
        };
        match answer.await {
            Ok(answer) => assert!(fine && answer.starts_with("HTTP/1.1 200 OK"), "{answer}"),
            Err(error) => assert!(!fine && error.to_string().contains("alert"), "{error}"),
        }
    }
}

#[tokio::test]
async fn an_expired_certificate_of_the_server_is_warned_of() {
    let (home, office) = (Home::sqlite(), Office::open());
    let pair = office.signed("localhost", (2020, 2021));
    let secured = Secured::start(&home, &office, &pair, &[]);
    let line = "clients will refuse the server's certificate";
    secured.logged(line, 1).await;
    let client = client(&office, None);
    let error = secured.connect(&client).await.unwrap_err();
    assert!(error.to_string().contains("certificate expired"), "{error}");
}

#[tokio::test]
async fn keys_of_every_usual_form_can_be_used() {
    let home = Home::sqlite();
    let ecdsa = KeyPair::generate().unwrap();
    let rsa = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    for (key, conversion, mark) in [
        (&ecdsa, None, "BEGIN PRIVATE KEY"),
        (&ecdsa, Some(&["ec"][..]), "BEGIN EC PRIVATE KEY"),
        (&rsa, None, "BEGIN PRIVATE KEY"),
        (
            &rsa,
            Some(&["rsa", "-traditional"]),
            "BEGIN RSA PRIVATE KEY",
        ),
        (&ed25519, None, "BEGIN PRIVATE KEY"),
    ] {
        let office = Office::open();
        let pair = office.signed_with("localhost", NOW, key);
        if let Some(conversion) = conversion {
            let path = pair.key.to_str().unwrap();
            openssl(&[conversion, &["-in", path, "-out", path]].concat());
        }
        let key = std::fs::read_to_string(&pair.key).unwrap();
        assert!(key.contains(mark), "{mark}");
        let secured = Secured::start(&home, &office, &pair, &[]);
        let connected = secured.connect(&client(&office, None)).await;
        assert!(connected.is_ok(), "{mark}: {:?}", connected.err());
    }
}

/// How `serve` ends that cannot start; what it tells is one line.
fn told(mut command: Command) -> String {
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(output.stdout.is_empty(), "{:?}", output.stdout);
    let (line, rest) = told.split_once('\n').unwrap();
    assert_eq!(rest, "");
    line.to_owned()
}

#[test]
fn a_server_does_not_start_with_files_that_do_not_fit_and_says_which() {
    let (home, office) = (Home::sqlite(), Office::open());
    let good = office.signed("localhost", NOW);
    let other = office.signed("other", NOW);
    let own = |name: &str| office.folder().join(name);
    for (name, form) in [
        ("encrypted.key", &["pkcs8", "-topk8"][..]),
        ("old.key", &["ec", "-aes128"]),
    ] {
        let (key, encrypted) = (good.key.to_str().unwrap(), own(name));
        let files = ["-in", key, "-out", encrypted.to_str().unwrap()];
        openssl(&[form, &["-passout", "pass:x"], &files].concat());
    }
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let large = "x".repeat(1024 * 1024 + 1);
    for (certificate, key, expected) in [
        (
            &good.certificate,
            &other.key,
            "does not belong to the first certificate",
        ),
        (&good.certificate, &own("encrypted.key"), "is encrypted"),
        (&good.certificate, &own("old.key"), "is encrypted"),
        (&good.certificate, &good.certificate, "holds no private key"),
        (&good.key, &good.key, "holds no certificate"),
        (&own("nowhere"), &good.key, "nowhere: No such file"),
        (
            &office.write("garbage", garbage),
            &good.key,
            "certificate: ",
        ),
        (
            &office.write("large", &large),
            &good.key,
            "larger than 1048576 bytes",
        ),
    ] {
        let pair = Pair {
            certificate: certificate.clone(),
            key: key.clone(),
            fingerprint: String::new(),
        };
        let line = told(serve(&home, &office, &pair));
        assert!(line.starts_with("countersign: tls: "), "{line}");
        assert!(line.contains(expected), "{line}");
    }
    let mut command = serve(&home, &office, &good);
    command.arg("--tls-client-ca").arg(&good.key);
    assert!(told(command).contains("tls: client_ca: "));
    let command = home.command(["serve", "--tls-key", good.key.to_str().unwrap()]);
    assert!(told(command).contains("tls: certificate: it is missing"));
}

#[tokio::test]
async fn many_connections_are_held_while_others_are_answered() {
    const MANY: usize = 300;
    let (home, office) = (Home::sqlite(), Office::open());
    let pair = office.signed("localhost", NOW);
    let secured = Secured::start(&home, &office, &pair, &[]);
    let client = client(&office, None);
    let mut silent = Vec::new();
    for _ in 0..MANY {
        silent.push(
            TcpStream::connect(("127.0.0.1", secured.port))
                .await
                .unwrap(),
        );
    }
    let mut held = Vec::new();
    for _ in 0..MANY {
        held.push(secured.connect(&client).await.unwrap().0);
    }
    for mut stream in held {
        assert!(
            ask(&mut stream)
                .await
                .unwrap()
                .starts_with("HTTP/1.1 200 OK")
        );
    }
    drop(silent);
    assert!(secured.server.stopped());
}
