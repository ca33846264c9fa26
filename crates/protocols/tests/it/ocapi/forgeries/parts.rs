//! What tokens are put together of.

use aws_lc_rs::hmac::HMAC_SHA512;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::shop::{START_S, key_of, sign};

/// A header that is taken.
pub(crate) const HEADER: &str = r#"{"alg":"HS512","typ":"JWT"}"#;

/// Name and text of each token.
pub(crate) type Forgeries = Vec<(String, String)>;

/// Claims that are taken.
pub(crate) fn claims() -> Value {
    json!({"iss": "shop", "iat": START_S, "exp": START_S + 60})
}

/// The same, one of them replaced.
pub(crate) fn claims_with(name: &str, value: &Value) -> String {
    let mut claims = claims();
    claims[name] = value.clone();
    claims.to_string()
}

/// The key of the site that they claim to be from.
pub(crate) fn key() -> String {
    key_of("shop")
}

/// A token of these parts whose MAC is right.
pub(crate) fn signed(header: &str, claims: &str) -> String {
    sign(HMAC_SHA512, header, claims, &key())
}

/// A token that is taken.
pub(crate) fn good() -> String {
    signed(HEADER, &claims().to_string())
}

/// A part of a token.
pub(crate) fn encoded(part: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(part.as_ref())
}
