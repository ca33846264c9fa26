//! What outlives a master key that was dropped: the keys under which digests were made of what nobody can
//! be asked for again, the push key that phones subscribed with, and the public half of the audit log's.
//!
//! It seals nothing and opens nothing. It rests sealed under a later master key.

use std::sync::Arc;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::push_key::PushKey;

/// The bytes of one of the keys.
const ONE: usize = 32;

/// What outlives a master key.
pub(super) struct Lasting {
    pub(super) client_secrets: hmac::Key,
    pub(super) officers: hmac::Key,
    pub(super) passcodes: hmac::Key,
    pub(super) voices: hmac::Key,
    pub(super) push: Arc<PushKey>,
    pub(super) audit_public: [u8; ONE],
    /// All of it, as it rests.
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

impl Lasting {
    /// Reads it: five keys and a public one, 32 bytes each; nothing where that is not what there is.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let (keys, rest) = bytes.as_chunks::<ONE>();
        let [
            client_secrets,
            officers,
            passcodes,
            voices,
            push,
            audit_public,
        ] = keys
        else {
            return None;
        };
        let key = |bytes: &[u8; ONE]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        rest.is_empty().then_some(())?;
        Some(Self {
            client_secrets: key(client_secrets),
            officers: key(officers),
            passcodes: key(passcodes),
            voices: key(voices),
            push: Arc::new(PushKey::derive(&key(push))?),
            audit_public: *audit_public,
            bytes: Zeroizing::new(bytes.to_vec()),
        })
    }
}
