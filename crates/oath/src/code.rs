//! The digits a person types, and how many. Not for searching a window: `Hotp::find` and
//! `ocra::Suite::find` do that.

use std::fmt;

use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

/// How many digits an HOTP or TOTP code has: 6 to 10 (RFC 4226 section 5.3 asks for at least 6;
/// the value behind has 31 bits, so a tenth digit is 0, 1 or 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digits(u8);

/// The number of digits is not 6 to 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code of {found} digits: expected 6 to 10")]
pub struct DigitsError {
    /// The number that was given.
    pub found: u8,
}

impl Digits {
    /// Takes 6 to 10; anything else is the error.
    pub const fn new(digits: u8) -> Result<Self, DigitsError> {
        match digits {
            6..=10 => Ok(Self(digits)),
            found => Err(DigitsError { found }),
        }
    }

    /// The number of digits.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for Digits {
    /// Six digits.
    fn default() -> Self {
        Self(6)
    }
}

/// A one-time code: ASCII digits, with leading zeros. Wiped when dropped; `Debug` does not show
/// it; compare it with [`Code::matches`].
#[derive(Clone)]
pub struct Code(Zeroizing<String>);

impl Code {
    /// The decimal digits at the end of `truncated`, as many as `digits` (RFC 4226 section 5.3,
    /// step 3). Both callers keep `digits` at 10 or below.
    pub(crate) fn of_truncated(truncated: u32, digits: u8) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(10));
        let mut power = 10_u64.pow(u32::from(digits));
        while power > 1 {
            let rest = u64::from(truncated) % power;
            power /= 10;
            let [.., digit] = (rest / power).to_be_bytes();
            text.push(char::from(b'0' + digit));
        }
        Self(text)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `unverified_code` is this code, in a time that tells nothing of where they differ.
    /// A different length never matches, nor do digits outside ASCII, and nothing is trimmed.
    pub fn matches(&self, unverified_code: &str) -> Choice {
        self.0.as_bytes().ct_eq(unverified_code.as_bytes())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}
