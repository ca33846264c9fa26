//! Values of a key: plain or encrypted, bytes or numbers.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::Fault;
use super::keys::Keys;
use super::tree::Element;

/// A text without its spaces and line breaks: long values are broken into lines.
pub(super) fn unspaced(text: &str) -> Zeroizing<String> {
    let kept = text.chars().filter(|letter| !letter.is_ascii_whitespace());
    Zeroizing::new(kept.collect())
}

/// Base64 with its padding.
pub(super) fn base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = unspaced(text);
    BASE64.decode(text.as_bytes()).ok().map(Zeroizing::new)
}

/// The bytes of an element with `PlainValue`, `EncryptedValue`, or (of the old form) `Value`.
pub(super) fn bytes(of: &Element, keys: &mut Keys) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let what = &of.name;
    if let Some(sealed) = of.child("EncryptedValue") {
        return keys.open(sealed, of.child("ValueMAC"));
    }
    if let Some(value) = of.child("Value") {
        return keys.open_old(value, of.child("ValueDigest"));
    }
    let plain = of.text_at(&["PlainValue"]);
    let plain = plain.ok_or_else(|| Fault::token(format!("{what}: it has no value")))?;
    base64(plain).ok_or_else(|| Fault::token(format!("{what}: it is not base64")))
}

/// A number of an element: in digits where it is plain, and where it was encrypted as digits or as the
/// bytes of the number, the greatest first (RFC 6030, section 4.2).
pub(super) fn number(of: &Element, keys: &mut Keys) -> Result<i64, Fault> {
    let what = of.attribute("Name").unwrap_or(&of.name).to_owned();
    let wrong = || Fault::token(format!("{what}: it is not a number in its range"));
    if let Some(plain) = of.text_at(&["PlainValue"]) {
        return plain.parse().map_err(|_| wrong());
    }
    let is_old = of.child("Value").is_some();
    let bytes = bytes(of, keys)?;
    let digits = std::str::from_utf8(&bytes).ok();
    let digits = digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match (digits, bytes.len()) {
        (_, 0) => Err(wrong()),
        // The old form has bytes alone.
        (Some(_), 1..=3) if !is_old => Err(Fault::token(format!(
            "{what}: what was encrypted can be read as two numbers; ask for a file in which it is \
             plain, or has eight bytes"
        ))),
        (Some(digits), _) if !is_old => digits.parse().map_err(|_| wrong()),
        (_, 1..=8) => {
            let number = bytes
                .iter()
                .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            i64::try_from(number).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}
