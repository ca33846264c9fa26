//! Which changes of a group win, decided in memory, and what is then to be written: pure.

use std::collections::{BTreeMap, BTreeSet};

use challenge::ports::{StoreError, Version};

use crate::change::ChangeRows;
use crate::shelf::{Shelf, ShelfRow};

/// What no change expects: a row that this group has written already.
const WRITTEN: Version = Version::MIN;

/// The rows that a group names, in key order.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) standings: BTreeSet<(i64, i64)>,
    pub(super) challenges: BTreeSet<(i64, [u8; 16])>,
    pub(super) spent: BTreeSet<(i64, [u8; 32])>,
    pub(super) shelves: BTreeSet<(Shelf, i64, String)>,
}

impl Keys {
    pub(super) fn of(group: &[&ChangeRows]) -> Self {
        let mut keys = Self::default();
        for change in group {
            let tenant = change.tenant;
            keys.standings
                .extend(change.standing.as_ref().map(|row| (tenant, row.user)));
            keys.challenges
                .extend(change.challenges.iter().map(|row| (tenant, row.id)));
            let shelves = change.shelves.iter();
            keys.shelves
                .extend(shelves.map(|row| (row.shelf, row.tenant, row.id.clone())));
            keys.spent
                .extend(change.spent.iter().map(|mark| (tenant, mark.digest)));
        }
        keys
    }
}

/// The rows of a group as they are; who is absent has version 0.
#[derive(Default)]
pub(super) struct Current {
    pub(super) standings: BTreeMap<(i64, i64), Version>,
    pub(super) challenges: BTreeMap<(i64, [u8; 16]), Version>,
    pub(super) spent: BTreeSet<(i64, [u8; 32])>,
    pub(super) shelves: BTreeMap<(Shelf, i64, String), Version>,
}

impl Current {
    /// Takes the changes in their order: of two on one row the first wins.
    pub(super) fn decide(&mut self, group: &[&ChangeRows]) -> Vec<Result<(), StoreError>> {
        group.iter().map(|change| self.take(change)).collect()
    }

    fn take(&mut self, change: &ChangeRows) -> Result<(), StoreError> {
        let tenant = change.tenant;
        if let Some(row) = &change.standing {
            let version = self
                .standings
                .get(&(tenant, row.user))
                .copied()
                .unwrap_or(0);
            if version != row.expected {
                return Err(StoreError::Conflict);
            }
        }
        for row in &change.challenges {
            let version = self.challenges.get(&(tenant, row.id)).copied().unwrap_or(0);
            if version != row.expected {
                return Err(StoreError::Conflict);
            }
        }
        let shelf_key = |row: &ShelfRow| (row.shelf, row.tenant, row.id.clone());
        for row in &change.shelves {
            let version = self.shelves.get(&shelf_key(row)).copied().unwrap_or(0);
            if version != row.expected {
                return Err(StoreError::Conflict);
            }
        }
        if change
            .spent
            .iter()
            .any(|mark| self.spent.contains(&(tenant, mark.digest)))
        {
            return Err(StoreError::AlreadySpent);
        }
        if let Some(row) = change.standing.as_ref().filter(|row| row.next.is_some()) {
            self.standings.insert((tenant, row.user), WRITTEN);
        }
        for row in change.challenges.iter().filter(|row| row.next.is_some()) {
            self.challenges.insert((tenant, row.id), WRITTEN);
        }
        for row in change.shelves.iter().filter(|row| row.next.is_some()) {
            self.shelves.insert(shelf_key(row), WRITTEN);
        }
        self.spent
            .extend(change.spent.iter().map(|mark| (tenant, mark.digest)));
        Ok(())
    }
}
