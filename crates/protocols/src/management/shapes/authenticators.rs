//! Authenticators as JSON: the members of the provisioning file, and what only an answer has.

use challenge::directory::provision::{
    AuthenticatorBlueprint, Generated, GeneratedKey, KeySource, Kind,
};
use challenge::directory::{Authenticator, User};
use challenge::methods::{Lost, grid};
use challenge::secret::Sealed;
use challenge::standing::{Standing, Status};
use oath::{Algorithm, Key};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;

use crate::management::members::word_schema;
use crate::management::precondition::{Tag, Tagged};
use crate::management::refusal::Refusal;
use crate::management::shapes::parameters::Parameters;
use crate::management::shapes::told::{ToldOnce, never, nothing};
use crate::management::shapes::users::statuses;
use crate::qr::{self, NotDrawn};

/// An authenticator to be enrolled, or as it is to be. Members that its kind does not use are taken
/// with a warning; those that are absent have the defaults of the kind.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementAuthenticatorBody)]
pub struct AuthenticatorBody {
    /// Its serial number, unique in the tenant. It cannot be changed.
    #[schema(examples("10000000"), min_length = 1, max_length = 256)]
    pub serial: String,
    /// What it computes.
    #[schema(schema_with = kinds)]
    pub kind: String,
    /// The device it lives on; null: one of its own, named like the serial.
    #[serde(default)]
    pub device_id: Option<String>,
    /// The product it is sold as; null: the usual one of its kind.
    #[serde(default)]
    #[schema(examples("MobileID"))]
    pub product: Option<String>,
    /// The codes of the policies it serves, the default one first; null: all of the tenant's.
    #[serde(default)]
    pub policies: Option<Vec<String>>,
    /// Its key; absent: as it is. Another key enrols it anew.
    #[serde(default, skip_serializing_if = "never", serialize_with = "nothing")]
    pub secret: Option<KeyGiven>,
    /// OCRA: the suite of challenge–response; empty: it answers no challenges.
    #[serde(default)]
    #[schema(examples("OCRA-1:HOTP-SHA1-8:QN08"))]
    pub suite: Option<String>,
    /// OCRA: the suite of signatures; empty: it does not sign.
    #[serde(default)]
    #[schema(examples("OCRA-1:HOTP-SHA1-8:QA64"))]
    pub signature_suite: Option<String>,
    /// HOTP, TOTP, codes on demand: digits of a code.
    #[serde(default)]
    #[schema(minimum = 6, maximum = 10)]
    pub digits: Option<u32>,
    /// HOTP, TOTP: the hash under the HMAC.
    #[serde(default)]
    #[schema(schema_with = algorithms)]
    pub algorithm: Option<String>,
    /// HOTP, OCRA with a counter: the next counter. It counts at enrolment alone.
    #[serde(default, skip_serializing_if = "never", serialize_with = "nothing")]
    pub counter: Option<u64>,
    /// HOTP: counters tried, the next one included; null: the policy's.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100)]
    pub look_ahead: Option<u32>,
    /// TOTP: seconds of a time step.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 86_400)]
    pub period_s: Option<u32>,
    /// TOTP: the first moment of step 0, in Unix seconds.
    #[serde(default)]
    pub t0: Option<u64>,
    /// OCRA with a counter: counters tried, the next one included; null: the policy's.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 64)]
    pub counter_window: Option<u32>,
    /// OCRA with time: time steps tried to either side.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10)]
    pub time_window: Option<u32>,
    /// OCRA with a PIN: the PIN; absent: as it is.
    #[serde(default, skip_serializing_if = "never", serialize_with = "nothing")]
    #[schema(value_type = Option<String>)]
    pub pin: Option<SecretString>,
    /// Grid: the secret, as its mode spells it; absent: as it is.
    #[serde(default, skip_serializing_if = "never", serialize_with = "nothing")]
    #[schema(value_type = Option<String>)]
    pub path: Option<SecretString>,
    /// Grid: what the secret is.
    #[serde(default)]
    #[schema(schema_with = modes)]
    pub grid_mode: Option<grid::Mode>,
    /// Grid: whether a step over one edge comes back at the other.
    #[serde(default)]
    pub grid_wraps: Option<bool>,
}

/// A key: exactly one of these.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementKeyGiven)]
pub struct KeyGiven {
    /// This one, in hexadecimal.
    #[schema(value_type = Option<String>, examples("3132333435363738393031323334353637383930"))]
    pub hex: Option<SecretString>,
    /// This one, in base32.
    #[schema(value_type = Option<String>)]
    pub base32: Option<SecretString>,
    /// A random one; it is told once, in this answer.
    pub generate: Option<bool>,
}

