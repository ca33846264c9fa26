//! What the keys of a device mean as tokens.

use challenge::directory::provision::{Arrival, AuthenticatorBlueprint, KeySource, Kind};
use oath::{Algorithm, Key};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::Fault;
use super::keys::Keys;
use super::policy::Policy;
use super::tree::Element;
use super::value;

/// What the names of algorithms begin with: RFC 6030's registry, and two spellings of drafts.
const PREFIXES: [&str; 4] = [
    "urn:ietf:params:xml:ns:keyprov:pskc:",
    "urn:ietf:params:xml:ns:keyprov:pskc#",
    "http://www.ietf.org/keyprov/pskc#",
    "http://www.ietf.org/keyprov/pskc:",
];

/// One key of a device.
pub(super) enum Found {
    /// A token; with the id of the key that holds its PIN, where it has one.
    Token(Box<Arrival>, Option<String>),
    /// A PIN, by its key's id.
    Pin(String, SecretString),
}

/// The serial of a device, or else the id of its key.
pub(super) fn serial(package: &Element, key: &Element) -> Option<String> {
    let device = device(package).and_then(|device| device.text_at(&["SerialNo"]));
    device.or_else(|| id(key)).map(str::to_owned)
}

/// The id of a key.
pub(super) fn id(key: &Element) -> Option<&str> {
    let id = key.attribute("Id").or_else(|| key.attribute("KeyId"));
    id.filter(|id| !id.is_empty())
}

fn device(package: &Element) -> Option<&Element> {
    package
        .child("DeviceInfo")
        .or_else(|| package.child("DeviceId"))
}

/// Reads a key.
pub(super) fn read(
    package: &Element,
    key: &Element,
    (serial, keys): (&str, &mut Keys),
) -> Result<Found, Fault> {
    let algorithm = key
        .attribute("Algorithm")
        .or_else(|| key.attribute("KeyAlgorithm"));
    let algorithm = algorithm.ok_or_else(|| Fault::token("it names no algorithm"))?;
    let name = PREFIXES
        .iter()
        .find_map(|prefix| algorithm.strip_prefix(prefix));
    let name = name.unwrap_or_default();
    let secret = secret(key, keys)?;
    if name.eq_ignore_ascii_case("pin") {
        let pin = String::from_utf8(secret.to_vec());
        let pin = pin.map_err(|_| Fault::token("its PIN is not UTF-8"))?;
        let id = id(key).ok_or_else(|| Fault::token("a PIN has no id, by which keys name it"))?;
        return Ok(Found::Pin(id.to_owned(), pin.into()));
    }
    let policy = Policy::read(key, device(package))?;
    let mut token = match name.to_ascii_lowercase().as_str() {
        "hotp" => code_token(serial, key, Kind::Hotp, &policy)?,
        "totp" => code_token(serial, key, Kind::Totp, &policy)?,
        "ocra" => {
            let suite = key.text_at(&["AlgorithmParameters", "Suite"]);
            let suite = suite.ok_or_else(|| Fault::token("it is an OCRA key without a Suite"))?;
            ocra_token(serial, key, suite, &policy)?
        }
        // Of a draft, where the suite was part of the name.
        _ if name.starts_with("OCRA-1:") => ocra_token(serial, key, name, &policy)?,
        _ => {
            return Err(Fault::token(
                "its algorithm is none of HOTP, TOTP and OCRA, which alone are verified here",
            ));
        }
    };
    let secret = Key::new(secret.as_slice());
    token.key = KeySource::Given(secret.map_err(|_| Fault::token("its secret is empty"))?);
    let mut arrival = Arrival {
        login_name: login_name(package, key),
        starts_at: policy.starts_at,
        expires_at: policy.expires_at,
        ..Arrival::of(token)
    };
    move_on(&mut arrival, key, keys)?;
    Ok(Found::Token(Box::new(arrival), policy.pin_key))
}

/// An element of `Data`, in either form.
fn data<'a>(key: &'a Element, name: &str) -> Option<&'a Element> {
    let new = key.path(&["Data", name]);
    let mut all = key.children.iter().filter(|child| child.name == "Data");
    let named = |one: &&Element| {
        one.attribute("Name")
            .is_some_and(|own| own.eq_ignore_ascii_case(name))
    };
    new.or_else(|| all.find(named))
}

fn secret(key: &Element, keys: &mut Keys) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let Some(secret) = data(key, "Secret") else {
        let text = if key.child("KeyReference").is_some() || key.child("KeyProfileId").is_some() {
            "its secret is derived from a key that is not in the file (KeyReference); ask for a file \
             that holds the secrets"
        } else {
            "it has no secret"
        };
        return Err(Fault::token(text));
    };
    // Whoever changes a file without its key could else put a secret of their own there.
    if keys.are_expected() && !keys.seal(secret) {
        return Err(Fault::token(
            "its secret is not encrypted in an encrypted file: somebody may have changed it; ask for a file \
             in which all secrets are encrypted, or, if none is, import it without a key",
        ));
    }
    value::bytes(secret, keys)
}

