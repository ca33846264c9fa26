//! The grammar of an `OCRASuite` (RFC 6287 section 6), strict. Not for guessing what a broken one
//! was meant to say: a suite is hashed as it is written, so another spelling is another code.

use std::num::NonZeroU32;

use super::{QuestionFormat, QuestionKind, Suite};
use crate::Algorithm;

/// Where a text stops being a suite, and what should have stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an OCRA suite: at byte {at}, expected {expected}")]
pub struct SuiteError {
    /// Offset in bytes from the start of the text; its length if the text ends too soon.
    pub at: usize,
    /// What was expected there, in words.
    pub expected: &'static str,
}

const START: &str = "OCRA-1:HOTP-";
const HASHES: &str = "SHA1, SHA256 or SHA512";
const DIGITS: &str = "a number of digits from 4 to 10";
const NO_TRUNCATION: &str = "a number of digits from 4 to 10 (0, no truncation, is refused: \
     implementations give the whole HMAC, a decimal number or the digit 0 for it)";
const QUESTION: &str = "the question: QA, QN or QH and its length";
const QUESTION_KIND: &str = "the format of the question: A, N or H";
const QUESTION_LENGTH: &str = "the longest question, 04 to 64";
const SESSION_LENGTH: &str = "the length of the session information in bytes, 001 to 512";
const STEP: &str = "a time step: 1 to 59 with S or M, or 1 to 48 with H";
const STEP_UNIT: &str = "the unit of the time step: S, M or H";
const STEP_OF_ZERO: &str = "a time step of 1 or more (a step of no length has no number)";
const MEMBERS: &str = "nothing but P, S and T, each at most once and in this order, after Q";

type Parsed<T> = Result<T, SuiteError>;

pub(super) fn parse(text: &str) -> Parsed<Suite> {
    let mut reader = Reader { text, at: 0 };
    reader.literal(START, START)?;
    let algorithm = hash(reader.token(&['-', ':']))?;
    reader.literal("-", "- and a number of digits")?;
    let digits = digits(reader.token(&[':']))?;
    reader.literal(":", ": and the data input")?;

    let mut member = reader.token(&['-']);
    let counter = member.text == "C";
    if counter {
        reader.literal("-", "- and the question")?;
        member = reader.token(&['-']);
    }
    let question = question(member)?;

    let mut next = reader.member()?;
    let pin = take(&mut reader, &mut next, 'P', hash)?;
    let session_bytes = take(&mut reader, &mut next, 'S', session)?;
    let time_step_s = take(&mut reader, &mut next, 'T', step)?;
    if let Some(superfluous) = next {
        return Err(superfluous.error(MEMBERS));
    }
    let text = text.to_owned();
    Ok(Suite {
        text,
        algorithm,
        digits,
        counter,
        question,
        pin,
        session_bytes,
        time_step_s,
    })
}

/// If the next member is the one of `letter`, reads it and moves on to the one behind it.
fn take<'a, T>(
    reader: &mut Reader<'a>,
    next: &mut Option<Token<'a>>,
    letter: char,
    read: fn(Token<'a>) -> Parsed<T>,
) -> Parsed<Option<T>> {
    let Some(rest) = next.and_then(|member| member.after(letter)) else {
        return Ok(None);
    };
    let value = read(rest)?;
    *next = reader.member()?;
    Ok(Some(value))
}

fn hash(token: Token<'_>) -> Parsed<Algorithm> {
    match token.text {
        "SHA1" => Ok(Algorithm::Sha1),
        "SHA256" => Ok(Algorithm::Sha256),
        "SHA512" => Ok(Algorithm::Sha512),
        _ => Err(token.error(HASHES)),
    }
}

fn digits(token: Token<'_>) -> Parsed<u8> {
    match token.text {
        "0" => Err(token.error(NO_TRUNCATION)),
        _ => token.number(4..=10).ok_or(token.error(DIGITS)),
    }
}

