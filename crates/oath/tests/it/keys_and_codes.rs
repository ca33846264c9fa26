//! Keys, codes, algorithms, and HOTP and TOTP outside the window.

use oath::{Algorithm, AlgorithmError, Code, Digits, DigitsError, Hotp, Key, KeyError, Totp};

const SECRET: &[u8] = b"12345678901234567890";

fn code() -> Code {
    Hotp::default().code(&Key::new(SECRET).unwrap(), 0) // 755224
}

#[test]
fn a_key_reads_base32_as_people_type_it() {
    for text in [
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "gezdgnbvgy3tqojqgezdgnbvgy3tqojq",
        "GEZD GNBV GY3T QOJQ - gezd-gnbv-gy3t-qojq",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ=== =",
    ] {
        assert_eq!(Key::from_base32(text).unwrap().as_bytes(), SECRET, "{text}");
    }
    let key = Key::from_base32("MZXW6YQ=").unwrap();
    assert_eq!(key.as_bytes(), b"foob");
    assert_eq!(key.to_base32().as_str(), "MZXW6YQ");
    // Bits that fill no byte are dropped.
    assert_eq!(Key::from_base32("MZXW6YR").unwrap().as_bytes(), b"foob");
}

#[test]
fn a_broken_key_is_refused_and_the_place_named() {
    let base32 = |text| Key::from_base32(text).unwrap_err();
    assert_eq!(base32("GEZ1"), KeyError::NotBase32 { at: 3 });
    assert_eq!(base32("GE ZDé"), KeyError::NotBase32 { at: 5 });
    assert_eq!(base32("MY=A"), KeyError::NotBase32 { at: 3 });
    assert_eq!(base32("M"), KeyError::CutShort);
    assert_eq!(base32("MZX"), KeyError::CutShort);
    assert_eq!(base32("MZXW6Y"), KeyError::CutShort);
    assert_eq!(base32(" -=="), KeyError::Empty);
    let hex = |text| Key::from_hex(text).unwrap_err();
    assert_eq!(hex("31 2"), KeyError::NotHex { at: 2 });
    assert_eq!(hex("0é"), KeyError::NotHex { at: 1 });
    assert_eq!(hex("313"), KeyError::CutShort);
    assert_eq!(hex(""), KeyError::Empty);
    assert_eq!(Key::new([]).unwrap_err(), KeyError::Empty);
    assert_eq!(Key::from_hex("fFfe").unwrap().as_bytes(), [0xff, 0xfe]);
}

#[test]
fn debug_shows_no_secret() {
    let key = Key::new(SECRET).unwrap();
    assert_eq!(format!("{key:?}"), "Key(..)");
    assert_eq!(format!("{:?}", code()), "Code(..)");
    let pin = oath::ocra::PinHash::of_pin(Algorithm::Sha1, "1234");
    assert_eq!(format!("{pin:?}"), "PinHash { algorithm: Sha1, .. }");
    let suite = oath::ocra::Suite::parse("OCRA-1:HOTP-SHA1-6:QN08-S002").unwrap();
    let question = suite.question("123").unwrap();
    let session = Some(&b"\x47\x11"[..]);
    let input = oath::ocra::Input {
        counter: None,
        question,
        pin: Some(&pin),
        session,
        time_step: None,
    };
    let shown = format!("{input:?}");
    assert!(
        shown.contains("session_bytes: Some(2)") && !shown.contains("71"),
        "{shown}"
    );
}

#[test]
fn a_code_matches_only_its_own_digits() {
    let matches = |text: &str| bool::from(code().matches(text));
    assert!(matches("755224"));
    for other in [
        "755225",
        "",
        "75522",
        "7552244",
        " 755224",
        "755224\n",
        "٧٥٥٢٢٤",
        "７５５２２４",
    ] {
        assert!(!matches(other), "{other:?}");
    }
    assert_eq!(code().to_string(), "755224");
    assert_eq!(format!("{:>8}", code()), "  755224");
}

#[test]
fn codes_have_six_to_ten_digits() {
    assert_eq!(Digits::default().get(), 6);
    for digits in 6..=10 {
        let hotp = Hotp {
            digits: Digits::new(digits).unwrap(),
            ..Hotp::default()
        };
        let code = hotp.code(&Key::new(SECRET).unwrap(), 0);
        assert_eq!(code.as_str(), &"1284755224"[usize::from(10 - digits)..]);
    }
    for found in [0, 1, 5, 11, 255] {
        assert_eq!(Digits::new(found), Err(DigitsError { found }));
    }
}

#[test]
fn ten_digits_are_filled_up_with_zeros() {
    // RFC 4226 appendix D, counter 2: 137359152 in 31 bits.
    let hotp = Hotp {
        digits: Digits::new(10).unwrap(),
        ..Hotp::default()
    };
    assert_eq!(
        hotp.code(&Key::new(SECRET).unwrap(), 2).as_str(),
        "0137359152"
    );
}

#[test]
fn an_algorithm_is_read_in_any_case_and_with_a_hyphen() {
    for (text, algorithm) in [
        ("SHA1", Algorithm::Sha1),
        ("sha-1", Algorithm::Sha1),
        ("Sha256", Algorithm::Sha256),
        ("SHA-512", Algorithm::Sha512),
    ] {
        assert_eq!(text.parse(), Ok(algorithm));
    }
    for text in [
        "", "SHA", "SHA--1", "SHA11", "MD5", "SHA384", "ééé1", "SH", " SHA1",
    ] {
        assert_eq!(text.parse::<Algorithm>(), Err(AlgorithmError), "{text}");
    }
    assert_eq!(Algorithm::Sha512.to_string(), "SHA512");
    assert_eq!(Algorithm::default(), Algorithm::Sha1);
}

#[test]
fn there_is_no_time_step_before_t0() {
    let key = Key::new(SECRET).unwrap();
    let totp = Totp {
        t0: 100,
        ..Totp::default()
    };
    assert_eq!(totp.time_step(99), None);
    assert!(totp.code_at(&key, 99).is_none());
    assert_eq!(totp.time_step(129), Some(0));
    assert_eq!(totp.time_step(130), Some(1));
    assert_eq!(Totp::default().step_s.get(), 30);
}
