//! The server and its settings as JSON. What is secret about the delivery of codes is never shown.

use challenge::delivery::{DeliverySettings, GatewaySettings, SmtpSettings};
use challenge::directory::SignUp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The server.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementServer)]
pub struct ServerShown {
    /// Its version.
    pub version: String,
    /// The address that the world knows it by.
    pub public_url: String,
    /// What keeps everything, and how durable.
    pub store: String,
    /// The moment.
    pub time: String,
    /// Whether visitors may open accounts.
    pub sign_up: SignUpBody,
    /// How codes reach users; null: no way was set up.
    #[schema(required)]
    pub delivery: Option<DeliveryShown>,
}

/// The settings of the server that can be changed here.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementServerBody)]
pub struct ServerBody {
    /// Whether visitors may open accounts.
    #[serde(default)]
    pub sign_up: SignUpBody,
}

/// Whether visitors may open accounts, each with a tenant of its own on trial.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ManagementSignUp)]
pub struct SignUpBody {
    /// Whether they may.
    pub open: bool,
    /// Days that a trial lasts.
    #[schema(minimum = 1, maximum = 3650)]
    pub trial_days: u32,
}

/// How codes reach users.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementDelivery)]
pub struct DeliveryShown {
    /// The way that codes go to users who can be reached either way.
    #[schema(examples("sms"))]
    pub prefer: String,
    /// The mail server; null: no e-mails leave.
    #[schema(required)]
    pub smtp: Option<SmtpShown>,
    /// The gateway of short messages; null: none leave.
    #[schema(required)]
    pub gateway: Option<GatewayShown>,
}

/// A mail server.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementSmtp)]
pub struct SmtpShown {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected: `starttls`, `tls` or `none`.
    pub security: String,
    /// The account there.
    #[schema(required)]
    pub user: Option<String>,
    /// The sender.
    pub from: String,
    /// The subject, with places.
    pub subject: String,
    /// The text, with places.
    pub text: String,
    /// The most that one node hands over in a minute.
    #[schema(required)]
    pub per_min: Option<u32>,
}

/// A gateway of short messages. Its URL, headers and body may be secrets, and are not shown.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementGateway)]
pub struct GatewayShown {
    /// The method it is asked with.
    pub method: String,
    /// The text of a message, with places.
    pub text: String,
    /// Whether it may have a private or loopback address.
    pub allow_private: bool,
    /// The most that one node hands over in a minute.
    #[schema(required)]
    pub per_min: Option<u32>,
}

impl Default for SignUpBody {
    fn default() -> Self {
        Self::of(SignUp::default())
    }
}

impl SignUpBody {
    pub(in crate::management) fn of(sign_up: SignUp) -> Self {
        let SignUp { open, trial_days } = sign_up;
        Self { open, trial_days }
    }

    pub(in crate::management) fn wanted(self) -> SignUp {
        let Self { open, trial_days } = self;
        SignUp { open, trial_days }
    }
}

impl DeliveryShown {
    pub(in crate::management) fn of(settings: &DeliverySettings) -> Self {
        Self {
            prefer: settings.prefer.name().to_owned(),
            smtp: settings.smtp.as_ref().map(SmtpShown::of),
            gateway: settings.gateway.as_ref().map(GatewayShown::of),
        }
    }
}

impl SmtpShown {
    fn of(smtp: &SmtpSettings) -> Self {
        Self {
            host: smtp.host.clone(),
            port: smtp.port,
            security: word(&smtp.security),
            user: smtp.user_name.clone(),
            from: smtp.from.clone(),
            subject: smtp.subject.clone(),
            text: smtp.text.clone(),
            per_min: smtp.per_min,
        }
    }
}

impl GatewayShown {
    fn of(gateway: &GatewaySettings) -> Self {
        Self {
            method: word(&gateway.method).to_ascii_uppercase(),
            text: gateway.text.clone(),
            allow_private: gateway.allow_private,
            per_min: gateway.per_min,
        }
    }
}

/// A word as it is spelt in JSON.
fn word(of: &impl Serialize) -> String {
    let spelt = serde_json::to_value(of).unwrap_or_default();
    spelt.as_str().unwrap_or_default().to_owned()
}
