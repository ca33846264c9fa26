//! All rows gone through: sealed anew where an older version sealed them, or only counted. A few rows at a
//! time, each written only if it still is as it was read, so that it may be stopped at any moment and begun
//! again, by whichever node, while everything goes on.

use super::KeyTrouble;
use super::places::{Spot, rewritten, spots};
use super::ports::{RowKey, SealedRow, Shelf};
use crate::officers::CONSOLE;
use crate::ports::{Store, StoreError};
use crate::secret::SealError;
use crate::verifier::Verifier;

/// Rows that are read, and at most written, at once: a few milliseconds of the writer's time.
const ROWS: u32 = 200;

/// Passes after which it is given up that rows are found which were sealed under an older version meanwhile.
const PASSES: u32 = 20;

/// How far a pass is, for whoever watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Rows looked at.
    pub rows: u64,
    /// Rows sealed anew.
    pub resealed: u64,
}

/// What still needs versions of the master key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Rows by version and table.
    pub rows: std::collections::BTreeMap<(u32, &'static str), u64>,
    /// Rows in which something is sealed that no key here opens: table and number.
    pub damaged: std::collections::BTreeMap<&'static str, u64>,
}

impl Needs {
    /// How many rows need this version.
    pub fn of(&self, version: u32) -> u64 {
        let rows = self.rows.iter();
        let rows = rows.filter(|((of, _), _)| *of == version);
        rows.map(|(_, count)| count).sum()
    }

    fn count(&mut self, shelf: Shelf, spots: &[Spot<'_>]) {
        let versions: std::collections::BTreeSet<_> =
            spots.iter().filter_map(Spot::version).collect();
        for version in versions {
            *self.rows.entry((version, shelf.table())).or_default() += 1;
        }
    }
}

/// A way through all rows, a few at a time, which are as they are when they are read.
#[derive(Default)]
struct Walk {
    /// Shelves that were gone through.
    done: usize,
    /// The last row that was read of the next one.
    after: Option<RowKey>,
}

impl Walk {
    /// The next rows; nothing at the end.
    async fn next(
        &mut self,
        store: &dyn Store,
    ) -> Result<Option<(Shelf, Vec<SealedRow>)>, StoreError> {
        while let Some(shelf) = Shelf::ALL.get(self.done) {
            let rows = store.sealed_rows(*shelf, self.after.as_ref(), ROWS).await?;
            self.after = rows.last().map(|last| last.key.clone());
            if !rows.is_empty() {
                return Ok(Some((*shelf, rows)));
            }
            self.done += 1;
        }
        Ok(None)
    }
}

impl Verifier {
    /// Seals everything under the version that seals; gives how many rows that were. `watch` is told how far
    /// it is after each few rows, and `pause` ends them.
    pub async fn reseal<P: Future<Output = ()> + Send>(
        &self,
        watch: &(dyn Fn(Pass) + Sync),
        pause: &(dyn Fn() -> P + Sync),
    ) -> Result<u64, KeyTrouble> {
        let mut told = Pass::default();
        for _ in 0..PASSES {
            let before = told.resealed;
            told.rows = 0;
            let mut found = 0;
            let mut walk = Walk::default();
            while let Some((shelf, rows)) = walk.next(&*self.store).await? {
                told.rows += rows.len() as u64;
                let (older, written) = self.reseal_rows(shelf, &rows).await?;
                found += older;
                told.resealed += written;
                watch(told);
                if older > 0 {
                    pause().await;
                }
            }
            if told.resealed > before {
                // What is remembered of the directory is forgotten, and what was computed from rows as they
                // were before is not written over them.
                self.store.raise_directory().await?;
            }
            if found == 0 {
                self.store
                    .note_resealed(self.keyring.version(), self.now())
                    .await?;
                return Ok(told.resealed);
            }
        }
        let unfinished = "rows are sealed under an older version as fast as they are sealed anew; see \
                          `countersign key status`: does a node not follow?";
        Err(KeyTrouble::Store(StoreError::Unavailable(
            unfinished.to_owned(),
        )))
    }

    /// Seals rows anew; gives how many were sealed under an older version, and how many were written.
    async fn reseal_rows(
        &self,
        shelf: Shelf,
        rows: &[SealedRow],
    ) -> Result<(u64, u64), KeyTrouble> {
        let version = self.keyring.version();
        let console = self.console_number();
        let (mut older, mut rewrites) = (0, Vec::new());
        for row in rows {
            let spots = spots(shelf, row, console).into_iter().flatten();
            let of_older = |spot: &Spot<'_>| {
                let is_older = spot.version().is_some_and(|under| under < version);
                // What is damaged stays as it is; `needs` tells of it.
                is_older && spot.opens(&self.keyring) != Err(SealError::Damaged)
            };
            let spots: Vec<_> = spots.filter(of_older).collect();
            if !spots.is_empty() {
                older += 1;
                rewrites.extend(rewritten(row, &spots, (&self.keyring, &*self.rng))?);
            }
        }
        if rewrites.is_empty() {
            return Ok((older, 0));
        }
        Ok((older, self.store.reseal(shelf, rewrites).await?))
    }

    /// What needs which version of the master key, by all rows there are.
    pub async fn needs(&self, watch: &(dyn Fn(u64) + Sync)) -> Result<Needs, KeyTrouble> {
        let (mut needs, console) = (Needs::default(), self.console_number());
        let (mut looked, mut walk) = (0, Walk::default());
        while let Some((shelf, rows)) = walk.next(&*self.store).await? {
            for row in &rows {
                let (mut good, mut damaged) = (Vec::new(), false);
                for spot in spots(shelf, row, console) {
                    match spot.map(|spot| (spot.opens(&self.keyring), spot)) {
                        Ok((Err(SealError::Damaged), _)) | Err(_) => damaged = true,
                        Ok((_, spot)) => good.push(spot),
                    }
                }
                needs.count(shelf, &good);
                if damaged {
                    *needs.damaged.entry(shelf.table()).or_default() += 1;
                }
            }
            looked += rows.len() as u64;
            watch(looked);
        }
        Ok(needs)
    }

    /// The number of the tenant of those who run the server; 0 before there is one.
    fn console_number(&self) -> i64 {
        let view = self.catalogue.tenant(CONSOLE);
        view.map_or(0, |view| view.tenant.id.number())
    }
}
