//! Proof of work: a key that takes many derivations to find, and one comparison to check.
//!
//! The server draws a counter, derives the key that belongs to it, and shows the first half of that
//! key. Who is asked tries counter after counter until the first half fits (the deterministic mode of
//! ALTCHA, version 2). The server remembers the whole key, so that checking costs no derivation, however
//! dear the work was. Nothing here knows of challenges, sites or time, but for the moment that is signed.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::{hmac, pbkdf2};
use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use std::num::NonZeroU32;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::clock::Timestamp;
use crate::rng::{self, Rng};

/// Bytes of a derived key.
pub const KEY_LENGTH: usize = 32;

/// Bytes of nonce and salt.
const NONCE_LENGTH: usize = 16;

/// How dear a proof is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effort {
    /// PBKDF2 with HMAC-SHA-256 (RFC 8018, section 5.2): dear in time.
    Pbkdf2 {
        /// Iterations of one derivation.
        cost: u32,
        /// The highest counter, at least 1.
        counter_max: u32,
    },
    /// Argon2id, version 1.3, one lane (RFC 9106): dear in memory too, which evens out graphics cards.
    Argon2id {
        /// Passes over the memory.
        passes: u32,
        /// Memory in KiB, at least 8.
        memory_kib: u32,
        /// The highest counter, at least 1.
        counter_max: u32,
    },
}

impl Effort {
    /// The algorithm's name, as ALTCHA writes it.
    pub fn algorithm(self) -> &'static str {
        match self {
            Self::Pbkdf2 { .. } => "PBKDF2/SHA-256",
            Self::Argon2id { .. } => "ARGON2ID",
        }
    }

    /// The highest counter.
    pub fn counter_max(self) -> u32 {
        match self {
            Self::Pbkdf2 { counter_max, .. } | Self::Argon2id { counter_max, .. } => counter_max,
        }
    }

    fn derive(self, password: &[u8], salt: &[u8]) -> Result<[u8; KEY_LENGTH], UnusableEffort> {
        let mut key = [0; KEY_LENGTH];
        match self {
            Self::Pbkdf2 { cost, .. } => {
                let cost = NonZeroU32::new(cost).ok_or(UnusableEffort)?;
                pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, cost, salt, password, &mut key);
            }
            Self::Argon2id {
                passes, memory_kib, ..
            } => {
                let params = Params::new(memory_kib, passes, 1, Some(KEY_LENGTH));
                let params = params.map_err(|_| UnusableEffort)?;
                Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                    .hash_password_into(password, salt, &mut key)
                    .map_err(|_| UnusableEffort)?;
            }
        }
        Ok(key)
    }
}

/// An effort by which nothing can be derived: a count of 0, or less memory than the algorithm takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing can be derived with this effort")]
pub struct UnusableEffort;

/// A proof of work as it is kept: what is shown, and what is not.
#[derive(Clone)]
pub struct Puzzle {
    effort: Effort,
    nonce: [u8; NONCE_LENGTH],
    salt: [u8; NONCE_LENGTH],
    solution: Solution,
}

/// The counter that was drawn, and the key that it leads to.
#[derive(Clone, Zeroize)]
pub struct Solution {
    /// The counter.
    pub counter: u32,
    /// The key.
    pub key: [u8; KEY_LENGTH],
}

/// What somebody says the solution is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The counter.
    pub counter: u32,
    /// The key.
    pub key: [u8; KEY_LENGTH],
}

impl Puzzle {
    /// Draws a puzzle; this takes one derivation, some tens of milliseconds for Argon2id.
    pub fn draw(effort: Effort, rng: &dyn Rng) -> Result<Self, UnusableEffort> {
        let highest = effort.counter_max().max(1);
        // Evenly from 1: whoever begins anywhere else does as much on average.
        let drawn = 1 + rng::below(rng, u64::from(highest));
        let counter = u32::try_from(drawn).map_err(|_| UnusableEffort)?;
        let (nonce, salt) = (rng::bytes(rng), rng::bytes(rng));
        let key = effort.derive(&password(&nonce, counter), &salt)?;
        Ok(Self {
            effort,
            nonce,
            salt,
            solution: Solution { counter, key },
        })
    }

