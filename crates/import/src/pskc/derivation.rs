//! Keys that are derived from a passphrase: PBKDF2 (PKCS #5, RFC 8018), as `DerivedKey` describes it.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{self, Algorithm};
use data_encoding::BASE64;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Fault;
use super::tree::Element;
use super::value::unspaced;

/// Iterations at most: a second of computing, and more than anybody recommends.
const ITERATIONS_MAX: u32 = 2_000_000;

/// Bytes of a salt at most.
const SALT_MAX: usize = 1024;

/// How a key is derived from a passphrase.
pub(super) struct Derivation {
    salt: Vec<u8>,
    iterations: NonZeroU32,
    length: usize,
    algorithm: Algorithm,
}

impl Derivation {
    /// Reads `KeyDerivationMethod`.
    pub(super) fn read(method: &Element) -> Result<Self, Fault> {
        let name = method.attribute("Algorithm").unwrap_or_default();
        let parameters = method
            .child("PBKDF2-params")
            .filter(|_| name.ends_with("#pbkdf2"))
            .ok_or_else(|| {
                Fault::file("the way in which the key is derived is not known; PBKDF2 is")
            })?;
        let salt = parameters
            .text_at(&["Salt", "Specified"])
            .unwrap_or_default();
        let salt = BASE64.decode(unspaced(salt).as_bytes()).unwrap_or_default();
        if salt.is_empty() || salt.len() > SALT_MAX {
            return Err(Fault::file(
                "the salt of PBKDF2 is missing or cannot be read",
            ));
        }
        let iterations = parameters.text_at(&["IterationCount"]).unwrap_or_default();
        let iterations = iterations
            .parse()
            .ok()
            .filter(|count| *count <= ITERATIONS_MAX);
        let iterations = iterations.and_then(NonZeroU32::new).ok_or_else(|| {
            Fault::file(format!(
                "the iterations of PBKDF2 are not 1 to {ITERATIONS_MAX}"
            ))
        })?;
        // A file that names no length means the shortest.
        let length = parameters.text_at(&["KeyLength"]).unwrap_or("16");
        let length = length
            .parse()
            .ok()
            .filter(|length| [16, 24, 32].contains(length));
        let length = length.ok_or_else(|| {
            Fault::file("the length of the key that PBKDF2 derives is not 16, 24 or 32")
        })?;
        // Some writers have the name as a text, where it should be an attribute.
        let prf = parameters.child("PRF").and_then(|prf| {
            let text = Some(prf.text.as_str()).filter(|text| !text.is_empty());
            prf.attribute("Algorithm").or(text)
        });
        Ok(Self {
            salt,
            iterations,
            length,
            algorithm: algorithm(prf)?,
        })
    }

    /// Computes the key.
    pub(super) fn derive(&self, passphrase: &SecretString) -> Zeroizing<Vec<u8>> {
        let mut key = Zeroizing::new(vec![0; self.length]);
        let secret = passphrase.expose_secret().as_bytes();
        pbkdf2::derive(
            self.algorithm,
            self.iterations,
            &self.salt,
            secret,
            &mut key,
        );
        key
    }
}

/// HMAC-SHA1 where none is named (RFC 8018, appendix A.2).
fn algorithm(prf: Option<&str>) -> Result<Algorithm, Fault> {
    let name = prf.unwrap_or("hmac-sha1").to_ascii_lowercase();
    let name = name
        .rsplit(['#', ':'])
        .next()
        .unwrap_or_default()
        .replace('-', "");
    Ok(match name.trim_start_matches("hmac") {
        "sha1" => pbkdf2::PBKDF2_HMAC_SHA1,
        "sha256" => pbkdf2::PBKDF2_HMAC_SHA256,
        "sha384" => pbkdf2::PBKDF2_HMAC_SHA384,
        "sha512" => pbkdf2::PBKDF2_HMAC_SHA512,
        _ => {
            return Err(Fault::file(
                "the hash of PBKDF2 is not known; HMAC with SHA-1, SHA-256, SHA-384 and SHA-512 are",
            ));
        }
    })
}
