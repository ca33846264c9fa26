//! The terms in force, and their renewal: files that were changed are read again while the server runs.
//! Files that cannot be used leave in force what is.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use challenge::clock::Clock;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use super::files::Contents;
use super::terms;
use super::validity::Validity;
use crate::config::TlsSettings;

/// How often the files are looked at, beside every SIGHUP.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// What handshakes may agree on, always as it is at the moment.
#[derive(Clone)]
pub struct Terms(watch::Receiver<Arc<ServerConfig>>);

impl Terms {
    /// What a handshake that begins now may agree on.
    pub(super) fn now(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.borrow())
    }
}

/// Keeps the terms up to date.
pub struct Keeper {
    settings: TlsSettings,
    clock: Arc<dyn Clock>,
    current: watch::Sender<Arc<ServerConfig>>,
    /// Of the files as they were seen last, used or not; nothing: they could not be read.
    seen: Option<[u8; 32]>,
    hangups: Signal,
}

impl Keeper {
    /// Reads the files. The error is one line that says what is wrong with them.
    pub fn open(settings: TlsSettings, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let wrong = |problem: String| anyhow!("tls: {problem}");
        let contents = Contents::read(&settings).map_err(wrong)?;
        let config = config_of(&contents, &settings, &clock).map_err(wrong)?;
        Ok(Self {
            seen: Some(contents.digest()),
            current: watch::Sender::new(Arc::new(config)),
            // Before anybody knows that the server is there: an early SIGHUP would end it.
            hangups: signal(SignalKind::hangup())?,
            settings,
            clock,
        })
    }

    /// The terms, for the listener.
    pub fn terms(&self) -> Terms {
        Terms(self.current.subscribe())
    }

    /// Looks at the files each minute and at every SIGHUP, for ever.
    pub async fn keep(mut self) {
        let mut every = tokio::time::interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = every.tick() => false,
                Some(()) = self.hangups.recv() => true,
            };
            self.look(asked).await;
        }
    }

    /// Takes the files if they were changed, or if somebody asked for it.
    async fn look(&mut self, asked: bool) {
        let settings = self.settings.clone();
        let read = tokio::task::spawn_blocking(move || Contents::read(&settings)).await;
        let contents = read.unwrap_or_else(|error| Err(error.to_string()));
        let seen = contents.as_ref().ok().map(Contents::digest);
        if seen == self.seen && !asked {
            return;
        }
        self.seen = seen;
        let config =
            contents.and_then(|contents| config_of(&contents, &self.settings, &self.clock));
        match config {
            Ok(config) => {
                self.current.send_replace(Arc::new(config));
                tracing::info!("the certificate of the TLS listener was read again");
            }
            Err(problem) => tracing::error!(
                problem,
                "the TLS listener keeps the certificate that it has: the files cannot be used"
            ),
        }
    }
}

fn config_of(
    contents: &Contents,
    settings: &TlsSettings,
    clock: &Arc<dyn Clock>,
) -> Result<ServerConfig, String> {
    let parsed = contents.parse(settings)?;
    let own = parsed.chain.first().cloned();
    let config = terms::agreed(parsed, settings, clock)?;
    if let Some(own) = own {
        tell_validity(&own, settings, &**clock)?;
    }
    Ok(config)
}

/// Says what clients will refuse, and when; whether they do is theirs to decide.
fn tell_validity(
    certificate: &CertificateDer<'_>,
    settings: &TlsSettings,
    clock: &dyn Clock,
) -> Result<(), String> {
    let file = settings.certificate.display();
    let validity =
        Validity::of(certificate).map_err(|problem| format!("certificate: {file}: {problem}"))?;
    if let Err(problem) = validity.check(terms::moment(clock)) {
        tracing::warn!(%file, %problem, "clients will refuse the server's certificate");
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds stay exact for 285 million years"
    )]
    let ends_s = validity.ends_s() as f64;
    metrics::gauge!("countersign_tls_certificate_not_after_seconds").set(ends_s);
    Ok(())
}
