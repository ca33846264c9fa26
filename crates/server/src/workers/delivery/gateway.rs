//! Asks an HTTP gateway to send one short message. It keeps nothing of an answer but its status and
//! `Retry-After`.

use std::sync::Arc;

use challenge::delivery::template::Escape;
use challenge::delivery::{
    DeliverySecrets, Format, GatewaySettings, Handover, Method, Parcel, StoredDelivery,
};
use challenge::verifier::Verifier;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Url};
use secrecy::ExposeSecret as _;

use super::letter::Letter;
use crate::workers::callbacks::courier::{self, Courier, Kept, NoAnswer};

/// Asks gateways.
pub struct Gateway {
    courier: Arc<Courier>,
}

impl Gateway {
    /// A gateway that is asked over this courier's connections.
    pub fn new(courier: Arc<Courier>) -> Self {
        Self { courier }
    }

    /// Asks once; says what the gateway did.
    pub(super) async fn bring(
        &self,
        verifier: &Verifier,
        stored: &StoredDelivery,
        parcel: &Parcel,
    ) -> Handover {
        let Some(settings) = &stored.settings.gateway else {
            return failed("no [delivery.gateway] is configured any more");
        };
        let secrets = match verifier.delivery_secrets(stored) {
            Ok(secrets) => secrets,
            Err(error) => return failed(&format!("the settings cannot be read: {error}")),
        };
        let request = match self.request(verifier, (settings, &secrets), parcel) {
            Ok(request) => request,
            Err(trouble) => return failed(&trouble),
        };
        match courier::answered(request, verifier.now()).await {
            Ok(Kept { status, .. }) if status.is_success() => Handover::Taken,
            Ok(Kept {
                status,
                retry_after_s,
            }) => Handover::Failed {
                trouble: courier::told(status),
                retry_after_s,
            },
            Err(no_answer) => failed(&told(no_answer)),
        }
    }

    fn request(
        &self,
        verifier: &Verifier,
        (settings, secrets): (&GatewaySettings, &DeliverySecrets),
        parcel: &Parcel,
    ) -> Result<RequestBuilder, String> {
        let letter = Letter::of(verifier, &parcel.delivery);
        let letter = letter.ok_or("a letter goes by e-mail alone")?;
        let text = letter.text(&settings.text);
        let id = parcel.claimed.message.id.to_string();
        let filled = (id.as_str(), &text);
        let no_url = || "url is no http:// or https:// URL".to_owned();
        let url = secrets.url.as_ref().ok_or_else(no_url)?;
        let url = letter.request(url, filled, Escape::Form);
        let url = Url::parse(url.expose_secret()).map_err(|_| no_url())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(no_url());
        }
        let client = self.courier.client(&url, settings.allow_private);
        let client = client.map_err(told)?;
        let headers = headers(settings.format, secrets)?;
        let request = match settings.method {
            Method::Get => client.get(url),
            Method::Post => client.post(url),
            Method::Put => client.put(url),
        };
        let request = request.headers(headers);
        let Some(body) = &secrets.body else {
            return Ok(request);
        };
        let escape = match settings.format {
            Format::Json => Escape::Json,
            Format::Form => Escape::Form,
        };
        let body = letter.request(body, filled, escape);
        Ok(request.body(body.expose_secret().to_owned()))
    }
}

/// Why there is no answer, in a line.
fn told(no_answer: NoAnswer) -> String {
    match no_answer {
        NoAnswer::Internal(_) => {
            "the gateway's address is internal; allow it with allow_private in \
                                  [delivery.gateway], or give a public one"
                .to_owned()
        }
        NoAnswer::Trouble(trouble) => trouble,
    }
}

/// The operator's headers; with a body, its type where they do not name one.
fn headers(format: Format, secrets: &DeliverySecrets) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    if secrets.body.is_some() {
        let kind = match format {
            Format::Json => "application/json",
            Format::Form => "application/x-www-form-urlencoded",
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    for (name, value) in &secrets.headers {
        let unfit = || format!("the header {name} cannot be sent");
        let name = HeaderName::try_from(name).map_err(|_| unfit())?;
        let mut value = HeaderValue::try_from(value.expose_secret()).map_err(|_| unfit())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

fn failed(trouble: &str) -> Handover {
    Handover::Failed {
        trouble: trouble.to_owned(),
        retry_after_s: None,
    }
}
