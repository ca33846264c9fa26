//! The key pair by which push services know this server (RFC 8292): derived from a master key, so that
//! it is the same on every node, survives restarts and rests nowhere. What it signs is the protocol's.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use zeroize::Zeroizing;

use crate::approval::PublicKey;
use crate::secret::SealError;

/// Bytes that may be no private key before it is given up: each is one with all but 2^-32.
const DRAWS: u8 = 8;

/// A P-256 key pair that signs what is said to push services.
pub struct PushKey {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

impl std::fmt::Debug for PushKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "PushKey({}, ..)", self.public)
    }
}

impl PushKey {
    /// The key pair that follows from a secret: the first of its digests that is a private key (FIPS
    /// 186-5, A.2.2).
    pub(crate) fn derive(secret: &hmac::Key) -> Option<Self> {
        (0..DRAWS).find_map(|draw| {
            let tag = hmac::sign(secret, &[draw]);
            let scalar: [u8; 32] = tag.as_ref().try_into().ok()?;
            Self::of_scalar(&Zeroizing::new(scalar))
        })
    }

    /// The key pair with this private key; nothing where it is 0 or not below the curve's order.
    fn of_scalar(scalar: &[u8; 32]) -> Option<Self> {
        let private = PrivateKey::from_private_key(&ECDH_P256, scalar).ok()?;
        let point = private.compute_public_key().ok()?;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            scalar,
            point.as_ref(),
        );
        Some(Self {
            pair: pair.ok()?,
            public: PublicKey::of_unverified(point.as_ref()).ok()?,
        })
    }

    /// The public half, which apps subscribe with.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signature under a message: ECDSA with SHA-256, r and s as 64 bytes (RFC 7518, section 3.4).
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SealError> {
        // AWS-LC draws the nonce of a signature itself and looks at no generator that it is given.
        let signature = self.pair.sign(&SystemRandom::new(), message);
        let signature = signature.map_err(|_| SealError::Damaged)?;
        Ok(signature.as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    fn secret(byte: u8) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32])
    }

    #[test]
    fn a_secret_gives_one_key_that_signs() {
        let [first, again, other] = [7, 7, 8].map(|byte| PushKey::derive(&secret(byte)).unwrap());
        assert_eq!(first.public(), again.public());
        assert_ne!(first.public(), other.public());
        let signature = first.sign(b"aud").unwrap();
        assert!(again.public().verifies(b"aud", &signature));
        assert!(!other.public().verifies(b"aud", &signature));
        assert!(!format!("{first:?}").contains(&HEXLOWER.encode(&[7; 32])));
    }

    #[test]
    fn what_is_no_private_key_gives_none() {
        let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
        let order: [u8; 32] = HEXLOWER
            .decode(order.as_bytes())
            .unwrap()
            .try_into()
            .unwrap();
        let mut last = order;
        last[31] -= 1;
        assert!(PushKey::of_scalar(&order).is_none());
        assert!(PushKey::of_scalar(&[0xff; 32]).is_none());
        assert!(PushKey::of_scalar(&[0; 32]).is_none());
        assert!(PushKey::of_scalar(&last).is_some());
    }
}
