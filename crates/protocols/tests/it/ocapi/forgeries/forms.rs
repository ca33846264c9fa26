//! Tokens whose parts are right, and whose form is not.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::json;

use super::parts::{Forgeries, HEADER, claims_with, encoded, good, signed};
use crate::shop::START_S;

/// Tokens whose parts are right, and whose form is not.
pub(crate) fn broken_forms() -> Forgeries {
    let good = good();
    let (signed_part, mac) = good.rsplit_once('.').unwrap();
    let (header, claims) = signed_part.split_once('.').unwrap();
    let raw = BASE64URL_NOPAD.decode(mac.as_bytes()).unwrap();
    let foreign = signed(HEADER, &claims_with("jti", &json!("1")));
    let foreign_mac = foreign.rsplit('.').next().unwrap();
    let stretched = encoded(claims_with("exp", &json!(START_S + 300)));
    let loose = with_loose_bits(mac);
    let whole = json!({"payload": claims, "protected": header, "signature": mac});
    [
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("one part", header.to_owned()),
        ("two parts", format!("{header}.{claims}")),
        ("no MAC", format!("{header}.{claims}.")),
        ("four parts", format!("{good}.")),
        ("a dot before it", format!(".{good}")),
        (
            "five parts, as if encrypted",
            format!("{header}.{claims}.{mac}.{mac}.{mac}"),
        ),
        (
            "the parts in another order",
            format!("{claims}.{header}.{mac}"),
        ),
        (
            "another token's MAC",
            format!("{header}.{claims}.{foreign_mac}"),
        ),
        (
            "claims changed afterwards",
            format!("{header}.{stretched}.{mac}"),
        ),
        (
            "half a MAC",
            format!("{header}.{claims}.{}", encoded(&raw[..32])),
        ),
        (
            "one byte of a MAC",
            format!("{header}.{claims}.{}", encoded(&raw[..1])),
        ),
        (
            "a MAC and more",
            format!("{header}.{claims}.{}", encoded([&raw[..], b"0"].concat())),
        ),
        (
            "a MAC of zeros",
            format!("{header}.{claims}.{}", encoded([0; 64])),
        ),
        ("padded", format!("{good}==")),
        (
            "in the other alphabet",
            format!("{header}.{claims}.{}", BASE64.encode(&raw)),
        ),
        (
            "with loose bits at the end",
            format!("{header}.{claims}.{loose}"),
        ),
        ("with a blank inside", format!("{header}. {claims}.{mac}")),
        ("in quotes", format!("\"{good}\"")),
        ("two of them", format!("{good},{good}")),
        ("Bearer twice", format!("Bearer {good}")),
        ("as JSON", whole.to_string()),
        ("in upper case", good.to_uppercase()),
    ]
    .into_iter()
    .map(|(name, token)| (name.to_owned(), token))
    .collect()
}

/// Base64 of 64 bytes whose last four bits, which mean nothing, are not zero.
fn with_loose_bits(mac: &str) -> String {
    let (rest, last) = mac.split_at(mac.len() - 1);
    let next = char::from(last.as_bytes()[0] + 1);
    format!("{rest}{next}")
}
