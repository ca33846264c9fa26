//! The URI that enrols an OCRA device: `otpauth://ocra/`. It carries what a device needs to answer
//! challenges and to sign, and never a PIN. Not for building the question of a transaction: the
//! format is named here, and applied by who signs and who verifies.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use super::parse::{Value, after_scheme, number, read_label, without_prefix};
use super::percent::{Encoded, decode_value};
use super::{UriError, parse};
use crate::Key;
use crate::ocra::Suite;

/// The most fields of a transaction that a URI may name.
pub const FIELDS_MAX: usize = 64;

/// An OCRA key and what it is for. `Display` writes the URI, `FromStr` reads it.
///
/// The written URI **contains the secret**. What is written is read back the same, provided that
/// `response` or `signature` is there, with the exceptions of [`super::Uri`] and one more: a
/// counter of a suite without `C` is not written, and read as 0.
///
/// ```text
/// otpauth://ocra/ISSUER:ACCOUNT?secret=BASE32&issuer=ISSUER
///     &suite=OCRA-1:HOTP-SHA1-8:QN08
///     &signature_suite=OCRA-1:HOTP-SHA256-8:C-QA64&signature_counter=0
///     &sign_format=concatenated&field=Account&field=Amount
/// ```
///
/// This is not a standard: no published URI carries OCRA. A suite with `P` tells the device to ask
/// for a PIN each time; the PIN itself has no place in a URI.
#[derive(Clone, Debug)]
pub struct OcraUri {
    /// Who issued the key. The `issuer` parameter; where there is none, what stands before the
    /// colon of the label.
    pub issuer: Option<String>,
    /// Whose key it is; not empty.
    pub account: String,
    /// The secret, one for both suites.
    pub key: Key,
    /// How challenges are answered; `None`: the device answers none.
    pub response: Option<Response>,
    /// How transactions are signed; `None`: the device signs none.
    pub signature: Option<Signature>,
}

/// How challenges are answered (RFC 6287 section 7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The parameter `suite`.
    pub suite: Suite,
    /// The parameter `counter`: the next one. Of no meaning if the suite has no `C`.
    pub counter: u64,
}

/// How transactions are signed (RFC 6287 section 7.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The parameter `signature_suite`.
    pub suite: Suite,
    /// The parameter `signature_counter`: the next one, apart from that of responses. Of no
    /// meaning if the suite has no `C`.
    pub counter: u64,
    /// The parameter `sign_format`; `None`: concatenated for `QA` questions, a digest for `QH`.
    pub format: Option<SignFormat>,
    /// The parameter `field`, once for each field of a transaction, in their order: the names that
    /// a device shows. At most [`FIELDS_MAX`], none empty; no names: the device has its own.
    pub fields: Vec<String>,
}

/// How the values of a transaction's fields become the question that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignFormat {
    /// `concatenated`: the values one after the other, as they are.
    Concatenated,
    /// `digest`: in lower-case hexadecimal the SHA-256, or for questions shorter than 64 characters
    /// the SHA-1, of all values in UTF-8, each after its length in bytes as 4 bytes, big-endian.
    Digest,
}

impl SignFormat {
    /// The name in a URI.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Concatenated => "concatenated",
            Self::Digest => "digest",
        }
    }
}

impl fmt::Display for OcraUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("otpauth://ocra/")?;
        super::write_label(f, self.issuer.as_deref(), &self.account)?;
        write!(f, "?secret={}", self.key.to_base32().as_str())?;
        if let Some(issuer) = super::named(self.issuer.as_deref()) {
            write!(f, "&issuer={}", Encoded(issuer))?;
        }
        if let Some(Response { suite, counter }) = &self.response {
            write!(f, "&suite={suite}")?;
            if suite.has_counter() {
                write!(f, "&counter={counter}")?;
            }
        }
        let Some(signature) = &self.signature else {
            return Ok(());
        };
        write!(f, "&signature_suite={}", signature.suite)?;
        if signature.suite.has_counter() {
            write!(f, "&signature_counter={}", signature.counter)?;
        }
        if let Some(format) = signature.format {
            write!(f, "&sign_format={}", format.name())?;
        }
        for field in &signature.fields {
            write!(f, "&field={}", Encoded(field))?;
        }
        Ok(())
    }
}

