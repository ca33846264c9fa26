//! The suite grammar: what is read, and where it is refused.

use oath::Algorithm;
use oath::ocra::{QuestionFormat, QuestionKind, Suite};

fn suite(text: &str) -> Suite {
    Suite::parse(text).unwrap()
}

#[test]
fn every_member_is_read() {
    let suite = suite("OCRA-1:HOTP-SHA512-10:C-QA64-PSHA256-S512-T59M");
    assert_eq!(suite.algorithm(), Algorithm::Sha512);
    assert_eq!(suite.digits(), 10);
    assert!(suite.has_counter());
    let format = QuestionFormat {
        kind: QuestionKind::Alphanumeric,
        max: 64,
    };
    assert_eq!(suite.question_format(), format);
    assert_eq!(suite.pin(), Some(Algorithm::Sha256));
    assert_eq!(suite.session_bytes(), Some(512));
    assert_eq!(suite.time_step_s(), Some(59 * 60));
    assert_eq!(suite.time_step(59 * 60 * 7 + 1), Some(7));
}

#[test]
fn members_that_are_left_out_are_none() {
    let suite = suite("OCRA-1:HOTP-SHA1-4:QH04");
    assert_eq!(suite.digits(), 4);
    assert!(!suite.has_counter());
    assert_eq!((suite.pin(), suite.session_bytes()), (None, None));
    assert_eq!((suite.time_step_s(), suite.time_step(1)), (None, None));
    assert!(suite.hash_pin("1234").is_none());
}

#[test]
fn the_examples_of_rfc_6287_section_6_4_are_read() {
    assert!(suite("OCRA-1:HOTP-SHA512-8:C-QN08-PSHA1").has_counter());
    assert_eq!(
        suite("OCRA-1:HOTP-SHA256-6:QA10-T1M").time_step_s(),
        Some(60)
    );
    let single = suite("OCRA-1:HOTP-SHA1-4:QH8-S512");
    assert_eq!(
        single.question_format(),
        QuestionFormat {
            kind: QuestionKind::Hexadecimal,
            max: 8
        }
    );
    assert_eq!(single.as_str(), "OCRA-1:HOTP-SHA1-4:QH8-S512");
}

#[test]
fn time_steps_have_their_three_units() {
    let step_s = |step: &str| suite(&format!("OCRA-1:HOTP-SHA1-6:QN08-T{step}")).time_step_s();
    assert_eq!(step_s("1S"), Some(1));
    assert_eq!(step_s("59S"), Some(59));
    assert_eq!(step_s("10M"), Some(600));
    assert_eq!(step_s("1H"), Some(3600));
    assert_eq!(step_s("48H"), Some(172_800));
}

#[test]
fn a_suite_is_shown_as_it_was_written() {
    let text = "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1";
    assert_eq!(suite(text).to_string(), text);
    assert_eq!(text.parse::<Suite>(), Ok(suite(text)));
    assert_ne!(
        suite("OCRA-1:HOTP-SHA1-6:QN8"),
        suite("OCRA-1:HOTP-SHA1-6:QN08")
    );
}

