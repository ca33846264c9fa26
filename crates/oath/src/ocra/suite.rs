//! A suite that has been read: the parameters of one kind of OCRA computation. The grammar is in
//! `grammar`, what is computed with it in `data_input` and `window`.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use super::grammar::{self, SuiteError};
use super::{PinHash, QuestionFormat};
use crate::Algorithm;

/// An `OCRASuite` (RFC 6287 section 6) such as `OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1`.
///
/// ```text
/// OCRA-1:HOTP-SHA{1|256|512}-t:[C-]QFxx[-PSHA{1|256|512}][-Snnn][-TG]
/// ```
///
/// What the RFC leaves open is settled like this:
///
/// * `t` is 4 to 10. `t` = 0, "no truncation", is refused: one implementation gives the whole
///   HMAC, one a decimal number, one the digit 0, so no two of them agree.
/// * `xx` is 04 to 64. The single digits 4 to 9 are read too, because section 6.4 itself prints
///   `QH8`.
/// * The defaults of section 6.3 (`N08`, `SHA1`, `064`, `1M`) say what to choose, not what may be
///   left out: bare `Q`, `P`, `S` and `T` are refused.
/// * `nnn` is 001 to 512.
/// * `0H` is refused though section 6.3 prints the range [0-48]H: a step of no length has no
///   number.
/// * Upper and lower case differ, the order of the members is fixed, and no number but `xx` and
///   `nnn` has leading zeros.
///
/// The text itself is part of what is hashed, so it is kept byte for byte, and two suites are
/// equal when their texts are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Suite {
    pub(super) text: String,
    pub(super) algorithm: Algorithm,
    pub(super) digits: u8,
    pub(super) counter: bool,
    pub(super) question: QuestionFormat,
    pub(super) pin: Option<Algorithm>,
    pub(super) session_bytes: Option<u16>,
    pub(super) time_step_s: Option<NonZeroU32>,
}

impl Suite {
    /// Reads a suite. The error says at which byte it breaks the grammar and what was expected
    /// there.
    pub fn parse(text: &str) -> Result<Self, SuiteError> {
        grammar::parse(text)
    }

    /// The text, as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The hash function under the HMAC (RFC 6287 section 5.2).
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// How many digits a response has, 4 to 10 (RFC 6287 section 5.2).
    pub fn digits(&self) -> u8 {
        self.digits
    }

    /// Whether the input has a counter (`C`).
    pub fn has_counter(&self) -> bool {
        self.counter
    }

    /// The format of a question (`Q`).
    pub fn question_format(&self) -> QuestionFormat {
        self.question
    }

    /// The hash function of the PIN, if the input has one (`P`).
    pub fn pin(&self) -> Option<Algorithm> {
        self.pin
    }

    /// The length of the session information in bytes, 1 to 512, if the input has one (`S`).
    pub fn session_bytes(&self) -> Option<u16> {
        self.session_bytes
    }

    /// The length of a time step in seconds, 1 to 172 800, if the input has one (`T`).
    pub fn time_step_s(&self) -> Option<u32> {
        self.time_step_s.map(NonZeroU32::get)
    }

    /// The number of the time step that `unix_s` (seconds since the Unix epoch) falls in, or
    /// `None` if the suite has no time (RFC 6287 section 5.1, `T`).
    pub fn time_step(&self, unix_s: u64) -> Option<u64> {
        self.time_step_s
            .map(|step_s| unix_s / u64::from(step_s.get()))
    }

    /// The PIN as this suite hashes it, or `None` if the suite has no PIN.
    pub fn hash_pin(&self, pin: &str) -> Option<PinHash> {
        self.pin.map(|algorithm| PinHash::of_pin(algorithm, pin))
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Suite {
    type Err = SuiteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}