/// An authenticator.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementAuthenticator)]
#[expect(clippy::struct_excessive_bools, reason = "members of the answer")]
pub struct AuthenticatorShown {
    /// Its serial number.
    #[schema(examples("10000000"))]
    pub serial: String,
    /// What it computes.
    #[schema(schema_with = kinds)]
    pub kind: String,
    /// Whether it may be used.
    #[schema(schema_with = statuses)]
    pub status: Status,
    /// The id of the user who holds it.
    #[schema(examples("4503599627370496"))]
    pub user: String,
    /// The user's login name.
    #[schema(examples("myTestUser1"))]
    pub login_name: String,
    /// The device it lives on.
    pub device_id: String,
    /// The product it is sold as.
    #[schema(required)]
    pub product: Option<String>,
    /// The codes of the policies it serves, the default one first.
    pub policies: Vec<String>,
    /// Whether its answers have a PIN in them.
    pub has_pin: bool,
    /// OCRA: the suite of challenge–response.
    #[schema(required)]
    pub suite: Option<String>,
    /// OCRA: the suite of signatures.
    #[schema(required)]
    pub signature_suite: Option<String>,
    /// HOTP, TOTP, codes on demand: digits of a code.
    #[schema(required)]
    pub digits: Option<u32>,
    /// HOTP, TOTP: the hash under the HMAC.
    #[schema(required)]
    pub algorithm: Option<String>,
    /// HOTP: counters tried, the next one included; null: the policy's.
    #[schema(required)]
    pub look_ahead: Option<u32>,
    /// TOTP: seconds of a time step.
    #[schema(required)]
    pub period_s: Option<u32>,
    /// TOTP: the first moment of step 0, in Unix seconds.
    #[schema(required)]
    pub t0: Option<u64>,
    /// OCRA with a counter: counters tried, the next one included; null: the policy's.
    #[schema(required)]
    pub counter_window: Option<u32>,
    /// OCRA with time: time steps tried to either side.
    #[schema(required)]
    pub time_window: Option<u32>,
    /// Grid: what the secret is.
    #[schema(required)]
    pub grid_mode: Option<String>,
    /// Grid: whether a step over one edge comes back at the other.
    #[schema(required)]
    pub grid_wraps: Option<bool>,
    /// Whether the database was restored from a backup, and its codes or responses are refused until two
    /// consecutive ones find its counter again: resynchronise it.
    pub counter_is_lost: bool,
    /// The same of its signatures, where they have a counter.
    pub signature_counter_is_lost: bool,
    /// Whether the database was restored from a backup, and its signatures, which have neither counter nor time
    /// in them, are refused: enrol it anew with a suite that has one.
    pub texts_are_lost: bool,
    /// The key that this request had drawn, to be handed over. It is told nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment: Option<Enrolment>,
    /// What is better not asked for; told once, in the answer to whoever asked for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub warnings: Vec<String>,
}

/// A key in the form in which it is handed over. **It holds the secret.**
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementEnrolment)]
pub struct Enrolment {
    /// What authenticator apps read.
    #[schema(value_type = String, examples("otpauth://totp/ONLINEBANK:10000000?secret=…&issuer=ONLINEBANK"))]
    pub uri: ToldOnce,
    /// The same as a QR code: base64 of a PNG of 300 by 300 points.
    #[schema(value_type = String)]
    pub qr_png: ToldOnce,
}

/// Two consecutive codes of a token that ran ahead, or whose clock is off.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementResynchroniseBody)]
pub struct ResynchroniseBody {
    /// The first.
    #[schema(value_type = String, examples("755224"))]
    pub first: SecretString,
    /// The second; absent: it comes with the next request.
    #[schema(value_type = Option<String>, examples("287082"))]
    pub second: Option<SecretString>,
}

/// How far a resynchronisation has come.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementResynchronised)]
pub struct ResynchronisedShown {
    /// Whether the token is followed again; else the second code is awaited.
    pub done: bool,
}

fn kinds() -> Schema {
    word_schema(&Kind::NAMED.map(|(name, _)| name))
}

fn algorithms() -> Schema {
    let names = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
    word_schema(&names.map(|algorithm| algorithm.to_string()))
}

fn modes() -> Schema {
    word_schema(&grid::Mode::NAMED.map(|(name, _)| name))
}

impl AuthenticatorBody {
    /// What can be written of an authenticator as it is.
    pub fn of(one: &Authenticator) -> Self {
        let has = Parameters::of(&one.method);
        // In a body, nothing is the usual suite, and none is an empty text.
        let suite = |suite: Option<String>| has.is_ocra.then(|| suite.unwrap_or_default());
        Self {
            serial: one.serial.clone(),
            kind: one.method.kind().to_owned(),
            device_id: Some(one.device_id.clone()),
            product: one.product.clone(),
            policies: Some(one.policies.clone()),
            secret: None,
            suite: suite(has.suite),
            signature_suite: suite(has.signature_suite),
            digits: has.digits,
            algorithm: has.algorithm,
            counter: None,
            look_ahead: has.look_ahead,
            period_s: has.period_s,
            t0: has.t0,
            counter_window: has.counter_window,
            time_window: has.time_window,
            pin: None,
            path: None,
            grid_mode: has.grid_mode,
            grid_wraps: has.grid_wraps,
        }
    }

