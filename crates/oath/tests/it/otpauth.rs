//! otpauth URIs, read and written.

use std::num::NonZeroU32;

use oath::otpauth::{Kind, Uri, UriError};
use oath::{Algorithm, Digits, DigitsError, Hotp, Key, KeyError, Totp};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn read(text: &str) -> Result<Uri, UriError> {
    text.replace("$S", &format!("secret={SECRET}")).parse()
}

fn refusal(text: &str) -> UriError {
    read(text).expect_err(text)
}

fn uri(issuer: Option<&str>, account: &str) -> Uri {
    Uri {
        kind: Kind::Totp {
            period_s: NonZeroU32::new(30).unwrap(),
        },
        issuer: issuer.map(str::to_owned),
        account: account.to_owned(),
        key: Key::from_base32(SECRET).unwrap(),
        algorithm: Algorithm::Sha1,
        digits: Digits::default(),
    }
}

#[test]
fn a_uri_spells_out_everything_with_the_secret_before_the_issuer() {
    assert_eq!(
        uri(Some("ACME Co"), "john.doe@email.com").to_string(),
        "otpauth://totp/ACME%20Co:john.doe%40email.com\
         ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME%20Co\
         &algorithm=SHA1&digits=6&period=30"
    );
    let by_counter = Uri {
        kind: Kind::Hotp { counter: u64::MAX },
        algorithm: Algorithm::Sha256,
        digits: Digits::new(8).unwrap(),
        ..uri(None, "Zoë & 50% +/?#")
    };
    assert_eq!(
        by_counter.to_string(),
        "otpauth://hotp/Zo%C3%AB%20%26%2050%25%20%2B%2F%3F%23\
         ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
         &algorithm=SHA256&digits=8&counter=18446744073709551615"
    );
}

#[test]
fn what_is_left_out_has_its_default() {
    let uri = read("otpauth://totp/alice?$S").unwrap();
    assert_eq!(uri.totp(), Some(Totp::default()));
    assert_eq!(uri.hotp(), Hotp::default());
    assert_eq!(
        (uri.issuer.as_deref(), uri.account.as_str()),
        (None, "alice")
    );
    assert_eq!(uri.key.as_bytes(), b"12345678901234567890");
    let uri = read("otpauth://hotp/alice?$S&counter=7").unwrap();
    assert_eq!((uri.kind, uri.totp()), (Kind::Hotp { counter: 7 }, None));
}

#[test]
fn scheme_and_type_may_be_in_any_case_and_unknown_parameters_are_ignored() {
    let uri = read(
        "OTPAUTH://TOTP/a?image=x&image=y&&$S&algorithm=sha512&digits=10&period=60&counter=x&x",
    );
    let totp = uri.unwrap().totp().unwrap();
    assert_eq!(totp.step_s.get(), 60);
    assert_eq!(totp.hotp.algorithm, Algorithm::Sha512);
    assert_eq!(totp.hotp.digits.get(), 10);
}

#[test]
fn the_label_parts_at_its_colon() {
    let parts = |label: &str, issuer: &str| {
        let uri = read(&format!("otpauth://totp/{label}?$S{issuer}")).unwrap();
        (uri.issuer.unwrap_or_default(), uri.account)
    };
    let are = |issuer: &str, account: &str| (issuer.to_owned(), account.to_owned());
    assert_eq!(
        parts("Example:alice@google.com", ""),
        are("Example", "alice@google.com")
    );
    assert_eq!(
        parts("Provider1:Alice%20Smith", ""),
        are("Provider1", "Alice Smith")
    );
    assert_eq!(
        parts("Big%20Co%3A%20alice%40bigco.com", ""),
        are("Big Co", "alice@bigco.com")
    );
    assert_eq!(parts("Big%20Co:%20%20alice", ""), are("Big Co", "alice"));
    assert_eq!(parts("a%3Ab:c%3Ad", ""), are("a:b", "c:d"));
    assert_eq!(parts(":alice", ""), are("", "alice"));
    assert_eq!(parts("alice+tag@x", "&issuer="), are("", "alice+tag@x"));
}

