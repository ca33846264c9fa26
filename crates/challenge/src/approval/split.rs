//! A signature without separators, bound to the split of the first request that carried it.
//!
//! The gateway's signature hashes the fields one after the other, so other fields can have the same
//! bytes, and it has no nonce, so a captured one can be sent again. The first request that carries a
//! signature binds it to its fields, decoded; the same again is welcome, anything else is refused.

use aws_lc_rs::digest::{Context, SHA256};

use super::caller::Asking;
use super::refused::Refused;
use crate::audit::{EventKind, Outcome};
use crate::ports::{Change, SpentMark, StoreError};
use crate::verifier::Verifier;

/// A signed request taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Split<'a> {
    /// What is asked: a signature of one kind of request never serves another.
    pub kind: SplitKind,
    /// The signature, as decoded bytes.
    pub signature: &'a [u8],
    /// The signed fields after decoding, each in its one spelling, in their order.
    pub fields: &'a [&'a str],
}

/// What a signed request asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitKind {
    /// To link a user.
    Link,
    /// To start a session.
    Start,
    /// What came of a session.
    Check,
}

impl Verifier {
    /// Binds a signature to its split, or finds it bound to the same. The caller has verified it.
    ///
    /// Of two splits that race each other, one is bound and the other gets
    /// [`Refused::SplitOtherwise`], on every node.
    pub async fn bind_signature(
        &self,
        asking: &Asking<'_>,
        split: &Split<'_>,
    ) -> Result<(), Refused> {
        let tenant = asking.tenant.tenant.id;
        let whole = digest_of(split, split.fields);
        let now = self.clock.now();
        if self.store.is_spent(tenant, &whole, now).await? {
            return Ok(());
        }
        // For good: the scheme has no time, so a captured signature is as good in ten years.
        let mark = |digest| SpentMark {
            digest,
            keep_until: None,
        };
        let event = self.event_of_asking(asking, EventKind::BindSignature, Outcome::Done);
        let change = Change {
            spent: vec![mark(digest_of_signature(split)), mark(whole)],
            ..Change::telling(event)
        };
        match self.commit(change).await {
            Ok(()) => Ok(()),
            // Whoever was first may have bound it to the same.
            Err(StoreError::AlreadySpent) if self.store.is_spent(tenant, &whole, now).await? => {
                Ok(())
            }
            Err(StoreError::AlreadySpent) => {
                let event = self.event_of_asking(asking, EventKind::BindSignature, Outcome::Wrong);
                self.commit(Change::telling(event)).await?;
                Err(Refused::SplitOtherwise)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The digest of a signature alone, whatever it is said to be for.
fn digest_of_signature(split: &Split<'_>) -> [u8; 32] {
    digest(&[b"countersign signature", split.signature])
}

fn digest_of(split: &Split<'_>, fields: &[&str]) -> [u8; 32] {
    let kind: &[u8] = match split.kind {
        SplitKind::Link => b"link",
        SplitKind::Start => b"start",
        SplitKind::Check => b"check",
    };
    let mut parts = vec![b"countersign split", kind, split.signature];
    parts.extend(fields.iter().map(|field| field.as_bytes()));
    digest(&parts)
}

/// A hash of parts, each after its length (8 bytes, big-endian), so that no two lists share one.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        context.update(&length.to_be_bytes());
        context.update(part);
    }
    context
        .finish()
        .as_ref()
        .first_chunk()
        .copied()
        .unwrap_or_default()
}
