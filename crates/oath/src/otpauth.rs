//! `otpauth://` URIs, what authenticator apps read from a QR code: the key URI format of the
//! Google Authenticator wiki. Not for drawing the code. OCRA has no such URI.

mod parse;
mod percent;

use std::fmt;
use std::num::NonZeroU32;

use crate::{Algorithm, Digits, DigitsError, Hotp, Key, KeyError, Totp};

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
        let issuer = self.issuer.as_deref().filter(|issuer| !issuer.is_empty());
        // An account with a colon gets an issuer before it even if that is empty: readers take
        // what stands before the first colon for the issuer, encoded or not.
        if issuer.is_some() || self.account.contains(':') {
            write!(f, "{}:", percent::Encoded(issuer.unwrap_or_default()))?;
        }
        let secret = self.key.to_base32();
        write!(
            f,
            "{}?secret={}",
            percent::Encoded(&self.account),
            secret.as_str()
        )?;
        if let Some(issuer) = issuer {
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