#[test]
fn the_issuer_parameter_wins_over_the_label() {
    let uri = read("otpauth://totp/Old:alice?$S&issuer=New+Name%2B").unwrap();
    assert_eq!(
        (uri.issuer.as_deref(), uri.account.as_str()),
        (Some("New Name+"), "alice")
    );
    let uri = read("otpauth://totp/Old:alice?$S&issuer=").unwrap();
    assert_eq!(uri.issuer.as_deref(), Some("Old"));
}

#[test]
fn a_fragment_is_no_part_of_the_uri() {
    assert!(read("otpauth://totp/alice?$S#&secret=A").is_ok());
}

const REFUSED: &[(&str, UriError)] = &[
    ("", UriError::Scheme),
    ("https://totp/alice?$S", UriError::Scheme),
    ("otpauth:/totp/alice?$S", UriError::Scheme),
    ("otpauth://ocra/alice?$S", UriError::Kind),
    ("otpauth://totp?$S", UriError::Kind),
    ("otpauth://totp/?$S", UriError::NoAccount),
    ("otpauth://totp/Issuer:%20?$S", UriError::NoAccount),
    (
        "otpauth://totp/a%?$S",
        UriError::Encoding { part: "the label" },
    ),
    (
        "otpauth://totp/a%2?$S",
        UriError::Encoding { part: "the label" },
    ),
    (
        "otpauth://totp/a%zz?$S",
        UriError::Encoding { part: "the label" },
    ),
    (
        "otpauth://totp/a%FF?$S",
        UriError::Encoding { part: "the label" },
    ),
    (
        "otpauth://totp/a?$S&issuer=%E2%82",
        UriError::Encoding { part: "issuer" },
    ),
    (
        "otpauth://totp/a?$S&%=",
        UriError::Encoding {
            part: "a parameter",
        },
    ),
    ("otpauth://totp/a", UriError::Missing("secret")),
    ("otpauth://totp/a?Secret=AAAA", UriError::Missing("secret")),
    ("otpauth://hotp/a?$S", UriError::Missing("counter")),
    ("otpauth://totp/a?$S&$S", UriError::Duplicate("secret")),
    (
        "otpauth://totp/a?$S&%73ecret=A",
        UriError::Duplicate("secret"),
    ),
    (
        "otpauth://totp/a?$S&issuer=a&issuer=a",
        UriError::Duplicate("issuer"),
    ),
    (
        "otpauth://totp/a?$S&digits=6&digits=6",
        UriError::Duplicate("digits"),
    ),
    ("otpauth://hotp/a?$S&counter=", UriError::Number("counter")),
    (
        "otpauth://hotp/a?$S&counter=%2B1",
        UriError::Number("counter"),
    ),
    (
        "otpauth://hotp/a?$S&counter=18446744073709551616",
        UriError::Number("counter"),
    ),
    ("otpauth://totp/a?$S&period=0", UriError::Number("period")),
    ("otpauth://totp/a?$S&period=-30", UriError::Number("period")),
    ("otpauth://totp/a?$S&digits=300", UriError::Number("digits")),
    (
        "otpauth://totp/a?$S&digits=5",
        UriError::Digits(DigitsError { found: 5 }),
    ),
    ("otpauth://totp/a?$S&algorithm=MD5", UriError::Algorithm),
    (
        "otpauth://totp/a?secret=",
        UriError::Secret(KeyError::Empty),
    ),
    (
        "otpauth://totp/a?secret=A1",
        UriError::Secret(KeyError::NotBase32 { at: 1 }),
    ),
];

#[test]
fn a_broken_uri_is_refused_and_its_fault_named() {
    for (text, expected) in REFUSED {
        assert_eq!(refusal(text), *expected, "{text}");
    }
    let text = refusal("otpauth://totp/a?secret=A1").to_string();
    assert_eq!(
        text,
        "the parameter secret: the key is not Base32 at byte 1"
    );
}

#[test]
fn debug_of_a_uri_shows_no_secret() {
    let shown = format!("{:?}", uri(Some("Example"), "alice"));
    assert!(
        shown.contains("Key(..)") && !shown.contains(SECRET),
        "{shown}"
    );
}
