//! A code that is drawn for a visitor to read or to hear: which characters it has, and when an answer hits it.
//!
//! Drawing and speaking it is somebody else's: see [`crate::visitor::Mint`].

use subtle::ConstantTimeEq;

use crate::rng::{self, Rng};

/// The characters of codes: none that look like another one, in either case.
pub const ALPHABET: &[u8] = b"acdefhjkmnprtuwxy347";

/// Characters of a code. One of 20^6, 64 million, is right by chance.
pub const LENGTH: usize = 6;

/// Width and height of a drawn code in pixels.
pub const IMAGE_SIZE: (u32, u32) = (280, 90);

/// A code and what its drawing is varied by; the same two give the same drawing, so that fetching it
/// again tells nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The characters, each out of [`ALPHABET`].
    pub text: String,
    /// Whatever varies in the drawing comes from here.
    pub seed: [u8; 16],
}

impl Code {
    /// Draws a code.
    pub fn draw(rng: &dyn Rng) -> Self {
        Self {
            text: rng::text(rng, ALPHABET, LENGTH),
            seed: rng::bytes(rng),
        }
    }

    /// Whether an answer is the code, in any case and with spaces anywhere.
    pub fn is_hit_by(&self, unverified: &str) -> bool {
        let folded: String = unverified
            .chars()
            .filter(|character| !character.is_whitespace())
            .flat_map(char::to_lowercase)
            .collect();
        folded.as_bytes().ct_eq(self.text.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::DangerCountingRng;

    #[test]
    fn a_code_is_hit_in_any_case_and_spacing_and_by_nothing_else() {
        let code = Code {
            text: "k7mx4t".to_owned(),
            seed: [0; 16],
        };
        for hit in ["k7mx4t", "K7MX4T", " k7m x4t ", "k 7 m x 4 t\n"] {
            assert!(code.is_hit_by(hit), "{hit}");
        }
        for miss in ["", "k7mx4", "k7mx4tt", "k7mx4u", "7kmx4t", "k7mx4t."] {
            assert!(!code.is_hit_by(miss), "{miss}");
        }
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
        assert_eq!(ALPHABET.len(), 20);
    }
}
