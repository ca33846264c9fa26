//! The TLS listener, asked by clients that others wrote: what its requests carry, and whom it refuses.
//! Behind it stands a page that tells with which certificate it was asked for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::get;
use challenge::clock::{Clock, ManualClock, Timestamp};
use countersign::config::TlsSettings;
use countersign::serving::connections;
use countersign::serving::proxies::Proxies;
use countersign::serving::tls::Keeper;
use countersign::system::SystemClock;
use data_encoding::{BASE64, HEXLOWER};
use protocols::incoming::PeerCertificate;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::certificates::{NOW, Office, Pair};
use crate::running::{foreign, prepared};

/// That the slow page was asked for.
static ASKED: Notify = Notify::const_new();

/// The names of the versions that are spoken.
const VERSIONS: [&str; 2] = ["TLSv1_2", "TLSv1_3"];

/// A running listener.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    pub(crate) running: JoinHandle<()>,
}

impl Listener {
    async fn start(settings: TlsSettings) -> Self {
        Self::with(settings, Arc::new(SystemClock), Proxies::default()).await
    }

    async fn with(settings: TlsSettings, clock: Arc<dyn Clock>, proxies: Proxies) -> Self {
        let listener = TcpListener::bind(&settings.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let keeper = Keeper::open(settings, clock).unwrap();
        let terms = keeper.terms();
        let keeping = tokio::spawn(keeper.keep());
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            let stopped = async {
                // Dropped or sent: either way it is to stop.
                let _ = stopped.await;
            };
            let router = proxies.before(router());
            connections::serve_encrypted(listener, terms, router, stopped).await;
            keeping.abort();
        });
        Self {
            address,
            stop,
            running,
        }
    }

    /// Asks for the page with curl: its exit code, what it was answered, what it told.
    async fn curl(&self, office: &Office, options: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--noproxy", "*", "--cacert"])
            .arg(office.ca())
            .args(options)
            .arg(format!("https://localhost:{}/", self.address.port()))
            .output();
        let output = output.await.unwrap();
        let [answer, told] = [output.stdout, output.stderr].map(String::from_utf8);
        (output.status.code(), answer.unwrap(), told.unwrap())
    }

    /// Asks for the page with Python; what it told, if it was refused.
    async fn python(
        &self,
        office: &Office,
        version: &str,
        pair: Option<&Pair>,
        options: &[&str],
    ) -> Result<Value, String> {
        let pair = pair.map(|pair| [&pair.certificate, &pair.key]);
        let output = Command::new(prepared("COUNTERSIGN_TEST_PYTHON"))
            .arg(foreign("mutual_tls.py"))
            .arg(self.address.port().to_string())
            .arg(office.ca())
            .arg(version)
            .args(pair.into_iter().flatten())
            .args(options)
            .output();
        let output = output.await.unwrap();
        if output.status.success() {
            Ok(serde_json::from_slice(&output.stdout).unwrap())
        } else {
            Err(String::from_utf8(output.stderr).unwrap())
        }
    }
}

/// Tells the certificate of each request.
fn router() -> Router {
    let told = async |request: Request| {
        let certificate = request.extensions().get::<PeerCertificate>();
        certificate.map_or("none".to_owned(), |certificate| {
            HEXLOWER.encode(&certificate.sha256)
        })
    };
    let slowly = async || {
        ASKED.notify_one();
        tokio::time::sleep(Duration::from_millis(500)).await;
        "slowly"
    };
    Router::new()
        .route("/", get(told))
        .route("/slowly", get(slowly))
}

#[tokio::test]
async fn every_request_carries_the_certificate_of_its_connection_whoever_signed_it() {
    let office = Office::open();
    let another = Office::open();
    let listener = Listener::start(office.listener()).await;
    let pairs = [
        office.self_signed("agent", NOW),
        office.signed("portal", NOW),
        another.signed("stranger", NOW),
    ];
    for pair in &pairs {
        for versions in [["--tls-max", "1.2"], ["--tlsv1.3", "--http2"]] {
            let options = [&pair.for_curl()[..], &versions].concat();
            let (code, answer, told) = listener.curl(&office, &options).await;
            assert_eq!(
                (code, answer),
                (Some(0), pair.fingerprint.clone()),
                "{told}"
            );
        }
    }
    for version in VERSIONS {
        let told = listener.python(&office, version, Some(&pairs[0]), &[]);
        let answers = [&pairs[0].fingerprint; 3];
        let expected = json!({
            "answers": answers, "version": version.replace('_', "."), "taken_up": false,
        });
        assert_eq!(told.await, Ok(expected));
    }
}

