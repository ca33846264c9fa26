//! Forms before RFC 6030, key wrap, and what the algorithm profiles add.

use aws_lc_rs::hmac;
use challenge::directory::provision::Kind;
use data_encoding::{BASE64, HEXLOWER};
use import::pskc::Given;
use secrecy::ExposeSecret;

use crate::reading::{
    SECRET, container, hex_key, package, read, refusals, secret, tokens, unreadable,
};

/// In the form that ActivIdentity wrote: encrypted with AES under an initialisation vector for all, the
/// MAC over what is plain and under the same key, the counter as eight bytes.
const ACTIVIDENTITY: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<KeyContainer xmlns="urn:ietf:params:xml:ns:keyprov:container:1.0" version="1.0">
<EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc">
<IV>AAECAwQFBgcICQoLDA0ODw==</IV></EncryptionMethod>
<DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"/>
<Device><DeviceId><Manufacturer>ActivIdentity</Manufacturer><SerialNo>0950380270</SerialNo></DeviceId>
<Key KeyAlgorithm="http://www.ietf.org/keyprov/pskc#hotp" KeyId="0950380270">
<Issuer>ActivIdentity</Issuer>
<Usage OTP="true"><ResponseFormat Format="DECIMAL" Length="8"/></Usage>
<Data Name="SECRET"><Value>NP5KgrFiSrdYqydrHZPwBhtZi2t2kkXV3na79DmR3EY=</Value>
<ValueDigest>bgsWDo6vLmhfZ9K5/2FyemUv0Uo=</ValueDigest></Data>
<Data Name="COUNTER"><Value>AAAAAAAAAAU=</Value></Data>
</Key></Device></KeyContainer>"#;

const KEY: &str = "00112233445566778899aabbccddeeff";

#[test]
fn the_form_of_actividentity_is_read() {
    let all = tokens(ACTIVIDENTITY, hex_key(KEY));
    let token = &all[0];
    assert_eq!(secret(token), "3132333435363738393031323334353637383930");
    assert_eq!(token.token.serial, "0950380270");
    assert_eq!(
        (token.token.digits, token.token.counter),
        (Some(8), Some(5))
    );
    let told = unreadable(ACTIVIDENTITY, Given::Nothing).text;
    assert!(told.contains("--key-file"), "{told}");
    let changed = ACTIVIDENTITY.replace("bgsWDo6v", "bgsWDo6w");
    let told = refusals(&changed, hex_key(KEY));
    assert!(told[0].contains("cannot be decrypted"), "{}", told[0]);
}

/// The same token with its MAC over what is encrypted, which does not cover the vector of the file: its first
/// 16 bytes could be changed unseen.
#[test]
fn a_vector_that_was_changed_is_found() {
    let (_, rest) = ACTIVIDENTITY.split_once("<IV>").unwrap();
    let (iv, _) = rest.split_once("</IV>").unwrap();
    let other = ACTIVIDENTITY.replace(iv, "AQECAwQFBgcICQoLDA0ODw==");
    let wrong = "cannot be decrypted";
    let told = refusals(&other, hex_key(KEY));
    assert!(told[0].contains(wrong), "{}", told[0]);
    let sealed = "NP5KgrFiSrdYqydrHZPwBhtZi2t2kkXV3na79DmR3EY=";
    let key = HEXLOWER.decode(KEY.as_bytes()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &BASE64.decode(sealed.as_bytes()).unwrap());
    let tag = BASE64.encode(tag.as_ref());
    for text in [ACTIVIDENTITY.to_owned(), other] {
        let text = text.replace("bgsWDo6vLmhfZ9K5/2FyemUv0Uo=", &tag);
        let told = refusals(&text, hex_key(KEY));
        assert!(told[0].contains(wrong), "{}", told[0]);
    }
}

#[test]
fn a_secret_that_is_not_encrypted_in_an_encrypted_file_is_refused() {
    let wrong = "its secret is not encrypted in an encrypted file";
    let without = ACTIVIDENTITY.replace(
        "<ValueDigest>bgsWDo6vLmhfZ9K5/2FyemUv0Uo=</ValueDigest>",
        "",
    );
    for given in [hex_key(KEY), Given::Nothing] {
        let told = refusals(&without, given);
        assert!(told[0].contains(wrong), "{}", told[0]);
    }
    let figure = include_str!("data/figure6.xml");
    let (before, rest) = figure.split_once("<EncryptedValue").unwrap();
    let (_, after) = rest.split_once("</EncryptedValue>").unwrap();
    let plain = format!("{before}<PlainValue>MTIzNA==</PlainValue>{after}");
    let key = || hex_key("12345678901234567890123456789012");
    for given in [key(), Given::Nothing] {
        let told = refusals(&plain, given);
        assert!(told[0].contains(wrong), "{}", told[0]);
    }
    // Who gives a key says that the file is encrypted, whatever is left of it.
    let data = format!("<Data>{SECRET}</Data>");
    let nothing_left = container(&package("hotp", &data));
    let told = refusals(&nothing_left, key());
    assert!(told[0].contains(wrong), "{}", told[0]);
    assert_eq!(tokens(&nothing_left, Given::Nothing).len(), 1);
}