fn question(token: Token<'_>) -> Parsed<QuestionFormat> {
    let format = token.after('Q').ok_or(token.error(QUESTION))?;
    let (kind, length) = None
        .or_else(|| Some((QuestionKind::Alphanumeric, format.after('A')?)))
        .or_else(|| Some((QuestionKind::Numeric, format.after('N')?)))
        .or_else(|| Some((QuestionKind::Hexadecimal, format.after('H')?)))
        .ok_or(format.error(QUESTION_KIND))?;
    let number = match length.text.len() {
        2 => length.after('0').unwrap_or(length),
        _ => length,
    };
    let max = number.number(4..=64).ok_or(length.error(QUESTION_LENGTH))?;
    Ok(QuestionFormat { kind, max })
}

fn session(token: Token<'_>) -> Parsed<u16> {
    let three_digits = token.text.len() == 3 && token.text.bytes().all(|b| b.is_ascii_digit());
    let bytes = if three_digits {
        token.text.parse().ok()
    } else {
        None
    };
    bytes
        .filter(|bytes| (1..=512).contains(bytes))
        .ok_or(token.error(SESSION_LENGTH))
}

fn step(token: Token<'_>) -> Parsed<NonZeroU32> {
    let digits = token.text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = token.split(digits);
    let (longest, unit_s) = match unit.text {
        _ if digits == 0 => return Err(token.error(STEP)),
        "S" => (59, 1),
        "M" => (59, 60),
        "H" => (48, 3600),
        _ => return Err(unit.error(STEP_UNIT)),
    };
    let expected = if number.text == "0" {
        STEP_OF_ZERO
    } else {
        STEP
    };
    let count = number.number(1..=longest).ok_or(number.error(expected))?;
    NonZeroU32::new(u32::from(count) * unit_s).ok_or(number.error(STEP_OF_ZERO))
}

/// A piece of the suite and where it stands.
#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Token<'a> {
    fn error(self, expected: &'static str) -> SuiteError {
        SuiteError {
            at: self.at,
            expected,
        }
    }

    /// What follows `letter`, if the token starts with it.
    fn after(self, letter: char) -> Option<Token<'a>> {
        let text = self.text.strip_prefix(letter)?;
        Some(Token {
            text,
            at: self.at + letter.len_utf8(),
        })
    }

    fn split(self, at: usize) -> (Token<'a>, Token<'a>) {
        let (start, end) = self.text.split_at_checked(at).unwrap_or((self.text, ""));
        (
            Token {
                text: start,
                at: self.at,
            },
            Token {
                text: end,
                at: self.at + start.len(),
            },
        )
    }

    /// A decimal number of one or two digits within `range`, without a leading zero.
    fn number(self, range: std::ops::RangeInclusive<u8>) -> Option<u8> {
        let plain = self.text.len() <= 2
            && self.text.bytes().all(|b| b.is_ascii_digit())
            && !self.text.starts_with('0');
        let number = if plain { self.text.parse().ok() } else { None };
        number.filter(|number| range.contains(number))
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Steps over `literal`, or fails at the first byte that differs.
    fn literal(&mut self, literal: &str, expected: &'static str) -> Parsed<()> {
        let same = self
            .rest()
            .bytes()
            .zip(literal.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        self.at += same;
        if same == literal.len() {
            Ok(())
        } else {
            Err(SuiteError {
                at: self.at,
                expected,
            })
        }
    }

    /// Takes everything up to one of `ends` or the end of the text.
    fn token(&mut self, ends: &[char]) -> Token<'a> {
        let rest = self.rest();
        let text = rest
            .find(ends)
            .and_then(|end| rest.get(..end))
            .unwrap_or(rest);
        let token = Token { text, at: self.at };
        self.at += text.len();
        token
    }

    /// The next member of the data input, or `None` at the end of the text.
    fn member(&mut self) -> Parsed<Option<Token<'a>>> {
        if self.rest().is_empty() {
            return Ok(None);
        }
        self.literal("-", MEMBERS)?;
        Ok(Some(self.token(&['-'])))
    }
}
