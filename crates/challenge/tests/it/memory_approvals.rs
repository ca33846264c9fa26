//! What is about approvals in the store in memory: rows by version, and the outbox in its lines.

use std::collections::BTreeMap;

use async_trait::async_trait;
use challenge::approval::delivery::TRIES_IN_LINE;
use challenge::approval::ports::{
    ApprovalStore, ApprovalWrites, Claim, Claimed, CodeDigest, Fate, Guesses, LinkingCode, Listing,
    Outbox, Settled, Waiting, Write,
};
use challenge::approval::{Device, Session};
use challenge::clock::Timestamp;
use challenge::directory::Tenant;
use challenge::id::{Id, TimedId};
use challenge::ports::{Message, StoreError, Versioned};

use crate::memory_store::MemoryStore;

#[derive(Default)]
pub(crate) struct ApprovalRows {
    pub(crate) devices: BTreeMap<Id<Device>, Versioned<Device>>,
    pub(crate) sessions: BTreeMap<Id<Session>, Versioned<Session>>,
    pub(crate) codes: BTreeMap<CodeDigest, Versioned<LinkingCode>>,
    pub(crate) guesses: BTreeMap<CodeDigest, Versioned<Guesses>>,
    pub(crate) outbox: BTreeMap<TimedId, Posted>,
    written: usize,
}

/// A message in the outbox.
pub(crate) struct Posted {
    pub(crate) message: Message,
    pub(crate) failed_tries: u32,
    pub(crate) dead_at: Option<Timestamp>,
    trouble: Option<String>,
    lease: Option<(TimedId, Timestamp)>,
    /// How many messages were written before it.
    place: usize,
}