/// RFC 3394, section 4.1: the key data of the first test vector, wrapped under its key.
#[test]
fn key_wrap_needs_no_mac() {
    let wrapped = |value: &str| {
        container(&package(
            "hotp",
            &format!(
                "<Data><Secret><EncryptedValue><EncryptionMethod \
                 Algorithm=\"http://www.w3.org/2001/04/xmlenc#kw-aes128\"/><CipherData><CipherValue>\
                 {value}</CipherValue></CipherData></EncryptedValue></Secret></Data>"
            ),
        ))
    };
    let given = || hex_key("000102030405060708090A0B0C0D0E0F");
    let all = tokens(&wrapped("H6aLCoEStEeu80vY+1p7gp0+hiNx0s/l"), given());
    assert_eq!(secret(&all[0]), KEY);
    let told = refusals(&wrapped("H6aLCoEStEeu80vY+1p7gp0+hiNx0s/m"), given());
    assert!(told[0].contains("cannot be decrypted"), "{}", told[0]);
}

#[test]
fn a_totp_token_has_its_interval_its_drift_and_its_hash() {
    let text = |time: &str| {
        container(&package(
            "totp",
            &format!(
                "<AlgorithmParameters><Suite>HMAC-SHA256</Suite><ResponseFormat Length=\"8\" \
                 Encoding=\"DECIMAL\"/></AlgorithmParameters><Data>{SECRET}<Time><PlainValue>{time}\
                 </PlainValue></Time><TimeInterval><PlainValue>60</PlainValue></TimeInterval>\
                 <TimeDrift><PlainValue>-4</PlainValue></TimeDrift></Data>"
            ),
        ))
    };
    let all = tokens(&text("0"), Given::Nothing);
    let token = &all[0].token;
    assert_eq!(
        (token.kind, token.period_s, token.digits),
        (Kind::Totp, Some(60), Some(8))
    );
    assert_eq!(token.algorithm, Some(oath::Algorithm::Sha256));
    assert_eq!(all[0].drift_steps, -4);
    let told = refusals(&text("1000"), Given::Nothing);
    assert!(told[0].contains("t0"), "{}", told[0]);
}

#[test]
fn an_ocra_key_answers_or_signs_as_its_usage_says() {
    let suite = "OCRA-1:HOTP-SHA512-8:C-QN08";
    let text = |usage: &str| {
        container(&package(
            "ocra",
            &format!(
                "<AlgorithmParameters><Suite>{suite}</Suite></AlgorithmParameters><Data>{SECRET}\
                 <Counter><PlainValue>3</PlainValue></Counter></Data><Policy>{usage}</Policy>"
            ),
        ))
    };
    let suites = |usage: &str| {
        let token = tokens(&text(usage), Given::Nothing).remove(0).token;
        assert_eq!((token.kind, token.counter), (Kind::Ocra, Some(3)));
        (token.suite.unwrap(), token.signature_suite.unwrap())
    };
    let answers = (suite.to_owned(), String::new());
    assert_eq!(suites(""), answers);
    assert_eq!(suites("<KeyUsage>CR</KeyUsage>"), answers);
    assert_eq!(
        suites("<KeyUsage>Integrity</KeyUsage>"),
        (String::new(), suite.to_owned())
    );
    let told = refusals(&text("<KeyUsage>Encrypt</KeyUsage>"), Given::Nothing);
    assert!(told[0].contains("KeyUsage"), "{}", told[0]);
    // In the draft the suite is part of the algorithm's name.
    let draft = container(&package("ocra", &format!("<Data>{SECRET}</Data>")))
        .replace("pskc:ocra", &format!("pskc#{suite}"));
    assert_eq!(
        tokens(&draft, Given::Nothing)[0].token.suite.as_deref(),
        Some(suite)
    );
}

#[test]
fn a_pin_that_goes_into_answers_is_found_before_and_after_its_token() {
    let token = package(
        "ocra",
        &format!(
            "<AlgorithmParameters><Suite>OCRA-1:HOTP-SHA1-8:QN08-PSHA1</Suite></AlgorithmParameters>\
             <Data>{SECRET}</Data><Policy><PINPolicy PINKeyId=\"P1\" PINUsageMode=\"Algorithmic\"/>\
             </Policy>"
        ),
    );
    let pin = package(
        "pin",
        "<Data><Secret><PlainValue>MTIzNA==</PlainValue></Secret></Data>",
    )
    .replace("Id=\"K1\"", "Id=\"P1\"");
    for both in [format!("{pin}{token}"), format!("{token}{pin}")] {
        let all = tokens(&container(&both), Given::Nothing);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].token.pin.as_ref().unwrap().expose_secret(), "1234");
    }
    let told = refusals(&container(&token), Given::Nothing);
    assert!(told[0].contains("not in the file"), "{}", told[0]);
    // Another key of the device, while the first one waits for its PIN.
    let other = package("hotp", &format!("<Data>{SECRET}</Data>")).replace("\"K1\"", "\"K2\"");
    let all = tokens(&container(&format!("{token}{other}{pin}")), Given::Nothing);
    let mut serials: Vec<_> = all.iter().map(|one| one.token.serial.as_str()).collect();
    serials.sort_unstable();
    assert_eq!(serials, ["S1", "S1-K2"]);
}

