//! What a master key consists of: the keys derived from it, each for one purpose.

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};

use super::{MASTER_KEY_LENGTH, SealError};
use crate::push_key::PushKey;

/// A master key, as what is derived from it: one key a purpose, so that a use of one tells nothing about
/// another.
pub(super) struct MasterKey {
    pub(super) sealing: LessSafeKey,
    pub(super) client_secrets: hmac::Key,
    pub(super) linking: hmac::Key,
    pub(super) questions: hmac::Key,
    pub(super) passcodes: hmac::Key,
    pub(super) tickets: hmac::Key,
    pub(super) puzzles: hmac::Key,
    pub(super) officers: hmac::Key,
    pub(super) voices: hmac::Key,
    pub(super) push: PushKey,
    pub(super) audit_tags: hmac::Key,
    pub(super) audit_signing: Ed25519KeyPair,
}

impl MasterKey {
    /// Derives them; nothing where a library refuses a key.
    pub(super) fn derive(master: &[u8; MASTER_KEY_LENGTH]) -> Option<Self> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, master);
        let named = |purpose: &str| format!("countersign {purpose} v1");
        let derived = |purpose| hmac::sign(&root, named(purpose).as_bytes());
        let key = |purpose| hmac::Key::new(hmac::HMAC_SHA256, derived(purpose).as_ref());
        let sealing = UnboundKey::new(&AES_256_GCM, derived("sealing").as_ref());
        Some(Self {
            sealing: LessSafeKey::new(sealing.ok()?),
            client_secrets: key("client secrets"),
            linking: key("linking"),
            questions: key("questions"),
            passcodes: key("passcodes"),
            tickets: key("tickets"),
            puzzles: key("puzzles"),
            officers: key("officers"),
            voices: key("voices"),
            push: PushKey::derive(&key("push"))?,
            audit_tags: key("audit tags"),
            audit_signing: Ed25519KeyPair::from_seed_unchecked(derived("audit signing").as_ref())
                .ok()?,
        })
    }

    /// A digest about linking; what it is for goes before what it is of.
    pub(super) fn linking(&self, purpose: &str, text: &str) -> Option<[u8; 32]> {
        let tag = hmac::sign(&self.linking, format!("{purpose} {text}").as_bytes());
        tag.as_ref().try_into().ok()
    }

    /// The public half of the key that signs the audit log.
    pub(super) fn audit_public(&self) -> Option<[u8; 32]> {
        self.audit_signing.public_key().as_ref().try_into().ok()
    }

    /// The key under which the tickets of one hour are sealed.
    pub(super) fn ticket_key(&self, hour: u32) -> Result<LessSafeKey, SealError> {
        let key = hmac::sign(&self.tickets, &hour.to_be_bytes());
        let key = UnboundKey::new(&AES_256_GCM, key.as_ref());
        Ok(LessSafeKey::new(key.map_err(|_| SealError::Damaged)?))
    }
}
