//! The outbox, written once for both databases: who gets a message, and what becomes of it.
//!
//! Messages are claimed by a compare-and-set on the ticket and lease that they were seen with: of two
//! nodes that see one, one gets it.

use async_trait::async_trait;
use challenge::approval::delivery::{DEAD_S, TRIES_IN_LINE};
use challenge::approval::ports::{Claim, Claimed, Fate, Listing, Outbox, Settled, Waiting};
use challenge::clock::Timestamp;
use challenge::directory::Tenant;
use challenge::id::{Id, TimedId};
use challenge::ports::{Message, StoreError};

use crate::cell::{Cell, Row, RowReader};
use crate::database::{Database, PATIENCE, Step};
use crate::engine::Engine;
use crate::{provision, sql, sql_watching};

/// A message that may be claimed, as it was seen.
struct Candidate {
    message: Message,
    failed_tries: u32,
    lease_until: i64,
    ticket: Vec<u8>,
}

impl<D: Database> Engine<D> {
    /// The candidates of every tenant that has some: the first of each, then the second of each, so
    /// that a tenant with many takes no place from one with few.
    async fn candidates(&self, claim: &Claim) -> Result<Vec<Candidate>, StoreError> {
        let cells = vec![claim.kind.into(), claim.now.unix_ms().into()];
        let (with_messages, ready) = if claim.first_tries_only {
            (sql::TENANTS_WITH_FIRST_TRIES, sql::READY_FIRST_TRIES)
        } else {
            (sql::TENANTS_WITH_MESSAGES, sql::READY_MESSAGES)
        };
        let tenants = self.all(with_messages, cells, |row| row.of("tenant").int());
        let mut by_tenant = Vec::new();
        for tenant in tenants.await? {
            if claim
                .pass_over
                .iter()
                .any(|passed| passed.number() == tenant)
            {
                continue;
            }
            let cells = vec![
                claim.kind.into(),
                tenant.into(),
                claim.now.unix_ms().into(),
                i64::from(TRIES_IN_LINE).into(),
                i64::from(claim.most_per_tenant.min(claim.most)).into(),
            ];
            by_tenant.push(self.all(ready, cells, candidate).await?);
        }
        rotate(&mut by_tenant, claim.ticket);
        let mut rest: Vec<_> = by_tenant.into_iter().map(Vec::into_iter).collect();
        let mut chosen = Vec::new();
        loop {
            let before = chosen.len();
            chosen.extend(rest.iter_mut().filter_map(Iterator::next));
            if chosen.len() == before {
                break;
            }
        }
        chosen.truncate(usize::try_from(claim.most).unwrap_or(usize::MAX));
        Ok(chosen)
    }

    /// Whether the message is given out under this ticket.
    async fn is_ours(&self, message: &Message, ticket: TimedId) -> Result<bool, StoreError> {
        let row = self
            .first(sql::TICKET, key(message.tenant, message.id))
            .await?;
        let Some(row) = row else { return Ok(false) };
        Ok(row.of("outbox").bytes()? == ticket.as_bytes())
    }
}

#[async_trait]
impl<D: Database> Outbox for Engine<D> {
    async fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        let candidates = self.candidates(claim).await?;
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let steps = candidates.iter().map(|seen| take(claim, seen)).collect();
        let taken = self.database().run(steps, PATIENCE).await?;
        let all = usize::try_from(taken) == Ok(candidates.len());
        let mut claimed = Vec::with_capacity(candidates.len());
        for seen in candidates {
            if all || self.is_ours(&seen.message, claim.ticket).await? {
                claimed.push(Claimed {
                    message: seen.message,
                    failed_tries: seen.failed_tries,
                    ticket: claim.ticket,
                });
            }
        }
        Ok(claimed)
    }

    async fn settle(&self, settled: Vec<Settled>) -> Result<(), StoreError> {
        let steps: Vec<Step> = settled.iter().flat_map(fate).collect();
        if !steps.is_empty() {
            self.database().run(steps, PATIENCE).await?;
        }
        Ok(())
    }

    async fn waiting_messages(&self, listing: &Listing) -> Result<Vec<Waiting>, StoreError> {
        let after = listing.after.map_or([0; 16], |id| *id.as_bytes());
        let mut cells = vec![
            listing.kind.into(),
            i64::from(listing.dead_only).into(),
            after.as_slice().into(),
        ];
        cells.extend(listing.tenant.map(|tenant| tenant.number().into()));
        let sql = match (listing.tenant, listing.line) {
            (None, _) => sql::WAITING_MESSAGES,
            (Some(_), None) => sql::WAITING_MESSAGES_OF,
            (Some(_), Some(user)) => {
                cells.push(user.number().into());
                sql_watching::WAITING_MESSAGES_OF_LINE
            }
        };
        cells.push(i64::from(listing.limit).into());
        self.all(sql, cells, waiting).await
    }

    async fn redeliver(
        &self,
        tenant: Id<Tenant>,
        id: TimedId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut cells = vec![now.unix_ms().into()];
        cells.extend(key(tenant, id));
        let step = provision::any(sql::REDELIVER, cells);
        Ok(self.database().run(vec![step], PATIENCE).await? > 0)
    }
}

