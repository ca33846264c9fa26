//! How codes reach users: what an operator set, as it is stored for all nodes.
//!
//! What may be a secret (a password, a URL or a body with a key in it) stands in [`DeliverySecrets`],
//! which is sealed whole.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::message::Way;
use crate::directory::{ServerSetting, User};
use crate::refusal::Refusal;
use crate::secret::{SealError, Sealed};
use crate::verifier::Verifier;

/// The name of the setting in the database.
pub const SETTING: &str = "delivery";

/// How codes reach users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliverySettings {
    /// The way that codes go to users who can be reached either way.
    pub prefer: Way,
    /// The mail server; nothing: no e-mails leave.
    pub smtp: Option<SmtpSettings>,
    /// The gateway of short messages; nothing: none leave.
    pub gateway: Option<GatewaySettings>,
}

/// A mail server that takes messages (RFC 5321, RFC 6409).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmtpSettings {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// The account there; nothing: without signing in.
    pub user_name: Option<String>,
    /// The sender, such as `Online Bank <codes@bank.example>`.
    pub from: String,
    /// The subject, with places.
    pub subject: String,
    /// The text, with places.
    pub text: String,
    /// The most that one node hands over in a minute; nothing: as many as there are.
    pub per_min: Option<u32>,
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// It begins in clear and must go over to TLS before anything is said (RFC 3207).
    Starttls,
    /// It is TLS from the beginning (RFC 8314, section 3).
    Tls,
    /// It is not.
    None,
}

impl Security {
    /// The port where this is usual.
    pub fn usual_port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// An HTTP gateway that sends short messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewaySettings {
    /// What it is asked with.
    pub method: Method,
    /// What the body is written in.
    pub format: Format,
    /// The text of a message, with places.
    pub text: String,
    /// Whether it may be at an address that is not public.
    pub allow_private: bool,
    /// The most that one node hands over in a minute; nothing: as many as there are.
    pub per_min: Option<u32>,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// With everything in the URL, and no body.
    Get,
    /// With a body.
    Post,
    /// With a body.
    Put,
}

/// What a body is written in; what is filled in is escaped accordingly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `application/json`, or a type that ends in `+json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// What may be secret in the settings.
#[derive(Clone, Default)]
pub struct DeliverySecrets {
    /// The password of the account at the mail server.
    pub smtp_password: Option<SecretString>,
    /// Where the gateway is asked, with places in the query.
    pub url: Option<SecretString>,
    /// The headers it is asked with.
    pub headers: Vec<(String, SecretString)>,
    /// The body it is asked with, with places.
    pub body: Option<SecretString>,
}

impl fmt::Debug for DeliverySecrets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("DeliverySecrets(..)")
    }
}

/// The secrets as they are sealed.
#[derive(Default, Serialize, Deserialize)]
struct Bare<'a> {
    smtp_password: Option<std::borrow::Cow<'a, str>>,
    url: Option<std::borrow::Cow<'a, str>>,
    headers: Vec<(std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>)>,
    body: Option<std::borrow::Cow<'a, str>>,
}

impl DeliverySecrets {
    /// The bytes to be sealed.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let bare = |secret: &Option<SecretString>| {
            let shown = secret.as_ref().map(ExposeSecret::expose_secret);
            shown.map(|text| text.to_owned().into())
        };
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| {
            let value = value.expose_secret();
            (name.as_str().into(), value.into())
        });
        let bare = Bare {
            smtp_password: bare(&self.smtp_password),
            url: bare(&self.url),
            headers: headers.collect(),
            body: bare(&self.body),
        };
        Zeroizing::new(serde_json::to_vec(&bare).unwrap_or_default())
    }

    /// The secrets in the bytes that were sealed.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, SealError> {
        let bare: Bare<'_> = serde_json::from_slice(bytes).map_err(|_| SealError::Damaged)?;
        let headers = bare.headers.into_iter();
        Ok(Self {
            smtp_password: bare.smtp_password.map(|text| text.into_owned().into()),
            url: bare.url.map(|text| text.into_owned().into()),
            headers: headers
                .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
                .collect(),
            body: bare.body.map(|text| text.into_owned().into()),
        })
    }
}

/// The settings as the directory holds them, the secrets sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDelivery {
    /// What is no secret.
    pub settings: DeliverySettings,
    /// The sealed [`DeliverySecrets`].
    pub secrets: Option<Sealed>,
}

impl StoredDelivery {
    /// The settings in the database's row.
    pub(crate) fn read(row: &ServerSetting) -> Result<Self, serde_json::Error> {
        Ok(Self {
            settings: serde_json::from_str(&row.body)?,
            secrets: row.secret.clone(),
        })
    }
}

impl DeliverySettings {
    /// Whether codes can go this way.
    pub fn can(&self, way: Way) -> bool {
        match way {
            Way::Email => self.smtp.is_some(),
            Way::Sms => self.gateway.is_some(),
        }
    }
}

impl Verifier {
    /// The way that a code goes to a user, and where: the preferred one of those that are configured
    /// and that the user has an address for.
    pub fn way_to(&self, user: &User) -> Result<(Way, String), Refusal> {
        let stored = self.catalogue.delivery();
        let settings = stored.as_ref().map(|stored| &stored.settings);
        let by_way = |way: Way| match way {
            Way::Email => user.email.as_ref(),
            Way::Sms => user.phone.as_ref(),
        };
        let Some(settings) = settings.filter(|one| Way::ALL.iter().any(|way| one.can(*way))) else {
            return Err(Refusal::NoDestination(
                "nothing is configured; apply a file with [delivery.smtp] or [delivery.gateway]",
            ));
        };
        let mut ways = Way::ALL;
        ways.sort_by_key(|way| *way != settings.prefer);
        let reached = ways
            .into_iter()
            .filter(|way| settings.can(*way))
            .find_map(|way| Some((way, by_way(way)?.clone())));
        reached.ok_or_else(|| {
            let missing = match (settings.can(Way::Email), settings.can(Way::Sms)) {
                (true, false) => "the user has no e-mail address, and codes go by e-mail alone",
                (false, true) => "the user has no phone number, and codes go to phones alone",
                _ => "the user has neither an e-mail address nor a phone number",
            };
            Refusal::NoDestination(missing)
        })
    }

    /// The secrets of the settings, in clear.
    pub fn delivery_secrets(&self, stored: &StoredDelivery) -> Result<DeliverySecrets, SealError> {
        let Some(sealed) = &stored.secrets else {
            return Ok(DeliverySecrets::default());
        };
        let place = ServerSetting::secret_place(SETTING);
        DeliverySecrets::from_bytes(&self.keyring.open(&place, sealed)?)
    }
}