    /// How dear it is.
    pub fn effort(&self) -> Effort {
        self.effort
    }

    /// What must not be shown.
    pub fn solution(&self) -> &Solution {
        &self.solution
    }

    /// What is shown: `parameters` and their `signature`, as ALTCHA's version 2 writes them.
    ///
    /// `key` is what both signatures are made with (HMAC-SHA-256); the one over the derived key lets
    /// whoever has `key` check an answer with one more HMAC and no derivation. `data` is signed with the rest
    /// and comes back with it ([`SignedWork`](crate::methods::signed_work::SignedWork)).
    pub fn shown(
        &self,
        answer_by: Timestamp,
        data: &Map<String, Value>,
        key: &[u8],
    ) -> Map<String, Value> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let half = self.solution.key.len() / 2;
        let (prefix, _) = self.solution.key.split_at(half);
        let mut parameters = Map::new();
        parameters.insert("algorithm".to_owned(), json!(self.effort.algorithm()));
        match self.effort {
            Effort::Pbkdf2 { cost, .. } => {
                parameters.insert("cost".to_owned(), json!(cost));
            }
            Effort::Argon2id {
                passes, memory_kib, ..
            } => {
                parameters.insert("cost".to_owned(), json!(passes));
                parameters.insert("memoryCost".to_owned(), json!(memory_kib));
                parameters.insert("parallelism".to_owned(), json!(1));
            }
        }
        if !data.is_empty() {
            parameters.insert("data".to_owned(), Value::Object(data.clone()));
        }
        let derived = hmac::sign(&key, &self.solution.key);
        parameters.insert("expiresAt".to_owned(), json!(answer_by.unix_s()));
        parameters.insert("keyLength".to_owned(), json!(KEY_LENGTH));
        parameters.insert("keyPrefix".to_owned(), json!(HEXLOWER.encode(prefix)));
        let derived = HEXLOWER.encode(derived.as_ref());
        parameters.insert("keySignature".to_owned(), json!(derived));
        parameters.insert("nonce".to_owned(), json!(HEXLOWER.encode(&self.nonce)));
        parameters.insert("salt".to_owned(), json!(HEXLOWER.encode(&self.salt)));
        let mut parameters = Value::Object(parameters);
        parameters.sort_all_objects();
        let signature = hmac::sign(&key, parameters.to_string().as_bytes());
        let mut shown = Map::new();
        shown.insert("parameters".to_owned(), parameters);
        let signature = HEXLOWER.encode(signature.as_ref());
        shown.insert("signature".to_owned(), json!(signature));
        shown
    }
}

impl Solution {
    /// Whether an attempt hits it, decided in constant time.
    pub fn is_hit_by(&self, unverified: &Attempt) -> bool {
        let same_counter = self
            .counter
            .to_be_bytes()
            .ct_eq(&unverified.counter.to_be_bytes());
        let same_key = self.key.ct_eq(&unverified.key);
        (same_counter & same_key).into()
    }
}

