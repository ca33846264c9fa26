//! Static passwords as Argon2id hashes (RFC 9106) in PHC form, with OWASP's first choice of cost:
//! 19 MiB, two passes, one lane.
//!
//! A hash takes some 20 ms and 19 MiB. Who calls this from a server does so off its async threads
//! and bounds how many run at a time.

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};

use crate::rng::{self, Rng};

/// The cost could not be set, or the memory was not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it could not be hashed: 19 MiB of memory are needed")]
pub(crate) struct HashError;

/// Hashes a password with a new salt.
pub(crate) fn hash(rng: &dyn Rng, password: &SecretString) -> Result<String, HashError> {
    let salt: [u8; 16] = rng::bytes(rng);
    let hashed = hasher()?
        .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
        .map_err(|_| HashError)?;
    Ok(hashed.to_string())
}

/// Whether this is the password that was hashed.
pub(crate) fn matches(hash: &str, unverified: &SecretString) -> bool {
    let password = unverified.expose_secret().as_bytes();
    hasher().is_ok_and(|hasher| hasher.verify_password(password, hash).is_ok())
}

fn hasher() -> Result<Argon2<'static>, HashError> {
    let cost = Params::new(19 * 1024, 2, 1, None).map_err(|_| HashError)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, cost))
}
