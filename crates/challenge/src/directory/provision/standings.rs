//! The standings that a plan touches: read once, changed in memory, written as compare-and-sets.

use std::collections::BTreeMap;

use crate::directory::{Authenticator, Tenant, User};
use crate::id::Id;
use crate::ports::{StandingWrite, Store, StoreError, Version};
use crate::standing::{Movement, Standing};

/// The standings of one tenant's users.
pub(super) struct Standings {
    tenant: Id<Tenant>,
    read: BTreeMap<Id<User>, Entry>,
}

struct Entry {
    version: Version,
    standing: Standing,
    changed: bool,
}

impl Standings {
    pub(super) fn of(tenant: Id<Tenant>) -> Self {
        Self {
            tenant,
            read: BTreeMap::new(),
        }
    }

    /// Adds the empty standing of a new user.
    pub(super) fn create(&mut self, user: Id<User>) {
        let entry = Entry {
            version: 0,
            standing: Standing::default(),
            changed: true,
        };
        self.read.insert(user, entry);
    }

    /// Reads a user's standing, unless it is here already.
    pub(super) async fn read(
        &mut self,
        store: &dyn Store,
        user: Id<User>,
    ) -> Result<(), StoreError> {
        if self.read.contains_key(&user) {
            return Ok(());
        }
        let entry = match store.standing(self.tenant, user).await? {
            Some(row) => Entry {
                version: row.version,
                standing: row.value,
                changed: false,
            },
            None => Entry {
                version: 0,
                standing: Standing::default(),
                changed: false,
            },
        };
        self.read.insert(user, entry);
        Ok(())
    }

    /// How an authenticator stands with its user; as it began where nothing is known.
    pub(super) fn movement(&self, user: Id<User>, id: Id<Authenticator>) -> Movement {
        let entry = self.read.get(&user);
        entry
            .and_then(|entry| entry.standing.authenticators.get(&id).cloned())
            .unwrap_or_default()
    }

    /// Sets how an authenticator stands with its user, where that is not so yet.
    pub(super) fn set(&mut self, user: Id<User>, id: Id<Authenticator>, movement: Movement) {
        let Some(entry) = self.read.get_mut(&user) else {
            return;
        };
        if entry.standing.authenticators.get(&id) != Some(&movement) {
            entry.standing.authenticators.insert(id, movement);
            entry.changed = true;
        }
    }

    /// Takes an authenticator away from its user, to be handed on with all it spent.
    pub(super) fn take(&mut self, user: Id<User>, id: Id<Authenticator>) -> Movement {
        let Some(entry) = self.read.get_mut(&user) else {
            return Movement::default();
        };
        entry.changed = true;
        entry
            .standing
            .authenticators
            .remove(&id)
            .unwrap_or_default()
    }

    /// The compare-and-sets of those that changed.
    pub(super) fn into_writes(self) -> Vec<(Id<Tenant>, StandingWrite)> {
        let tenant = self.tenant;
        let changed = self.read.into_iter().filter(|(_, entry)| entry.changed);
        changed
            .map(|(user, entry)| {
                let next = Some(entry.standing);
                (
                    tenant,
                    StandingWrite {
                        user,
                        expected: entry.version,
                        next,
                    },
                )
            })
            .collect()
    }
}
