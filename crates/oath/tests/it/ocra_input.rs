//! Questions, PINs, session information, and the bytes that are hashed.

use oath::ocra::{Input, InputError, Member, PinHash, QuestionError, QuestionKind, Suite};
use oath::{Algorithm, Key};

fn suite(members: &str) -> Suite {
    Suite::parse(&format!("OCRA-1:HOTP-SHA1-6:{members}")).unwrap()
}

fn input<'a>(suite: &Suite, question: &str) -> Input<'a> {
    let question = suite.question(question).unwrap();
    Input {
        counter: None,
        question,
        pin: None,
        session: None,
        time_step: None,
    }
}

/// What is hashed after suite and 00.
fn members(suite: &Suite, input: &Input<'_>) -> Vec<u8> {
    let data = suite.data_input(input).unwrap();
    assert_eq!(&data[..suite.as_str().len()], suite.as_str().as_bytes());
    assert_eq!(data[suite.as_str().len()], 0);
    data[suite.as_str().len() + 1..].to_vec()
}

/// The 128 bytes of a question without the zeros at their end.
fn question(format: &str, text: &str) -> String {
    let suite = suite(format);
    let bytes = members(&suite, &input(&suite, text));
    assert_eq!(bytes.len(), 128);
    let used = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    data_encoding::HEXLOWER.encode(&bytes[..used])
}

#[test]
fn a_number_is_taken_in_hexadecimal_and_padded_on_the_right() {
    assert_eq!(question("QN08", "44444444"), "2a62b1c0");
    assert_eq!(question("QN08", "255"), "ff");
    assert_eq!(question("QN08", "256"), "10"); // 100, then a 0 to fill the byte.
    assert_eq!(question("QN08", "00000001"), "10");
    assert_eq!(question("QN08", "1"), "10");
    assert_eq!(question("QN08", "00000000"), "");
}

#[test]
fn a_number_may_have_64_digits() {
    // 10^64 - 1
    let expected = "184f03e93ff9f4daa797ed6e38ed64bf6a1f00ffffffffffffffff";
    assert_eq!(question("QN64", &"9".repeat(64)), expected);
}

#[test]
fn two_numbers_are_one_of_up_to_128_digits() {
    let suite = suite("QN64");
    let nines = "9".repeat(64);
    let pair = suite.question_pair(&nines, &nines).unwrap();
    let bytes = members(
        &suite,
        &Input {
            question: pair,
            ..input(&suite, "1")
        },
    );
    // 10^128 - 1, and a 0 to fill the last byte.
    let expected = "24ee91f2603a6337f19bccdb0dac404dc08d3cff5ec2374e42f0f1\
                    538fd03df99092e953e00ffffffffffffffffffffffffffffffff0";
    assert_eq!(data_encoding::HEXLOWER.encode(&bytes[..54]), expected);
    assert!(bytes[54..].iter().all(|byte| *byte == 0));
}

#[test]
fn hexadecimal_digits_are_taken_as_bytes_in_either_case() {
    assert_eq!(question("QH08", "aBcDeF01"), "abcdef01");
    assert_eq!(question("QH08", "abc"), "abc0");
    assert_eq!(question("QH08", "1"), "10");
}

#[test]
fn text_is_taken_byte_for_byte() {
    assert_eq!(question("QA10", "SIG1000000"), "53494731303030303030");
    assert_eq!(question("QA10", " ~"), "207e");
}

#[test]
fn a_question_is_refused_and_its_fault_named() {
    use QuestionKind::{Alphanumeric, Hexadecimal, Numeric};
    let error = |format: &str, text: &str| suite(format).question(text).unwrap_err();
    for format in ["QN08", "QA08", "QH08"] {
        assert_eq!(error(format, ""), QuestionError::Empty);
        assert_eq!(
            error(format, "123456789"),
            QuestionError::TooLong { max: 8, found: 9 }
        );
    }
    assert_eq!(
        error("QN08", "12a"),
        QuestionError::Character {
            at: 2,
            kind: Numeric
        }
    );
    assert_eq!(
        error("QN08", "1 2"),
        QuestionError::Character {
            at: 1,
            kind: Numeric
        }
    );
    assert_eq!(
        error("QN08", "٣"),
        QuestionError::Character {
            at: 0,
            kind: Numeric
        }
    );
    assert_eq!(
        error("QN08", "-1"),
        QuestionError::Character {
            at: 0,
            kind: Numeric
        }
    );
    assert_eq!(
        error("QH08", "12g"),
        QuestionError::Character {
            at: 2,
            kind: Hexadecimal
        }
    );
    assert_eq!(
        error("QA08", "aé"),
        QuestionError::Character {
            at: 1,
            kind: Alphanumeric
        }
    );
    assert_eq!(
        error("QA08", "a\n"),
        QuestionError::Character {
            at: 1,
            kind: Alphanumeric
        }
    );
    let text = "the question has a character at byte 2 that is not a decimal digit";
    assert_eq!(error("QN08", "12a").to_string(), text);
}

#[test]
fn either_question_of_a_pair_may_be_refused() {
    let suite = suite("QA08");
    assert_eq!(
        suite.question_pair("", "a").unwrap_err(),
        QuestionError::Empty
    );
    assert_eq!(
        suite.question_pair("a", "").unwrap_err(),
        QuestionError::Empty
    );
    let long = QuestionError::TooLong { max: 8, found: 9 };
    assert_eq!(suite.question_pair("a", "123456789").unwrap_err(), long);
}

#[test]
fn the_longest_pair_fills_the_question() {
    let suite = suite("QA64");
    let pair = suite
        .question_pair(&"a".repeat(64), &"b".repeat(64))
        .unwrap();
    let bytes = members(
        &suite,
        &Input {
            question: pair,
            ..input(&suite, "1")
        },
    );
    assert_eq!(
        bytes,
        ["a".repeat(64), "b".repeat(64)].concat().into_bytes()
    );
}

