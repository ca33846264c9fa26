//! Claims that are not good, although the key that signed them is.

use serde_json::json;

use super::parts::{Forgeries, HEADER, claims, claims_with, good, signed};
use crate::shop::{SERVER, START_S};

/// Claims that are not good, under the right key.
pub(crate) fn bad_claims(another: &str) -> Forgeries {
    let now = START_S;
    [
        ("iss", json!("other")),
        ("iss", json!("nobody")),
        ("iss", json!("SHOP")),
        ("iss", json!("shop ")),
        ("iss", json!(["shop"])),
        ("iss", json!({"shop": 1})),
        ("iss", json!(null)),
        ("exp", json!((now + 60).to_string())),
        ("exp", json!(1_800_000_060.5)),
        ("exp", json!(null)),
        ("exp", json!(true)),
        ("exp", json!([now + 60])),
        ("exp", json!(-1)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(now)),
        ("exp", json!(now - 1)),
        ("exp", json!(now + 301)),
        ("exp", json!((now + 60) * 1000)),
        ("iat", json!(now.to_string())),
        ("iat", json!(null)),
        ("iat", json!(now + 60)),
        ("iat", json!(0)),
        ("nbf", json!(now + 61)),
        ("nbf", json!(now.to_string())),
        ("nbf", json!(null)),
        ("sub", json!(another)),
        ("sub", json!(1)),
        ("sub", json!(null)),
        ("sub", json!("")),
        ("aud", json!("https://elsewhere.example")),
        ("aud", json!(["https://elsewhere.example"])),
        ("aud", json!(format!("{SERVER}.evil.example"))),
        ("aud", json!([])),
        ("aud", json!(null)),
        ("aud", json!(1)),
        ("jti", json!(1)),
        ("jti", json!("")),
        ("jti", json!(null)),
        ("jti", json!("j".repeat(257))),
        ("more", json!("x".repeat(1_000_000))),
    ]
    .into_iter()
    .map(|(name, value)| {
        let shown: String = value.to_string().chars().take(40).collect();
        (
            format!("{name} {shown}"),
            signed(HEADER, &claims_with(name, &value)),
        )
    })
    .collect()
}

/// Claims that are missing, stand twice or are none, under the right key.
pub(crate) fn unreadable_claims() -> Forgeries {
    let now = START_S;
    let future = json!({"iss": "shop", "iat": now + 61, "exp": now + 120}).to_string();
    let deep = format!(
        r#"{{"iss":"shop","iat":{now},"exp":{},"more":{}{}}}"#,
        now + 60,
        "[".repeat(500),
        "]".repeat(500)
    );
    let two = |twice: &str| {
        let end = now + 60;
        format!(r#"{{"iss":"shop","iat":{now},"exp":{end},{twice}}}"#)
    };
    let mut forms = Forgeries::new();
    for (name, claims) in [
        ("iat in the future", future.as_str()),
        ("deeply nested", &deep),
        ("no iss", &json!({"iat": now, "exp": now + 60}).to_string()),
        ("no exp", &json!({"iss": "shop", "iat": now}).to_string()),
        (
            "no iat",
            &json!({"iss": "shop", "exp": now + 60}).to_string(),
        ),
        ("nothing claimed", "{}"),
        ("iss twice", &two(r#""iss":"other""#)),
        ("exp twice", &two(r#""exp":9999999999"#)),
        ("exp twice, once escaped", &two(r#""e\u0078p":9999999999"#)),
        (
            "a member twice further down",
            &two(r#""more":{"a":1,"a":2}"#),
        ),
        (
            "exp with an exponent",
            &format!(r#"{{"iss":"shop","iat":{now},"exp":1.80000006e9}}"#),
        ),
        (
            "exp beyond all numbers",
            &format!(r#"{{"iss":"shop","iat":{now},"exp":1e400}}"#),
        ),
        ("claims a list", r#"[{"iss":"shop"}]"#),
        ("claims a text", r#""shop""#),
        ("claims a token", &good()),
        ("claims empty", ""),
        ("claims no JSON", "iss=shop"),
        (
            "claims with a mark before them",
            &format!("\u{feff}{}", claims()),
        ),
    ] {
        forms.push((name.to_owned(), signed(HEADER, claims)));
    }
    forms
}