#[tokio::test]
async fn a_request_without_a_certificate_has_none_whatever_it_says() {
    let office = Office::open();
    let listener = Listener::start(office.listener()).await;
    let header = format!("Client-Cert: :{}:", BASE64.encode(b"a certificate"));
    for options in [&[][..], &["--header", &header]] {
        let (code, answer, told) = listener.curl(&office, options).await;
        assert_eq!((code, answer.as_str()), (Some(0), "none"), "{told}");
    }
    for version in VERSIONS {
        let told = listener.python(&office, version, None, &[]).await.unwrap();
        assert_eq!(told["answers"], json!(["none", "none", "none"]));
    }
}

#[tokio::test]
async fn a_proxy_that_is_believed_says_with_which_certificate_its_client_came() {
    let office = Office::open();
    let own = office.self_signed("proxy", NOW);
    let proxies = Proxies::parse(&["127.0.0.1".to_owned()]).unwrap();
    let believed = proxies.clone().with_certificates().unwrap();
    let header = format!("Client-Cert: :{}:", BASE64.encode(b"a certificate"));
    let options = [&own.for_curl()[..], &["--header", &header]].concat();
    let forwarded = [&options[..], &["--header", "X-Forwarded-For: 192.0.2.1"]].concat();
    let of_header = HEXLOWER
        .encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"a certificate").as_ref());
    for (proxies, options, expected) in [
        (&believed, &options, of_header.as_str()),
        (&proxies, &options, &own.fingerprint),
        (&proxies, &forwarded, "none"),
    ] {
        let clock = Arc::new(SystemClock);
        let listener = Listener::with(office.listener(), clock, proxies.clone()).await;
        let (_, answer, told) = listener.curl(&office, options).await;
        assert_eq!(answer, expected, "{told}");
    }
}

#[tokio::test]
async fn a_certificate_beyond_its_time_is_refused_with_the_reason() {
    let office = Office::open();
    let with_ca = TlsSettings {
        client_ca: Some(office.ca()),
        ..office.listener()
    };
    for settings in [office.listener(), with_ca] {
        let listener = Listener::start(settings).await;
        let (expired, early) = (
            office.signed("expired", (2020, 2021)),
            office.signed("early", (2100, 2120)),
        );
        for pair in [&expired, &early] {
            for version in VERSIONS {
                let told = listener.python(&office, version, Some(pair), &[]).await;
                let told = told.unwrap_err();
                assert!(told.contains("ALERT_CERTIFICATE_EXPIRED"), "{told}");
            }
        }
    }
}

#[tokio::test]
async fn a_certificate_expires_by_the_clock_of_the_server() {
    let office = Office::open();
    let pair = office.self_signed("agent", (2020, 2030));
    let clock = Arc::new(ManualClock::at(Timestamp::from_unix_s(1_800_000_000)));
    let listener = Listener::with(
        office.listener(),
        Arc::<ManualClock>::clone(&clock),
        Proxies::default(),
    );
    let listener = listener.await;
    assert_eq!(
        listener.curl(&office, &pair.for_curl()).await.1,
        pair.fingerprint
    );
    clock.set(Timestamp::from_unix_s(1_900_000_000));
    let (code, _, told) = listener.curl(&office, &pair.for_curl()).await;
    assert!(
        code != Some(0) && told.contains("certificate expired"),
        "{told}"
    );
}

#[tokio::test]
async fn an_authority_that_was_named_must_have_signed_every_certificate() {
    let office = Office::open();
    let settings = TlsSettings {
        client_ca: Some(office.ca()),
        ..office.listener()
    };
    let listener = Listener::start(settings).await;
    let signed = office.signed("portal", NOW);
    let (code, answer, told) = listener.curl(&office, &signed.for_curl()).await;
    assert_eq!(
        (code, answer),
        (Some(0), signed.fingerprint.clone()),
        "{told}"
    );
    assert_eq!(listener.curl(&office, &[]).await.1, "none");
    // Of the same name, so that only the signature tells them apart.
    let another = Office::open();
    for pair in [
        another.signed("portal", NOW),
        office.self_signed("agent", NOW),
    ] {
        let (code, answer, told) = listener.curl(&office, &pair.for_curl()).await;
        assert!(code != Some(0) && told.contains("alert"), "{told}");
        assert_eq!(answer, "");
    }
}

