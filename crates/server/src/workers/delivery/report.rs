//! Says in the log by what ways codes reach users, at the start and whenever that changes. No secrets: of
//! a gateway's URL, the host alone.

use std::sync::Arc;

use challenge::delivery::{Security, StoredDelivery};
use challenge::verifier::Verifier;
use reqwest::Url;
use secrecy::ExposeSecret as _;

/// What was said last.
#[derive(Default)]
pub struct Report {
    told: bool,
    present: Option<Arc<StoredDelivery>>,
}

impl Report {
    /// Says it, if it is news.
    pub fn tell(&mut self, verifier: &Verifier) {
        let present = verifier.catalogue.delivery();
        if self.told && self.present == present {
            return;
        }
        match &present {
            None => tracing::info!("codes: no [delivery] is configured; none can be sent"),
            Some(stored) => {
                let (email, sms) = (email(stored), sms(verifier, stored));
                tracing::info!(email, sms, prefer = stored.settings.prefer.name(), "codes");
            }
        }
        (self.told, self.present) = (true, present);
    }
}

fn email(stored: &StoredDelivery) -> String {
    let Some(smtp) = &stored.settings.smtp else {
        return "off".to_owned();
    };
    let security = match smtp.security {
        Security::Starttls => "STARTTLS",
        Security::Tls => "TLS",
        Security::None => "not protected",
    };
    let signed_in = if smtp.user_name.is_some() {
        ", signed in"
    } else {
        ""
    };
    format!("{}:{} ({security}{signed_in})", smtp.host, smtp.port)
}

fn sms(verifier: &Verifier, stored: &StoredDelivery) -> String {
    if stored.settings.gateway.is_none() {
        return "off".to_owned();
    }
    match verifier.delivery_secrets(stored) {
        Ok(secrets) => {
            let url = secrets.url.as_ref();
            let url = url.and_then(|url| Url::parse(url.expose_secret()).ok());
            let host = url.as_ref().and_then(|url| url.host_str());
            host.map_or("a gateway".to_owned(), |host| {
                format!("a gateway at {host}")
            })
        }
        Err(error) => format!("cannot be read: {error}"),
    }
}
