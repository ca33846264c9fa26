//! Percent-encoding of RFC 3986 for labels and values. Not a general form encoder.

use std::fmt::{self, Write as _};

use zeroize::Zeroizing;

/// Shows a text with everything but the unreserved characters of RFC 3986 section 2.3 encoded.
pub(super) struct Encoded<'a>(pub(super) &'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    f.write_char(char::from(byte))?;
                }
                _ => write!(f, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

/// Decodes `text`, or gives `None` if a `%` lacks its two digits or the bytes are not UTF-8.
/// It is wiped when dropped, for the value may be the secret.
pub(super) fn decode(text: &str) -> Option<Zeroizing<String>> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => (nibble(bytes.next()?)? << 4) | nibble(bytes.next()?)?,
            _ => byte,
        });
    }
    std::str::from_utf8(&decoded)
        .ok()
        .map(|text| Zeroizing::new(text.to_owned()))
}

/// As [`decode`], for values of the query, where a `+` is a space: many writers take the query for
/// an HTML form. `Encoded` writes a plus sign as `%2B`.
pub(super) fn decode_value(text: &str) -> Option<Zeroizing<String>> {
    decode(&Zeroizing::new(text.replace('+', " ")))
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}
