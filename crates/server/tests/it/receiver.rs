//! A tenant's server that callbacks go to, or a push service, as well or as badly as the test wants.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::{digest, hmac};
use countersign::system::Stopwatch;
use data_encoding::BASE64;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The vendor's secret of the tests' tenants.
pub(crate) const SECRET: &str = "securetoken";

/// The Standard Webhooks secret of the tests' tenants, and the bytes it stands for.
pub(crate) const STANDARD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Much longer than anything takes that is due at once, on a machine that does other things too.
pub(crate) const SOON: Duration = Duration::from_mins(1);

/// Sooner than any second try. What is promised is a second, which a busy machine may not keep.
pub(crate) const PROMPTLY: Duration = Duration::from_secs(4);

/// The status of a callback that was taken.
pub(crate) const OK: u16 = 200;

/// What the receiver does with a callback.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// Answers after a while: status line's rest, further header lines, body.
    Answer(Duration, String),
    /// Reads it and says nothing.
    Hang,
    /// Says nothing to what has this in its body, and takes everything else at once.
    HangFor(&'static str),
    /// Reads it and closes the connection.
    HangUp,
}

impl Manner {
    /// Answers at once, with this status and no body.
    pub(crate) fn status(status: u16) -> Self {
        let head = format!("HTTP/1.1 {status} Status\r\nContent-Length: 0\r\n\r\n");
        Self::Answer(Duration::ZERO, head)
    }
}

/// A callback as it came.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// When, since the receiver began.
    pub(crate) after: Duration,
    /// `webhook-id`.
    pub(crate) id: String,
    /// The head in lower case.
    pub(crate) head: String,
    /// The body.
    pub(crate) bytes: Vec<u8>,
    /// The body as text; what is none is replaced.
    pub(crate) text: String,
    /// The body as JSON; null where it is none.
    pub(crate) body: Value,
}

/// A receiver that listens on a port of its own.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    connections: Arc<Mutex<u32>>,
    since: Stopwatch,
}

impl Receiver {
    /// Listens on a loopback address.
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            manner: Arc::new(Mutex::new(manner)),
            arrivals: Arc::default(),
            connections: Arc::default(),
            since: Stopwatch::start(),
        };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *serving.connections.lock().unwrap() += 1;
                let receiver = serving.clone();
                tokio::spawn(async move { receiver.serve(stream).await });
            }
        });
        receiver
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/callback", self.address)
    }

    pub(crate) fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> u32 {
        *self.connections.lock().unwrap()
    }

    /// Time since it began.
    pub(crate) fn now(&self) -> Duration {
        self.since.elapsed()
    }

    /// Waits until so many callbacks came.
    pub(crate) async fn until(&self, count: usize, within: Duration) -> Vec<Arrival> {
        let enough = async {
            loop {
                let arrivals = self.arrivals();
                if arrivals.len() >= count {
                    return arrivals;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let came = tokio::time::timeout(within, enough).await;
        came.unwrap_or_else(|_| panic!("only {} of {count} came", self.arrivals().len()))
    }

    /// Serves a connection for as many requests as the other side likes.
    pub(crate) async fn serve(
        &self,
        mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    ) {
        while let Some(arrival) = self.read(&mut stream).await {
            // Before it is told of: what a test says next is for the next one.
            let manner = match self.manner.lock().unwrap().clone() {
                Manner::HangFor(text) if arrival.text.contains(text) => Manner::Hang,
                Manner::HangFor(_) => Manner::status(OK),
                other => other,
            };
            self.arrivals.lock().unwrap().push(arrival);
            match manner {
                Manner::Answer(pause, answer) => {
                    tokio::time::sleep(pause).await;
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
                Manner::Hang | Manner::HangFor(_) => std::future::pending().await,
                Manner::HangUp => return,
            }
        }
    }

    async fn read(&self, stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Option<Arrival> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            let mut part = [0; 4096];
            match stream.read(&mut part).await {
                Ok(0) | Err(_) => return None,
                Ok(length) => bytes.extend_from_slice(&part[..length]),
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length: usize = header(&head, "content-length").parse().unwrap_or(0);
        let mut rest = vec![0; end + length - bytes.len()];
        stream.read_exact(&mut rest).await.ok()?;
        bytes.extend(rest);
        let body = bytes.split_off(end);
        let text = String::from_utf8_lossy(&body).into_owned();
        Some(Arrival {
            after: self.since.elapsed(),
            id: header(&head, "webhook-id"),
            body: serde_json::from_slice(&body).unwrap_or_default(),
            bytes: body,
            head,
            text,
        })
    }
}

/// A listener that counts who connects and answers nobody.
pub(crate) async fn trap() -> (SocketAddr, Arc<Mutex<u32>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let caught: Arc<Mutex<u32>> = Arc::default();
    let count = Arc::clone(&caught);
    tokio::spawn(async move {
        let mut held: Vec<TcpStream> = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            *count.lock().unwrap() += 1;
            held.push(stream);
        }
    });
    (address, caught)
}

/// A header's value, by its name in lower case.
pub(crate) fn header(head: &str, name: &str) -> String {
    let line = head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    });
    line.unwrap_or_default()
}

/// The vendor's signature, by the rules of the published documents.
pub(crate) fn vendor_signature(fields: &[&str]) -> String {
    let text = format!("{}{SECRET}", fields.concat());
    BASE64.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

/// Checks a callback as a careful receiver does: shape, vendor's signature, Standard Webhooks.
pub(crate) fn verify(arrival: &Arrival, now_s: u64) {
    let body = &arrival.body;
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let kind = text(&body["type"]);
    let code = text(&body["status"]["code"]);
    let status = match code.as_str() {
        "0" => "SUCCESS",
        "101" => "ERROR",
        other => panic!("status {other}"),
    };
    let user = text(&body["userExternalId"]);
    let signed = match kind.as_str() {
        "101" | "103" => vendor_signature(&[&user, status, &kind]),
        "102" | "104" => {
            let member = if kind == "102" {
                "authResult"
            } else {
                "sessionResult"
            };
            let result = &body[member];
            let session = body["sessionExternalId"].as_str().unwrap();
            let (data, data_type) = (text(&result["data"]), text(&result["dataType"]));
            vendor_signature(&[&user, session, status, &kind, &data, &data_type])
        }
        other => panic!("type {other}"),
    };
    assert_eq!(body["signature"], signed.as_str(), "{body}");
    assert_eq!(body["type"].is_string(), kind == "104", "{body}");
    let time = header(&arrival.head, "webhook-timestamp");
    let apart = time.parse::<u64>().unwrap().abs_diff(now_s);
    assert!(apart < 300, "the time is {apart} s off");
    let key = BASE64
        .decode(STANDARD_SECRET.strip_prefix("whsec_").unwrap().as_bytes())
        .unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let message = format!("{}.{time}.{}", arrival.id, arrival.text);
    let expected = BASE64.encode(hmac::sign(&key, message.as_bytes()).as_ref());
    let signature = header(&arrival.head, "webhook-signature");
    assert_eq!(signature, format!("v1,{expected}"));
}