fn check<K: Ord, V>(
    rows: &BTreeMap<K, Versioned<V>>,
    writes: &[Write<K, V>],
) -> Result<(), StoreError> {
    let as_read =
        |write: &Write<K, V>| rows.get(&write.key).map_or(0, |row| row.version) == write.expected;
    if writes.iter().all(as_read) {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

fn write<K: Ord, V>(rows: &mut BTreeMap<K, Versioned<V>>, writes: Vec<Write<K, V>>) {
    for one in writes {
        if let Some(value) = one.next {
            let version = one.expected + 1;
            rows.insert(one.key, Versioned { version, value });
        }
    }
}

impl ApprovalRows {
    pub(crate) fn check(&self, writes: &ApprovalWrites) -> Result<(), StoreError> {
        check(&self.devices, &writes.devices)?;
        check(&self.sessions, &writes.sessions)?;
        check(&self.codes, &writes.linking_codes)?;
        check(&self.guesses, &writes.guesses)
    }

    pub(crate) fn write(&mut self, writes: ApprovalWrites, messages: Vec<Message>) {
        write(&mut self.devices, writes.devices);
        write(&mut self.sessions, writes.sessions);
        write(&mut self.codes, writes.linking_codes);
        write(&mut self.guesses, writes.guesses);
        for message in messages {
            let posted = Posted {
                message,
                failed_tries: 0,
                dead_at: None,
                trouble: None,
                lease: None,
                place: self.written,
            };
            self.written += 1;
            self.outbox.insert(posted.message.id, posted);
        }
    }

    fn is_first_in_line(&self, one: &Posted) -> bool {
        one.message.line.is_none()
            || !self.outbox.values().any(|other| {
                other.message.line == one.message.line
                    && other.place < one.place
                    && other.failed_tries < TRIES_IN_LINE
                    && other.dead_at.is_none()
            })
    }
}

#[async_trait]
impl ApprovalStore for MemoryStore {
    async fn device(
        &self,
        _: Id<Tenant>,
        id: Id<Device>,
    ) -> Result<Option<Versioned<Device>>, StoreError> {
        Ok(self.rows().approvals.devices.get(&id).cloned())
    }

    async fn session(
        &self,
        _: Id<Tenant>,
        id: Id<Session>,
    ) -> Result<Option<Versioned<Session>>, StoreError> {
        Ok(self.rows().approvals.sessions.get(&id).cloned())
    }

    async fn linking_code(
        &self,
        digest: &CodeDigest,
    ) -> Result<Option<Versioned<LinkingCode>>, StoreError> {
        Ok(self.rows().approvals.codes.get(digest).cloned())
    }

    async fn open_linking_codes(&self, now: Timestamp, most: u32) -> Result<u32, StoreError> {
        let rows = self.rows();
        let codes = rows.approvals.codes.values();
        let open = codes.filter(|row| now < row.value.open_until).count();
        Ok(u32::try_from(open).unwrap().min(most))
    }

    async fn guesses(&self, place: &CodeDigest) -> Result<Option<Versioned<Guesses>>, StoreError> {
        Ok(self.rows().approvals.guesses.get(place).cloned())
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        let mut rows = self.rows();
        let approvals = &mut rows.approvals;
        let due: Vec<TimedId> = approvals
            .outbox
            .values()
            .filter(|one| {
                one.message.kind == claim.kind
                    && one.message.due_at <= claim.now
                    && one.dead_at.is_none()
                    && one.lease.is_none_or(|(_, until)| until <= claim.now)
                    && (one.failed_tries == 0 || !claim.first_tries_only)
                    && !claim.pass_over.contains(&one.message.tenant)
                    && approvals.is_first_in_line(one)
            })
            .map(|one| one.message.id)
            .take(usize::try_from(claim.most.min(claim.most_per_tenant)).unwrap())
            .collect();
        let mut claimed = Vec::new();
        for id in due {
            let one = approvals.outbox.get_mut(&id).unwrap();
            one.lease = Some((claim.ticket, claim.lease_until));
            claimed.push(Claimed {
                message: one.message.clone(),
                failed_tries: one.failed_tries,
                ticket: claim.ticket,
            });
        }
        Ok(claimed)
    }

    async fn settle(&self, settled: Vec<Settled>) -> Result<(), StoreError> {
        let mut rows = self.rows();
        for one in settled {
            let Some(posted) = rows.approvals.outbox.get_mut(&one.id) else {
                continue;
            };
            if posted.lease.is_none_or(|(ticket, _)| ticket != one.ticket) {
                continue;
            }
            posted.lease = None;
            match one.fate {
                Fate::Delivered => {
                    rows.approvals.outbox.remove(&one.id);
                }
                Fate::Again { at, trouble } => {
                    posted.failed_tries += 1;
                    posted.message.due_at = at;
                    posted.trouble = Some(trouble);
                }
                Fate::Dead { at, trouble } => {
                    posted.failed_tries += 1;
                    posted.dead_at = Some(at);
                    posted.trouble = Some(trouble);
                }
            }
        }
        Ok(())
    }

    async fn waiting_messages(&self, listing: &Listing) -> Result<Vec<Waiting>, StoreError> {
        let rows = self.rows();
        let all = rows.approvals.outbox.values();
        let listed = all.filter(|one| {
            one.message.kind == listing.kind
                && listing.tenant.is_none_or(|id| id == one.message.tenant)
                && (one.dead_at.is_some() || !listing.dead_only)
                && listing.after.is_none_or(|after| one.message.id > after)
        });
        let waiting = listed.map(|one| Waiting {
            message: one.message.clone(),
            failed_tries: one.failed_tries,
            dead_at: one.dead_at,
            trouble: one.trouble.clone(),
        });
        Ok(waiting
            .take(usize::try_from(listing.limit).unwrap())
            .collect())
    }

    async fn redeliver(
        &self,
        _: Id<Tenant>,
        id: TimedId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut rows = self.rows();
        let Some(one) = rows.approvals.outbox.get_mut(&id) else {
            return Ok(false);
        };
        (one.failed_tries, one.dead_at, one.lease) = (0, None, None);
        one.message.due_at = now;
        Ok(true)
    }
}
