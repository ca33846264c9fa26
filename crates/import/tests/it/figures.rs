//! The figures of RFC 6030, read as they are printed.

use challenge::directory::provision::Kind;
use import::pskc::Given;

use crate::reading::{code, hex_key, passphrase, read, refusals, secret, tokens, unreadable};

/// `12345678901234567890`, whose codes are in RFC 4226, appendix D.
const RFC_4226: &str = "3132333435363738393031323334353637383930";

#[test]
fn figure_2_has_a_plain_secret() {
    let all = tokens(include_str!("data/figure2.xml"), Given::Nothing);
    let [token] = all.as_slice() else {
        panic!("it has one key");
    };
    assert_eq!(secret(token), "31323334");
    assert_eq!(token.token.kind, Kind::Hotp);
    assert_eq!(
        (token.token.serial.as_str(), token.token.digits),
        ("12345678", None)
    );
    assert_eq!(token.login_name, None);
}

#[test]
fn figure_3_has_all_that_is_said_beside_the_secret() {
    let all = tokens(include_str!("data/figure3.xml"), Given::Nothing);
    let token = &all[0];
    assert_eq!(secret(token), RFC_4226);
    assert_eq!(token.token.serial, "987654321");
    assert_eq!(token.token.device_id.as_deref(), Some("987654321"));
    assert_eq!(
        (token.token.digits, token.token.counter),
        (Some(8), Some(0))
    );
    assert_eq!(token.login_name.as_deref(), Some("jsmith"));
    // The eight digits of RFC 4226's first value, 1284755224.
    assert_eq!(code(token, 0), "84755224");
    assert_eq!(code(token, 9), "45520489");
}

#[test]
fn figure_4_has_no_secret_and_says_so() {
    let told = refusals(include_str!("data/figure4.xml"), Given::Nothing);
    assert!(told[0].contains("KeyReference"), "{}", told[0]);
}

#[test]
fn figure_5_has_a_pin_that_the_device_asks_for() {
    let all = tokens(include_str!("data/figure5.xml"), Given::Nothing);
    assert_eq!(all.len(), 1, "the PIN is no token");
    assert_eq!(secret(&all[0]), RFC_4226);
    assert!(all[0].token.pin.is_none());
}

#[test]
fn figure_6_opens_with_its_pre_shared_key() {
    let figure = include_str!("data/figure6.xml");
    let all = tokens(figure, hex_key("12345678901234567890123456789012"));
    assert_eq!(secret(&all[0]), RFC_4226);
    assert_eq!(code(&all[0], 0), "84755224");
    let told = unreadable(figure, Given::Nothing).text;
    assert!(
        told.contains("“Pre-shared-key”") && told.contains("--key-file"),
        "{told}"
    );
    let told = unreadable(figure, passphrase("qwerty")).text;
    assert!(told.contains("--key-file"), "{told}");
    let told = unreadable(figure, hex_key("1234567890123456789012345678901234567890")).text;
    assert!(told.contains("160 bits") && told.contains("128"), "{told}");
    let told = unreadable(figure, hex_key("12345678901234567890123456789013")).text;
    assert!(told.contains("is it the right one?"), "{told}");
}

#[test]
fn figure_7_opens_with_its_passphrase() {
    let figure = include_str!("data/figure7.xml");
    let all = tokens(figure, passphrase("qwerty"));
    assert_eq!(secret(&all[0]), RFC_4226);
    let told = unreadable(figure, Given::Nothing).text;
    assert!(
        told.contains("“My Password 1”") && told.contains("--passphrase-file"),
        "{told}"
    );
    // A wrong passphrase opens the MAC's key by chance once in 256 times, and then no MAC fits.
    for wrong in ["qwertz", "Qwerty", ""] {
        let told = match read(figure, passphrase(wrong)) {
            Err(unreadable) => unreadable.text,
            Ok((records, _)) => records[0].token.as_ref().err().unwrap().clone(),
        };
        assert!(told.contains("key"), "{told}");
    }
}

#[test]
fn a_changed_cipher_text_or_mac_is_refused() {
    let figure = include_str!("data/figure6.xml");
    for (from, to) in [
        ("AAECAwQF", "AAECAwQG"),
        ("OxqlZZ", "OxqlZZ"),
        ("Su+Nvt", "Su+Nvu"),
    ] {
        let changed = figure.replacen(from, to, 1);
        if changed == figure {
            continue;
        }
        let told = refusals(&changed, hex_key("12345678901234567890123456789012"));
        assert!(told[0].contains("cannot be decrypted"), "{}", told[0]);
    }
    let (before, rest) = figure.split_once("<ValueMAC>").unwrap();
    let (_, after) = rest.split_once("</ValueMAC>").unwrap();
    let told = refusals(
        &format!("{before}{after}"),
        hex_key("12345678901234567890123456789012"),
    );
    assert!(told[0].contains("has no MAC"), "{}", told[0]);
}

#[test]
fn figure_8_is_for_a_certificate_and_says_so() {
    let told = unreadable(include_str!("data/figure8.xml"), Given::Nothing).text;
    assert!(told.contains("certificate"), "{told}");
}

#[test]
fn figure_9_is_signed_and_it_is_told_that_nobody_looked() {
    let (records, notes) = read(include_str!("data/figure9.xml"), Given::Nothing).unwrap();
    assert_eq!(secret(records[0].token.as_ref().unwrap()), RFC_4226);
    assert_eq!(notes, ["the file is signed; its signature was not checked"]);
}

#[test]
fn figure_10_has_four_keys_and_two_of_one_device_are_told_apart() {
    let all = tokens(include_str!("data/figure10.xml"), Given::Nothing);
    let serials: Vec<_> = all.iter().map(|one| one.token.serial.as_str()).collect();
    assert_eq!(serials, ["654321", "123456", "9999999", "9999999-4"]);
    let devices: Vec<_> = all
        .iter()
        .filter_map(|one| one.token.device_id.as_deref())
        .collect();
    assert_eq!(devices, ["654321", "123456", "9999999", "9999999"]);
    assert!(all.iter().all(|one| secret(one) == RFC_4226));
    let first = &all[0];
    let days = [first.starts_at, first.expires_at].map(|at| at.unwrap().unix_s() / 86_400);
    // 2006-05-01 and 2006-05-31.
    assert_eq!(days, [13_269, 13_299]);
}
