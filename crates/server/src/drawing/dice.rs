//! Chance for drawings: everything that varies in one comes from a seed, and the same seed gives the same.
//!
//! What must be a secret is the seed; nothing is drawn here that decides anything.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// Numbers that nobody can tell without the seed.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of a seed and of what they are thrown for, so that two drawings of one seed have
    /// nothing in common.
    pub(super) fn new(seed: &[u8; 16], purpose: [u8; 8]) -> Self {
        let mut key = [0; 32];
        for (place, byte) in key.iter_mut().zip(seed.iter().chain(&purpose)) {
            *place = *byte;
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number from 0, included, to 1, not included.
    pub(super) fn unit(&mut self) -> f32 {
        let high = u16::try_from(self.0.next_u32() >> 16).unwrap_or_default();
        f32::from(high) / 65_536.0
    }

    /// A number between the two.
    pub(super) fn between(&mut self, least: f32, most: f32) -> f32 {
        least + (most - least) * self.unit()
    }

    /// A number at most this far from 0, on either side.
    pub(super) fn around(&mut self, reach: f32) -> f32 {
        self.between(-reach, reach)
    }

    /// A number below `bound`, which is small enough that a bias cannot be seen; 0 for a bound of 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let drawn = usize::try_from(self.0.next_u32()).unwrap_or_default();
        drawn.checked_rem(bound).unwrap_or_default()
    }

    /// True so often, out of once.
    pub(super) fn chance(&mut self, share: f32) -> bool {
        self.unit() < share
    }

    /// One of these.
    pub(super) fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    /// Puts them in an order of its own.
    pub(super) fn shuffle<T>(&mut self, all: &mut [T]) {
        for end in (1..all.len()).rev() {
            all.swap(end, self.below(end + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_and_another_seed_or_purpose_another() {
        let throw = |seed: u8, purpose: [u8; 8]| {
            let mut dice = Dice::new(&[seed; 16], purpose);
            [(); 8].map(|()| dice.below(1000))
        };
        assert_eq!(throw(1, *b"one     "), throw(1, *b"one     "));
        assert_ne!(throw(1, *b"one     "), throw(2, *b"one     "));
        assert_ne!(throw(1, *b"one     "), throw(1, *b"another "));
    }

    #[test]
    fn numbers_keep_within_their_bounds_and_reach_all_of_them() {
        let mut dice = Dice::new(&[7; 16], *b"bounds  ");
        let mut seen = [false; 6];
        for _ in 0..1000 {
            assert!((2.0..3.0).contains(&dice.between(2.0, 3.0)));
            assert!(dice.around(4.0).abs() <= 4.0);
            seen[dice.below(6)] = true;
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(dice.below(0), 0);
        let mut all = [1, 2, 3, 4, 5];
        dice.shuffle(&mut all);
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3, 4, 5]);
        assert!(dice.chance(1.0) && !dice.chance(0.0));
    }
}
