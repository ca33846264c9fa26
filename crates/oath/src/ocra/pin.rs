//! The hashed PIN of an OCRA input. Not a way to store PINs: an unsalted digest of four digits is
//! guessed at once, so seal it like a key.

use std::fmt;

use zeroize::Zeroizing;

use crate::{Algorithm, mac};

/// The digest of a PIN, `P` of RFC 6287 section 5.1. Wiped when dropped; `Debug` does not show it.
#[derive(Clone)]
pub struct PinHash {
    algorithm: Algorithm,
    digest: Zeroizing<Vec<u8>>,
}

/// A digest has another length than its hash function makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a PIN hash of {found} bytes: {algorithm} has {}", .algorithm.digest_bytes())]
pub struct PinHashError {
    /// The hash function that was named.
    pub algorithm: Algorithm,
    /// The length that was given, in bytes.
    pub found: usize,
}

impl PinHash {
    /// Hashes the PIN's UTF-8 bytes.
    pub fn of_pin(algorithm: Algorithm, pin: &str) -> Self {
        Self {
            algorithm,
            digest: mac::digest(algorithm, pin.as_bytes()),
        }
    }

    /// Takes a digest that was made before. The error says that its length is not the hash
    /// function's.
    pub fn from_bytes(algorithm: Algorithm, digest: &[u8]) -> Result<Self, PinHashError> {
        if digest.len() == algorithm.digest_bytes() {
            Ok(Self {
                algorithm,
                digest: Zeroizing::new(digest.to_vec()),
            })
        } else {
            Err(PinHashError {
                algorithm,
                found: digest.len(),
            })
        }
    }

    /// The hash function.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The digest.
    pub fn as_bytes(&self) -> &[u8] {
        &self.digest
    }
}

impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinHash")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