/// Each text with the offset it is refused at and a part of what was expected there.
const REFUSED: &[(&str, usize, &str)] = &[
    ("", 0, "OCRA-1:HOTP-"),
    ("ocra-1:HOTP-SHA1-6:QN08", 0, "OCRA-1:HOTP-"),
    (" OCRA-1:HOTP-SHA1-6:QN08", 0, "OCRA-1:HOTP-"),
    ("OCRA-2:HOTP-SHA1-6:QN08", 5, "OCRA-1:HOTP-"),
    ("OCRA-1", 6, "OCRA-1:HOTP-"),
    ("OCRA-1:TOTP-SHA1-6:QN08", 7, "OCRA-1:HOTP-"),
    ("OCRA-1:HOTP-MD5-6:QN08", 12, "SHA1, SHA256 or SHA512"),
    ("OCRA-1:HOTP-sha1-6:QN08", 12, "SHA1, SHA256 or SHA512"),
    ("OCRA-1:HOTP-SHA-1-6:QN08", 12, "SHA1, SHA256 or SHA512"),
    ("OCRA-1:HOTP-SHA384-6:QN08", 12, "SHA1, SHA256 or SHA512"),
    ("OCRA-1:HOTP-", 12, "SHA1, SHA256 or SHA512"),
    ("OCRA-1:HOTP-SHA1", 16, "- and a number of digits"),
    ("OCRA-1:HOTP-SHA1:QN08", 16, "- and a number of digits"),
    ("OCRA-1:HOTP-SHA1-0:QN08", 17, "no truncation"),
    ("OCRA-1:HOTP-SHA1-3:QN08", 17, "4 to 10"),
    ("OCRA-1:HOTP-SHA1-11:QN08", 17, "4 to 10"),
    ("OCRA-1:HOTP-SHA1-06:QN08", 17, "4 to 10"),
    ("OCRA-1:HOTP-SHA1-+6:QN08", 17, "4 to 10"),
    ("OCRA-1:HOTP-SHA1-٦:QN08", 17, "4 to 10"),
    ("OCRA-1:HOTP-SHA1-:QN08", 17, "4 to 10"),
    ("OCRA-1:HOTP-SHA1-6", 18, ": and the data input"),
    ("OCRA-1:HOTP-SHA1-6:", 19, "the question"),
    ("OCRA-1:HOTP-SHA1-6:C", 20, "- and the question"),
    ("OCRA-1:HOTP-SHA1-6:C-", 21, "the question"),
    ("OCRA-1:HOTP-SHA1-6:C-C-QN08", 21, "the question"),
    ("OCRA-1:HOTP-SHA1-6:CQN08", 19, "the question"),
    ("OCRA-1:HOTP-SHA1-6:c-QN08", 19, "the question"),
    ("OCRA-1:HOTP-SHA1-6:qn08", 19, "the question"),
    ("OCRA-1:HOTP-SHA1-6:PSHA1-QN08", 19, "the question"),
    ("OCRA-1:HOTP-SHA1-6:Q", 20, "A, N or H"),
    ("OCRA-1:HOTP-SHA1-6:Qn08", 20, "A, N or H"),
    ("OCRA-1:HOTP-SHA1-6:QB08", 20, "A, N or H"),
    ("OCRA-1:HOTP-SHA1-6:QN", 21, "04 to 64"),
    ("OCRA-1:HOTP-SHA1-6:QN3", 21, "04 to 64"),
    ("OCRA-1:HOTP-SHA1-6:QN03", 21, "04 to 64"),
    ("OCRA-1:HOTP-SHA1-6:QN00", 21, "04 to 64"),
    ("OCRA-1:HOTP-SHA1-6:QN65", 21, "04 to 64"),
    ("OCRA-1:HOTP-SHA1-6:QN008", 21, "04 to 64"),
    ("OCRA-1:HOTP-SHA1-6:QN0x", 21, "04 to 64"),
    ("OCRA-1:HOTP-SHA1-6:QN08 ", 21, "04 to 64"),
    ("OCRA-1:HOTP-SHA1-6:QN08:", 21, "04 to 64"),
    ("OCRA-1:HOTP-SHA1-6:QN08-", 24, "nothing but P, S and T"),
    ("OCRA-1:HOTP-SHA1-6:QN08-C", 24, "nothing but P, S and T"),
    ("OCRA-1:HOTP-SHA1-6:QN08-X", 24, "nothing but P, S and T"),
    ("OCRA-1:HOTP-SHA1-6:QN08-QN08", 24, "nothing but P, S and T"),
    ("OCRA-1:HOTP-SHA1-6:QN08-P", 25, "SHA1, SHA256 or SHA512"),
    ("OCRA-1:HOTP-SHA1-6:QN08-PMD5", 25, "SHA1, SHA256 or SHA512"),
    (
        "OCRA-1:HOTP-SHA1-6:QN08-Psha1",
        25,
        "SHA1, SHA256 or SHA512",
    ),
    ("OCRA-1:HOTP-SHA1-6:QN08-S", 25, "001 to 512"),
    ("OCRA-1:HOTP-SHA1-6:QN08-S64", 25, "001 to 512"),
    ("OCRA-1:HOTP-SHA1-6:QN08-S000", 25, "001 to 512"),
    ("OCRA-1:HOTP-SHA1-6:QN08-S513", 25, "001 to 512"),
    ("OCRA-1:HOTP-SHA1-6:QN08-S+64", 25, "001 to 512"),
    ("OCRA-1:HOTP-SHA1-6:QN08-S0064", 25, "001 to 512"),
    ("OCRA-1:HOTP-SHA1-6:QN08-T", 25, "1 to 59 with S or M"),
    ("OCRA-1:HOTP-SHA1-6:QN08-TM", 25, "1 to 59 with S or M"),
    ("OCRA-1:HOTP-SHA1-6:QN08-T0S", 25, "a step of no length"),
    ("OCRA-1:HOTP-SHA1-6:QN08-T0H", 25, "a step of no length"),
    ("OCRA-1:HOTP-SHA1-6:QN08-T01M", 25, "1 to 59 with S or M"),
    ("OCRA-1:HOTP-SHA1-6:QN08-T60S", 25, "1 to 59 with S or M"),
    ("OCRA-1:HOTP-SHA1-6:QN08-T60M", 25, "1 to 59 with S or M"),
    ("OCRA-1:HOTP-SHA1-6:QN08-T49H", 25, "1 to 48 with H"),
    ("OCRA-1:HOTP-SHA1-6:QN08-T300S", 25, "1 to 59 with S or M"),
    ("OCRA-1:HOTP-SHA1-6:QN08-T1", 26, "S, M or H"),
    ("OCRA-1:HOTP-SHA1-6:QN08-T1m", 26, "S, M or H"),
    ("OCRA-1:HOTP-SHA1-6:QN08-T10D", 27, "S, M or H"),
    ("OCRA-1:HOTP-SHA1-6:QN08-T1MM", 26, "S, M or H"),
    (
        "OCRA-1:HOTP-SHA1-6:QN08-T1M-PSHA1",
        28,
        "nothing but P, S and T",
    ),
    (
        "OCRA-1:HOTP-SHA1-6:QN08-S064-PSHA1",
        29,
        "nothing but P, S and T",
    ),
    (
        "OCRA-1:HOTP-SHA1-6:QN08-T1M-S064",
        28,
        "nothing but P, S and T",
    ),
    (
        "OCRA-1:HOTP-SHA1-6:QN08-PSHA1-PSHA1",
        30,
        "nothing but P, S and T",
    ),
    (
        "OCRA-1:HOTP-SHA1-6:QN08-T1M-T1M",
        28,
        "nothing but P, S and T",
    ),
    ("OCRA-1:HOTP-SHA1-6:QN08-T1M-", 28, "nothing but P, S and T"),
    ("OCRA-1:HOTP-SHA1-6:QN08--T1M", 24, "nothing but P, S and T"),
    ("OCRA-1:HOTP-SHA1-6:QN08\n", 21, "04 to 64"),
];

#[test]
fn what_breaks_the_grammar_is_refused_where_it_does() {
    for (text, at, expected) in REFUSED {
        let error = Suite::parse(text).expect_err(text);
        assert_eq!(error.at, *at, "{text:?}: {error}");
        assert!(error.expected.contains(expected), "{text:?}: {error}");
    }
}

#[test]
fn the_error_says_where_and_what() {
    let error = Suite::parse("OCRA-1:HOTP-MD5-6:QN08").unwrap_err();
    let text = "not an OCRA suite: at byte 12, expected SHA1, SHA256 or SHA512";
    assert_eq!(error.to_string(), text);
}
