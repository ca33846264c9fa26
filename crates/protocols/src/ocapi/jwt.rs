//! The tokens by which a site's server proves to be it: JSON Web Tokens (RFC 7519) with a MAC of the HMAC
//! family (RFC 7518, section 3.2), and nothing else. Pure: the key and the moment are parameters.
//!
//! This is no general library on purpose. The kept one, jsonwebtoken, reads the clock of the machine, which no
//! code here may, and takes headers and claims in which a member stands twice; with its checks of time off and
//! both parts read again by our own rules, one call of HMAC would be left of it, and that is in aws-lc-rs.
//!
//! Nothing of a token is believed before its MAC was found right, but for the name under which the key is
//! looked up. A header never says where a key is: `jku`, `jwk`, `x5u` and their like are refused.

use aws_lc_rs::hmac;
use challenge::clock::Timestamp;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use crate::json;

/// Characters of a token at most.
pub(super) const TOKEN_LENGTH_MAX: usize = 4096;

/// Seconds from `iat` to `exp` at most.
pub(super) const LIFETIME_S_MAX: i64 = 300;

/// Seconds by which the clock of a site's server may be ahead of this one's. `exp` has no such grace.
pub(super) const CLOCK_AHEAD_S_MAX: u32 = 60;

/// Bytes of a `jti` at most.
pub(super) const JTI_LENGTH_MAX: usize = 256;

/// Header parameters that bring keys along, or change how the token is to be read; `crit` says that
/// something has to be understood that is not known here (RFC 7515, section 4.1.11).
const REFUSED_PARAMETERS: [&str; 11] = [
    "crit", "b64", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256",
];

/// The algorithms there are.
const ALGORITHMS: [(&str, hmac::Algorithm); 3] = [
    ("HS256", hmac::HMAC_SHA256),
    ("HS384", hmac::HMAC_SHA384),
    ("HS512", hmac::HMAC_SHA512),
];

/// A token that can be read, and may be anybody's.
pub(super) struct Unverified<'a> {
    signed: &'a str,
    mac: Vec<u8>,
    algorithm: (&'static str, hmac::Algorithm),
    claims: Map<String, Value>,
    issuer: String,
}

/// The claims of a token whose MAC is right.
pub(super) struct Claims(Map<String, Value>);

/// What a good token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    /// Its one-time id.
    pub(super) jti: Option<String>,
    /// The moment from which it is good for nothing.
    pub(super) expires_at: Timestamp,
}

/// What a token must be about, where it says what it is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    /// The challenge's id, for `sub`.
    pub(super) challenge: &'a str,
    /// This server's base URL without a slash at the end, for `aud`.
    pub(super) server: &'a str,
}

impl<'a> Unverified<'a> {
    /// Reads a token; nothing where it is none, or none of this kind.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        if text.len() > TOKEN_LENGTH_MAX {
            return None;
        }
        let mut parts = text.split('.');
        let (header, claims, mac) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let signed = text.get(..header.len() + 1 + claims.len())?;
        let algorithm = algorithm(&object(header)?)?;
        let claims = object(claims)?;
        let issuer = claims.get("iss")?.as_str()?.to_owned();
        let mac = BASE64URL_NOPAD.decode(mac.as_bytes()).ok()?;
        Some(Self {
            signed,
            mac,
            algorithm,
            claims,
            issuer,
        })
    }

    /// Who the token says it is from.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The claims, if the MAC is right under this key and its algorithm one of those allowed. The MACs are
    /// compared in constant time, whatever the algorithm.
    pub(super) fn verify(self, key: &[u8], allowed: &[String]) -> Option<Claims> {
        let (name, algorithm) = self.algorithm;
        let mac_key = hmac::Key::new(algorithm, key);
        let right = hmac::verify(&mac_key, self.signed.as_bytes(), &self.mac).is_ok();
        let allowed = allowed.iter().any(|one| one == name);
        (right && allowed && !key.is_empty()).then_some(Claims(self.claims))
    }
}

