//! The keys of the audit log: one that marks events as they are appended, one that signs the ends of the
//! chain. What is marked and signed is not here.

use aws_lc_rs::constant_time;

use super::{Keyring, SealError};
use crate::audit::chain::{self, Digest, PublicKeys, Signature, Stamp, Tag};
use crate::audit::ports::Erasure;

impl Keyring {
    /// What events are marked with as they are appended.
    pub fn audit_stamp(&self) -> Result<Stamp, SealError> {
        let (current, key) = self.current()?;
        Ok(Stamp::new(current, key.audit_tags.clone()))
    }

    /// Whether this server appended an event with this digest, under whichever of its keys.
    pub fn audit_tag_fits(&self, leaf: &Digest, unverified: &Tag) -> bool {
        let version = chain::key_version(unverified);
        self.key(version).is_ok_and(|key| {
            let tag = chain::tag((version, &key.audit_tags), leaf);
            constant_time::verify_slices_are_equal(&tag, unverified).is_ok()
        })
    }

    /// What shows that this server asked for an erasure.
    pub fn erasure_tag(&self, order: &Digest) -> Result<Tag, SealError> {
        let (current, key) = self.current()?;
        Ok(chain::tag((current, &key.audit_tags), order))
    }

    /// Whether this server asked for an erasure, under whichever of its keys.
    pub fn erasure_fits(&self, unverified: &Erasure) -> bool {
        // An order's digest begins with a label of its own, so that no event's tag fits it.
        self.audit_tag_fits(&unverified.order(), &unverified.tag)
    }

    /// A signature of the audit log's (Ed25519, RFC 8032).
    pub fn audit_signature(&self, message: &[u8]) -> Result<Signature, SealError> {
        let (current, key) = self.current()?;
        let signature = key.audit_signing.sign(message);
        let bytes = signature.as_ref().try_into();
        Ok(Signature {
            key_version: current,
            bytes: bytes.map_err(|_| SealError::Damaged)?,
        })
    }

    /// The public halves of the keys that sign the audit log, by the versions of their master keys; of
    /// those that were dropped as well.
    pub fn audit_public_keys(&self) -> PublicKeys {
        let ring = self.ring();
        let keys = ring.all_lasting_by_version();
        PublicKeys(
            keys.rev()
                .map(|(version, lasting)| (version, lasting.audit_public))
                .collect(),
        )
    }
}