    /// The authenticator that is wanted.
    pub(in crate::management) fn blueprint(&self) -> Result<AuthenticatorBlueprint, Refusal> {
        let kind = Kind::NAMED.iter().find(|(name, _)| *name == self.kind);
        let Some((_, kind)) = kind else {
            let known = Kind::NAMED.map(|(name, _)| name).join(", ");
            let detail = format!("there is no such kind; there is {known}");
            return Err(Refusal::invalid("/kind", detail));
        };
        let algorithm = self.algorithm.as_deref().map(|name| {
            let wrong = |_| Refusal::invalid("/algorithm", "choose SHA1, SHA256 or SHA512");
            name.parse::<Algorithm>().map_err(wrong)
        });
        let key = self.secret.as_ref().map(KeyGiven::source).transpose()?;
        Ok(AuthenticatorBlueprint {
            device_id: self.device_id.clone(),
            product: self.product.clone(),
            policies: self.policies.clone(),
            key: key.unwrap_or(KeySource::AsItIs),
            suite: self.suite.clone(),
            signature_suite: self.signature_suite.clone(),
            digits: self.digits,
            algorithm: algorithm.transpose()?,
            counter: self.counter,
            look_ahead: self.look_ahead,
            period_s: self.period_s,
            t0: self.t0,
            counter_window: self.counter_window,
            time_window: self.time_window,
            pin: self.pin.clone(),
            path: self.path.clone(),
            grid_mode: self.grid_mode,
            grid_wraps: self.grid_wraps,
            ..AuthenticatorBlueprint::new(&self.serial, *kind)
        })
    }
}

impl KeyGiven {
    /// Whether the key is to be drawn.
    pub(in crate::management) fn draws(&self) -> bool {
        self.generate == Some(true)
    }

    fn source(&self) -> Result<KeySource, Refusal> {
        let parsed = match (&self.hex, &self.base32, self.generate) {
            (Some(hex), None, None) => ("/secret/hex", Key::from_hex(hex.expose_secret())),
            (None, Some(text), None) => ("/secret/base32", Key::from_base32(text.expose_secret())),
            (None, None, Some(true)) => return Ok(KeySource::Generate),
            _ => {
                let detail = "give exactly one of hex, base32, and generate: true";
                return Err(Refusal::invalid("/secret", detail));
            }
        };
        let (pointer, key) = parsed;
        key.map(KeySource::Given)
            .map_err(|error| Refusal::invalid(pointer, error.to_string()))
    }
}

impl AuthenticatorShown {
    /// The authenticator of this user, with its tag.
    pub(in crate::management) fn of(
        one: &Authenticator,
        user: &User,
        standing: &Standing,
    ) -> Tagged<Self> {
        let has = Parameters::of(&one.method);
        let shown = Self {
            serial: one.serial.clone(),
            kind: one.method.kind().to_owned(),
            status: standing.status(one),
            user: user.id.to_string(),
            login_name: user.login_name.clone(),
            device_id: one.device_id.clone(),
            product: one.product.clone(),
            policies: one.policies.clone(),
            has_pin: one.pin.is_some(),
            suite: has.suite,
            signature_suite: has.signature_suite,
            digits: has.digits,
            algorithm: has.algorithm,
            look_ahead: has.look_ahead,
            period_s: has.period_s,
            t0: has.t0,
            counter_window: has.counter_window,
            time_window: has.time_window,
            grid_mode: has.grid_mode.map(|mode| mode.name().to_owned()),
            grid_wraps: has.grid_wraps,
            counter_is_lost: false,
            signature_counter_is_lost: false,
            texts_are_lost: false,
            enrolment: None,
            warnings: Vec::new(),
        };
        let kept = [
            Some(one.secret.as_bytes()),
            one.pin.as_ref().map(Sealed::as_bytes),
        ];
        // What is found again changes nothing that is written here, and so leaves the tag as it was.
        let tag = Tag::of(&shown, &kept);
        let movement = standing.movement(one);
        let lost = movement.map(|movement| Lost::of(&one.method, movement));
        let lost = lost.unwrap_or_default();
        let value = Self {
            counter_is_lost: lost.counter,
            signature_counter_is_lost: lost.signature_counter,
            texts_are_lost: lost.texts,
            ..shown
        };
        Tagged { value, tag }
    }
}

impl Enrolment {
    /// A key that was drawn, as it is handed over.
    pub(in crate::management) fn of(drawn: &Generated) -> Result<Self, Refusal> {
        let uri = match &drawn.key {
            GeneratedKey::Uri(uri) => uri.to_string(),
            GeneratedKey::Ocra(uri) => uri.to_string(),
        };
        let qr_png = qr::picture(&uri).map_err(|NotDrawn(text)| Refusal::Unavailable(text))?;
        Ok(Self {
            uri: uri.into(),
            qr_png: qr_png.into(),
        })
    }
}