#[test]
fn server_and_client_join_their_questions_in_opposite_order() {
    let suite = suite("QA08");
    let (server, client) = ("SRV11110", "CLI22220");
    assert!(suite.server_question(client, server) == suite.question_pair(client, server));
    assert!(suite.client_question(client, server) == suite.question_pair(server, client));
}

#[test]
fn all_members_stand_in_their_order() {
    let suite = suite("C-QH04-PSHA1-S004-T1M");
    let pin = suite.hash_pin("1234").unwrap();
    let all = Input {
        counter: Some(0x0102_0304_0506_0708),
        pin: Some(&pin),
        session: Some(&[0xaa, 0xbb]),
        time_step: Some(0x1112_1314_1516_1718),
        ..input(&suite, "ffff")
    };
    let mut expected = vec![1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xff];
    expected.extend([0; 126]);
    expected.extend(pin.as_bytes());
    expected.extend([0, 0, 0xaa, 0xbb]);
    expected.extend([0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18]);
    assert_eq!(members(&suite, &all), expected);
}

#[test]
fn counter_zero_is_a_counter() {
    let suite = suite("C-QN08");
    let zero = Input {
        counter: Some(0),
        ..input(&suite, "1")
    };
    assert_eq!(members(&suite, &zero)[..9], [0, 0, 0, 0, 0, 0, 0, 0, 0x10]);
}

#[test]
fn a_missing_or_superfluous_member_is_named() {
    let all = suite("C-QN08-PSHA1-S004-T1M");
    let pin = all.hash_pin("1234").unwrap();
    let full = Input {
        counter: Some(1),
        pin: Some(&pin),
        session: Some(&[1]),
        time_step: Some(1),
        ..input(&all, "1")
    };
    let bare = suite("QN08");
    let none = input(&bare, "1");
    for member in [
        Member::Counter,
        Member::Pin,
        Member::Session,
        Member::TimeStep,
    ] {
        let (mut without, mut with) = (full.clone(), none.clone());
        match member {
            Member::Counter => (without.counter, with.counter) = (None, Some(0)),
            Member::Pin => (without.pin, with.pin) = (None, Some(&pin)),
            Member::Session => (without.session, with.session) = (None, Some(b"".as_slice())),
            Member::TimeStep => (without.time_step, with.time_step) = (None, Some(0)),
        }
        assert_eq!(
            all.data_input(&without).unwrap_err(),
            InputError::Missing(member)
        );
        assert_eq!(
            bare.data_input(&with).unwrap_err(),
            InputError::Superfluous(member)
        );
        let key = Key::new([1]).unwrap();
        assert_eq!(
            all.response(&key, &without).unwrap_err(),
            InputError::Missing(member)
        );
    }
    assert!(all.data_input(&full).is_ok() && bare.data_input(&none).is_ok());
}

#[test]
fn a_session_may_be_shorter_but_not_longer() {
    let suite = suite("QN08-S003");
    let of = |session| {
        suite.data_input(&Input {
            session: Some(session),
            ..input(&suite, "1")
        })
    };
    assert!(of(b"").unwrap().ends_with(&[0, 0, 0]));
    assert!(of(b"ab").unwrap().ends_with(b"\0ab"));
    assert!(of(b"abc").unwrap().ends_with(b"abc"));
    assert_eq!(
        of(b"abcd").unwrap_err(),
        InputError::SessionTooLong { max: 3, found: 4 }
    );
}

#[test]
fn a_pin_of_another_hash_function_is_refused() {
    let suite = suite("QN08-PSHA256");
    let pin = PinHash::of_pin(Algorithm::Sha1, "1234");
    let error = suite
        .data_input(&Input {
            pin: Some(&pin),
            ..input(&suite, "1")
        })
        .unwrap_err();
    let expected = InputError::PinAlgorithm {
        expected: Algorithm::Sha256,
        found: Algorithm::Sha1,
    };
    assert_eq!(error, expected);
}

#[test]
fn a_pin_hash_has_the_length_of_its_hash_function() {
    for (algorithm, length) in [
        (Algorithm::Sha1, 20),
        (Algorithm::Sha256, 32),
        (Algorithm::Sha512, 64),
    ] {
        assert_eq!(PinHash::of_pin(algorithm, "1234").as_bytes().len(), length);
        assert!(PinHash::from_bytes(algorithm, &vec![7; length]).is_ok());
        let error = PinHash::from_bytes(algorithm, &vec![7; length - 1]).unwrap_err();
        assert_eq!((error.algorithm, error.found), (algorithm, length - 1));
    }
}

#[test]
fn a_question_of_another_format_is_refused() {
    let other = input(&suite("QA08"), "1");
    let error = suite("QN08").data_input(&other).unwrap_err();
    assert_eq!(error, InputError::QuestionFormat);
}

#[test]
fn nine_and_ten_digits_are_filled_up_with_zeros() {
    let key = Key::new(*b"12345678901234567890").unwrap();
    for digits in [9, 10] {
        let suite = Suite::parse(&format!("OCRA-1:HOTP-SHA1-{digits}:C-QN08")).unwrap();
        let mut with_zero = 0;
        for counter in 0..64 {
            let input = Input {
                counter: Some(counter),
                ..input(&suite, "1")
            };
            let code = suite.response(&key, &input).unwrap();
            assert_eq!(code.as_str().len(), digits);
            assert!(code.as_str().parse::<u64>().unwrap() < 1 << 31);
            with_zero += usize::from(code.as_str().starts_with('0'));
        }
        assert!(with_zero > 0);
    }
}
