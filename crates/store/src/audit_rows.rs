//! Rows of the audit log's chain, read. Not for asking for them, which is `audit`'s.

use challenge::audit::chain::{Beginning, Chain, End, Erased, Opening, Signature};
use challenge::audit::ports::{Found, Link, Place, Read, Waiting, Written};
use challenge::clock::Timestamp;
use challenge::ports::StoreError;

use crate::cell::{Cell, Row, RowReader};
use crate::moving;

pub(crate) fn number_or_null(row: &mut RowReader) -> Result<Option<u64>, StoreError> {
    let number = row.int_or_null()?;
    let read = number.map(|number| {
        u64::try_from(number).map_err(|_| row.fault("the number of a link is negative"))
    });
    read.transpose()
}

pub(crate) fn place(row: &mut RowReader) -> Result<Place, StoreError> {
    let tenant = row.int()?;
    let id = row.timed_id()?;
    Ok(Place {
        tenant: row.id_of(tenant)?,
        id,
    })
}

pub(crate) fn chain(row: Row) -> Result<Chain, StoreError> {
    let mut row = row.of("audit_chain");
    let (at, unmarked_until) = (row.int()?, row.int()?);
    let head = end(&mut row)?.ok_or_else(|| row.fault("it has no head"))?;
    let cut = end(&mut row)?;
    Ok(Chain {
        beginning: Beginning {
            at: Timestamp::from_unix_ms(at),
            unmarked_until: Timestamp::from_unix_ms(unmarked_until),
        },
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

pub(crate) fn waiting(row: Row) -> Result<Waiting, StoreError> {
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
        is_sealed: row.int_or_null()?.is_some(),
        event: event(row.rest()),
    })
}

pub(crate) fn link(row: Row) -> Result<Link, StoreError> {
    let mut row = row.of("event_link");
    let number = number_or_null(&mut row)?.unwrap_or(0);
    let place = place(&mut row)?;
    let link = row.bytes()?;
    Ok(Link {
        number,
        place,
        link: row.exactly(&link)?,
        event: event(row.rest()),
    })
}

pub(crate) fn found(row: Row) -> Result<Found, StoreError> {
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

pub(crate) fn written(row: &mut RowReader) -> Result<Written, StoreError> {
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