#[test]
fn what_could_not_be_held_to_is_refused_with_the_reason() {
    let data = format!("<Data>{SECRET}</Data>");
    let policy = |rule: &str| format!("{data}<Policy>{rule}</Policy>");
    let format = |attributes: &str| {
        format!("<AlgorithmParameters><ResponseFormat {attributes}/></AlgorithmParameters>{data}")
    };
    for (algorithm, within, reason) in [
        (
            "hotp",
            policy("<PINPolicy PINUsageMode=\"Append\"/>"),
            "Append or Prepend",
        ),
        (
            "hotp",
            policy("<PINPolicy PINUsageMode=\"Prepend\"/>"),
            "Append or Prepend",
        ),
        (
            "hotp",
            policy("<PINPolicy PINUsageMode=\"Algorithmic\" PINKeyId=\"1\"/>"),
            "HOTP and TOTP do not know",
        ),
        (
            "hotp",
            policy("<NumberOfTransactions>5</NumberOfTransactions>"),
            "not counted",
        ),
        ("hotp", policy("<MoonPhase>full</MoonPhase>"), "not known"),
        ("hotp", policy("<KeyUsage>Encrypt</KeyUsage>"), "KeyUsage"),
        (
            "hotp",
            policy("<ExpiryDate>soon</ExpiryDate>"),
            "ExpiryDate",
        ),
        (
            "hotp",
            format("Encoding=\"HEXADECIMAL\" Length=\"8\""),
            "not decimal",
        ),
        (
            "hotp",
            format("Encoding=\"DECIMAL\" CheckDigits=\"true\""),
            "check digit",
        ),
        (
            "hotp",
            format("Encoding=\"DECIMAL\" Length=\"many\""),
            "Length",
        ),
        ("hotp", String::new(), "it has no secret"),
        (
            "hotp",
            "<Data><Secret><PlainValue>!</PlainValue></Secret></Data>".into(),
            "not base64",
        ),
        ("hotp", "<Data><Secret/></Data>".into(), "no value"),
        ("ocra", data.clone(), "without a Suite"),
        ("securid", data.clone(), "none of HOTP, TOTP and OCRA"),
        (
            "hotp",
            format!("<Data>{SECRET}<Counter><PlainValue>-1</PlainValue></Counter></Data>"),
            "Counter",
        ),
    ] {
        let told = refusals(&container(&package(algorithm, &within)), Given::Nothing);
        assert!(told[0].contains(reason), "{reason}: {}", told[0]);
        assert!(!told[0].contains("MTIz"), "{}", told[0]);
    }
}

#[test]
fn any_prefix_will_do_and_lines_are_told() {
    let text = "<?xml version='1.0'?>\n<foo:KeyContainer Version='1.0'\n \
                xmlns:foo='urn:ietf:params:xml:ns:keyprov:pskc'>\n<foo:KeyPackage>\n<foo:Key Id='1' \
                Algorithm='urn:ietf:params:xml:ns:keyprov:pskc:hotp'><foo:Data><foo:Secret>\
                <foo:PlainValue>MTIz\n NDU2</foo:PlainValue></foo:Secret></foo:Data></foo:Key>\n\
                </foo:KeyPackage><foo:KeyPackage/>\n</foo:KeyContainer>\n<!-- the end -->\n";
    let (records, _) = read(text, Given::Nothing).unwrap();
    assert_eq!(secret(records[0].token.as_ref().unwrap()), "313233343536");
    assert_eq!(records[0].line, 5);
    assert_eq!(
        records[1].token.as_ref().err().unwrap(),
        "the device has no key"
    );
    assert_eq!(records[1].line, 7);
}

#[test]
fn other_documents_are_told_what_they_are_not() {
    for (text, told) in [
        ("<html/>", "no PSKC file"),
        ("<KeyContainer xmlns=\"urn:other\"/>", "no PSKC file"),
        (
            "<SecretContainer xmlns=\"http://www.openauthentication.org/OATH/2006/08/PSKC\"/>",
            "1.0",
        ),
        (
            "<KeyContainer Version=\"2.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\"/>",
            "version",
        ),
        ("", "no XML"),
        ("serial,kind\n1,hotp\n", "no XML"),
    ] {
        let found = unreadable(text, Given::Nothing).text;
        assert!(found.contains(told), "{found}");
    }
}
