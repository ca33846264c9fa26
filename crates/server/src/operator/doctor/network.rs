//! The listeners: whether they can be taken, and the certificate of the one that speaks TLS.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use challenge::clock::{Clock as _, Timestamp};
use tokio::net::TcpListener;

use super::command::Findings;
use super::finding::Kind;
use crate::app;
use crate::cli::{Failure, moment};
use crate::operator::Desk;
use crate::serving::tls::{self, Shown};
use crate::system::SystemClock;

/// Days of validity below which a certificate ends soon.
const SOON_DAYS: i64 = 21;

const DAY_S: i64 = 86_400;

/// How long whoever listens may take to say that it is this server.
const ASK_TIME_MAX: Duration = Duration::from_secs(2);

/// Looks at the addresses and the certificate. `offline`: nobody is asked anything.
pub(super) async fn look(desk: &Desk, found: &mut Findings, offline: bool) {
    let settings = &desk.settings;
    listener(&settings.listen, (found, offline), true).await;
    if let Some(listen) = &settings.metrics_listen {
        listener(listen, (found, offline), false).await;
    }
    let Some(settings) = &settings.tls else {
        return;
    };
    listener(&settings.listen, (found, true), false).await;
    let clock: Arc<dyn challenge::clock::Clock> = Arc::new(SystemClock);
    match tls::examine(settings, &clock) {
        Ok(shown) => {
            let url = desk.settings.public_url.as_deref();
            certificate(&shown, (url, SystemClock.now()), found);
        }
        Err(problem) => found.add(Kind::TlsUnusable, problem),
    }
}

/// Takes an address and gives it back. `is_own`: a server of ours that listens there says so at `/healthz`.
async fn listener(listen: &str, (found, offline): (&mut Findings, bool), is_own: bool) {
    let Err(problem) = TcpListener::bind(listen).await else {
        return;
    };
    if problem.kind() != ErrorKind::AddrInUse {
        found.add(Kind::ListenUnusable, format!("{listen}: {problem}"));
    } else if is_own && !offline && !answers_as_server(listen).await {
        found.add(Kind::ListenTaken, listen);
    }
}

/// Whether a server of ours is there already: then all is as it is to be.
async fn answers_as_server(listen: &str) -> bool {
    let Ok(mut addresses) = tokio::net::lookup_host(listen).await else {
        return false;
    };
    let Some(address) = addresses.next() else {
        return false;
    };
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(ASK_TIME_MAX)
        .no_proxy()
        .build();
    let Ok(client) = client else { return false };
    let asked = client.get(format!("{}/healthz", app::url_of(address)));
    match asked.send().await {
        Ok(answer) => answer.text().await.is_ok_and(|text| text == "alive\n"),
        Err(_) => false,
    }
}

fn certificate(shown: &Shown, (url, now): (Option<&str>, Timestamp), found: &mut Findings) {
    let file = shown.file.display();
    if let Some(problem) = &shown.not_valid {
        found.add(Kind::TlsExpired, format!("{file}: {problem}"));
    } else {
        let left_s = shown.ends_s - now.unix_ms().div_euclid(1000);
        if left_s < SOON_DAYS * DAY_S {
            let ends = moment(Timestamp::from_unix_ms(shown.ends_s * 1000));
            found.add(Kind::TlsEnds, format!("{file} ends at {ends}"));
        }
    }
    if let Some(problem) = &shown.chain {
        found.add(Kind::TlsChain, format!("{file}: {problem}"));
    }
    let host = url.and_then(|url| reqwest::Url::parse(url).ok());
    let host = host.as_ref().filter(|url| url.scheme() == "https");
    let host = host.and_then(reqwest::Url::host_str);
    if let Some(host) = host
        && !shown.is_for(host)
    {
        found.add(Kind::TlsName, format!("{file} is not for {host}"));
    }
}

/// Whether somebody takes connections there.
pub(super) async fn connects(host: &str, port: u16) -> Result<(), Failure> {
    let connecting = tokio::net::TcpStream::connect((host, port));
    match tokio::time::timeout(Duration::from_secs(5), connecting).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Failure::new(format!("{host}:{port}: {error}"))),
        Err(_) => Err(Failure::new(format!("{host}:{port} does not answer"))),
    }
}
