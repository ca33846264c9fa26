//! Questions and their 128 bytes (RFC 6287 sections 5.1 and 6.3). Not for making random ones, nor
//! for laying out the fields of a transaction that is to be signed.

use std::fmt;

use super::Suite;

/// The length of `Q` in the data input, in bytes (RFC 6287 section 5.1).
const QUESTION_BYTES: usize = 128;

/// What a question is written in (RFC 6287 section 6.3, `F`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuestionKind {
    /// `A`: printable ASCII, taken byte for byte.
    Alphanumeric,
    /// `N`: a decimal number, taken as its hexadecimal digits. Leading zeros vanish, and since an
    /// odd number of digits is padded on the right, some n and 16n are the same: do not sign
    /// transactions with it.
    Numeric,
    /// `H`: hexadecimal digits of either case; an odd number of them is padded on the right.
    Hexadecimal,
}

/// Kind and longest length of a suite's questions (RFC 6287 section 6.3, `QFxx`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuestionFormat {
    /// What it is written in.
    pub kind: QuestionKind,
    /// The longest question in characters, 4 to 64; shorter ones are allowed.
    pub max: u8,
}

/// One or two questions in the form that is hashed: `Q` of RFC 6287 section 5.1.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    pub(super) format: QuestionFormat,
    pub(super) bytes: [u8; QUESTION_BYTES],
}

/// Why a text is not a question of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionError {
    /// There is nothing in it.
    #[error("the question is empty")]
    Empty,
    /// It is longer than the suite says.
    #[error("the question has {found} characters, the suite allows {max}")]
    TooLong {
        /// The longest the suite allows, in characters.
        max: u8,
        /// The length that was given, in characters.
        found: usize,
    },
    /// A character is not of the suite's format.
    #[error("the question has a character at byte {at} that is not {}", allowed(*.kind))]
    Character {
        /// Offset in bytes; in a pair, from the start of the question it stands in.
        at: usize,
        /// What the suite's questions are written in.
        kind: QuestionKind,
    },
}

fn allowed(kind: QuestionKind) -> &'static str {
    match kind {
        QuestionKind::Alphanumeric => "printable ASCII",
        QuestionKind::Numeric => "a decimal digit",
        QuestionKind::Hexadecimal => "a hexadecimal digit",
    }
}

impl Suite {
    /// A question of one party, for one-way authentication and plain signatures (RFC 6287
    /// sections 7.1 and 7.3.1): 1 to `max` characters.
    pub fn question(&self, text: &str) -> Result<Question, QuestionError> {
        self.question.check(text)?;
        Ok(self.question.encode(text))
    }

    /// Two questions, each of 1 to `max` characters, joined in this order; see
    /// [`Suite::server_question`] and [`Suite::client_question`] for which comes first.
    ///
    /// They are joined as text and then encoded, as "12" and "3" would be: the pairs (12, 3) and
    /// (1, 23) are the same question. Two numbers are one number of up to 128 digits; RFC 6287 has
    /// no test vector for that. The longest pair of any format fills the 128 bytes exactly.
    pub fn question_pair(&self, first: &str, second: &str) -> Result<Question, QuestionError> {
        self.question.check(first)?;
        self.question.check(second)?;
        Ok(self.question.encode(&[first, second].concat()))
    }

    /// What the server's response RS is computed over: QC | QS (RFC 6287 sections 7.2 and 7.3.2).
    /// The client checks RS with it. Use the server's suite, which has no PIN.
    pub fn server_question(
        &self,
        client_question: &str,
        server_question: &str,
    ) -> Result<Question, QuestionError> {
        self.question_pair(client_question, server_question)
    }

    /// What the client's response RC, or its signature, is computed over: QS | QC (RFC 6287
    /// sections 7.2 and 7.3.2; there QS is the text to sign). The server checks it with this. Use
    /// the client's suite.
    pub fn client_question(
        &self,
        client_question: &str,
        server_question: &str,
    ) -> Result<Question, QuestionError> {
        self.question_pair(server_question, client_question)
    }
}

impl QuestionFormat {
    fn check(self, text: &str) -> Result<(), QuestionError> {
        let found = text.chars().count();
        match found {
            0 => return Err(QuestionError::Empty),
            _ if found > usize::from(self.max) => {
                return Err(QuestionError::TooLong {
                    max: self.max,
                    found,
                });
            }
            _ => {}
        }
        let kind = self.kind;
        match text
            .char_indices()
            .find(|(_, character)| !kind.has(*character))
        {
            Some((at, _)) => Err(QuestionError::Character { at, kind }),
            None => Ok(()),
        }
    }

    /// Encodes text whose characters and length have been checked.
    fn encode(self, text: &str) -> Question {
        let mut bytes = [0; QUESTION_BYTES];
        match self.kind {
            QuestionKind::Alphanumeric => {
                bytes
                    .iter_mut()
                    .zip(text.bytes())
                    .for_each(|(to, from)| *to = from);
            }
            QuestionKind::Numeric => pack(&mut bytes, &hexadecimal_digits(text)),
            QuestionKind::Hexadecimal => {
                let nibbles: Vec<u8> = text.chars().filter_map(|c| digit(c, 16)).collect();
                pack(&mut bytes, &nibbles);
            }
        }
        Question {
            format: self,
            bytes,
        }
    }
}

impl QuestionKind {
    fn has(self, character: char) -> bool {
        match self {
            Self::Alphanumeric => matches!(character, ' '..='~'),
            Self::Numeric => character.is_ascii_digit(),
            Self::Hexadecimal => character.is_ascii_hexdigit(),
        }
    }
}

fn digit(character: char, radix: u32) -> Option<u8> {
    character
        .to_digit(radix)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// The hexadecimal digits of a decimal number of any length, highest first, without leading zeros;
/// 0 has one digit.
fn hexadecimal_digits(decimal: &str) -> Vec<u8> {
    let mut lowest_first: Vec<u8> = vec![];
    for mut carry in decimal.chars().filter_map(|c| digit(c, 10)) {
        for nibble in &mut lowest_first {
            let value = *nibble * 10 + carry; // At most 15 * 10 + 9.
            *nibble = value & 0x0f;
            carry = value >> 4;
        }
        if carry > 0 {
            lowest_first.push(carry);
        }
    }
    if lowest_first.is_empty() {
        lowest_first.push(0);
    }
    lowest_first.reverse();
    lowest_first
}

/// Two nibbles a byte from the left; a last single one is the high nibble, as the RFC's reference
/// implementation pads on the right.
fn pack(bytes: &mut [u8], nibbles: &[u8]) {
    for (byte, pair) in bytes.iter_mut().zip(nibbles.chunks(2)) {
        *byte = match pair {
            [high, low] => (high << 4) | low,
            [high] => high << 4,
            _ => 0,
        };
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}
