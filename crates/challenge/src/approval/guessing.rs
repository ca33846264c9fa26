//! Guessing at linking codes: how long a code must be, how many wrong ones an address has, and the
//! work that is asked for when the whole server is being guessed at. Pure but for the draw.
//!
//! One guess hits an open code with at most 1e-4 (fewer than 10^(d-4) are open while codes have d
//! digits), and an address has five wrong ones an hour.

use core::net::IpAddr;

use aws_lc_rs::digest::{SHA256, digest};

use super::ports::Guesses;
use crate::clock::Timestamp;

/// Wrong codes that an address may send in an hour.
pub const WRONG_PER_ADDRESS: u32 = 5;

/// Wrong codes an hour in the whole server, from which on every attempt must bring a proof of work.
pub const WRONG_WITHOUT_WORK: u32 = 100;

/// The hour.
pub(crate) const WINDOW_S: u32 = 3600;

/// Leading zero bits that a proof of work has at least: some 260,000 hashes.
const BITS_MIN: u32 = 18;

/// Leading zero bits that a proof of work has at most: some 17 million hashes.
const BITS_MAX: u32 = 24;

/// Seconds for which a puzzle is new; one is taken for as long again.
pub(super) const PUZZLE_S: i64 = 300;

/// The fewest digits of a linking code.
pub(super) const CODE_DIGITS_MIN: u32 = 6;

/// The most digits of a linking code.
pub(super) const CODE_DIGITS_MAX: u32 = 12;

/// A puzzle to be solved before a guess is looked at: find a text `nonce` such that the SHA-256 of
/// `countersign link work 1`, a line feed, the seed, a line feed, the linking code, a line feed and
/// the nonce begins with `bits` zero bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Puzzle {
    /// The server's part; changes every five minutes, and is taken for ten.
    pub seed: String,
    /// Zero bits that the hash must begin with.
    pub bits: u32,
}

/// A puzzle's solution. It is bound to the code that is guessed, so every guess costs its own.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The seed it was found for.
    pub seed: &'a str,
    /// What was found: at most 64 characters.
    pub nonce: &'a str,
}

impl Work<'_> {
    /// Whether it solves a puzzle of this many bits for this code. Whether the seed is one of the
    /// server's is looked at apart.
    pub fn solves(&self, code: &str, bits: u32) -> bool {
        if self.nonce.len() > 64 {
            return false;
        }
        let text = format!(
            "countersign link work 1\n{}\n{code}\n{}",
            self.seed, self.nonce
        );
        leading_zero_bits(digest(&SHA256, text.as_bytes()).as_ref()) >= bits
    }
}

/// Digits of a new linking code while so many are open: one guess hits with at most 1e-4.
pub(super) fn code_digits(open: u32, wanted: u32) -> u32 {
    let mut digits = CODE_DIGITS_MIN;
    while digits < CODE_DIGITS_MAX && open >= 10_u32.saturating_pow(digits - 4) {
        digits += 1;
    }
    digits.max(wanted.min(CODE_DIGITS_MAX))
}

/// Zero bits of the puzzle when so many guesses were wrong in the last hour; nothing: none needed.
pub(super) fn work_bits(wrong: u32) -> Option<u32> {
    let times = wrong.checked_div(WRONG_WITHOUT_WORK)?.checked_ilog2()?;
    Some((BITS_MIN + times).min(BITS_MAX))
}

/// Where guesses come from, for counting: an IPv4 address, or the network of an IPv6 one (/64),
/// which one person has whole.
pub(crate) fn place_of(address: Option<&str>) -> String {
    match address.map(str::parse::<IpAddr>) {
        Some(Ok(IpAddr::V4(address))) => address.to_string(),
        Some(Ok(IpAddr::V6(address))) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => format!("{:x}/64", address.to_bits() >> 64),
        },
        Some(Err(_)) | None => "unknown".to_owned(),
    }
}

/// The count after one more wrong guess.
pub(crate) fn one_more(guesses: &Guesses, now: Timestamp) -> Guesses {
    let wrong = guesses.wrong.with_one(now, WINDOW_S);
    let forget_at = wrong.over_at(WINDOW_S).unwrap_or(now);
    Guesses { wrong, forget_at }
}

fn leading_zero_bits(hash: &[u8]) -> u32 {
    let mut bits = 0;
    for byte in hash {
        bits += byte.leading_zeros();
        if *byte != 0 {
            break;
        }
    }
    bits
}
