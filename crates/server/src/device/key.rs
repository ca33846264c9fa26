//! The device's key: P-256, made here, kept in a file of the folder.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use challenge::approval::PublicKey;
use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::Trouble;

/// A P-256 key pair that signs for a device.
pub(super) struct DeviceKey {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

impl DeviceKey {
    /// Draws a new one.
    pub(super) fn generate() -> Result<Self, Trouble> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self::of(pair.map_err(|_| Trouble::Here("no key could be made".to_owned()))?)
    }

    /// Reads one from its base64.
    pub(super) fn read(text: &str) -> Result<Self, Trouble> {
        let broken = || Trouble::Here("the key cannot be read".to_owned());
        let der = Zeroizing::new(BASE64.decode(text.as_bytes()).map_err(|_| broken())?);
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der);
        Self::of(pair.map_err(|_| broken())?)
    }

    /// The private key as PKCS #8 in base64.
    pub(super) fn written(&self) -> Result<Zeroizing<String>, Trouble> {
        let der = self.pair.to_pkcs8v1();
        let der = der.map_err(|_| Trouble::Here("the key cannot be written".to_owned()))?;
        Ok(Zeroizing::new(BASE64.encode(der.as_ref())))
    }

    /// The public half.
    pub(super) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signature under a message, in base64.
    pub(super) fn sign(&self, message: &[u8]) -> Result<String, Trouble> {
        let signature = self.pair.sign(&SystemRandom::new(), message);
        let signature = signature.map_err(|_| Trouble::Here("nothing can be signed".to_owned()))?;
        Ok(BASE64.encode(signature.as_ref()))
    }

    fn of(pair: EcdsaKeyPair) -> Result<Self, Trouble> {
        let public = PublicKey::of_unverified(pair.public_key().as_ref());
        let public = public.map_err(|refused| Trouble::Here(refused.to_string()))?;
        Ok(Self { pair, public })
    }
}