impl Claims {
    /// What the token is good for at `now`; the error says what is wrong with it.
    pub(super) fn judge(&self, about: About<'_>, now: Timestamp) -> Result<Pass, &'static str> {
        let issued_s = self.seconds("iat")?.ok_or("iat is missing")?;
        let expires_s = self.seconds("exp")?.ok_or("exp is missing")?;
        let lifetime_s = expires_s.checked_sub(issued_s);
        match lifetime_s {
            Some(1..=LIFETIME_S_MAX) => {}
            Some(i64::MIN..=0) => return Err("exp is not after iat"),
            _ => return Err("exp is more than 300 s after iat"),
        }
        let (issued_at, expires_at) = (
            Timestamp::from_unix_s(issued_s),
            Timestamp::from_unix_s(expires_s),
        );
        let soon = now.plus_s(CLOCK_AHEAD_S_MAX);
        if now >= expires_at {
            return Err("it expired");
        }
        if issued_at > soon {
            return Err("iat is more than 60 s in the future; set the clock");
        }
        let begins_s = self.seconds("nbf")?;
        if begins_s.is_some_and(|begins_s| Timestamp::from_unix_s(begins_s) > soon) {
            return Err("nbf is more than 60 s in the future");
        }
        self.judge_subject(about)?;
        let jti = self.jti()?;
        Ok(Pass { jti, expires_at })
    }

    fn judge_subject(&self, about: About<'_>) -> Result<(), &'static str> {
        let is_server = |name: &Value| {
            let name = name.as_str().unwrap_or_default();
            name.strip_suffix('/').unwrap_or(name) == about.server
        };
        let for_server = match self.0.get("aud") {
            None => true,
            Some(Value::Array(names)) => {
                names.iter().all(Value::is_string) && names.iter().any(is_server)
            }
            Some(name) => is_server(name),
        };
        if !for_server {
            return Err("aud is not the base URL of this server; correct it or leave it out");
        }
        match self.0.get("sub") {
            None => Ok(()),
            Some(Value::String(subject)) if subject == about.challenge => Ok(()),
            Some(_) => Err("sub is not the id of this challenge"),
        }
    }

    fn jti(&self) -> Result<Option<String>, &'static str> {
        match self.0.get("jti") {
            None => Ok(None),
            Some(Value::String(jti)) if (1..=JTI_LENGTH_MAX).contains(&jti.len()) => {
                Ok(Some(jti.clone()))
            }
            Some(_) => Err("jti is no text of 1 to 256 bytes"),
        }
    }

    /// A claim of seconds since 1970, a whole number (RFC 7519, section 2, allows fractions; nobody needs them).
    fn seconds(&self, name: &str) -> Result<Option<i64>, &'static str> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let seconds = value.as_i64().filter(|seconds| *seconds >= 0);
        let refused = "iat, exp and nbf are whole numbers of seconds since 1970";
        seconds.map(Some).ok_or(refused)
    }
}

/// The algorithm that a header names; nothing where there is no such one, or the header wants more than that.
fn algorithm(header: &Map<String, Value>) -> Option<(&'static str, hmac::Algorithm)> {
    if REFUSED_PARAMETERS
        .iter()
        .any(|name| header.contains_key(*name))
    {
        return None;
    }
    let is_jwt = header.get("typ").is_none_or(|kind| {
        let kind = kind.as_str().unwrap_or_default();
        kind.eq_ignore_ascii_case("JWT")
    });
    let named = header.get("alg")?.as_str()?;
    let known = ALGORITHMS.into_iter().find(|(name, _)| *name == named);
    known.filter(|_| is_jwt)
}

