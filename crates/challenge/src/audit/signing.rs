//! Signing anew, when the master key is rotated: what an old key signed is signed with the newest one, so that
//! it verifies when the old key is gone. Nothing is signed that did not verify.

use super::chain::{Chain, End, Erased, Opening, Which, erasure, key_version, signed};
use super::ports::{AuditLog, Place};
use super::sealing::{NotSealed, leaf_of_ours};
use crate::ports::StoreError;
use crate::secret::Keyring;

/// Rows read at once.
const CHUNK: u32 = 500;

/// What came of signing anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignedAnew {
    /// Signatures that were put in the place of older ones.
    pub signed: u64,
    /// What still needs an older key and goes by itself: events that wait to be sealed, erasures that are
    /// under way, and what changed meanwhile. **No older key may go before this is 0.**
    pub left: u64,
    /// What says that an older key made it and did not verify: it was left as it is.
    pub unfit: u64,
}

/// Signs the ends of the chain and what tells of erased events with the newest key, where an older one did.
///
/// Nodes may seal, cut and erase beside it. Once more does what is left.
pub async fn sign_anew(log: &dyn AuditLog, keyring: &Keyring) -> Result<SignedAnew, NotSealed> {
    let mut done = SignedAnew::default();
    sign_ends(log, keyring, &mut done).await?;
    sign_erased(log, keyring, &mut done).await?;
    count_left(log, keyring, &mut done).await?;
    Ok(done)
}

async fn sign_ends(
    log: &dyn AuditLog,
    keyring: &Keyring,
    done: &mut SignedAnew,
) -> Result<(), NotSealed> {
    let Some(chain) = log.chain().await? else {
        return Ok(());
    };
    let is_old = |end: &End| end.signature.key_version != keyring.version();
    let old = [Some(chain.head), chain.cut].into_iter().flatten();
    let old = old.filter(is_old).count() as u64;
    if old == 0 {
        return Ok(());
    }
    if let Some(problem) = keyring.audit_public_keys().problems_of(&chain).next() {
        return Err(NotSealed::End(problem));
    }
    let anew = |which, end: &End| {
        let said = (end.number, end.link, end.at);
        signed(keyring, which, &chain.beginning, said)
    };
    let new = Chain {
        head: anew(Which::Head, &chain.head)?,
        cut: chain.cut.map(|cut| anew(Which::Cut, &cut)).transpose()?,
        ..chain
    };
    match log.sign_ends(&chain, &new).await {
        Ok(()) => done.signed += old,
        Err(StoreError::Conflict) => done.left += old,
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn sign_erased(
    log: &dyn AuditLog,
    keyring: &Keyring,
    done: &mut SignedAnew,
) -> Result<(), NotSealed> {
    let keys = keyring.audit_public_keys();
    let mut after = None;
    loop {
        let rows = log.erased(after, CHUNK).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = Some(Place::of(&last.event));
        for row in &rows {
            let Some(Opening::Erased(old)) = row.opening else {
                continue;
            };
            if old.signature.key_version == keyring.version() {
                continue;
            }
            let said = erasure(&row.event, &old.commitment);
            if keys.problem(&said, &old.signature).is_some() {
                done.unfit += 1;
                continue;
            }
            let new = Erased {
                signature: keyring.audit_signature(&said)?,
                ..old
            };
            let place = Place::of(&row.event);
            match log.sign_erased(place, (&old, &new)).await {
                Ok(()) => done.signed += 1,
                // It was cut off, or signed by somebody else who rotates.
                Err(StoreError::Conflict) => done.left += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Counts what was marked under an older key and is not done with.
async fn count_left(
    log: &dyn AuditLog,
    keyring: &Keyring,
    done: &mut SignedAnew,
) -> Result<(), NotSealed> {
    let mut after = None;
    loop {
        let waiting = log.waiting(after, CHUNK).await?;
        let Some(last) = waiting.last() else {
            break;
        };
        after = Some(last.place);
        let old = waiting
            .iter()
            .filter(|one| key_version(&one.tag) < keyring.version());
        done.left += old.count() as u64;
    }
    let mut after = None;
    loop {
        let refused = log.refused(after, CHUNK).await?;
        let Some(last) = refused.last() else {
            break;
        };
        after = Some(last.place);
        let old = refused.iter().filter(|one| {
            key_version(&one.tag) < keyring.version() && leaf_of_ours(keyring, one).is_some()
        });
        done.left += old.count() as u64;
    }
    let mut after = None;
    loop {
        let erasures = log.erasures(after, CHUNK).await?;
        let Some(last) = erasures.last() else {
            return Ok(());
        };
        after = Some((last.tenant, last.user));
        // What nobody of this server asked for is never done, and waits for no key.
        let old = erasures
            .iter()
            .filter(|one| key_version(&one.tag) < keyring.version() && keyring.erasure_fits(one));
        done.left += old.count() as u64;
    }
}