impl FromStr for OcraUri {
    type Err = UriError;

    /// Reads a URI, as strictly as [`super::Uri`] is read: unknown parameters are ignored, and so
    /// is what belongs to a suite that is not there.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = without_prefix(after_scheme(text)?, "ocra/").ok_or(UriError::NotOcra)?;
        let (label, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (prefix, account) = read_label(label)?;
        let mut parameters = Parameters::read(query)?;
        let (response, signature) = (parameters.response()?, parameters.signature()?);
        if response.is_none() && signature.is_none() {
            return Err(UriError::NoSuite);
        }
        let secret = parameters.secret.take();
        let secret = secret.ok_or(UriError::Missing("secret"))?;
        Ok(Self {
            issuer: parse::issuer(parameters.issuer.take(), prefix),
            account,
            key: Key::from_base32(&secret)?,
            response,
            signature,
        })
    }
}

#[derive(Default)]
struct Parameters {
    secret: Value,
    issuer: Value,
    suite: Value,
    counter: Value,
    signature_suite: Value,
    signature_counter: Value,
    sign_format: Value,
    fields: Vec<Zeroizing<String>>,
}

impl Parameters {
    fn read(query: &str) -> Result<Self, UriError> {
        let mut parameters = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode_value(name).ok_or(UriError::Encoding {
                part: "a parameter",
            })?;
            let (part, slot) = match name.as_str() {
                "secret" => ("secret", &mut parameters.secret),
                "issuer" => ("issuer", &mut parameters.issuer),
                "suite" => ("suite", &mut parameters.suite),
                "counter" => ("counter", &mut parameters.counter),
                "signature_suite" => ("signature_suite", &mut parameters.signature_suite),
                "signature_counter" => ("signature_counter", &mut parameters.signature_counter),
                "sign_format" => ("sign_format", &mut parameters.sign_format),
                "field" => {
                    let name = decode_value(value).ok_or(UriError::Encoding { part: "field" })?;
                    parameters.fields.push(name);
                    continue;
                }
                _ => continue,
            };
            let value = decode_value(value).ok_or(UriError::Encoding { part })?;
            if slot.replace(value).is_some() {
                return Err(UriError::Duplicate(part));
            }
        }
        Ok(parameters)
    }

    fn response(&self) -> Result<Option<Response>, UriError> {
        let Some(suite) = suite(&self.suite, "suite")? else {
            return Ok(None);
        };
        let counter = counter(&suite, &self.counter, "counter")?;
        Ok(Some(Response { suite, counter }))
    }

    fn signature(&self) -> Result<Option<Signature>, UriError> {
        let Some(suite) = suite(&self.signature_suite, "signature_suite")? else {
            return Ok(None);
        };
        let format = match self.sign_format.as_ref().map(|name| name.as_str()) {
            None => None,
            Some("concatenated") => Some(SignFormat::Concatenated),
            Some("digest") => Some(SignFormat::Digest),
            Some(_) => return Err(UriError::SignFormat),
        };
        if self.fields.len() > FIELDS_MAX || self.fields.iter().any(|name| name.is_empty()) {
            return Err(UriError::Fields);
        }
        Ok(Some(Signature {
            counter: counter(&suite, &self.signature_counter, "signature_counter")?,
            suite,
            format,
            fields: self.fields.iter().map(|name| name.to_string()).collect(),
        }))
    }
}

fn suite(value: &Value, parameter: &'static str) -> Result<Option<Suite>, UriError> {
    let suite = value.as_ref().map(|text| Suite::parse(text));
    suite
        .transpose()
        .map_err(|error| UriError::Suite { parameter, error })
}

/// The next counter of a suite with `C`, which must be there; 0 for others.
fn counter(suite: &Suite, value: &Value, name: &'static str) -> Result<u64, UriError> {
    if !suite.has_counter() {
        return Ok(0);
    }
    number(value.as_ref(), name)?.ok_or(UriError::Missing(name))
}
