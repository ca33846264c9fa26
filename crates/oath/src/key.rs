//! The shared secret, kept out of logs and wiped when it is dropped. Not for storing it: sealing
//! keys at rest (RFC 4226 section 7.5) is the caller's.

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

/// The secret that token and verifier share. At least 1 byte; RFC 4226 section 4 (R6) wants 16
/// bytes or more and recommends 20, which is the caller's to insist on.
///
/// It is wiped from memory when dropped, `Debug` does not show it, and it has no `==`: comparing
/// secrets wants constant time.
#[derive(Clone)]
pub struct Key(Zeroizing<Vec<u8>>);

/// Why a key could not be made. It never quotes the text it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There are no bytes in it.
    #[error("the key is empty")]
    Empty,
    /// A character is not a hexadecimal digit.
    #[error("the key is not hexadecimal at byte {at}")]
    NotHex {
        /// Offset in bytes from the start of the text.
        at: usize,
    },
    /// A character is not of the Base32 alphabet, or stands after the padding.
    #[error("the key is not Base32 at byte {at}")]
    NotBase32 {
        /// Offset in bytes from the start of the text.
        at: usize,
    },
    /// The number of digits or symbols fits no whole number of bytes: one is lost.
    #[error("the key's text is cut short: a character is missing")]
    CutShort,
}

impl Key {
    /// Takes the raw bytes. The error is [`KeyError::Empty`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        Self::of(Zeroizing::new(bytes.into()))
    }

    /// Reads hexadecimal digits of either case, two a byte.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        if let Some((at, _)) = text.char_indices().find(|(_, c)| !c.is_ascii_hexdigit()) {
            return Err(KeyError::NotHex { at });
        }
        let bytes = HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .map_err(|_| KeyError::CutShort)?;
        Self::of(Zeroizing::new(bytes))
    }

    /// Reads Base32 (RFC 4648 section 6) as people type it: either case, with or without padding,
    /// spaces and hyphens. Bits at the end that fill no byte are dropped.
    pub fn from_base32(text: &str) -> Result<Self, KeyError> {
        Self::of(crate::base32::decode(text)?)
    }

    fn of(bytes: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        if bytes.is_empty() {
            Err(KeyError::Empty)
        } else {
            Ok(Self(bytes))
        }
    }

    /// The secret itself.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret in upper-case Base32 without padding, the form of otpauth URIs.
    pub fn to_base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
