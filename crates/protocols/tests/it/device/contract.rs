//! The worked example of `docs/device-api.md`: the bytes there are the bytes that are signed.

use base64ct::{Base64, Encoding as _};
use challenge::approval::signed::{self, DecisionText, Displayed, LinkText, SignedRequest};
use challenge::approval::{PublicKey, Verdict};

const DOCUMENT: &str = include_str!("../../../../../docs/device-api.md");

/// The generator of P-256: a point that everybody knows.
const POINT: &str =
    "BGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfU=";

fn in_the_document(text: &str) {
    let block = format!("```text\n{text}```\n");
    assert!(
        DOCUMENT.contains(&block),
        "docs/device-api.md lacks\n{block}"
    );
}

#[test]
fn the_documented_request_is_what_is_signed() {
    let text = signed::request(&SignedRequest {
        device: "5629499534213-4503599627370".parse().unwrap(),
        method: "GET",
        path: "/device/v1/sessions?wait_s=30",
        time_ms: 1_790_000_000_000,
        nonce: "3q2-7wAAAAAAAAAAAAAAAAAB",
        body: b"",
        unverified_signature: &[],
        address: None,
    });
    in_the_document(std::str::from_utf8(&text).unwrap());
}

#[test]
fn the_documented_link_is_what_is_signed() {
    let point = Base64::decode_vec(POINT).unwrap();
    let text = signed::link(&LinkText {
        code: "980565",
        public_key: &PublicKey::of_unverified(&point).unwrap(),
        name: "My phone",
        platform: "Android 16",
        time_ms: 1_790_000_000_000,
    });
    in_the_document(std::str::from_utf8(&text).unwrap());
}

#[test]
fn the_documented_decision_is_what_is_signed() {
    let text = signed::decision(&DecisionText {
        displayed: Displayed {
            tenant_id: 40007,
            tenant_name: "Zoë's Bank",
            user: "uid406jkt",
            session: "4503599627370496",
            kind: "PIN",
            header: "Authorization requested",
            text: "Pay 12.50 EUR\nto ACME?",
            device_data: "",
        },
        verdict: Verdict::Approve,
        number: "",
        pin_given: true,
        user_verified: false,
        time_ms: 1_790_000_000_000,
    });
    in_the_document(&text);
}

#[test]
fn every_path_of_the_description_stands_in_the_document() {
    let described: serde_json::Value =
        serde_json::from_str(&protocols::openapi::document()).unwrap();
    let paths = described["paths"].as_object().unwrap().keys();
    let ours: Vec<_> = paths.filter(|path| path.starts_with("/device/")).collect();
    assert_eq!(ours.len(), 8);
    for path in ours {
        assert!(DOCUMENT.contains(path.as_str()), "{path}");
    }
}
