//! Headers that name other algorithms, bring keys along or set conditions, and keys that are not the site's.

use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};
use serde_json::json;

use super::parts::{Forgeries, claims, encoded, key, signed};
use crate::shop::{key_of, sign};

/// Headers of other algorithms than the site's.
pub(crate) fn algorithms() -> Forgeries {
    let claims = claims().to_string();
    let mut forms = Forgeries::new();
    for name in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({"alg": name, "typ": "JWT"}).to_string();
        let unsigned = format!("{}.{}.", encoded(&header), encoded(&claims));
        forms.push((format!("alg {name:?}, no MAC"), unsigned));
        forms.push((format!("alg {name:?}, right MAC"), signed(&header, &claims)));
    }
    for name in [
        "RS256", "RS384", "RS512", "ES256", "ES512", "PS512", "EdDSA", "HS1", "hs512", "HS512 ",
        "HS-512", "dir", "A256KW",
    ] {
        let header = json!({"alg": name, "typ": "JWT"}).to_string();
        forms.push((format!("alg {name}"), signed(&header, &claims)));
    }
    for (name, header) in [
        ("alg missing", r#"{"typ":"JWT"}"#),
        ("alg null", r#"{"alg":null}"#),
        ("alg a list", r#"{"alg":["HS512"]}"#),
        ("alg a number", r#"{"alg":512}"#),
    ] {
        forms.push((name.to_owned(), signed(header, &claims)));
    }
    for (name, with, alg) in [
        ("HS256, which the site does not list", HMAC_SHA256, "HS256"),
        ("HS384, which the site does not list", HMAC_SHA384, "HS384"),
        ("SHA-256 under the name of HS512", HMAC_SHA256, "HS512"),
        ("SHA-512 under the name of HS256", HMAC_SHA512, "HS256"),
        ("SHA-1", HMAC_SHA1_FOR_LEGACY_USE_ONLY, "HS512"),
        (
            "the public key's trick: RS256 by HMAC",
            HMAC_SHA256,
            "RS256",
        ),
    ] {
        let header = json!({"alg": alg, "typ": "JWT"}).to_string();
        forms.push((name.to_owned(), sign(with, &header, &claims, &key())));
    }
    forms
}

/// MACs under keys that are not the site's, though a header may say they are.
pub(crate) fn foreign_keys() -> Forgeries {
    let own = key();
    let jwk = format!(r#","jwk":{{"kty":"oct","k":"{}"}}"#, encoded("mine"));
    let forged = |(name, more, key): (&str, &str, &str)| {
        let header = format!(r#"{{"alg":"HS512"{more}}}"#);
        let token = sign(HMAC_SHA512, &header, &claims().to_string(), key);
        (name.to_owned(), token)
    };
    [
        ("an empty key", "", ""),
        ("the public id as key", "", "shop"),
        ("another site's key", "", &key_of("other")),
        ("the key, cut", "", &own[..63]),
        ("the key and more", "", &format!("{own}\n")),
        ("kid names an empty file", r#","kid":"../../dev/null""#, ""),
        ("kid is SQL", r#","kid":"x' UNION SELECT 'mine""#, "mine"),
        (
            "kid names another site",
            r#","kid":"other""#,
            &key_of("other"),
        ),
        ("jwk brings its own key", &jwk, "mine"),
    ]
    .map(forged)
    .to_vec()
}

/// Headers that are refused although the MAC is right.
pub(crate) fn headers() -> Forgeries {
    let conditions = [
        r#""jwk":{"kty":"oct","k":"AA"}"#,
        r#""jku":"https://evil.example/jwks""#,
        r#""x5u":"https://evil.example/x""#,
        r#""x5c":["MII"]"#,
        r#""x5t":"AA""#,
        r#""x5t#S256":"AA""#,
        r#""crit":["exp"],"exp":1"#,
        r#""crit":[]"#,
        r#""crit":null"#,
        r#""crit":["b64"],"b64":false"#,
        r#""b64":false"#,
        r#""zip":"DEF""#,
        r#""enc":"A256GCM""#,
        r#""cty":"JWT""#,
        r#""typ":"at+jwt""#,
        r#""typ":1"#,
        r#""typ":null"#,
        r#""alg":"HS512""#,
        r#""alg":"none""#,
        r#""\u0061lg":"none""#,
        r#""more":{"a":1,"a":2}"#,
    ]
    .map(|more| format!(r#"{{"alg":"HS512",{more}}}"#));
    let strange = [
        r#"["HS512"]"#,
        r#""HS512""#,
        "",
        "{alg:HS512}",
        r#"{"alg":"HS512"}{"alg":"none"}"#,
        "\u{feff}{\"alg\":\"HS512\"}",
    ]
    .map(str::to_owned);
    let all = conditions.into_iter().chain(strange);
    all.map(|header| {
        (
            format!("header {header}"),
            signed(&header, &claims().to_string()),
        )
    })
    .collect()
}