/// What is derived from: the nonce, and the counter as four bytes, the highest first.
fn password(nonce: &[u8; NONCE_LENGTH], counter: u32) -> Vec<u8> {
    let mut password = nonce.to_vec();
    password.extend_from_slice(&counter.to_be_bytes());
    password
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::DangerCountingRng;

    const CHEAP: Effort = Effort::Pbkdf2 {
        cost: 3,
        counter_max: 50,
    };
    const MEMORY_HARD: Effort = Effort::Argon2id {
        passes: 1,
        memory_kib: 8,
        counter_max: 5,
    };
    const NOON: Timestamp = Timestamp::from_unix_s(1_800_000_000);

    /// Solves as a visitor does, by what is shown alone.
    fn solve(effort: Effort, shown: &Map<String, Value>) -> Attempt {
        let text = |name: &str| shown["parameters"][name].as_str().unwrap();
        let hex = |name: &str| HEXLOWER.decode(text(name).as_bytes()).unwrap();
        let (nonce, salt, prefix) = (hex("nonce"), hex("salt"), hex("keyPrefix"));
        (0..=effort.counter_max())
            .find_map(|counter| {
                let password = password(nonce.as_slice().try_into().unwrap(), counter);
                let key = effort.derive(&password, &salt).unwrap();
                key.starts_with(&prefix).then_some(Attempt { counter, key })
            })
            .expect("some counter fits")
    }

    #[test]
    fn who_tries_every_counter_finds_the_solution_by_what_is_shown() {
        let rng = DangerCountingRng::default();
        for effort in [CHEAP, MEMORY_HARD] {
            let puzzle = Puzzle::draw(effort, &rng).unwrap();
            let attempt = solve(effort, &puzzle.shown(NOON, &Map::new(), b"key"));
            assert!(puzzle.solution().is_hit_by(&attempt), "{effort:?}");
        }
    }

    #[test]
    fn another_counter_or_another_key_is_no_solution() {
        let puzzle = Puzzle::draw(CHEAP, &DangerCountingRng::default()).unwrap();
        let Solution { counter, key } = puzzle.solution().clone();
        let right = Attempt { counter, key };
        assert!(puzzle.solution().is_hit_by(&right));
        let counter = counter + 1;
        assert!(!puzzle.solution().is_hit_by(&Attempt { counter, ..right }));
        for place in 0..KEY_LENGTH {
            let mut key = right.key;
            key[place] ^= 1;
            assert!(!puzzle.solution().is_hit_by(&Attempt { key, ..right }));
        }
    }

    #[test]
    fn every_counter_up_to_the_highest_is_drawn_and_no_other() {
        let rng = DangerCountingRng::default();
        let mut drawn = [0; 51];
        for _ in 0..5000 {
            let puzzle = Puzzle::draw(CHEAP, &rng).unwrap();
            drawn[usize::try_from(puzzle.solution().counter).unwrap()] += 1;
        }
        assert_eq!(drawn[0], 0);
        assert!(drawn[1..].iter().all(|&times| times > 50), "{drawn:?}");
    }

    #[test]
    fn the_signature_covers_the_parameters_in_the_order_of_their_names() {
        let puzzle = Puzzle::draw(CHEAP, &DangerCountingRng::default()).unwrap();
        let shown = puzzle.shown(NOON, &Map::new(), b"key");
        let names: Vec<_> = shown["parameters"].as_object().unwrap().keys().collect();
        assert!(names.is_sorted(), "{names:?}");
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        let told = HEXLOWER
            .decode(shown["signature"].as_str().unwrap().as_bytes())
            .unwrap();
        hmac::verify(&key, shown["parameters"].to_string().as_bytes(), &told).unwrap();
        assert_eq!(shown["parameters"]["expiresAt"], 1_800_000_000);
    }

    #[test]
    fn derivation_agrees_with_the_published_vector_of_pbkdf2() {
        // RFC 7914, section 11: PBKDF2-HMAC-SHA-256 (P="Password", S="NaCl", c=80000), first half.
        let effort = Effort::Pbkdf2 {
            cost: 80_000,
            counter_max: 1,
        };
        let key = effort.derive(b"Password", b"NaCl").unwrap();
        assert_eq!(
            HEXLOWER.encode(&key),
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
        );
    }

    #[test]
    fn an_effort_of_nothing_is_refused() {
        let none = Effort::Pbkdf2 {
            cost: 0,
            counter_max: 1,
        };
        assert!(Puzzle::draw(none, &DangerCountingRng::default()).is_err());
    }
}
