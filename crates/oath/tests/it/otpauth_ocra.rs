//! otpauth URIs for OCRA, read and written.

use oath::ocra::Suite;
use oath::otpauth::{FIELDS_MAX, OcraUri, Response, SignFormat, Signature, UriError};
use oath::{Key, KeyError};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const ANSWERING: &str = "suite=OCRA-1:HOTP-SHA1-8:QN08";
const SIGNING: &str = "signature_suite=OCRA-1:HOTP-SHA1-8:QA64";

fn read(query: &str) -> Result<OcraUri, UriError> {
    format!("otpauth://ocra/Example:alice?secret={SECRET}&{query}").parse()
}

fn suite(text: &str) -> Suite {
    Suite::parse(text).unwrap()
}

#[test]
fn a_uri_spells_out_what_a_device_needs() {
    let uri = OcraUri {
        issuer: Some("ACME Co".to_owned()),
        account: "10000000".to_owned(),
        key: Key::from_base32(SECRET).unwrap(),
        response: Some(Response {
            suite: suite("OCRA-1:HOTP-SHA1-8:C-QN08-PSHA1"),
            counter: u64::MAX,
        }),
        signature: Some(Signature {
            suite: suite("OCRA-1:HOTP-SHA256-8:C-QH64"),
            counter: 7,
            format: Some(SignFormat::Digest),
            fields: vec!["To account".to_owned(), "Amount & currency".to_owned()],
        }),
    };
    assert_eq!(
        uri.to_string(),
        "otpauth://ocra/ACME%20Co:10000000?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME%20Co\
         &suite=OCRA-1:HOTP-SHA1-8:C-QN08-PSHA1&counter=18446744073709551615\
         &signature_suite=OCRA-1:HOTP-SHA256-8:C-QH64&signature_counter=7\
         &sign_format=digest&field=To%20account&field=Amount%20%26%20currency"
    );
    let signing = OcraUri {
        issuer: None,
        response: None,
        signature: Some(Signature {
            suite: suite("OCRA-1:HOTP-SHA1-8:QA64"),
            counter: 9,
            format: None,
            fields: vec![],
        }),
        ..uri
    };
    let text = format!("otpauth://ocra/10000000?secret={SECRET}&{SIGNING}");
    assert_eq!(signing.to_string(), text);
}

#[test]
fn either_suite_will_do_and_what_belongs_to_the_other_is_ignored() {
    let uri = read(&format!(
        "{ANSWERING}&signature_counter=x&sign_format=x&field=&image=a&image=b"
    ));
    let uri = uri.unwrap();
    let response = Response {
        suite: suite("OCRA-1:HOTP-SHA1-8:QN08"),
        counter: 0,
    };
    assert_eq!((uri.response, uri.signature), (Some(response), None));
    let uri = read(&format!("{SIGNING}&counter=x")).unwrap();
    assert_eq!(uri.response, None);
    assert_eq!(uri.signature.unwrap().fields, Vec::<String>::new());
}

#[test]
fn suites_may_be_encoded_and_the_names_of_fields_keep_their_order() {
    let uri = read(
        "suite=OCRA-1%3AHOTP-SHA1-8%3AC-QN08&counter=5&signature_suite=OCRA-1:HOTP-SHA1-8:C-QA64\
         &signature_counter=6&field=b&sign_format=concatenated&field=a+c",
    );
    let uri = uri.unwrap();
    assert_eq!(
        (uri.issuer.as_deref(), uri.account.as_str()),
        (Some("Example"), "alice")
    );
    assert_eq!(uri.response.unwrap().counter, 5);
    let signature = uri.signature.unwrap();
    assert_eq!(
        (signature.counter, signature.format),
        (6, Some(SignFormat::Concatenated))
    );
    assert_eq!(signature.fields, ["b", "a c"]);
}

#[test]
fn a_broken_uri_is_refused_and_its_fault_named() {
    let counted = "OCRA-1:HOTP-SHA1-8:C-QN08";
    for (query, expected) in [
        (String::new(), UriError::NoSuite),
        (format!("suite={counted}"), UriError::Missing("counter")),
        (
            format!("suite={counted}&counter=-1"),
            UriError::Number("counter"),
        ),
        (
            format!("signature_suite={counted}&counter=1"),
            UriError::Missing("signature_counter"),
        ),
        (
            format!("{ANSWERING}&{ANSWERING}"),
            UriError::Duplicate("suite"),
        ),
        (
            format!("{ANSWERING}&secret=A"),
            UriError::Duplicate("secret"),
        ),
        (format!("{SIGNING}&sign_format=auto"), UriError::SignFormat),
        (format!("{SIGNING}&field="), UriError::Fields),
        (
            format!("{SIGNING}{}", "&field=a".repeat(FIELDS_MAX + 1)),
            UriError::Fields,
        ),
        (
            format!("{SIGNING}&field=%FF"),
            UriError::Encoding { part: "field" },
        ),
        (
            format!("{SIGNING}&sign_format=%"),
            UriError::Encoding {
                part: "sign_format",
            },
        ),
        (
            format!("{SIGNING}&%=1"),
            UriError::Encoding {
                part: "a parameter",
            },
        ),
    ] {
        assert_eq!(read(&query).expect_err(&query), expected, "{query}");
    }
    assert!(read(&format!("{SIGNING}{}", "&field=a".repeat(FIELDS_MAX))).is_ok());
    for (text, expected) in [
        (
            "otpauth://ocra/a?suite=OCRA-1:HOTP-SHA1-8:QN08",
            UriError::Missing("secret"),
        ),
        ("otpauth://totp/a?secret=AAAA", UriError::NotOcra),
        ("otpauth://ocra?secret=AAAA", UriError::NotOcra),
        ("ocra://a", UriError::Scheme),
        ("otpauth://ocra/?secret=AAAA", UriError::NoAccount),
        (
            "otpauth://ocra/a?secret=A1&suite=OCRA-1:HOTP-SHA1-8:QN08",
            UriError::Secret(KeyError::NotBase32 { at: 1 }),
        ),
    ] {
        assert_eq!(text.parse::<OcraUri>().expect_err(text), expected, "{text}");
    }
}

#[test]
fn a_broken_suite_is_refused_with_the_place_where_it_breaks() {
    let error = read("signature_suite=OCRA-1:HOTP-SHA1-8:QX08").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the parameter signature_suite: not an OCRA suite: at byte 20, expected the format of the question: A, N or H"
    );
}

#[test]
fn debug_of_an_ocra_uri_shows_no_secret() {
    let shown = format!("{:?}", read(ANSWERING).unwrap());
    assert!(
        shown.contains("Key(..)") && !shown.contains(SECRET),
        "{shown}"
    );
}
