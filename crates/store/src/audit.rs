//! The port's part about the audit log's chain, written once for both databases.
//!
//! Sealing takes what waits by a range of ids: should an event have come into that range since it was
//! read, the number of rows is another, and the whole is a conflict.

use std::sync::PoisonError;

use async_trait::async_trait;
use challenge::audit::Event;
use challenge::audit::chain::{Beginning, Chain, End, Erased, Salt, Stamp};
use challenge::audit::ports::{
    AuditLog, Cutting, Erasure, Found, Link, Place, Sealing, Taken, Waiting, Written,
};
use challenge::clock::Timestamp;
use challenge::directory::{Tenant, User};
use challenge::id::{Id, TimedId};
use challenge::ports::StoreError;

use crate::audit_rows::{chain, found, link, number_or_null, place, waiting, written};
use crate::cell::{Cell, to_json};
use crate::database::{Database, LONG_PATIENCE, PATIENCE, Step};
use crate::engine::Engine;
use crate::provision::{any, exactly};
use crate::{moving, sql_audit as sql};

impl<D: Database> Engine<D> {
    /// Keeps the stamp; it counts from now on.
    fn take_stamp(&self, stamp: Stamp) {
        // What a panic left behind is a stamp as good as any other.
        let mut kept = self.stamp.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(stamp);
    }

    /// With what an event is marked at this moment.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        let kept = self.stamp.read().unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    }
}

#[async_trait]
impl<D: Database> AuditLog for Engine<D> {
    fn stamp_with(&self, stamp: Stamp) {
        self.take_stamp(stamp);
    }

    async fn chain(&self) -> Result<Option<Chain>, StoreError> {
        self.first(sql::CHAIN, vec![]).await?.map(chain).transpose()
    }

    async fn waiting(&self, after: Option<Place>, limit: u32) -> Result<Vec<Waiting>, StoreError> {
        let cells = page_of_waiting(WAITS, after, limit);
        self.all(sql::WAITING, cells, waiting).await
    }

    async fn unmarked(&self, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.all(sql::UNMARKED, vec![i64::from(limit).into()], moving::event)
            .await
    }

    async fn refuse(&self, events: Vec<Place>) -> Result<(), StoreError> {
        self.database()
            .run(turned(WAITS, &events), PATIENCE)
            .await?;
        Ok(())
    }

    async fn refused(&self, after: Option<Place>, limit: u32) -> Result<Vec<Waiting>, StoreError> {
        let cells = page_of_waiting(REFUSED, after, limit);
        self.all(sql::WAITING, cells, waiting).await
    }

    async fn take_back(&self, events: Vec<Place>) -> Result<(), StoreError> {
        self.database()
            .run(turned(REFUSED, &events), PATIENCE)
            .await?;
        Ok(())
    }

    async fn seal(&self, sealing: &Sealing) -> Result<(), StoreError> {
        self.database().run(sealed(sealing)?, LONG_PATIENCE).await?;
        Ok(())
    }

    async fn links(&self, after: u64, limit: u32) -> Result<Vec<Link>, StoreError> {
        let cells = vec![number(after)?.into(), i64::from(limit).into()];
        self.all(sql::LINKS, cells, link).await
    }

