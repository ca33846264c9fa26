//! What an operator wants the directory to be: plain values, secrets resolved, nothing checked yet.
//!
//! Where a value has a default it is set by the constructors here, so that every reader of
//! blueprints (a file, an API) has the same ones. A secret that is absent means: as it is.

use oath::{Algorithm, Key};
use secrecy::SecretString;

use super::removal::Removal;
use crate::delivery::{DeliverySecrets, GatewaySettings, SmtpSettings, Way};
use crate::directory::{Grant, OkaySettings, PinPlace, Scope, SignUp, Tenant, TenantStatus};
use crate::methods::grid;
use crate::policy::Limits;

/// Everything that was described. What it does not name stays as it is, unless it is to be pruned.
#[derive(Clone, Debug, Default)]
pub struct Blueprint {
    /// How codes reach users, in the whole server; nothing: as it is.
    pub delivery: Option<DeliveryBlueprint>,
    /// Whether visitors may open accounts; nothing: as it is.
    pub sign_up: Option<SignUp>,
    /// The tenants, each with all that belongs to it.
    pub tenants: Vec<TenantBlueprint>,
    /// What is to go, whatever else there is.
    pub removed: Vec<Removal>,
}

/// How codes reach users. What it does not name is switched off.
#[derive(Clone, Debug)]
pub struct DeliveryBlueprint {
    /// The way that codes go to users who can be reached either way.
    pub prefer: Way,
    /// The mail server.
    pub smtp: Option<SmtpSettings>,
    /// The gateway of short messages.
    pub gateway: Option<GatewaySettings>,
    /// What may be secret about both. No password, where there is a user: as it is.
    pub secrets: DeliverySecrets,
}

impl DeliveryBlueprint {
    /// The subject of an e-mail.
    pub const SUBJECT: &'static str = "Your {tenant} code";

    /// The text of an e-mail and of a short message.
    pub const TEXT: &'static str = "{code} is your {tenant} code. It is valid for {minutes} min.";
}

/// A tenant; known by its name.
#[derive(Clone, Debug)]
pub struct TenantBlueprint {
    /// Its name, unique in the server.
    pub name: String,
    /// Its name for people; nothing: the name.
    pub display_name: Option<String>,
    /// What the phone approval protocol needs; nothing: as it is.
    pub okay: Option<OkayBlueprint>,
    /// Its clients.
    pub clients: Vec<ClientBlueprint>,
    /// Its sites.
    pub sites: Vec<SiteBlueprint>,
    /// Its policies, in the order in which authenticators serve them by default.
    pub policies: Vec<PolicyBlueprint>,
    /// Its users.
    pub users: Vec<UserBlueprint>,
}

impl TenantBlueprint {
    /// A tenant that stays as it is, and of which nothing is described.
    pub fn as_it_is(tenant: &Tenant) -> Self {
        Self {
            display_name: Some(tenant.display_name.clone()),
            ..Self::named(&tenant.name)
        }
    }

    /// A tenant of this name with nothing in it.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            display_name: None,
            okay: None,
            clients: Vec::new(),
            sites: Vec::new(),
            policies: Vec::new(),
            users: Vec::new(),
        }
    }
}

/// A tenant's settings for approvals on a phone.
#[derive(Clone, Debug)]
pub struct OkayBlueprint {
    /// The settings; the secrets in them are not looked at.
    pub settings: OkaySettings,
    /// The secret that requests and callbacks are signed with; nothing: as it is.
    pub secret: Option<SecretString>,
    /// The secret of Standard Webhooks signatures; nothing: as it is.
    pub callback_standard_secret: Option<SecretString>,
}

impl OkayBlueprint {
    /// The default settings of a tenant that has this number on the wire.
    pub fn numbered(id: u64) -> Self {
        let settings = OkaySettings {
            id,
            secret: None,
            callback_standard_secret: None,
            callback_url: None,
            allow_private_callback: false,
            decline_word: "CANCEL".to_owned(),
            pin: PinPlace::Tenant,
            number_matching: false,
            pending_s: 120,
            max_pending: 1,
            starts_per_5_min: 3,
            linking_s: 3600,
            status: TenantStatus::Active,
            trial_expires: None,
            linking_digits: OkaySettings::LINKING_DIGITS,
            pause_s: OkaySettings::PAUSE_S,
            starts_per_min: None,
            allow_private_push: false,
            callback_stopped_at: None,
        };
        Self {
            settings,
            secret: None,
            callback_standard_secret: None,
        }
    }
}

