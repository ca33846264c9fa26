//! What holds for every key, counter, suite and URI.

use std::num::NonZeroU32;

use oath::ocra::{Input, Suite, Window};
use oath::otpauth::{Kind, OcraUri, Response, SignFormat, Signature, Uri};
use oath::{Algorithm, Digits, Hotp, Key, Totp};
use proptest::prelude::*;

fn algorithms() -> impl Strategy<Value = Algorithm> {
    prop_oneof![
        Just(Algorithm::Sha1),
        Just(Algorithm::Sha256),
        Just(Algorithm::Sha512)
    ]
}

fn keys() -> impl Strategy<Value = Key> {
    prop::collection::vec(any::<u8>(), 1..150).prop_map(|bytes| Key::new(bytes).unwrap())
}

fn hotps() -> impl Strategy<Value = Hotp> {
    (algorithms(), 6_u8..=10).prop_map(|(algorithm, n)| Hotp {
        algorithm,
        digits: Digits::new(n).unwrap(),
    })
}

/// Every suite of the grammar.
fn suites() -> impl Strategy<Value = String> {
    let pin = prop_oneof!["", "-PSHA(1|256|512)"];
    let session = prop_oneof![
        Just(String::new()),
        (1..=512).prop_map(|n| format!("-S{n:03}"))
    ];
    let time = prop_oneof![
        Just(String::new()),
        (1..=59, "[SM]").prop_map(|(n, unit)| format!("-T{n}{unit}")),
        (1..=48).prop_map(|n| format!("-T{n}H")),
    ];
    (
        "SHA(1|256|512)",
        4..=10,
        "(C-)?Q[ANH]",
        4..=64,
        pin,
        session,
        time,
    )
        .prop_map(|(hash, digits, question, max, pin, session, time)| {
            format!("OCRA-1:HOTP-{hash}-{digits}:{question}{max:02}{pin}{session}{time}")
        })
}

/// Texts that are nearly a suite.
fn nearly_suites() -> impl Strategy<Value = String> {
    (
        suites(),
        any::<prop::sample::Index>(),
        any::<Option<char>>(),
    )
        .prop_map(|(suite, at, replacement)| {
            let at = at.index(suite.len());
            let (start, end) = suite.split_at(at);
            start
                .chars()
                .chain(replacement)
                .chain(end.chars().skip(1))
                .collect()
        })
}

/// Names as people give them, and such as are made of what separates.
fn names() -> impl Strategy<Value = String> {
    prop_oneof!["[^ ]\\PC{0,9}", "[a:%&+=#?/][a:%&+=#?/ ]{0,9}"]
}

/// A suite and a counter, which is 0 where the suite has none.
fn counted() -> impl Strategy<Value = (Suite, u64)> {
    (suites(), any::<u64>()).prop_map(|(text, counter)| {
        let suite = Suite::parse(&text).unwrap();
        let counter = if suite.has_counter() { counter } else { 0 };
        (suite, counter)
    })
}

fn signatures() -> impl Strategy<Value = Signature> {
    let formats = prop_oneof![Just(SignFormat::Concatenated), Just(SignFormat::Digest)];
    let fields = prop::collection::vec(names(), 0..=64);
    (counted(), prop::option::of(formats), fields).prop_map(|((suite, counter), format, fields)| {
        Signature {
            suite,
            counter,
            format,
            fields,
        }
    })
}

