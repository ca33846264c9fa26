//! Reading a whole file, and saying what came of it.

use std::fmt::Write as _;

use challenge::directory::provision::{Arrival, KeySource};
use import::pskc::{Container, Given};
use import::{Record, Records, Unreadable};
use oath::{Digits, Hotp};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Everything that is read of a container.
pub(crate) fn read(text: &str, given: Given) -> Result<(Vec<Record>, Vec<String>), Unreadable> {
    let mut container = Container::read(text.as_bytes(), given);
    let mut records = Vec::new();
    let mut notes = Vec::new();
    while let Some(record) = container.next()? {
        records.push(record);
        notes.extend(container.notes());
    }
    notes.extend(container.notes());
    Ok((records, notes))
}

/// The tokens of a container in which all is well.
pub(crate) fn tokens(text: &str, given: Given) -> Vec<Arrival> {
    let (records, _) = read(text, given).unwrap();
    records
        .into_iter()
        .map(|record| record.token.unwrap())
        .collect()
}

/// Why the tokens of a container are refused, one after the other.
pub(crate) fn refusals(text: &str, given: Given) -> Vec<String> {
    let (records, _) = read(text, given).unwrap();
    records
        .into_iter()
        .map(|record| record.token.err().unwrap_or_default())
        .collect()
}

/// Why a file cannot be read.
pub(crate) fn unreadable(text: &str, given: Given) -> Unreadable {
    read(text, given).expect_err("it cannot be read")
}

pub(crate) fn hex_key(hex: &str) -> Given {
    let key = oath::Key::from_hex(hex).unwrap();
    Given::Key(Zeroizing::new(key.as_bytes().to_vec()))
}

pub(crate) fn passphrase(text: &str) -> Given {
    Given::Passphrase(SecretString::from(text))
}

/// The secret of a token, in hexadecimal.
pub(crate) fn secret(arrival: &Arrival) -> String {
    let KeySource::Given(key) = &arrival.token.key else {
        panic!("a token has a key");
    };
    let mut text = String::new();
    for byte in key.as_bytes() {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// The HOTP code of a token at a counter.
pub(crate) fn code(arrival: &Arrival, counter: u64) -> String {
    let KeySource::Given(key) = &arrival.token.key else {
        panic!("a token has a key");
    };
    let digits = arrival.token.digits.unwrap_or(6);
    let hotp = Hotp {
        algorithm: arrival.token.algorithm.unwrap_or_default(),
        digits: Digits::new(u8::try_from(digits).unwrap()).unwrap(),
    };
    hotp.code(key, counter).to_string()
}

/// A container of these packages, in the form of RFC 6030.
pub(crate) fn container(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<KeyContainer Version=\"1.0\" \
         xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">\n{inside}\n</KeyContainer>"
    )
}

/// A package with a key of this algorithm; `within` goes into `Key`, and may repeat what is there.
pub(crate) fn package(algorithm: &str, within: &str) -> String {
    format!(
        "<KeyPackage><DeviceInfo><SerialNo>S1</SerialNo></DeviceInfo><Key Id=\"K1\" \
         Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:{algorithm}\">{within}</Key></KeyPackage>"
    )
}

/// The secret of the RFCs' examples, plainly.
pub(crate) const SECRET: &str =
    "<Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret>";
