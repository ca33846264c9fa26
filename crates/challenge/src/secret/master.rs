//! What a master key consists of: the keys derived from it, each for one purpose.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::lasting::Lasting;
use super::{MASTER_KEY_LENGTH, SealError};

/// A master key, as what is derived from it: one key a purpose, so that a use of one tells nothing about
/// another.
pub(super) struct MasterKey {
    pub(super) sealing: LessSafeKey,
    pub(super) linking: hmac::Key,
    pub(super) questions: hmac::Key,
    pub(super) tickets: hmac::Key,
    pub(super) puzzles: hmac::Key,
    pub(super) audit_tags: hmac::Key,
    pub(super) audit_signing: Ed25519KeyPair,
    /// What outlives it.
    pub(super) lasting: Arc<Lasting>,
    /// By which it is told from another of the same version; it tells nothing about the key.
    pub(super) fingerprint: [u8; 16],
}

impl MasterKey {
    /// Derives them; nothing where a library refuses a key.
    pub(super) fn derive(master: &[u8; MASTER_KEY_LENGTH]) -> Option<Self> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, master);
        let named = |purpose: &str| format!("countersign {purpose} v1");
        let derived = |purpose| hmac::sign(&root, named(purpose).as_bytes());
        let key = |purpose| hmac::Key::new(hmac::HMAC_SHA256, derived(purpose).as_ref());
        let sealing = UnboundKey::new(&AES_256_GCM, derived("sealing").as_ref());
        let audit_signing =
            Ed25519KeyPair::from_seed_unchecked(derived("audit signing").as_ref()).ok()?;
        let mut lasting = Zeroizing::new(Vec::new());
        for purpose in ["client secrets", "officers", "passcodes", "voices", "push"] {
            lasting.extend_from_slice(derived(purpose).as_ref());
        }
        lasting.extend_from_slice(audit_signing.public_key().as_ref());
        Some(Self {
            sealing: LessSafeKey::new(sealing.ok()?),
            linking: key("linking"),
            questions: key("questions"),
            tickets: key("tickets"),
            puzzles: key("puzzles"),
            audit_tags: key("audit tags"),
            audit_signing,
            lasting: Arc::new(Lasting::of(&lasting)?),
            fingerprint: *derived("fingerprint").as_ref().first_chunk()?,
        })
    }

    /// A digest about linking; what it is for goes before what it is of.
    pub(super) fn linking(&self, purpose: &str, text: &str) -> Option<[u8; 32]> {
        let tag = hmac::sign(&self.linking, format!("{purpose} {text}").as_bytes());
        tag.as_ref().try_into().ok()
    }

    /// The seed of the puzzles of one turn, in hexadecimal.
    pub(super) fn linking_seed(&self, turn: i64) -> Option<String> {
        let seed = self.linking("puzzle", &turn.to_string())?;
        Some(HEXLOWER.encode(&seed))
    }

    /// The key that a site's puzzles are signed with.
    pub(super) fn puzzle_key(&self, site: i64) -> Option<Zeroizing<[u8; 32]>> {
        let key = hmac::sign(&self.puzzles, &site.to_be_bytes());
        Some(Zeroizing::new(key.as_ref().try_into().ok()?))
    }

    /// The key under which the tickets of one hour are sealed.
    pub(super) fn ticket_key(&self, hour: u32) -> Result<LessSafeKey, SealError> {
        let key = hmac::sign(&self.tickets, &hour.to_be_bytes());
        let key = UnboundKey::new(&AES_256_GCM, key.as_ref());
        Ok(LessSafeKey::new(key.map_err(|_| SealError::Damaged)?))
    }
}