/// Begins with another tenant each time, so that none is last forever.
fn rotate(by_tenant: &mut [Vec<Candidate>], ticket: TimedId) {
    let [.., last] = *ticket.as_bytes();
    if let Some(places) = usize::from(last).checked_rem(by_tenant.len()) {
        by_tenant.rotate_left(places);
    }
}

fn key(tenant: Id<Tenant>, id: TimedId) -> Vec<Cell> {
    vec![tenant.number().into(), id.as_bytes().as_slice().into()]
}

fn take(claim: &Claim, seen: &Candidate) -> Step {
    let mut cells = vec![
        claim.lease_until.unix_ms().into(),
        claim.ticket.as_bytes().as_slice().into(),
    ];
    cells.extend(key(seen.message.tenant, seen.message.id));
    cells.extend([seen.lease_until.into(), seen.ticket.as_slice().into()]);
    provision::any(sql::TAKE_MESSAGE, cells)
}

fn fate(settled: &Settled) -> Vec<Step> {
    let of = || {
        let mut cells = key(settled.tenant, settled.id);
        cells.push(settled.ticket.as_bytes().as_slice().into());
        cells
    };
    let with = |at: Timestamp, trouble: &str| {
        let mut cells = vec![at.unix_ms().into(), trouble.into()];
        cells.extend(of());
        cells
    };
    match &settled.fate {
        Fate::Delivered => vec![provision::any(sql::REMOVE_DELIVERED, of())],
        Fate::Dead { at, trouble } => vec![provision::any(sql::GIVE_UP, with(*at, trouble))],
        Fate::Again { at, trouble } => {
            let mut cells = vec![at.unix_ms().into()];
            cells.extend(of());
            cells.push(i64::from(TRIES_IN_LINE).into());
            vec![
                provision::any(sql::HOLD_UP_LINE, cells),
                provision::any(sql::TRY_AGAIN, with(*at, trouble)),
            ]
        }
    }
}

/// What finds dead messages whose time is over, and the statement that removes one.
pub(crate) fn ended(before: Timestamp, limit: u32) -> (&'static str, Vec<Cell>, &'static str) {
    let dead_before = before.unix_ms().saturating_sub(i64::from(DEAD_S) * 1000);
    let cells = vec![dead_before.into(), i64::from(limit).into()];
    (sql::ENDED_MESSAGES, cells, sql::REMOVE_MESSAGE)
}

fn message(row: &mut RowReader) -> Result<Message, StoreError> {
    let id = row.timed_id()?;
    let tenant = row.int()?;
    let kind = row.text()?;
    let line = row.int_or_null()?;
    Ok(Message {
        id,
        tenant: row.id_of(tenant)?,
        kind,
        line: line.map(|line| row.id_of(line)).transpose()?,
        body: row.text()?,
        due_at: Timestamp::from_unix_ms(row.int()?),
    })
}

fn candidate(row: Row) -> Result<Candidate, StoreError> {
    let mut row = row.of("outbox");
    Ok(Candidate {
        message: message(&mut row)?,
        failed_tries: tries(&mut row)?,
        lease_until: row.int()?,
        ticket: row.bytes()?,
    })
}

fn waiting(row: Row) -> Result<Waiting, StoreError> {
    let mut row = row.of("outbox");
    Ok(Waiting {
        message: message(&mut row)?,
        failed_tries: tries(&mut row)?,
        dead_at: row.int_or_null()?.map(Timestamp::from_unix_ms),
        trouble: row.text_or_null()?,
    })
}

fn tries(row: &mut RowReader) -> Result<u32, StoreError> {
    let tries = row.int()?;
    u32::try_from(tries).map_err(|_| row.fault("tries are no count"))
}
