//! `otpauth://` URIs, what authenticator apps read from a QR code: the key URI format of the
//! Google Authenticator wiki, and in the same shape a URI for OCRA, which that wiki does not know.
//! Not for drawing the code.

mod ocra;
mod parse;
mod percent;

use std::fmt;
use std::num::NonZeroU32;

use crate::ocra::SuiteError;
use crate::{Algorithm, Digits, DigitsError, Hotp, Key, KeyError, Totp};

pub use ocra::{FIELDS_MAX, OcraUri, Response, SignFormat, Signature};

/// A key and its parameters as a URI carries them. `Display` writes the URI, `FromStr` reads it.
///
/// The written URI **contains the secret**. In it `secret` stands directly before `issuer`, which
/// at least one client relies on, and every parameter is spelled out, though many apps ignore
/// `algorithm`, `digits` and `period`.
///
/// What is written is read back the same, with two exceptions that the format has no room for:
/// spaces at the start of `account` are dropped, and an empty `issuer` comes back as `None`.
#[derive(Clone, Debug)]
pub struct Uri {
    /// By counter or by time.
    pub kind: Kind,
    /// Who issued the key. The `issuer` parameter; where there is none, what stands before the
    /// colon of the label.
    pub issuer: Option<String>,
    /// Whose key it is; not empty.
    pub account: String,
    /// The secret.
    pub key: Key,
    /// The hash function; SHA-1 where the URI names none.
    pub algorithm: Algorithm,
    /// The length of a code; six where the URI names none.
    pub digits: Digits,
}

/// What moves a token on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `otpauth://hotp/`
    Hotp {
        /// The next counter.
        counter: u64,
    },
    /// `otpauth://totp/`
    Totp {
        /// The length of a step in seconds; 30 where the URI names none.
        period_s: NonZeroU32,
    },
}

/// What is wrong with a URI. It never quotes the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// It does not start with `otpauth://`.
    #[error("not an otpauth URI: expected otpauth:// at its start")]
    Scheme,
    /// The type is neither `totp` nor `hotp`, or no `/` follows.
    #[error("expected totp/ or hotp/ after otpauth://")]
    Kind,
    /// The type is not `ocra`, or no `/` follows; of an [`OcraUri`].
    #[error("expected ocra/ after otpauth://")]
    NotOcra,
    /// The label has no account name.
    #[error("the label has no account name")]
    NoAccount,
    /// A `%` without two hexadecimal digits, or bytes that are not UTF-8.
    #[error("{part}: not percent-encoded UTF-8")]
    Encoding {
        /// The label, or the name of a parameter.
        part: &'static str,
    },
    /// A parameter that must be there is not: `secret`, or `counter` of `hotp`.
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    /// A parameter is there twice.
    #[error("the parameter {0} is there more than once")]
    Duplicate(&'static str),
    /// A parameter is not a whole number, or not within its range.
    #[error("the parameter {0} is not a number within its range")]
    Number(&'static str),
    /// The algorithm is none of OATH's.
    #[error("the parameter algorithm: expected SHA1, SHA256 or SHA512")]
    Algorithm,
    /// The number of digits is not 6 to 10.
    #[error("the parameter digits: {0}")]
    Digits(#[from] DigitsError),
    /// A suite is not one of RFC 6287.
    #[error("the parameter {parameter}: {error}")]
    Suite {
        /// `suite` or `signature_suite`.
        parameter: &'static str,
        /// Where it breaks the grammar.
        error: SuiteError,
    },
    /// Neither `suite` nor `signature_suite` is there.
    #[error("the parameters suite and signature_suite are both missing")]
    NoSuite,
    /// The format of what is signed is unknown.
    #[error("the parameter sign_format: expected concatenated or digest")]
    SignFormat,
    /// There are more names of fields than [`FIELDS_MAX`], or one of them is empty.
    #[error("the parameter field: expected at most {FIELDS_MAX} names, none of them empty")]
    Fields,
    /// The secret is not a key.
    #[error("the parameter secret: {0}")]
    Secret(#[from] KeyError),
}

impl Uri {
    /// The hash function and the length of a code, ready to compute with.
    pub fn hotp(&self) -> Hotp {
        Hotp {
            algorithm: self.algorithm,
            digits: self.digits,
        }
    }

    /// The time-based parameters, or `None` for a key that goes by counter.
    pub fn totp(&self) -> Option<Totp> {
        match self.kind {
            Kind::Hotp { .. } => None,
            Kind::Totp { period_s: step_s } => Some(Totp {
                hotp: self.hotp(),
                t0: 0,
                step_s,
            }),
        }
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Hotp { .. } => "hotp",
            Kind::Totp { .. } => "totp",
        };
        write!(f, "otpauth://{kind}/")?;
        write_label(f, self.issuer.as_deref(), &self.account)?;
        let secret = self.key.to_base32();
        write!(f, "?secret={}", secret.as_str())?;
        if let Some(issuer) = named(self.issuer.as_deref()) {
            write!(f, "&issuer={}", percent::Encoded(issuer))?;
        }
        write!(
            f,
            "&algorithm={}&digits={}",
            self.algorithm,
            self.digits.get()
        )?;
        match self.kind {
            Kind::Hotp { counter } => write!(f, "&counter={counter}"),
            Kind::Totp { period_s } => write!(f, "&period={period_s}"),
        }
    }
}

/// The issuer, unless it is empty: the format cannot tell that from none.
fn named(issuer: Option<&str>) -> Option<&str> {
    issuer.filter(|issuer| !issuer.is_empty())
}

fn write_label(f: &mut fmt::Formatter<'_>, issuer: Option<&str>, account: &str) -> fmt::Result {
    let issuer = named(issuer);
    // An account with a colon gets an issuer before it even if that is empty: readers take
    // what stands before the first colon for the issuer, encoded or not.
    if issuer.is_some() || account.contains(':') {
        write!(f, "{}:", percent::Encoded(issuer.unwrap_or_default()))?;
    }
    write!(f, "{}", percent::Encoded(account))
}
