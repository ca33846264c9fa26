//! The three hash functions of the OATH standards, by name. The hashing itself is in `mac`.

use std::fmt;
use std::str::FromStr;

/// The hash function under the HMAC. RFC 4226 knows SHA-1 alone; RFC 6238 section 1.2 and
/// RFC 6287 section 5.2 add SHA-256 and SHA-512.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC-SHA-1, 20 bytes. What nearly every authenticator app supports.
    #[default]
    Sha1,
    /// HMAC-SHA-256, 32 bytes.
    Sha256,
    /// HMAC-SHA-512, 64 bytes.
    Sha512,
}

impl Algorithm {
    /// The name without a hyphen, as OCRA suites and otpauth URIs write it: `SHA1`, `SHA256`,
    /// `SHA512`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// The length of the digest in bytes; also the length a key should have (RFC 6238 section 3,
    /// R6).
    pub const fn digest_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names none of the three hash functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a hash function of OATH: expected SHA1, SHA256 or SHA512")]
pub struct AlgorithmError;

impl FromStr for Algorithm {
    type Err = AlgorithmError;

    /// Reads `SHA1`, `SHA256`, `SHA512` in any case, and `SHA-1`, `SHA-256`, `SHA-512`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Sha1, Self::Sha256, Self::Sha512]
            .into_iter()
            .find(|algorithm| {
                let (family, bits) = algorithm.name().split_at(3);
                text.get(..3)
                    .is_some_and(|start| start.eq_ignore_ascii_case(family))
                    && text
                        .get(3..)
                        .is_some_and(|end| end.strip_prefix('-').unwrap_or(end) == bits)
            })
            .ok_or(AlgorithmError)
    }
}
