//! PINs that this server verifies: digits people chose, as Argon2id hashes, sealed.
//!
//! A hash costs some 20 ms and 19 MiB, so it is made through a port: the server does it off its async
//! threads and bounds how many run at a time, with [`hash()`] and [`matches()`].

use async_trait::async_trait;
use secrecy::SecretString;

use crate::directory::provision::password;
use crate::rng::Rng;

/// The PIN could not be hashed: the memory was not there, or the hasher is busy or gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the PIN cannot be hashed now")]
pub struct CannotHash;

/// Hashes PINs without holding up anybody else.
#[async_trait]
pub trait PinHasher: Send + Sync {
    /// The hash of a PIN under a new salt, as a PHC string.
    async fn hash(&self, pin: SecretString) -> Result<String, CannotHash>;

    /// Whether this is the PIN that was hashed.
    async fn matches(&self, hash: String, unverified_pin: SecretString)
    -> Result<bool, CannotHash>;
}

/// Hashes a PIN with a new salt. Takes some 20 ms of a thread.
pub fn hash(rng: &dyn Rng, pin: &SecretString) -> Result<String, CannotHash> {
    password::hash(rng, pin).map_err(|_| CannotHash)
}

/// Whether this is the PIN that was hashed. Takes some 20 ms of a thread.
pub fn matches(hash: &str, unverified_pin: &SecretString) -> bool {
    password::matches(hash, unverified_pin)
}

/// The fewest digits of a PIN.
pub const DIGITS_MIN: usize = 4;

/// The most digits of a PIN.
pub const DIGITS_MAX: usize = 12;

/// Whether a text is a PIN at all: 4 to 12 ASCII digits.
pub fn is_pin(text: &str) -> bool {
    (DIGITS_MIN..=DIGITS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
}