    async fn sealed_at(
        &self,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<(Place, Option<u64>)>, StoreError> {
        self.all(sql::SEALED_AT, page(after, limit), |row| {
            let mut row = row.of("event");
            Ok((place(&mut row)?, number_or_null(&mut row)?))
        })
        .await
    }

    async fn found(&self, place: Place) -> Result<Option<Found>, StoreError> {
        let row = self.first(sql::FOUND_EVENT, key(place)).await?;
        row.map(found).transpose()
    }

    async fn gone(&self, limit: u32) -> Result<Vec<Place>, StoreError> {
        self.all(sql::GONE, vec![i64::from(limit).into()], |row| {
            place(&mut row.of("event_unsealed"))
        })
        .await
    }

    async fn cut(&self, cutting: &Cutting) -> Result<(), StoreError> {
        let Some(cut) = cutting.chain.cut else {
            return Ok(());
        };
        let mut cells = end_cells(&cut)?;
        cells.push(number(cutting.expected)?.into());
        let last = vec![number(cut.number)?.into()];
        let mut steps = vec![
            exactly(1, sql::MOVE_CUT, cells),
            exactly(cutting.events.len() as u64, sql::CUT_LINKS, last),
        ];
        let removed = |place: &Place| exactly(1, sql::REMOVE_EVENT, key(*place));
        steps.extend(cutting.events.iter().map(removed));
        self.database().run(steps, LONG_PATIENCE).await?;
        Ok(())
    }

    async fn events_between(
        &self,
        tenant: Id<Tenant>,
        (after, before): (TimedId, TimedId),
        limit: u32,
    ) -> Result<Vec<Written>, StoreError> {
        let cells = vec![
            tenant.number().into(),
            after.as_bytes().as_slice().into(),
            before.as_bytes().as_slice().into(),
            i64::from(limit).into(),
        ];
        self.all(sql::EVENTS_BETWEEN, cells, |row| {
            written(&mut row.of("event"))
        })
        .await
    }

    async fn erase_event(
        &self,
        without: &Event,
        (salt, erased): (&Salt, &Erased),
    ) -> Result<(), StoreError> {
        let detail = to_json("event", &without.id, &without.detail)?;
        let mut cells = vec![detail.into(), Cell::Bytes(erased.to_bytes())];
        cells.extend(key(Place::of(without)));
        cells.push(salt.as_slice().into());
        let step = exactly(1, sql::ERASE_EVENT, cells);
        self.database().run(vec![step], PATIENCE).await?;
        Ok(())
    }

    async fn erased(&self, after: Option<Place>, limit: u32) -> Result<Vec<Written>, StoreError> {
        self.all(sql::ERASED, page(after, limit), |row| {
            written(&mut row.of("event"))
        })
        .await
    }

    async fn sign_erased(
        &self,
        place: Place,
        (old, new): (&Erased, &Erased),
    ) -> Result<(), StoreError> {
        let mut cells = vec![Cell::Bytes(new.to_bytes())];
        cells.extend(key(place));
        cells.push(Cell::Bytes(old.to_bytes()));
        let step = exactly(1, sql::SIGN_ERASED, cells);
        self.database().run(vec![step], PATIENCE).await?;
        Ok(())
    }

    async fn sign_ends(&self, expected: &Chain, chain: &Chain) -> Result<(), StoreError> {
        let key = |end: End| i64::from(end.signature.key_version).into();
        let bytes = |end: End| Cell::from(end.signature.bytes.as_slice());
        let cells = vec![
            key(chain.head),
            bytes(chain.head),
            chain.cut.map_or(Cell::Null, key),
            chain.cut.map_or(Cell::Null, bytes),
            number(expected.head.number)?.into(),
            bytes(expected.head),
            number(expected.foot().0)?.into(),
        ];
        let step = exactly(1, sql::SIGN_ENDS, cells);
        self.database().run(vec![step], PATIENCE).await?;
        Ok(())
    }

    async fn erasures(
        &self,
        after: Option<(Id<Tenant>, Id<User>)>,
        limit: u32,
    ) -> Result<Vec<Erasure>, StoreError> {
        let after = after.map_or((i64::MIN, i64::MIN), |(tenant, user)| {
            (tenant.number(), user.number())
        });
        let cells = vec![after.0.into(), after.1.into(), i64::from(limit).into()];
        self.all(sql::ERASURES, cells, |row| {
            let mut row = row.of("erasure");
            let (tenant, user) = (row.id()?, row.int()?);
            let names = row.text()?;
            let asked_at = Timestamp::from_unix_ms(row.int()?);
            let tag = row.bytes()?;
            Ok(Erasure {
                tenant,
                user: row.id_of(user)?,
                names: row.json(&names)?,
                asked_at,
                tag: row.exactly(&tag)?,
            })
        })
        .await
    }

    async fn end_erasure(&self, tenant: Id<Tenant>, user: Id<User>) -> Result<(), StoreError> {
        let cells = vec![tenant.number().into(), user.number().into()];
        let step = any(sql::END_ERASURE, cells);
        self.database().run(vec![step], PATIENCE).await?;
        Ok(())
    }
}

/// Asks for an erasure, with the change of the directory that empties the user's row.
pub(crate) fn asked(erasure: &Erasure) -> Result<Step, StoreError> {
    let cells = vec![
        erasure.tenant.number().into(),
        erasure.user.number().into(),
        to_json("erasure", &erasure.user, &erasure.names)?.into(),
        erasure.asked_at.unix_ms().into(),
        erasure.tag.as_slice().into(),
    ];
    Ok(exactly(1, sql::ADD_ERASURE, cells))
}

fn sealed(sealing: &Sealing) -> Result<Vec<Step>, StoreError> {
    let head = &sealing.chain.head;
    let Beginning { at, unmarked_until } = sealing.chain.beginning;
    let mut cells = vec![at.unix_ms().into(), unmarked_until.unix_ms().into()];
    cells.extend(end_cells(head)?);
    let moved = match sealing.expected {
        None => exactly(1, sql::BEGIN_CHAIN, cells),
        Some(expected) => {
            cells.push(number(expected)?.into());
            exactly(1, sql::MOVE_HEAD, cells)
        }
    };
    let count = sealing.links.len() as u64;
    let mut steps = vec![moved];
    match &sealing.taken {
        Taken::Waiting => {
            let last = sealing.links.last().map(|link| by_id(link.place));
            steps.extend(last.map(|last| exactly(count, sql::TAKE_WAITING, last)));
        }
        Taken::Unmarked(salts) => {
            steps.extend(salts.iter().zip(&sealing.links).map(|(salt, link)| {
                let mut cells = vec![salt.as_slice().into()];
                cells.extend(key(link.place));
                exactly(1, sql::SALT_EVENT, cells)
            }));
        }
    }
    let first = (head.number + 1).saturating_sub(count);
    let rows: Result<Vec<_>, StoreError> = (first..)
        .zip(&sealing.links)
        .map(|(place, link)| {
            let mut cells = vec![number(place)?.into()];
            cells.extend(key(link.place));
            cells.push(link.link.as_slice().into());
            Ok(cells)
        })
        .collect();
    for part in rows?.chunks(sql::LINKS_AT_ONCE) {
        if part.len() == sql::LINKS_AT_ONCE {
            let statement = sql::ADD_MANY_LINKS.as_str();
            steps.push(exactly(part.len() as u64, statement, part.concat()));
        } else {
            let one = |cells: &Vec<Cell>| exactly(1, sql::ADD_LINK, cells.clone());
            steps.extend(part.iter().map(one));
        }
    }
    Ok(steps)
}

/// Of `event_unsealed`: what waits, and what was refused.
const WAITS: i64 = 0;
const REFUSED: i64 = 1;

/// A page of what waits or was refused, by id.
fn page_of_waiting(refused: i64, after: Option<Place>, limit: u32) -> Vec<Cell> {
    let before_all = || vec![Cell::Bytes(Vec::new()), i64::MIN.into()];
    let mut cells = vec![refused.into()];
    cells.extend(after.map_or_else(before_all, by_id));
    cells.push(i64::from(limit).into());
    cells
}

/// Has events refused that waited, or the other way round; those that are gone meanwhile stay so.
fn turned(refused: i64, events: &[Place]) -> Vec<Step> {
    let turn = |place: &Place| {
        let mut cells = vec![refused.into()];
        cells.extend(by_id(*place));
        let turn = any(sql::TURN_WAITING, cells.clone());
        [turn, any(sql::DROP_WAITING, cells)]
    };
    events.iter().flat_map(turn).collect()
}

/// A page in the order of tenants and ids.
fn page(after: Option<Place>, limit: u32) -> Vec<Cell> {
    let before_all = || vec![i64::MIN.into(), Cell::Bytes(Vec::new())];
    let mut cells = after.map_or_else(before_all, key);
    cells.push(i64::from(limit).into());
    cells
}

/// An event's key in the order of tenants.
fn key(place: Place) -> Vec<Cell> {
    vec![
        place.tenant.number().into(),
        place.id.as_bytes().as_slice().into(),
    ]
}

/// An event's key in the order of ids.
fn by_id(place: Place) -> Vec<Cell> {
    vec![
        place.id.as_bytes().as_slice().into(),
        place.tenant.number().into(),
    ]
}

fn end_cells(end: &End) -> Result<Vec<Cell>, StoreError> {
    Ok(vec![
        number(end.number)?.into(),
        end.link.as_slice().into(),
        end.at.unix_ms().into(),
        i64::from(end.signature.key_version).into(),
        end.signature.bytes.as_slice().into(),
    ])
}

fn number(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Inconsistent {
        table: "event_link",
        row: number.to_string(),
        problem: "its number is too large".to_owned(),
    })
}
