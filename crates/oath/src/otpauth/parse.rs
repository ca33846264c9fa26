//! Reading an otpauth URI. Strict in what decides codes, lenient in what other writers get wrong
//! without harm: unknown parameters, and those of the other type, are ignored.

use std::num::NonZeroU32;
use std::str::FromStr;

use zeroize::Zeroizing;

use super::percent::{decode, decode_value};
use super::{Kind, Uri, UriError};
use crate::{Algorithm, Digits, Key, Totp};

impl FromStr for Uri {
    type Err = UriError;

    /// Reads a URI. Scheme and type may be in any case; names of parameters are lower case. A
    /// fragment (`#`) is ignored.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = after_scheme(text)?;
        let (by_time, rest) = match (without_prefix(rest, "totp/"), without_prefix(rest, "hotp/")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(UriError::Kind),
        };
        let (label, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (prefix, account) = read_label(label)?;
        let mut parameters = Parameters::read(query)?;
        let kind = if by_time {
            parameters.totp()?
        } else {
            parameters.hotp()?
        };
        let secret = parameters
            .secret
            .take()
            .ok_or(UriError::Missing("secret"))?;
        Ok(Self {
            kind,
            issuer: issuer(parameters.issuer.take(), prefix),
            account,
            key: Key::from_base32(&secret)?,
            algorithm: parameters.algorithm()?,
            digits: parameters.digits()?,
        })
    }
}

/// What follows `otpauth://`, without the fragment.
pub(super) fn after_scheme(text: &str) -> Result<&str, UriError> {
    let rest = without_prefix(text, "otpauth://").ok_or(UriError::Scheme)?;
    Ok(rest.split_once('#').map_or(rest, |(before, _)| before))
}

pub(super) fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Issuer and account. They part at the first colon that is written as one, or else at the first
/// that is written `%3A`; spaces behind it are no part of the account.
pub(super) fn read_label(label: &str) -> Result<(Option<String>, String), UriError> {
    let decoded = |text| decode(text).ok_or(UriError::Encoding { part: "the label" });
    let (issuer, account) = if let Some((issuer, account)) = label.split_once(':') {
        (decoded(issuer)?.to_string(), decoded(account)?.to_string())
    } else {
        let label = decoded(label)?;
        let (issuer, account) = label.split_once(':').unwrap_or(("", &label));
        (issuer.to_owned(), account.to_owned())
    };
    let account = account.trim_start_matches(' ').to_owned();
    if account.is_empty() {
        return Err(UriError::NoAccount);
    }
    Ok((Some(issuer).filter(|issuer| !issuer.is_empty()), account))
}

/// The issuer by its parameter, or else by the label.
pub(super) fn issuer(parameter: Value, prefix: Option<String>) -> Option<String> {
    let issuer = parameter.map(|issuer| issuer.to_string());
    issuer.filter(|issuer| !issuer.is_empty()).or(prefix)
}

pub(super) type Value = Option<Zeroizing<String>>;

#[derive(Default)]
struct Parameters {
    secret: Value,
    issuer: Value,
    algorithm: Value,
    digits: Value,
    counter: Value,
    period: Value,
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
                "algorithm" => ("algorithm", &mut parameters.algorithm),
                "digits" => ("digits", &mut parameters.digits),
                "counter" => ("counter", &mut parameters.counter),
                "period" => ("period", &mut parameters.period),
                _ => continue,
            };
            let value = decode_value(value).ok_or(UriError::Encoding { part })?;
            if slot.replace(value).is_some() {
                return Err(UriError::Duplicate(part));
            }
        }
        Ok(parameters)
    }

    fn hotp(&self) -> Result<Kind, UriError> {
        let counter = number(self.counter.as_ref(), "counter")?;
        Ok(Kind::Hotp {
            counter: counter.ok_or(UriError::Missing("counter"))?,
        })
    }

    fn totp(&self) -> Result<Kind, UriError> {
        let period_s = number::<NonZeroU32>(self.period.as_ref(), "period")?;
        Ok(Kind::Totp {
            period_s: period_s.unwrap_or(Totp::default().step_s),
        })
    }

    fn algorithm(&self) -> Result<Algorithm, UriError> {
        let named = self.algorithm.as_ref().map(|name| name.parse());
        Ok(named
            .transpose()
            .map_err(|_| UriError::Algorithm)?
            .unwrap_or_default())
    }

    fn digits(&self) -> Result<Digits, UriError> {
        match number(self.digits.as_ref(), "digits")? {
            Some(digits) => Ok(Digits::new(digits)?),
            None => Ok(Digits::default()),
        }
    }
}

/// A decimal number without a sign.
pub(super) fn number<N: FromStr>(
    value: Option<&Zeroizing<String>>,
    name: &'static str,
) -> Result<Option<N>, UriError> {
    let Some(text) = value else { return Ok(None) };
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if plain { text.parse().ok() } else { None };
    number.map(Some).ok_or(UriError::Number(name))
}
