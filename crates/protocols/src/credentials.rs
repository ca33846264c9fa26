//! What an `Authorization` header holds, and a client's name and secret in Basic. Who it proves to be is
//! each protocol's to ask.

use axum::http::{HeaderMap, header};
use base64ct::{Base64, Encoding as _};
use zeroize::Zeroizing;

use crate::form;

/// What an `Authorization` header holds.
pub(crate) enum Authorization<'a> {
    /// Base64 of a name and a secret (RFC 7617).
    Basic(&'a str),
    /// A token (RFC 6750, section 2.1).
    Bearer(&'a str),
}

/// More than one `Authorization` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

/// The one `Authorization` header; nothing where there is none, or one of another scheme.
pub(crate) fn authorization(headers: &HeaderMap) -> Result<Option<Authorization<'_>>, Repeated> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (first, second) = (given.next(), given.next());
    if second.is_some() {
        return Err(Repeated);
    }
    let text = first
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (scheme, credentials) = text.trim().split_once(' ').unwrap_or_default();
    let credentials = credentials.trim();
    Ok(if scheme.eq_ignore_ascii_case("basic") {
        Some(Authorization::Basic(credentials))
    } else if scheme.eq_ignore_ascii_case("bearer") {
        Some(Authorization::Bearer(credentials))
    } else {
        None
    })
}

/// The readings of one name and of one secret: decoded, and as they came.
///
/// By RFC 6749, section 2.3.1, both are form-encoded inside Basic; many clients send them as they are.
pub(crate) struct BasicPair {
    /// The name's readings.
    pub(crate) names: [String; 2],
    /// The secret's readings.
    pub(crate) secrets: [Zeroizing<String>; 2],
}

impl BasicPair {
    /// Both readings of what Basic holds; nothing where it is not base64 of a name, a colon and a secret.
    pub(crate) fn read(encoded: &str) -> Option<Self> {
        let bytes = Zeroizing::new(Base64::decode_vec(encoded).ok()?);
        let (name, secret) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
        let decoded = |text: &str| form::decode(text.as_bytes()).unwrap_or_default();
        Some(Self {
            names: [decoded(name), name.to_owned()],
            secrets: [decoded(secret), secret.to_owned()].map(Zeroizing::new),
        })
    }
}