fn code_token(
    serial: &str,
    key: &Element,
    kind: Kind,
    policy: &Policy,
) -> Result<AuthenticatorBlueprint, Fault> {
    if !policy.allows("OTP") {
        return Err(Fault::token(
            "its policy does not allow one-time passwords (KeyUsage)",
        ));
    }
    if policy.pin_key.is_some() {
        return Err(Fault::token(
            "its PIN goes into the codes (PINUsageMode Algorithmic), which HOTP and TOTP do not know",
        ));
    }
    let suite = key.text_at(&["AlgorithmParameters", "Suite"]);
    Ok(AuthenticatorBlueprint {
        digits: digits(key)?,
        algorithm: suite.map(hash).transpose()?,
        ..AuthenticatorBlueprint::new(serial, kind)
    })
}

/// An OCRA key answers challenges or signs: a file has one suite for it, and says which.
fn ocra_token(
    serial: &str,
    key: &Element,
    suite: &str,
    policy: &Policy,
) -> Result<AuthenticatorBlueprint, Fault> {
    digits(key)?;
    let (answers, signs) = (policy.allows("CR"), policy.allows("Integrity"));
    let (suite, signature_suite) = match (answers, signs) {
        (true, _) => (suite, ""),
        (false, true) => ("", suite),
        (false, false) => {
            return Err(Fault::token(
                "its policy allows neither challenges nor signatures (KeyUsage CR or Integrity)",
            ));
        }
    };
    Ok(AuthenticatorBlueprint {
        suite: Some(suite.to_owned()),
        signature_suite: Some(signature_suite.to_owned()),
        ..AuthenticatorBlueprint::new(serial, Kind::Ocra)
    })
}

/// Digits of a code, as `ResponseFormat` has them.
fn digits(key: &Element) -> Result<Option<u32>, Fault> {
    let format = key
        .path(&["AlgorithmParameters", "ResponseFormat"])
        .or_else(|| key.path(&["Usage", "ResponseFormat"]));
    let Some(format) = format else {
        return Ok(None);
    };
    let encoding = format
        .attribute("Encoding")
        .or_else(|| format.attribute("Format"));
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("decimal")) {
        return Err(Fault::token(
            "its codes are not decimal (ResponseFormat), which is not supported",
        ));
    }
    let check = format
        .attribute("CheckDigits")
        .or_else(|| format.attribute("CheckDigit"));
    if check.is_some_and(|check| check == "true" || check == "1") {
        return Err(Fault::token(
            "its codes have a check digit (ResponseFormat), which is not supported",
        ));
    }
    let length = format.attribute("Length").map(str::parse).transpose();
    length.map_err(|_| Fault::token("ResponseFormat: Length is not a number"))
}

/// The hash that a suite of HOTP or TOTP names (`HMAC-SHA256`).
fn hash(suite: &str) -> Result<Algorithm, Fault> {
    let letters = suite.chars().filter(char::is_ascii_alphanumeric);
    let letters: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    let known = [
        ("sha1", Algorithm::Sha1),
        ("sha256", Algorithm::Sha256),
        ("sha512", Algorithm::Sha512),
    ];
    let found = known.into_iter().find(|(name, _)| letters.ends_with(name));
    found
        .map(|(_, algorithm)| algorithm)
        .ok_or_else(|| Fault::token("Suite: the hash is not known; SHA-1, SHA-256 and SHA-512 are"))
}

/// Counter, interval and drift.
fn move_on(arrival: &mut Arrival, key: &Element, keys: &mut Keys) -> Result<(), Fault> {
    let mut number = |name: &str| {
        data(key, name)
            .map(|of| value::number(of, keys))
            .transpose()
    };
    let range = |name: &str| Fault::token(format!("{name}: it is out of range"));
    let (counter, time) = (number("Counter")?, number("Time")?);
    let (interval, drift) = (number("TimeInterval")?, number("TimeDrift")?);
    let token = &mut arrival.token;
    if matches!(token.kind, Kind::Hotp | Kind::Ocra) {
        let counter = counter.map(u64::try_from).transpose();
        token.counter = counter.map_err(|_| range("Counter"))?;
    }
    if token.kind == Kind::Totp {
        let interval = interval.map(u32::try_from).transpose();
        token.period_s = interval.map_err(|_| range("TimeInterval"))?;
        arrival.drift_steps = drift.unwrap_or(0);
        // Some write the start of the first step here, others how many steps have passed.
        if time.is_some_and(|time| time != 0) {
            return Err(Fault::token(
                "Time: only 0 is understood, since files differ in what it means; import the token \
                 from a table (CSV), where t0 is the first moment of step 0",
            ));
        }
    }
    Ok(())
}

/// The login name: of a distinguished name the UID, or else the CN; a text that is none as it is.
fn login_name(package: &Element, key: &Element) -> Option<String> {
    let own = key.text_at(&["UserId"]);
    let of_device = device(package).and_then(|device| device.text_at(&["UserId"]));
    own.into_iter().chain(of_device).find_map(|text| {
        if !text.contains('=') {
            return Some(text.to_owned());
        }
        let part = |wanted: &str| {
            let mut parts = text.split(',').filter_map(|part| part.split_once('='));
            let found = parts.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.trim().to_owned())
        };
        part("UID")
            .or_else(|| part("CN"))
            .filter(|name| !name.is_empty())
    })
}
