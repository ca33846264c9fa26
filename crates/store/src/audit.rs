//! The port's part about the audit log's chain, written once for both databases.
//!
//! Sealing takes what waits by a range of ids: should an event have come into that range since it was
//! read, the number of rows is another, and the whole is a conflict.

use std::sync::PoisonError;

use async_trait::async_trait;
use challenge::audit::Event;
use challenge::audit::chain::{Chain, End, Erased, Opening, Salt, Signature, Stamp};
use challenge::audit::ports::{
    AuditLog, Cutting, Erasure, Found, Link, Place, Read, Sealing, Taken, Waiting, Written,
};
use challenge::clock::Timestamp;
use challenge::directory::{Tenant, User};
use challenge::id::{Id, TimedId};
use challenge::ports::StoreError;

use crate::cell::{Cell, Row, RowReader, to_json};
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

    async fn waiting(&self, limit: u32) -> Result<Vec<Waiting>, StoreError> {
        self.all(sql::WAITING, vec![i64::from(limit).into()], waiting)
            .await
    }

    async fn unmarked(&self, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.all(sql::UNMARKED, vec![i64::from(limit).into()], moving::event)
            .await
    }

    async fn refuse(&self, events: Vec<Place>) -> Result<(), StoreError> {
        let refused = |place: &Place| any(sql::REFUSE_WAITING, by_id(*place));
        let steps = events.iter().map(refused).collect();
        self.database().run(steps, PATIENCE).await?;
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
        let before_all = || vec![i64::MIN.into(), Cell::Bytes(Vec::new())];
        let mut cells = after.map_or_else(before_all, key);
        cells.push(i64::from(limit).into());
        self.all(sql::SEALED_AT, cells, |row| {
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

    async fn erasures(&self, limit: u32) -> Result<Vec<Erasure>, StoreError> {
        self.all(sql::ERASURES, vec![i64::from(limit).into()], |row| {
            let mut row = row.of("erasure");
            let (tenant, user) = (row.id()?, row.int()?);
            let names = row.text()?;
            Ok(Erasure {
                tenant,
                user: row.id_of(user)?,
                names: row.json(&names)?,
                asked_at: Timestamp::from_unix_ms(row.int()?),
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
    ];
    Ok(exactly(1, sql::ADD_ERASURE, cells))
}

fn sealed(sealing: &Sealing) -> Result<Vec<Step>, StoreError> {
    let head = &sealing.chain.head;
    let mut cells = vec![sealing.chain.unmarked_until.unix_ms().into()];
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
    let at = Cell::from(head.at.unix_ms());
    let rows: Result<Vec<_>, StoreError> = (first..)
        .zip(&sealing.links)
        .map(|(place, link)| {
            let mut cells = vec![number(place)?.into()];
            cells.extend(key(link.place));
            cells.extend([link.link.as_slice().into(), at.clone()]);
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

fn number_or_null(row: &mut RowReader) -> Result<Option<u64>, StoreError> {
    let number = row.int_or_null()?;
    let read = number.map(|number| {
        u64::try_from(number).map_err(|_| row.fault("the number of a link is negative"))
    });
    read.transpose()
}

fn place(row: &mut RowReader) -> Result<Place, StoreError> {
    let tenant = row.int()?;
    let id = row.timed_id()?;
    Ok(Place {
        tenant: row.id_of(tenant)?,
        id,
    })
}

fn chain(row: Row) -> Result<Chain, StoreError> {
    let mut row = row.of("audit_chain");
    let unmarked_until = Timestamp::from_unix_ms(row.int()?);
    let head = end(&mut row)?.ok_or_else(|| row.fault("it has no head"))?;
    let cut = end(&mut row)?;
    Ok(Chain {
        unmarked_until,
        head,
        cut,
    })
}

/// One end of the chain; nothing where its number is 0.
fn end(row: &mut RowReader) -> Result<Option<End>, StoreError> {
    let number = number_or_null(row)?.unwrap_or(0);
    let (link, at) = (row.bytes_or_null()?, row.int_or_null()?);
    let (version, signature) = (row.int_or_null()?, row.bytes_or_null()?);
    if number == 0 {
        return Ok(None);
    }
    let missing = "an end is not whole";
    let (Some(link), Some(at), Some(version), Some(signature)) = (link, at, version, signature)
    else {
        return Err(row.fault(missing));
    };
    Ok(Some(End {
        number,
        link: row.exactly(&link)?,
        at: Timestamp::from_unix_ms(at),
        signature: Signature {
            key_version: u32::try_from(version).map_err(|_| row.fault(missing))?,
            bytes: row.exactly(&signature)?,
        },
    }))
}

fn waiting(row: Row) -> Result<Waiting, StoreError> {
    let mut row = row.of("event_unsealed");
    let id = row.timed_id()?;
    let tenant = row.int()?;
    let tag = row.bytes()?;
    Ok(Waiting {
        place: Place {
            tenant: row.id_of(tenant)?,
            id,
        },
        tag: row.exactly(&tag)?,
        event: event(row.rest()),
    })
}

fn link(row: Row) -> Result<Link, StoreError> {
    let mut row = row.of("event_link");
    let number = number_or_null(&mut row)?.unwrap_or(0);
    let place = place(&mut row)?;
    let link = row.bytes()?;
    Ok(Link {
        number,
        place,
        link: row.exactly(&link)?,
        sealed_at: Timestamp::from_unix_ms(row.int()?),
        event: event(row.rest()),
    })
}

fn found(row: Row) -> Result<Found, StoreError> {
    let mut row = row.of("event");
    let number = number_or_null(&mut row)?;
    let (tag, refused) = (row.bytes_or_null()?, row.int_or_null()?);
    let waits = match tag {
        Some(tag) => Some((row.exactly(&tag)?, refused == Some(1))),
        None => None,
    };
    let event = event(row.rest()).ok_or_else(|| row.fault("it is not there"))?;
    Ok(Found {
        event,
        number,
        waits,
    })
}

/// An event that may be gone, and may hold what cannot be: that is for the check to tell.
fn event(cells: Vec<Cell>) -> Option<Read> {
    if cells.first() == Some(&Cell::Null) {
        return None;
    }
    let read = written(&mut Row(cells).of("event"));
    Some(read.map_err(|error| error.to_string()))
}

fn written(row: &mut RowReader) -> Result<Written, StoreError> {
    let event = moving::event_of(row)?;
    let opening = match (row.bytes_or_null()?, row.bytes_or_null()?) {
        (None, None) => None,
        (Some(salt), None) => Some(Opening::Salt(row.exactly(&salt)?)),
        (None, Some(erased)) => {
            let erased = Erased::from_bytes(&erased);
            let erased = erased.ok_or_else(|| row.fault("what was erased is not told whole"))?;
            Some(Opening::Erased(erased))
        }
        (Some(_), Some(_)) => return Err(row.fault("it is erased and is not")),
    };
    Ok(Written { event, opening })
}