proptest! {
    #[test]
    fn an_ocra_uri_is_read_back_as_it_was_written(
        key in keys(), issuer in prop::option::of(names()), account in names(),
        response in prop::option::of(counted()), signature in signatures(), signs: bool,
    ) {
        let response = response.map(|(suite, counter)| Response { suite, counter });
        let signature = (signs || response.is_none()).then_some(signature);
        let uri = OcraUri { issuer, account, key, response, signature };
        let text = uri.to_string();
        let again: OcraUri = text.parse().unwrap();
        prop_assert_eq!(again.to_string(), text.clone());
        prop_assert_eq!(again.issuer, uri.issuer);
        prop_assert_eq!(again.account, uri.account);
        prop_assert_eq!(again.key.as_bytes(), uri.key.as_bytes());
        prop_assert_eq!((again.response, again.signature), (uri.response, uri.signature));
        prop_assert!(text.parse::<Uri>().is_err());
    }

    #[test]
    fn no_ocra_uri_panics(
        text in prop_oneof![
            any::<String>(),
            "otpauth://ocra/\\PC{0,12}\\?(secret=[A-Z2-7=%]{0,8}&)?(suite=\\PC{0,9}&)?\\PC{0,20}",
            "otpauth://ocra/[a:%0-9]{0,6}\\?secret=AAAA&suite=OCRA-1:HOTP-SHA1-8:C?-?QN08\
             (&(issuer|counter|field|sign_format)=[a%0-9]{0,5}){0,3}",
        ],
    ) {
        if let Ok(uri) = text.parse::<OcraUri>() {
            let again: OcraUri = uri.to_string().parse().unwrap();
            prop_assert_eq!(again.account, uri.account);
            prop_assert_eq!(again.response, uri.response);
        }
    }

    #[test]
    fn find_finds_the_counter_a_code_was_made_with(
        hotp in hotps(), key in keys(), first: u64, ahead in 0_u32..20, more in 1_u32..5,
    ) {
        let counter = first.saturating_add(u64::from(ahead));
        let code = hotp.code(&key, counter);
        let found = hotp.find(&key, first, ahead + more, code.as_str());
        // Another counter may have the same code; then it is a lower one.
        let at = found.unwrap();
        prop_assert!(first <= at && at <= counter);
        prop_assert!(bool::from(hotp.code(&key, at).matches(code.as_str())));
        let totp = Totp { hotp, ..Totp::default() };
        prop_assert_eq!(totp.find(&key, first, ahead + more, code.as_str()), found);
    }

    #[test]
    fn find_finds_only_what_code_makes(
        hotp in hotps(), key in keys(), first: u64, candidates in 0_u32..20, guess in "[0-9]{6,10}",
    ) {
        let naive = (0..u64::from(candidates))
            .map_while(|ahead| first.checked_add(ahead))
            .find(|counter| hotp.code(&key, *counter).as_str() == guess);
        prop_assert_eq!(hotp.find(&key, first, candidates, &guess), naive);
    }

    #[test]
    fn another_length_and_digits_outside_ascii_never_match(
        hotp in hotps(), key in keys(), counter: u64, other in "\\PC{0,12}",
    ) {
        let code = hotp.code(&key, counter);
        let same = other == code.as_str();
        prop_assert_eq!(bool::from(code.matches(&other)), same);
        let wide: String = code.as_str().chars()
            .filter_map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0xff10)).collect();
        let longer = format!("{code}0");
        for text in [wide.as_str(), longer.as_str(), &longer[1..], &code.as_str()[1..]] {
            prop_assert!(text == code.as_str() || !bool::from(code.matches(text)));
        }
    }

    #[test]
    fn every_suite_of_the_grammar_is_read_and_shown_as_it_was(text in suites()) {
        let suite = Suite::parse(&text).unwrap();
        prop_assert_eq!(suite.to_string(), text);
    }

    #[test]
    fn any_text_is_a_suite_or_refused_within_it(
        text in prop_oneof![nearly_suites(), any::<String>(), "OCRA-1:HOTP-SHA1-6:\\PC{0,20}"],
    ) {
        match Suite::parse(&text) {
            Ok(suite) => prop_assert_eq!(suite.as_str(), text),
            Err(error) => prop_assert!(text.is_char_boundary(error.at) && error.at <= text.len()),
        }
    }

    #[test]
    fn ocra_finds_the_counter_and_step_of_a_response(
        text in suites(), key in keys(), asked in "[0-9]{1,4}", pin in "\\PC{0,8}",
        session in prop::collection::vec(any::<u8>(), 0..2), counter: u64, step: u64,
        (ahead, off) in (0_u64..3, -2_i64..3),
    ) {
        let suite = Suite::parse(&text).unwrap();
        let pin = suite.hash_pin(&pin);
        let session = suite.session_bytes().map(|n| &session[..session.len().min(n.into())]);
        let own = Input {
            counter: suite.has_counter().then_some(counter),
            question: suite.question(&asked).unwrap(),
            pin: pin.as_ref(),
            session,
            time_step: suite.time_step_s().map(|_| step),
        };
        let device = Input {
            counter: own.counter.map(|counter| counter.saturating_add(ahead)),
            time_step: own.time_step.map(|step| step.saturating_add_signed(off)),
            ..own.clone()
        };
        let code = suite.response(&key, &device).unwrap();
        prop_assert_eq!(code.as_str().len(), usize::from(suite.digits()));
        let window = Window { counters: 3, steps_back: 2, steps_forward: 2 };
        let found = suite.find(&key, &own, &window, code.as_str()).unwrap().unwrap();
        let again = Input { counter: found.counter, time_step: found.time_step, ..own.clone() };
        let response = suite.response(&key, &again).unwrap();
        prop_assert_eq!(response.as_str(), code.as_str());
    }

    #[test]
    fn no_question_panics(text in suites(), first: String, second in "\\PC{0,70}|[0-9a-f]{0,70}") {
        let suite = Suite::parse(&text).unwrap();
        let max = usize::from(suite.question_format().max);
        for question in [&first, &second] {
            if suite.question(question).is_ok() {
                prop_assert!((1..=max).contains(&question.len()));
            }
        }
        let both = suite.question(&first).is_ok() && suite.question(&second).is_ok();
        prop_assert_eq!(suite.question_pair(&first, &second).is_ok(), both);
    }

    #[test]
    fn a_number_is_the_same_question_as_its_hexadecimal_digits(number: u64, zeros in 0_usize..9) {
        let numeric = Suite::parse("OCRA-1:HOTP-SHA1-6:QN64").unwrap();
        let hexadecimal = Suite::parse("OCRA-1:HOTP-SHA1-6:QH64").unwrap();
        let bytes = |suite: &Suite, text: &str| {
            let question = suite.question(text).unwrap();
            let input =
                Input { counter: None, question, pin: None, session: None, time_step: None };
            suite.data_input(&input).unwrap()[suite.as_str().len()..].to_vec()
        };
        prop_assert_eq!(
            bytes(&numeric, &format!("{}{number}", "0".repeat(zeros))),
            bytes(&hexadecimal, &format!("{number:x}"))
        );
    }

    #[test]
    fn a_uri_is_read_back_as_it_was_written(
        hotp in hotps(), key in keys(), by_time: bool, counter: u64, period in 1_u32..,
        issuer in prop::option::of(prop_oneof!["\\PC{1,9}", "[a:%&+=#?/ ]{1,9}"]),
        account in prop_oneof!["[^ ]\\PC{0,9}", "[a:%&+=#?/][a:%&+=#?/ ]{0,9}"],
    ) {
        let period_s = NonZeroU32::new(period).unwrap();
        let kind = if by_time { Kind::Totp { period_s } } else { Kind::Hotp { counter } };
        let Hotp { algorithm, digits } = hotp;
        let uri = Uri { kind, issuer, account, key, algorithm, digits };
        let text = uri.to_string();
        let again: Uri = text.parse().unwrap();
        prop_assert_eq!(again.kind, uri.kind);
        prop_assert_eq!(&again.issuer, &uri.issuer);
        prop_assert_eq!(&again.account, &uri.account);
        prop_assert_eq!(again.key.as_bytes(), uri.key.as_bytes());
        prop_assert_eq!(again.hotp(), uri.hotp());
        prop_assert_eq!(again.to_string(), text.clone());
        if uri.issuer.is_some() {
            let secret = uri.key.to_base32();
            let adjacent = format!("secret={}&issuer", secret.as_str());
            prop_assert!(text.contains(&adjacent));
        }
    }

    #[test]
    fn no_uri_panics(
        text in prop_oneof![
            any::<String>(),
            "otpauth://(totp|hotp)/\\PC{0,12}\\?(secret=[A-Z2-7=%]{0,8}&)?\\PC{0,20}",
            "otpauth://totp/[a:%0-9]{0,6}\\?secret=AAAA&(issuer|digits|period)=[a%0-9]{0,5}",
        ],
    ) {
        if let Ok(uri) = text.parse::<Uri>() {
            let again: Uri = uri.to_string().parse().unwrap();
            prop_assert_eq!(again.account, uri.account);
            prop_assert_eq!(again.issuer, uri.issuer);
        }
    }

    #[test]
    fn a_key_is_read_back_from_its_base32(key in keys()) {
        let again = Key::from_base32(&key.to_base32()).unwrap();
        prop_assert_eq!(again.as_bytes(), key.as_bytes());
    }

    #[test]
    fn no_key_panics(text: String) {
        let _ = (Key::from_base32(&text), Key::from_hex(&text), text.parse::<Algorithm>());
    }
}
