//! HMAC with the chosen hash and the dynamic truncation of RFC 4226 section 5.3. Knows nothing of
//! counters, suites or digits.

use hmac::{Hmac, KeyInit as _, Mac};
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha512};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{Algorithm, Key};

/// An HMAC that has taken the key in, so that a window of candidates pays for that once.
pub(crate) enum Keyed {
    Sha1(Box<Hmac<Sha1>>),
    Sha256(Box<Hmac<Sha256>>),
    Sha512(Box<Hmac<Sha512>>),
}

impl Keyed {
    pub(crate) fn new(algorithm: Algorithm, key: &Key) -> Self {
        let key = key.as_bytes();
        match algorithm {
            Algorithm::Sha1 => Self::Sha1(Box::new(keyed(Hmac::new_from_slice(key)))),
            Algorithm::Sha256 => Self::Sha256(Box::new(keyed(Hmac::new_from_slice(key)))),
            Algorithm::Sha512 => Self::Sha512(Box::new(keyed(Hmac::new_from_slice(key)))),
        }
    }

    /// The 31-bit value of the MAC over `data`.
    pub(crate) fn truncated(&self, data: &[u8]) -> u32 {
        match self {
            Self::Sha1(mac) => truncated(Hmac::clone(mac), data),
            Self::Sha256(mac) => truncated(Hmac::clone(mac), data),
            Self::Sha512(mac) => truncated(Hmac::clone(mac), data),
        }
    }
}

fn keyed<M>(mac: Result<M, hmac::digest::InvalidLength>) -> M {
    mac.expect("HMAC takes a key of any length (RFC 2104 section 2)")
}

fn truncated<M: Mac>(mac: M, data: &[u8]) -> u32 {
    let mut tag = mac.chain_update(data).finalize().into_bytes();
    let value = dynamic_truncation(&tag);
    tag.as_mut_slice().zeroize();
    value
}

/// RFC 4226 section 5.3: the low nibble of the last byte says where four bytes are taken, whose
/// top bit is dropped. The shortest tag has 20 bytes, so they are always there.
fn dynamic_truncation(tag: &[u8]) -> u32 {
    let offset = tag.last().map_or(0, |last| usize::from(last & 0x0f));
    let four = tag.iter().skip(offset).take(4);
    four.fold(0, |value, byte| (value << 8) | u32::from(*byte)) & 0x7fff_ffff
}

/// The plain digest of `data`.
pub(crate) fn digest(algorithm: Algorithm, data: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(match algorithm {
        Algorithm::Sha1 => Sha1::digest(data).to_vec(),
        Algorithm::Sha256 => Sha256::digest(data).to_vec(),
        Algorithm::Sha512 => Sha512::digest(data).to_vec(),
    })
}