#[tokio::test]
async fn a_certificate_of_version_1_is_refused() {
    let office = Office::open();
    let listener = Listener::start(office.listener()).await;
    // As the authority would have signed it without extensions: so with no version, which means 1.
    let pair = office.version_1("old");
    let (code, answer, told) = listener.curl(&office, &pair.for_curl()).await;
    assert!(
        code != Some(0) && told.contains("alert certificate unknown"),
        "{told}"
    );
    assert_eq!(answer, "");
}

#[tokio::test]
async fn changed_files_are_taken_within_a_minute() {
    let (office, another) = (Office::open(), Office::open());
    let settings = office.listener();
    let listener = Listener::start(settings.clone()).await;
    assert_eq!(listener.curl(&office, &[]).await.1, "none");
    let pair = another.signed("localhost", NOW);
    std::fs::copy(&pair.certificate, &settings.certificate).unwrap();
    std::fs::copy(&pair.key, &settings.key).unwrap();
    assert_eq!(listener.curl(&another, &[]).await.1, "");
    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(1)).await;
    tokio::time::resume();
    for _ in 0..600 {
        if listener.curl(&another, &[]).await.1 == "none" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the new files were not taken");
}

#[tokio::test]
async fn old_versions_and_sessions_that_can_be_spliced_and_http_2_are_refused() {
    let office = Office::open();
    let listener = Listener::start(office.listener()).await;
    let old = listener.python(&office, "TLSv1_1", None, &[]).await;
    let old = old.unwrap_err();
    assert!(old.contains("ALERT_HANDSHAKE_FAILURE"), "{old}");
    let spliced = listener
        .python(&office, "TLSv1_2", None, &["--no-ems"])
        .await;
    let spliced = spliced.unwrap_err();
    assert!(spliced.contains("ALERT_HANDSHAKE_FAILURE"), "{spliced}");
    let other = ["--alpn", "h2"];
    let other = listener.python(&office, "TLSv1_3", None, &other).await;
    let other = other.unwrap_err();
    assert!(other.contains("alert no application protocol"), "{other}");
}

#[tokio::test]
async fn a_request_in_clear_is_told_to_encrypt_and_the_connection_ends() {
    let office = Office::open();
    let listener = Listener::start(office.listener()).await;
    let mut stream = TcpStream::connect(listener.address).await.unwrap();
    let request = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
    assert!(
        answer.ends_with("ask it with https://, not http://\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn what_is_no_handshake_ends_the_connection() {
    let office = Office::open();
    let listener = Listener::start(office.listener()).await;
    for noise in [
        &b"\0\0\0\0\0\0\0\0"[..],
        b"\x16\x03\x01\xff\xff",
        &[0x80; 64],
    ] {
        let mut stream = TcpStream::connect(listener.address).await.unwrap();
        stream.write_all(noise).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // An alert at most, or nothing, or the connection is gone already.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.len() <= 7, "{answer:?}");
    }
    assert_eq!(listener.curl(&office, &[]).await.1, "none");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_takes_too_long_ends_the_connection() {
    let office = Office::open();
    let listener = Listener::start(office.listener()).await;
    // Silent from the beginning, and after a first byte.
    for begun in [&b""[..], b"\x16"] {
        let mut stream = TcpStream::connect(listener.address).await.unwrap();
        stream.write_all(begun).await.unwrap();
        let before = tokio::time::Instant::now();
        assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 0);
        let waited = before.elapsed().as_secs();
        assert!((10..=11).contains(&waited), "{waited} s");
    }
}

#[tokio::test]
async fn a_stopping_listener_answers_what_was_asked_and_waits_for_no_handshake() {
    let office = Office::open();
    let listener = Listener::start(office.listener()).await;
    let idle = TcpStream::connect(listener.address).await.unwrap();
    let url = format!("https://localhost:{}/slowly", listener.address.port());
    let asking = Command::new("curl")
        .args(["--silent", "--noproxy", "*", "--cacert"])
        .arg(office.ca())
        .arg(url)
        .output();
    let asking = tokio::spawn(asking);
    ASKED.notified().await;
    listener.stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(9), listener.running).await;
    ended.expect("it waited for a handshake").unwrap();
    assert_eq!(asking.await.unwrap().unwrap().stdout, b"slowly");
    drop(idle);
}
