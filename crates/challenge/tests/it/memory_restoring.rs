//! What the stores in memory let be restored: standings, sessions and what ends with them. What is promised
//! about officers and the outbox is in the contract suite of the crate `store`.

use async_trait::async_trait;
use challenge::approval::Session;
use challenge::approval::ports::ApprovalWrites;
use challenge::directory::{Tenant, User};
use challenge::id::Id;
use challenge::ports::{Provision, StoreError, Versioned};
use challenge::restore::ports::Standings;
use challenge::standing::Standing;
use challenge::watching::ports::SessionPage;

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

impl MemoryStore {
    /// All sessions are on the first page. What is to happen meanwhile happens before they are written.
    pub(crate) fn listed_sessions(&self, page: &SessionPage) -> Vec<Versioned<Session>> {
        if page.after.is_some() {
            return Vec::new();
        }
        let mut rows = self.rows();
        let listed = rows.approvals.sessions.values().cloned().collect();
        let meanwhile = rows.meanwhile.take();
        drop(rows);
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        listed
    }
}

impl Memory {
    /// Nobody is asked here.
    #[expect(clippy::unused_self, reason = "the other store has some")]
    pub(crate) fn listed_sessions(&self, _: &SessionPage) -> Vec<Versioned<Session>> {
        Vec::new()
    }
}

impl Rows {
    /// The sessions that a restore moves.
    pub(crate) fn moved_sessions(change: &Provision) -> ApprovalWrites {
        let sessions = change.restored.sessions.iter();
        ApprovalWrites {
            sessions: sessions.map(|(_, write)| write.clone()).collect(),
            ..ApprovalWrites::default()
        }
    }

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