/// A client; known by its id on the wire.
#[derive(Clone, Debug)]
pub struct ClientBlueprint {
    /// The name it gives itself on the wire.
    pub id: String,
    /// Its secret; nothing: as it is.
    pub secret: Option<SecretString>,
    /// The grants it may use. The client's own by default: the others have to be named.
    pub grants: Vec<Grant>,
    /// The protocols it may speak; empty: all.
    pub protocols: Vec<String>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Whether it may compute challenges by itself.
    pub caller_supplied_challenge: bool,
    /// Networks it must call from (address or CIDR); empty: any.
    pub addresses: Vec<String>,
    /// SHA-256 of the certificate it presents, hexadecimal, with or without colons.
    pub certificate_sha256: Option<String>,
    /// The policy of requests that name none.
    pub default_policy: Option<String>,
    /// The channel of requests that name none.
    pub default_channel: Option<String>,
    /// Seconds its own access tokens live.
    pub token_s: u32,
    /// Seconds the access tokens live that it gets for users.
    pub user_token_s: u32,
}

impl ClientBlueprint {
    /// The protocols a client can be kept to, by their folder names.
    pub const PROTOCOLS: [&'static str; 4] = ["activid", "dualshield", "okay", "ocapi"];

    /// A client of this name with the default settings.
    pub fn named(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: None,
            grants: vec![Grant::ClientCredentials],
            protocols: vec!["activid".to_owned(), "dualshield".to_owned()],
            scopes: Scope::DEFAULT.to_vec(),
            caller_supplied_challenge: false,
            addresses: Vec::new(),
            certificate_sha256: None,
            default_policy: None,
            default_channel: None,
            token_s: 3600,
            user_token_s: 86_400,
        }
    }
}

/// A site; known by its public id.
#[derive(Clone, Debug)]
pub struct SiteBlueprint {
    /// The name that stands in its pages, unique in the server.
    pub public_id: String,
    /// The key its server signs with; nothing: as it is.
    pub secret: Option<SecretString>,
    /// The JWT algorithms its server may sign with.
    pub jwt_algorithms: Vec<String>,
    /// The kinds of challenge it wants, the default one first.
    pub kinds: Vec<String>,
    /// The origins its pages have; empty: any.
    pub origins: Vec<String>,
    /// The base difficulty of its proofs of work; nothing: the server's.
    pub difficulty: Option<u32>,
    /// The image corpora it draws from.
    pub corpora: Vec<String>,
}

