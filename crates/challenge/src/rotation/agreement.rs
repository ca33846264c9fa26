//! Whether the keys that are here are those of the database, and which of them seals.

use super::ports::KeyRow;
use crate::clock::Timestamp;
use crate::ports::{Store, StoreError};
use crate::restore::{Unfit, check_keys};
use crate::secret::{Held, Keyring, SealError, Sealed};

/// Why the keys that are here cannot be used with this database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTrouble {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A library.
    #[error("{0}")]
    Seal(#[from] SealError),
    /// The version that seals is not here.
    #[error(
        "this database is sealed under master key version {0}, which is not here; put that version \
         into this node's key file, as `countersign key status` elsewhere tells"
    )]
    Missing(u32),
    /// There is another key of the same version.
    #[error(
        "the master key version {0} that is here is not the one that this database was sealed under; \
         put the right key file in its place"
    )]
    Other(u32),
    /// The audit log cannot be signed anew.
    #[error("the audit log is not signed anew: {0}; see `countersign audit verify`")]
    Log(String),
    /// The database knows no version that seals.
    #[error("the database names no master key that seals; restore it from a backup")]
    NoneSeals,
}

/// Brings a ring to what the database says: the version that seals, and what lasts of those that were
/// dropped. A database that knows of no key takes all of the ring's, of which the highest seals.
pub async fn agree(
    store: &dyn Store,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Vec<KeyRow>, KeyTrouble> {
    let mut rows = store.master_keys().await?;
    if rows.is_empty() {
        rows = first_known(store, keyring, now).await?;
    }
    take_up(&rows, keyring, keyring)?;
    Ok(rows)
}

/// Makes what the ring holds known to a database that knows of no key. Those below the highest sealed before
/// it, if ever: each is known as one that did, so that none of them begins to once more.
async fn first_known(
    store: &dyn Store,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Vec<KeyRow>, KeyTrouble> {
    let mut older = keyring.held();
    let highest = older.pop().ok_or(KeyTrouble::NoneSeals)?;
    // What is written here is believed ever after: not before the key opened what there is.
    check_keys(store, keyring)
        .await
        .map_err(|unfit| match unfit {
            Unfit::Store(error) => KeyTrouble::Store(error),
            Unfit::Sealed { .. } => KeyTrouble::Other(highest.version),
        })?;
    let mut sealing = KeyRow::first(highest, now);
    // Nobody looked yet what is sealed under the older ones: they are needed until everything is sealed anew.
    if !older.is_empty() && store.count_sealed_rows().await? > 0 {
        sealing.resealed_at = None;
    }
    let rows = older.into_iter().map(|held| KeyRow::first(held, now));
    let rows: Vec<_> = rows.chain([sealing]).collect();
    Ok(store.add_first_keys(&rows).await?)
}

/// Takes keys into a ring as the database's rows say.
pub(super) fn take_up(
    rows: &[KeyRow],
    keyring: &Keyring,
    keys: &Keyring,
) -> Result<(), KeyTrouble> {
    let held = keys.held();
    if let Some(other) = held.iter().find(|one| is_other(rows, one)) {
        return Err(KeyTrouble::Other(other.version));
    }
    let sealing = sealing(rows).ok_or(KeyTrouble::NoneSeals)?;
    let version = sealing.held.version;
    if !held.contains(&sealing.held) {
        return Err(KeyTrouble::Missing(version));
    }
    // Until all is sealed anew, rows under the versions before are read.
    let needed = rows.iter().filter(|row| {
        row.seals_since.is_some() && row.dropped_at.is_none() && sealing.resealed_at.is_none()
    });
    let mut absent = needed.filter(|row| !held.contains(&row.held));
    if let Some(absent) = absent.next() {
        return Err(KeyTrouble::Missing(absent.held.version));
    }
    keyring.take_up(keys, version, &dropped(rows))?;
    Ok(())
}

/// Whether the database knows another key of this version.
fn is_other(rows: &[KeyRow], held: &Held) -> bool {
    let same = |row: &&KeyRow| row.held.version == held.version;
    rows.iter().find(same).is_some_and(|row| row.held != *held)
}

/// The version that seals: the highest that began to. Versions are made in ascending order, and clocks are
/// set back.
pub(super) fn sealing(rows: &[KeyRow]) -> Option<&KeyRow> {
    let usable = rows.iter().filter(|row| row.dropped_at.is_none());
    usable
        .filter(|row| row.seals_since.is_some())
        .max_by_key(|row| row.held.version)
}

fn dropped(rows: &[KeyRow]) -> Vec<(u32, Sealed)> {
    let lasting = |row: &KeyRow| Some((row.held.version, row.lasting.clone()?));
    rows.iter().filter_map(lasting).collect()
}