/// The JSON object in one part of a token.
fn object(part: &str) -> Option<Map<String, Value>> {
    let text = BASE64URL_NOPAD.decode(part.as_bytes()).ok()?;
    match json::read(&text) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const NOON_S: i64 = 1_800_000_000;
    const NOON: Timestamp = Timestamp::from_unix_s(NOON_S);
    const ABOUT: About<'_> = About {
        challenge: "c.1",
        server: "https://challenge.example",
    };

    /// RFC 7515, appendix A.1: the token, and the key that made it.
    const PUBLISHED: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const PUBLISHED_KEY: &str =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn judge(claims: Value) -> Result<Pass, &'static str> {
        let Value::Object(claims) = claims else {
            panic!("claims are an object");
        };
        Claims(claims).judge(ABOUT, NOON)
    }

    #[test]
    fn the_published_token_is_verified_under_its_own_key_and_algorithm_alone() {
        let key = BASE64URL_NOPAD.decode(PUBLISHED_KEY.as_bytes()).unwrap();
        let read = || Unverified::read(PUBLISHED).unwrap();
        assert_eq!(read().issuer(), "joe");
        assert!(read().verify(&key, &names(&["HS256"])).is_some());
        assert!(read().verify(&key, &names(&["HS512", "HS384"])).is_none());
        assert!(read().verify(&key, &[]).is_none());
        assert!(read().verify(&key[1..], &names(&["HS256"])).is_none());
        assert!(read().verify(&[], &names(&["HS256"])).is_none());
    }

    #[test]
    fn no_character_of_a_token_can_be_changed() {
        let key = BASE64URL_NOPAD.decode(PUBLISHED_KEY.as_bytes()).unwrap();
        for place in 0..PUBLISHED.len() {
            for other in ["A", "x", "=", ".", "_", ""] {
                if &PUBLISHED[place..=place] == other {
                    continue;
                }
                let changed = format!("{}{other}{}", &PUBLISHED[..place], &PUBLISHED[place + 1..]);
                let read = Unverified::read(&changed);
                let verified = read.and_then(|token| token.verify(&key, &names(&["HS256"])));
                assert!(verified.is_none(), "{place} {other}");
            }
        }
    }

    #[test]
    fn a_token_lives_300_seconds_at_most_and_clocks_may_differ_by_60() {
        for (iat, exp, nbf, expected) in [
            (0, 300, None, Ok(300)),
            (0, 301, None, Err("exp is more than 300 s after iat")),
            (0, 0, None, Err("exp is not after iat")),
            (10, 5, None, Err("exp is not after iat")),
            (-300, 0, None, Err("it expired")),
            (-299, 1, None, Ok(1)),
            (60, 70, Some(60), Ok(70)),
            (
                61,
                70,
                None,
                Err("iat is more than 60 s in the future; set the clock"),
            ),
            (0, 300, Some(61), Err("nbf is more than 60 s in the future")),
            (0, 300, Some(-1000), Ok(300)),
        ] {
            let mut claims = json!({"iat": NOON_S + iat, "exp": NOON_S + exp});
            if let Some(nbf) = nbf {
                claims["nbf"] = json!(NOON_S + nbf);
            }
            let expected = expected.map(|exp| Pass {
                jti: None,
                expires_at: Timestamp::from_unix_s(NOON_S + exp),
            });
            assert_eq!(judge(claims), expected, "{iat} {exp} {nbf:?}");
        }
    }

    #[test]
    fn numbers_at_the_edge_of_all_numbers_are_refused() {
        for (iat, exp) in [
            (json!(i64::MAX), json!(i64::MIN)),
            (json!(i64::MIN), json!(i64::MAX)),
            (json!(i64::MAX - 1), json!(i64::MAX)),
            (json!(u64::MAX), json!(u64::MAX)),
            (json!(1e300), json!(1e308)),
        ] {
            assert!(
                judge(json!({"iat": iat, "exp": exp})).is_err(),
                "{iat} {exp}"
            );
        }
    }

    #[test]
    fn a_token_is_for_this_server_and_this_challenge_where_it_says_so() {
        for (name, value, good) in [
            ("aud", json!("https://challenge.example"), true),
            ("aud", json!("https://challenge.example/"), true),
            (
                "aud",
                json!(["https://elsewhere.example", "https://challenge.example"]),
                true,
            ),
            ("aud", json!("https://challenge.example//"), false),
            ("aud", json!("https://challenge.example.evil"), false),
            ("aud", json!(["https://challenge.example", 7]), false),
            ("aud", json!([]), false),
            ("aud", json!(null), false),
            ("aud", json!({"https://challenge.example": 1}), false),
            ("sub", json!("c.1"), true),
            ("sub", json!("c.2"), false),
            ("sub", json!(""), false),
            ("sub", json!(null), false),
            ("sub", json!(["c.1"]), false),
            ("jti", json!("1"), true),
            ("jti", json!("j".repeat(256)), true),
            ("jti", json!("j".repeat(257)), false),
            ("jti", json!(""), false),
            ("jti", json!(1), false),
            ("jti", json!(null), false),
        ] {
            let mut claims = json!({"iat": NOON_S, "exp": NOON_S + 60});
            claims[name] = value.clone();
            assert_eq!(judge(claims).is_ok(), good, "{name} {value}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange_to_be_read(text in "\\PC{0,80}") {
            prop_assert!(Unverified::read(&text).is_none());
        }

        #[test]
        fn no_claims_are_too_strange_to_be_judged(
            iat in any::<i64>(), exp in any::<i64>(), nbf in any::<i64>()
        ) {
            let claims = json!({"iat": iat, "exp": exp, "nbf": nbf});
            if let Ok(pass) = judge(claims) {
                prop_assert!(pass.expires_at > NOON && exp - iat <= LIFETIME_S_MAX);
            }
        }
    }
}
