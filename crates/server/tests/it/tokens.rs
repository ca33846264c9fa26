//! `token`: the published vectors, and silence where it refuses.

use std::process::{Command, Output};

use serde_json::Value;

use crate::running::PROGRAM;

const VECTORS: &str = include_str!("../../../oath/tests/vectors/oath.json");
const KEY: &str = "3132333435363738393031323334353637383930";

fn token(arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .arg("token")
        .args(arguments)
        .output()
        .unwrap()
}

fn code(arguments: &[&str]) -> String {
    let output = token(arguments);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && told.is_empty(),
        "{arguments:?}: {told}"
    );
    String::from_utf8(output.stdout).unwrap()
}

fn rows(name: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    vectors[name].as_array().unwrap().clone()
}

fn text(row: &Value, key: &str) -> String {
    match &row[key] {
        Value::String(text) => text.clone(),
        Value::Null => panic!("no {key} in {row}"),
        other => other.to_string(),
    }
}

#[test]
fn the_codes_of_rfc_4226_are_printed_alone() {
    for row in rows("hotp") {
        let (key, counter) = (text(&row, "key_hex"), text(&row, "counter"));
        let short = code(&["hotp", "--key-hex", &key, "--counter", &counter]);
        assert_eq!(short, format!("{}\n", text(&row, "expected6")));
        let long = code(&[
            "hotp",
            "--key-hex",
            &key,
            "--counter",
            &counter,
            "--digits",
            "8",
        ]);
        assert_eq!(long, format!("{}\n", text(&row, "derived8")));
    }
}

#[test]
fn the_codes_of_rfc_6238_are_printed_alone() {
    for row in rows("totp") {
        let (key, time) = (text(&row, "key_hex"), text(&row, "unix_time"));
        let algorithm = text(&row, "algorithm");
        let options = ["--time", &time, "--algorithm", &algorithm, "--digits", "8"];
        let printed = code(&[&["totp", "--key-hex", &key][..], &options].concat());
        assert_eq!(printed, format!("{}\n", text(&row, "expected8")));
    }
}

#[test]
fn the_responses_of_rfc_6287_are_printed_alone() {
    let mut played = 0;
    for row in rows("ocra_rfc") {
        let (suite, question) = (text(&row, "suite"), text(&row, "question"));
        // The two-way ones are computed over a pair of questions, which the command does not take.
        let format = oath::ocra::Suite::parse(&suite).unwrap().question_format();
        if question.len() > usize::from(format.max) {
            continue;
        }
        let key = text(&row, "key_hex");
        let mut arguments = vec![
            "ocra",
            "--suite",
            &suite,
            "--key-hex",
            &key,
            "--question",
            &question,
        ];
        let counter = row
            .get("counter")
            .filter(|value| !value.is_null())
            .map(ToString::to_string);
        if let Some(counter) = &counter {
            arguments.extend(["--counter", counter]);
        }
        if suite.contains("-PSHA") {
            arguments.extend(["--pin", "1234"]);
        }
        // 2008-03-25T12:06:30Z, as the vectors' notes say.
        arguments.extend(["--time", "1206446790"]);
        assert_eq!(
            code(&arguments),
            format!("{}\n", text(&row, "expected")),
            "{row}"
        );
        played += 1;
    }
    assert!(played >= 40, "{played} vectors");
}

#[test]
fn a_short_session_is_padded_on_the_left() {
    let ocra = |session: &str| {
        let suite = "OCRA-1:HOTP-SHA1-8:QN08-S004";
        let options = ["--question", "12345678", "--session-hex", session];
        code(&[&["ocra", "--suite", suite, "--key-hex", KEY][..], &options].concat())
    };
    assert_eq!(ocra("abcd"), ocra("0000abcd"));
    assert_ne!(ocra("abcd"), ocra("abcd0000"));
}

#[test]
fn a_refusal_is_one_line_on_stderr_and_nothing_on_stdout() {
    let ocra = |suite, rest: &[&'static str]| {
        [&["ocra", "--key-hex", KEY, "--suite", suite][..], rest].concat()
    };
    for (arguments, reason) in [
        (
            vec!["hotp", "--key-hex", "3132z", "--counter", "0"],
            "--key-hex",
        ),
        (
            vec!["hotp", "--key-hex", KEY, "--counter", "0", "--digits", "5"],
            "--digits",
        ),
        (vec!["totp", "--key-hex", KEY, "--step", "0"], "--step"),
        (
            vec!["totp", "--key-hex", KEY, "--algorithm", "MD5"],
            "--algorithm",
        ),
        (
            ocra("OCRA-1:HOTP-SHA1-6:QN08", &["--question", "123456789"]),
            "9 characters",
        ),
        (
            ocra("OCRA-1:HOTP-SHA1-6:QN08", &["--question", "12A"]),
            "decimal digit",
        ),
        (
            ocra("OCRA-1:HOTP-SHA1-0:QN08", &["--question", "1"]),
            "--suite",
        ),
        (
            ocra("OCRA-1:HOTP-SHA1-6:C-QN08", &["--question", "1"]),
            "--counter",
        ),
        (
            ocra("OCRA-1:HOTP-SHA1-6:QN08-PSHA1", &["--question", "1"]),
            "--pin",
        ),
        (
            ocra("OCRA-1:HOTP-SHA1-6:QN08-S064", &["--question", "1"]),
            "--session-hex",
        ),
        (
            ocra(
                "OCRA-1:HOTP-SHA1-6:QN08",
                &["--question", "1", "--counter", "1"],
            ),
            "counter",
        ),
    ] {
        let output = token(&arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.contains(reason) && !told.contains("3132"), "{told}");
    }
    for wrong in [
        &["hotp", "--key-hex", KEY][..],
        &["hotp", "--counter", "0", KEY],
    ] {
        let output = token(wrong);
        assert_eq!(output.status.code(), Some(2));
        assert!(!String::from_utf8(output.stderr).unwrap().contains("3132"));
    }
}
