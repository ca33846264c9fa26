//! Rows that are found by a key, compared by their version, and otherwise are the domain's JSON: the
//! tables of approvals and of officers have this one shape, so that one code commits them on each
//! database.

use challenge::approval::ports::{ApprovalWrites, CodeDigest, Write};
use challenge::approval::{Device, Session};
use challenge::clock::Timestamp;
use challenge::directory::Tenant;
use challenge::id::Id;
use challenge::officers::ports::OfficerWrites;
use challenge::officers::{AskedAccount, KeptSession, Token};
use challenge::ports::{StoreError, Version, Versioned};
use data_encoding::HEXLOWER;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cell::{Row, to_json};

/// A table of this shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shelf {
    Device,
    Session,
    LinkingCode,
    Guesses,
    Administrator,
    OfficerToken,
    ConsoleSession,
    SignUp,
}

impl Shelf {
    /// All of them, in the order in which a change locks them.
    pub(crate) const ALL: [Self; 8] = [
        Self::Device,
        Self::Session,
        Self::LinkingCode,
        Self::Guesses,
        Self::Administrator,
        Self::OfficerToken,
        Self::ConsoleSession,
        Self::SignUp,
    ];

    /// The table.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Session => "approval_session",
            Self::LinkingCode => "linking_code",
            Self::Guesses => "linking_guess",
            Self::Administrator => "administrator",
            Self::OfficerToken => "officer_token",
            Self::ConsoleSession => "console_session",
            Self::SignUp => "sign_up",
        }
    }
}

/// A compare-and-set of one row.
#[derive(Debug)]
pub(crate) struct ShelfRow {
    pub(crate) shelf: Shelf,
    pub(crate) tenant: i64,
    pub(crate) id: String,
    pub(crate) expected: Version,
    pub(crate) next: Option<ShelfBody>,
}

#[derive(Debug)]
pub(crate) struct ShelfBody {
    pub(crate) ends_at: Option<i64>,
    pub(crate) body: String,
}

/// The rows of what a change says about approvals.
pub(crate) fn rows(
    tenant: Id<Tenant>,
    writes: &ApprovalWrites,
) -> Result<Vec<ShelfRow>, StoreError> {
    let mut rows = Vec::new();
    for write in &writes.devices {
        let ends_at = |device: &Device| device.keep_until();
        rows.push(row(
            (Shelf::Device, tenant),
            write.key.to_string(),
            write,
            ends_at,
        )?);
    }
    for write in &writes.sessions {
        let ends_at = |session: &Session| Some(session.keep_until());
        rows.push(row(
            (Shelf::Session, tenant),
            write.key.to_string(),
            write,
            ends_at,
        )?);
    }
    for write in &writes.linking_codes {
        let place = (Shelf::LinkingCode, Id::SERVER);
        rows.push(row(place, hex(&write.key), write, |code| {
            Some(code.open_until)
        })?);
    }
    for write in &writes.guesses {
        let place = (Shelf::Guesses, Id::SERVER);
        rows.push(row(place, hex(&write.key), write, |guesses| {
            Some(guesses.forget_at)
        })?);
    }
    Ok(rows)
}

/// The rows of what a change says about officers.
pub(crate) fn officer_rows(writes: &OfficerWrites) -> Result<Vec<ShelfRow>, StoreError> {
    let place = |shelf| (shelf, Id::SERVER);
    let mut rows = Vec::new();
    for write in &writes.administrators {
        let id = ordered(write.key);
        rows.push(row(place(Shelf::Administrator), id, write, |_| None)?);
    }
    for write in &writes.tokens {
        let ends_at = |token: &Token| Some(token.keep_until());
        let id = ordered(write.key);
        rows.push(row(place(Shelf::OfficerToken), id, write, ends_at)?);
    }
    for write in &writes.sessions {
        let ends_at = |session: &KeptSession| Some(session.keep_until());
        let id = hex(&write.key);
        rows.push(row(place(Shelf::ConsoleSession), id, write, ends_at)?);
    }
    for write in &writes.sign_ups {
        let ends_at = |asked: &AskedAccount| Some(asked.keep_until());
        let id = ordered(write.key);
        rows.push(row(place(Shelf::SignUp), id, write, ends_at)?);
    }
    Ok(rows)
}

/// An id as the key of a row: 16 digits, so that keys sort as the ids do.
pub(crate) fn ordered<Of>(id: Id<Of>) -> String {
    format!("{:016}", id.number())
}

fn row<Key, Value: Serialize>(
    (shelf, tenant): (Shelf, Id<Tenant>),
    id: String,
    write: &Write<Key, Value>,
    ends_at: impl Fn(&Value) -> Option<Timestamp>,
) -> Result<ShelfRow, StoreError> {
    let next = match &write.next {
        None => None,
        Some(next) => Some(ShelfBody {
            ends_at: ends_at(next).map(Timestamp::unix_ms),
            body: to_json(shelf.table(), &id, next)?,
        }),
    };
    Ok(ShelfRow {
        shelf,
        tenant: tenant.number(),
        id,
        expected: write.expected,
        next,
    })
}

/// A row as read.
pub(crate) fn read<Value: DeserializeOwned>(
    shelf: Shelf,
    row: Row,
) -> Result<Versioned<Value>, StoreError> {
    let mut row = row.of(shelf.table());
    let version = row.int()?;
    let body = row.text()?;
    Ok(Versioned {
        version,
        value: row.json(&body)?,
    })
}

/// A digest as the key of a row.
pub(crate) fn hex(digest: &CodeDigest) -> String {
    HEXLOWER.encode(digest)
}
