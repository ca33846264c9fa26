//! From nothing to a first conversation: the five minutes of each protocol, typed as they stand in the documents.

use serde_json::Value;

use crate::documents::block;
use crate::documents_stage::{Stage, objects};

fn one(told: &str) -> Value {
    let all = objects(told);
    assert_eq!(all.len(), 1, "{told}");
    all.into_iter().next().unwrap()
}

#[test]
fn five_minutes_of_activid_end_with_a_code_that_is_refused_the_second_time() {
    const DOCUMENT: &str = "docs/start-activid.md";
    let told = Stage::new().types_all(DOCUMENT);
    assert!(one(&told[3])["access_token"].is_string(), "{}", told[3]);
    assert_eq!(told[4].trim_end(), block(DOCUMENT, "json"));
    assert!(told[5].contains("access_token"), "{}", told[5]);
    assert!(told[5].contains("alice"), "{}", told[5]);
}

#[test]
fn five_minutes_of_ocapi_end_with_a_challenge_that_is_valid_once() {
    let told = Stage::new().types_all("docs/start-ocapi.md");
    assert!(told[2].contains("<ocapi-challenge public-id=\"shop\""));
    assert_eq!(one(&told[3])["kind"], "pow");
    assert_eq!(one(&told[5])["state"], "valid");
    assert_eq!(one(&told[6])["state"], "valid");
    assert_eq!(one(&told[7])["state"], "consumed");
}

#[test]
fn five_minutes_of_dualshield_end_with_an_answer_that_is_refused_the_second_time() {
    let told = Stage::new().types_all("docs/start-dualshield.md");
    assert_eq!(told[3].trim_end().len(), 8, "a challenge: {}", told[3]);
    assert_eq!(one(&told[4])["error"], 0);
    assert_eq!(one(&told[5])["error"], 1004);
}

#[test]
fn five_minutes_of_okay_end_with_a_decision_that_stays() {
    const DOCUMENT: &str = "docs/start-okay.md";
    let stage = Stage::new();
    let told = stage.types_all(DOCUMENT);
    assert_eq!(one(&told[4])["status"]["code"], -1);
    assert!(told[5].contains("Pay 12.50 EUR to ACME?"), "{}", told[5]);
    let approved = block(DOCUMENT, "json");
    assert!(told[5].trim_end().ends_with(&approved), "{}", told[5]);
    assert!(told[6].contains("it is decided already"), "{}", told[6]);
    assert!(told[6].contains("the code was used"), "{}", told[6]);
    assert!(told[6].trim_end().ends_with(&approved), "{}", told[6]);
    assert!(told[7].contains("Pay 12.50 EUR to ACME?"), "{}", told[7]);
}
