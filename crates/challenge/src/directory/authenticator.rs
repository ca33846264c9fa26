//! An authenticator: a token, or one of the keys of a phone.

use serde::{Deserialize, Serialize};

use oath::Algorithm;

use crate::directory::{Tenant, User};
use crate::id::Id;
use crate::methods::grid;
use crate::secret::{Place, Sealed};

/// An authenticator as enrolled. What moves (counters, steps, status) is in `standing`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Authenticator {
    /// The authenticator's id.
    pub id: Id<Authenticator>,
    /// The tenant it belongs to.
    pub tenant: Id<Tenant>,
    /// Who holds it.
    pub user: Id<User>,
    /// How often it got another key. A movement of another enrolment is not its own.
    #[serde(default)]
    pub enrolment: u32,
    /// Its serial number, unique in the tenant.
    pub serial: String,
    /// The device it lives on; several authenticators of one user may share a device.
    pub device_id: String,
    /// The product it is sold as, for protocols that ask by product.
    pub product: Option<String>,
    /// The codes of the policies it serves, the default one first.
    pub policies: Vec<String>,
    /// What it computes.
    #[serde(flatten)]
    pub method: Method,
    /// Its key, sealed for [`Authenticator::secret_place`].
    #[serde(skip, default = "nothing_sealed")]
    pub secret: Sealed,
    /// The PIN that goes into its answers, sealed for [`Authenticator::pin_place`].
    #[serde(skip)]
    pub pin: Option<Sealed>,
}

impl Authenticator {
    /// Where its key stands.
    pub fn secret_place(tenant: Id<Tenant>, id: Id<Self>) -> Place<'static> {
        place("secret", tenant, id)
    }

    /// Where its PIN stands.
    pub fn pin_place(tenant: Id<Tenant>, id: Id<Self>) -> Place<'static> {
        place("pin", tenant, id)
    }
}

fn place(column: &'static str, tenant: Id<Tenant>, id: Id<Authenticator>) -> Place<'static> {
    Place {
        table: "authenticator",
        column,
        tenant: tenant.number(),
        row: id.number(),
    }
}

fn nothing_sealed() -> Sealed {
    Sealed::from_bytes(Vec::new())
}

/// What an authenticator computes, with its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Method {
    /// Event-based one-time passwords (RFC 4226).
    Hotp {
        /// The hash under the HMAC.
        #[serde(with = "algorithm_name")]
        algorithm: Algorithm,
        /// Digits of a code, 6 to 10.
        digits: u8,
        /// Counters tried, the next one included; nothing: the policy's.
        look_ahead: Option<u32>,
    },
    /// Time-based one-time passwords (RFC 6238).
    Totp {
        /// The hash under the HMAC.
        #[serde(with = "algorithm_name")]
        algorithm: Algorithm,
        /// Digits of a code, 6 to 10.
        digits: u8,
        /// Seconds of a time step.
        period_s: u32,
        /// The first moment of step 0, in Unix seconds.
        t0: u64,
    },
    /// Challenge–response and transaction signatures (RFC 6287).
    Ocra(OcraSuites),
    /// A secret way through a grid that is drawn for each challenge.
    Grid {
        /// What the secret is.
        mode: grid::Mode,
        /// Whether a step over one edge comes back at the other.
        wraps: bool,
    },
    /// A printed card, asked for some of its cells.
    Card,
    /// A code that is sent to the user when one is asked for.
    OnDemand {
        /// Digits of a code, 6 to 10.
        digits: u8,
    },
}

/// The parameters of an OCRA authenticator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OcraSuites {
    /// The suite of challenge–response; nothing: it does not answer challenges.
    pub suite: Option<String>,
    /// The suite of transaction signatures; nothing: it does not sign.
    pub signature_suite: Option<String>,
    /// Counters tried for suites with a counter, the next one included; nothing: the policy's
    /// look-ahead.
    pub counter_window: Option<u32>,
    /// Time steps tried before and after the present one, for suites with time.
    pub time_window: u32,
}

impl Method {
    /// The kind's name in files, lists and the audit log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Hotp { .. } => "hotp",
            Self::Totp { .. } => "totp",
            Self::Ocra(_) => "ocra",
            Self::Grid { .. } => "grid",
            Self::Card => "card",
            Self::OnDemand { .. } => "on_demand",
        }
    }
}

/// A way to name an authenticator.
#[derive(Clone, Copy, Debug)]
pub enum AuthenticatorKey<'a> {
    /// By id.
    Id(Id<Authenticator>),
    /// By serial number.
    Serial(&'a str),
}

/// Keeps an algorithm by its name (`SHA1`, `SHA256`, `SHA512`).
mod algorithm_name {
    use super::Algorithm;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference"
    )]
    pub(super) fn serialize<S: Serializer>(
        algorithm: &Algorithm,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(algorithm)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Algorithm, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        name.parse()
            .map_err(|_| serde::de::Error::custom("SHA1, SHA256 or SHA512 expected"))
    }
}
