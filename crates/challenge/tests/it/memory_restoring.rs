//! What the stores in memory let be restored: standings and what ends with them. What is promised about
//! sessions, officers and the outbox is in the contract suite of the crate `store`.

use async_trait::async_trait;
use challenge::directory::{Tenant, User};
use challenge::id::Id;
use challenge::ports::{Provision, StoreError, Versioned};
use challenge::restore::ports::Standings;
use challenge::standing::Standing;

use crate::memory_store::{MemoryStore, Rows};
use crate::provision::memory::Memory;

#[async_trait]
impl Standings for MemoryStore {
    async fn standings(
        &self,
        _: Id<Tenant>,
        after: Option<Id<User>>,
        _: u32,
    ) -> Result<Vec<(Id<User>, Versioned<Standing>)>, StoreError> {
        let rows = self.rows();
        let all = rows.standings.iter();
        let later = all.filter(|(user, _)| Some(**user) > after);
        Ok(later.map(|(user, row)| (*user, row.clone())).collect())
    }
}

#[async_trait]
impl Standings for Memory {
    async fn standings(
        &self,
        _: Id<Tenant>,
        _: Option<Id<User>>,
        _: u32,
    ) -> Result<Vec<(Id<User>, Versioned<Standing>)>, StoreError> {
        unreachable!("nothing is restored here")
    }
}

impl Rows {
    /// Takes what a restore changes beside standings.
    pub(crate) fn end(&mut self, change: &Provision) {
        for setting in &change.settings {
            self.settings.retain(|one| one.name != setting.name);
            self.settings.push(setting.clone());
        }
        if change.restored.ends.is_some() {
            self.challenges.clear();
            self.visits.clear();
            self.tokens.clear();
        }
    }
}