impl SiteBlueprint {
    /// The kinds of challenge that a site may want, in the default order.
    pub const KINDS: [&'static str; 4] = ["pow", "classification", "transcription", "text"];

    /// A site of this public id with the default settings.
    pub fn named(public_id: impl Into<String>) -> Self {
        Self {
            public_id: public_id.into(),
            secret: None,
            jwt_algorithms: vec!["HS512".to_owned()],
            kinds: Self::KINDS.map(str::to_owned).to_vec(),
            origins: Vec::new(),
            difficulty: None,
            corpora: Vec::new(),
        }
    }
}

/// A policy; known by its code.
#[derive(Clone, Debug)]
pub struct PolicyBlueprint {
    /// Its name, unique in the tenant.
    pub code: String,
    /// Its settings.
    pub limits: Limits,
}

/// A user; known by the login name.
#[derive(Clone, Debug)]
pub struct UserBlueprint {
    /// The name the user signs in with, unique in the tenant.
    pub login_name: String,
    /// The caller's own name for the user, unique in the tenant.
    pub external_id: Option<String>,
    /// The user's name for people.
    pub display_name: Option<String>,
    /// Where notices go.
    pub email: Option<String>,
    /// Where short messages go.
    pub phone: Option<String>,
    /// The static password; nothing: as it is.
    pub password: Option<SecretString>,
    /// The authenticators the user holds.
    pub authenticators: Vec<AuthenticatorBlueprint>,
}

impl UserBlueprint {
    /// A user of this login name who holds nothing.
    pub fn named(login_name: impl Into<String>) -> Self {
        Self {
            login_name: login_name.into(),
            external_id: None,
            display_name: None,
            email: None,
            phone: None,
            password: None,
            authenticators: Vec::new(),
        }
    }
}

/// An authenticator; known by its serial. Parameters that its kind does not use are ignored, with
/// a warning; those that are absent have the defaults of the kind.
#[derive(Clone, Debug)]
pub struct AuthenticatorBlueprint {
    /// Its serial number, unique in the tenant.
    pub serial: String,
    /// The device it lives on; nothing: a device of its own, named like the serial.
    pub device_id: Option<String>,
    /// The product it is sold as; nothing: `MobileID` for OCRA, none for the others.
    pub product: Option<String>,
    /// The codes of the policies it serves, the default one first; nothing: all of the tenant's.
    pub policies: Option<Vec<String>>,
    /// What it computes.
    pub kind: Kind,
    /// Its key.
    pub key: KeySource,
    /// OCRA: the suite of challenge–response; empty: it answers no challenges.
    pub suite: Option<String>,
    /// OCRA: the suite of signatures; empty: it does not sign.
    pub signature_suite: Option<String>,
    /// HOTP, TOTP: digits of a code.
    pub digits: Option<u32>,
    /// HOTP, TOTP: the hash under the HMAC.
    pub algorithm: Option<Algorithm>,
    /// HOTP, OCRA with a counter: the next counter at enrolment.
    pub counter: Option<u64>,
    /// HOTP: counters tried, the next one included; nothing: the policy's.
    pub look_ahead: Option<u32>,
    /// TOTP: seconds of a time step.
    pub period_s: Option<u32>,
    /// TOTP: the first moment of step 0, in Unix seconds.
    pub t0: Option<u64>,
    /// OCRA with a counter: counters tried, the next one included; nothing: the policy's.
    pub counter_window: Option<u32>,
    /// OCRA with time: time steps tried to either side.
    pub time_window: Option<u32>,
    /// OCRA with a PIN: the PIN.
    pub pin: Option<SecretString>,
    /// Grid: the secret, as its mode spells it; nothing: as it is.
    pub path: Option<SecretString>,
    /// Grid: what the secret is.
    pub grid_mode: Option<grid::Mode>,
    /// Grid: whether a step over one edge comes back at the other.
    pub grid_wraps: Option<bool>,
    /// Names of parameters that were given and that no method of this version uses.
    pub ignored: Vec<String>,
}

impl AuthenticatorBlueprint {
    /// An authenticator of this serial and kind with the default parameters and no key.
    pub fn new(serial: impl Into<String>, kind: Kind) -> Self {
        Self {
            serial: serial.into(),
            device_id: None,
            product: None,
            policies: None,
            kind,
            key: KeySource::AsItIs,
            suite: None,
            signature_suite: None,
            digits: None,
            algorithm: None,
            counter: None,
            look_ahead: None,
            period_s: None,
            t0: None,
            counter_window: None,
            time_window: None,
            pin: None,
            path: None,
            grid_mode: None,
            grid_wraps: None,
            ignored: Vec::new(),
        }
    }
}

/// What an authenticator computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Event-based one-time passwords.
    Hotp,
    /// Time-based one-time passwords.
    Totp,
    /// Challenge–response and signatures.
    Ocra,
    /// A secret way through a grid that is drawn for each challenge.
    Grid,
    /// A printed card.
    Card,
    /// Codes sent on demand.
    OnDemand,
}

impl Kind {
    /// The kinds by their names in files.
    pub const NAMED: [(&'static str, Self); 6] = [
        ("hotp", Self::Hotp),
        ("totp", Self::Totp),
        ("ocra", Self::Ocra),
        ("grid", Self::Grid),
        ("card", Self::Card),
        ("on_demand", Self::OnDemand),
    ];

    /// The kind's name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hotp => "hotp",
            Self::Totp => "totp",
            Self::Ocra => "ocra",
            Self::Grid => "grid",
            Self::Card => "card",
            Self::OnDemand => "on_demand",
        }
    }
}

/// Where an authenticator's key comes from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// It has one already, which stays.
    AsItIs,
    /// This one; another one than it has enrols it anew.
    Given(Key),
    /// A random one, if it has none yet.
    Generate,
    /// A random one, whether it has one or not: then it is enrolled anew.
    Renew,
}
