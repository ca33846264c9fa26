//! A code that is drawn for a visitor to read or to hear: which characters it has, and when an answer hits it.
//!
//! Drawing and speaking it is somebody else's: see [`crate::visitor::Mint`].

use std::fmt;

use subtle::ConstantTimeEq;

use crate::rng::{self, Rng};

/// The characters of codes: none that looks like another one, nor sounds like it in any language.
pub const ALPHABET: &[u8] = b"3479hjluwxy";

/// Characters of a code. One of 11^6, 1.8 million, is right by chance.
pub const LENGTH: usize = 6;

/// Width and height of a drawn code in pixels.
pub const IMAGE_SIZE: (u32, u32) = (400, 140);

/// A code and what its drawing is varied by; the same two give the same drawing, so that fetching it
/// again tells nothing more.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    /// The characters, each out of [`ALPHABET`].
    pub text: String,
    /// Whatever varies in the drawing comes from here.
    pub seed: [u8; 16],
}

impl fmt::Debug for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Code(…)")
    }
}

impl Code {
    /// Draws a code.
    pub fn draw(rng: &dyn Rng) -> Self {
        Self {
            text: rng::text(rng, ALPHABET, LENGTH),
            seed: rng::bytes(rng),
        }
    }

    /// Whether an answer is the code, in any case, with spaces anywhere, and with what is in no code taken
    /// for what it looks like.
    pub fn is_hit_by(&self, unverified: &str) -> bool {
        let folded = folded(unverified);
        folded.as_bytes().ct_eq(self.text.as_bytes()).into()
    }
}

/// What was typed for a code, but for what may be typed differently.
pub fn folded(unverified: &str) -> String {
    let characters = unverified.chars().filter(|one| !one.is_whitespace());
    characters.flat_map(char::to_lowercase).map(meant).collect()
}

/// What somebody meant who typed a character that is in no code.
fn meant(typed: char) -> char {
    match typed {
        'a' => '4',
        'b' | '8' => '3',
        'g' | 'q' => '9',
        't' | '1' => '7',
        'v' => 'u',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::DangerCountingRng;

    #[test]
    fn a_code_is_hit_in_any_case_and_spacing_and_by_nothing_else() {
        let code = Code {
            text: "h7lx4y".to_owned(),
            seed: [0; 16],
        };
        for hit in ["h7lx4y", "H7LX4Y", " h7l x4y ", "h 7 l x 4 y\n"] {
            assert!(code.is_hit_by(hit), "{hit}");
        }
        for miss in ["", "h7lx4", "h7lx4yy", "h7lx4u", "7hlx4y", "h7lx4y."] {
            assert!(!code.is_hit_by(miss), "{miss}");
        }
    }

    #[test]
    fn a_code_is_not_shown_to_whoever_debugs() {
        let code = Code::draw(&DangerCountingRng::default());
        assert_eq!(format!("{code:?}"), "Code(…)");
    }

    #[test]
    fn what_is_in_no_code_is_what_it_looks_like() {
        let code = Code {
            text: "3479uh".to_owned(),
            seed: [0; 16],
        };
        for hit in ["3479uh", "BA1GVH", "8atqvh"] {
            assert!(code.is_hit_by(hit), "{hit}");
        }
        let not_in_it = "ab8gqt1v".bytes().all(|one| !ALPHABET.contains(&one));
        assert!(not_in_it && !code.is_hit_by("3478uh"));
    }

    #[test]
    fn codes_have_all_characters_of_the_alphabet_and_no_other() {
        let rng = DangerCountingRng::default();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..500 {
            let code = Code::draw(&rng);
            assert_eq!(code.text.len(), LENGTH);
            seen.extend(code.text.bytes());
        }
        assert_eq!(seen, ALPHABET.iter().copied().collect());
        assert_eq!(ALPHABET.len(), 11);
    }
}
