//! The port's part about changing the master key, written once for both databases.

use std::collections::BTreeSet;

use async_trait::async_trait;
use challenge::clock::Timestamp;
use challenge::ports::{Store as _, StoreError};
use challenge::rotation::ports::{
    Holder, KeyRow, KeyStore, Rewrite, RowId, RowKey, SealedRow, Shelf,
};
use challenge::secret::{Held, Sealed};

use crate::cell::{Cell, Row, RowReader};
use crate::database::{Database, LONG_PATIENCE, PATIENCE, Step};
use crate::engine::Engine;
use crate::provision::{self, any, exactly};
use crate::sql_keys as sql;

/// How long a node that went away without a word is remembered, in milliseconds: a day.
const REMEMBERED_MS: i64 = 86_400_000;

#[async_trait]
impl<D: Database> KeyStore for Engine<D> {
    async fn master_keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        self.all(sql::MASTER_KEYS, vec![], key_row).await
    }

    async fn add_key(&self, row: &KeyRow) -> Result<Vec<KeyRow>, StoreError> {
        self.database()
            .run(vec![any(sql::ADD_KEY, added(row))], PATIENCE)
            .await?;
        self.master_keys().await
    }

    async fn add_first_keys(&self, rows: &[KeyRow]) -> Result<Vec<KeyRow>, StoreError> {
        let mut steps = vec![
            any(crate::sql::PROBE, vec![]),
            exactly(0, sql::EXPECT_NO_KEY, vec![]),
        ];
        steps.extend(rows.iter().map(|row| exactly(1, sql::ADD_KEY, added(row))));
        match self.database().run(steps, PATIENCE).await {
            // Another node was faster: what it wrote counts.
            Ok(_) | Err(StoreError::Conflict) => self.master_keys().await,
            Err(error) => Err(error),
        }
    }

    async fn key_holders(&self, since: Timestamp) -> Result<Vec<Holder>, StoreError> {
        let rows = self
            .all(sql::HOLDERS, vec![since.unix_ms().into()], holder)
            .await?;
        let mut holders: Vec<Holder> = Vec::new();
        for row in rows {
            match holders.last_mut() {
                Some(last) if last.node == row.node => {
                    last.held.extend(row.held);
                    last.seals = last.seals.max(row.seals);
                }
                _ => holders.push(row),
            }
        }
        Ok(holders)
    }

    async fn hold_keys(&self, holder: &Holder) -> Result<(), StoreError> {
        let node = || Cell::from(holder.node.as_slice());
        let old = holder.seen_at.unix_ms() - REMEMBERED_MS;
        let mut steps = vec![
            any(crate::sql::PROBE, vec![]),
            any(sql::REMOVE_OLD_HOLDERS, vec![old.into()]),
            any(sql::REMOVE_HOLDER, vec![node()]),
        ];
        steps.extend(holder.held.iter().map(|held| {
            let cells = vec![
                node(),
                i64::from(held.version).into(),
                held.fingerprint.as_slice().into(),
                holder.name.as_str().into(),
                i64::from(held.version == holder.seals).into(),
                holder.seen_at.unix_ms().into(),
            ];
            any(sql::ADD_HOLDER, cells)
        }));
        self.database().run(steps, PATIENCE).await?;
        Ok(())
    }

    async fn forget_holder(&self, node: &[u8; 16]) -> Result<(), StoreError> {
        let steps = vec![any(sql::REMOVE_HOLDER, vec![node.as_slice().into()])];
        self.database().run(steps, PATIENCE).await?;
        Ok(())
    }

    async fn begin_sealing(
        &self,
        version: u32,
        (now, alive): (Timestamp, Timestamp),
    ) -> Result<(), StoreError> {
        let cells = vec![
            now.unix_ms().into(),
            i64::from(version).into(),
            alive.unix_ms().into(),
        ];
        self.with_directory(exactly(1, sql::BEGIN_SEALING, cells))
            .await
    }

    async fn note_resealed(&self, version: u32, now: Timestamp) -> Result<(), StoreError> {
        let cells = vec![now.unix_ms().into(), i64::from(version).into()];
        self.with_directory(any(sql::NOTE_RESEALED, cells)).await
    }

    async fn drop_key(
        &self,
        version: u32,
        (sealing, lasting): (u32, &Sealed),
        (now, alive): (Timestamp, Timestamp),
    ) -> Result<(), StoreError> {
        let cells = vec![
            now.unix_ms().into(),
            lasting.as_bytes().into(),
            i64::from(version).into(),
            i64::from(sealing).into(),
            alive.unix_ms().into(),
        ];
        self.with_directory(exactly(1, sql::DROP_KEY, cells)).await
    }

    async fn raise_directory(&self) -> Result<(), StoreError> {
        let steps = vec![exactly(1, sql::RAISE_DIRECTORY, vec![])];
        self.database().run(steps, LONG_PATIENCE).await?;
        Ok(())
    }

    async fn count_sealed_rows(&self) -> Result<u64, StoreError> {
        self.count(sql::COUNT, vec![]).await
    }

    async fn sealed_rows(
        &self,
        shelf: Shelf,
        after: Option<&RowKey>,
        limit: u32,
    ) -> Result<Vec<SealedRow>, StoreError> {
        let (tenant, id) = match after {
            Some(key) => (key.tenant, id_cell(&key.id)),
            None => (i64::MIN, before_all(shelf)),
        };
        let cells = vec![tenant.into(), id, i64::from(limit).into()];
        let rows = self.database().fetch(rows_of(shelf), cells).await?;
        rows.into_iter().map(|row| sealed_row(shelf, row)).collect()
    }

    async fn reseal(&self, shelf: Shelf, rows: Vec<Rewrite>) -> Result<u64, StoreError> {
        let steps: Vec<_> = rows.into_iter().map(|row| step(shelf, row)).collect();
        self.database().run(steps, LONG_PATIENCE).await
    }

    async fn marked_events(&self, version: u32) -> Result<u64, StoreError> {
        let mark = version.to_be_bytes();
        self.count(sql::MARKED_EVENTS, vec![mark.as_slice().into()])
            .await
    }
}

impl<D: Database> Engine<D> {
    /// Carries out a step after the directory's version was raised.
    async fn with_directory(&self, step: Step) -> Result<(), StoreError> {
        let steps = vec![exactly(1, sql::RAISE_DIRECTORY, vec![]), step];
        self.database().run(steps, LONG_PATIENCE).await?;
        Ok(())
    }

    async fn count(&self, sql: &'static str, cells: Vec<Cell>) -> Result<u64, StoreError> {
        let row = self.first(sql, cells).await?.unwrap_or(Row(vec![]));
        let mut row = row.of("count");
        let count = row.int()?;
        u64::try_from(count).map_err(|_| row.fault("it is negative"))
    }
}

impl<D: Database> Engine<D> {
    /// Carries out a change of the directory whose secrets are sealed under these versions, unless one of them
    /// was dropped.
    pub(crate) async fn run_sealed(
        &self,
        mut steps: Vec<Step>,
        (expected, versions): (u64, &BTreeSet<u32>),
    ) -> Result<(), StoreError> {
        // After the first one, behind which nothing is dropped until it is done.
        steps.extend(provision::none_dropped(versions));
        match self.database().run(steps, LONG_PATIENCE).await {
            Err(StoreError::Conflict) => Err(self.why_not(expected, versions).await?),
            outcome => outcome.map(|_| ()),
        }
    }

    /// Why a change was refused: to read again does not help where nobody else was faster, and what it carries along
    /// stood under a dropped version before.
    async fn why_not(
        &self,
        expected: u64,
        versions: &BTreeSet<u32>,
    ) -> Result<StoreError, StoreError> {
        let keys = self.master_keys().await?;
        let is_dropped = |row: &&KeyRow| row.dropped_at.is_some();
        let mut dropped = keys.iter().filter(is_dropped).map(|row| row.held.version);
        let dropped = dropped.find(|version| versions.contains(version));
        let is_first = self.directory_version().await? == expected;
        Ok(match dropped.filter(|_| is_first) {
            Some(version) => StoreError::Unavailable(format!(
                "nothing was written: a secret that goes with it is sealed under master key version {version}, \
                 which was dropped; `countersign key status` says what to do"
            )),
            None => StoreError::Conflict,
        })
    }
}

/// The cells of a version that becomes known.
fn added(row: &KeyRow) -> Vec<Cell> {
    let moment = |at: Timestamp| at.unix_ms();
    vec![
        i64::from(row.held.version).into(),
        row.held.fingerprint.as_slice().into(),
        row.added_at.unix_ms().into(),
        row.seals_since.map(moment).into(),
        row.resealed_at.map(moment).into(),
    ]
}

fn rows_of(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::Tenants => sql::TENANTS,
        Shelf::Sites => sql::SITES,
        Shelf::Settings => sql::SETTINGS,
        Shelf::Authenticators => sql::AUTHENTICATORS,
        Shelf::Standings => sql::STANDINGS,
        Shelf::Devices => sql::DEVICES,
        Shelf::Sessions => sql::SESSIONS,
        Shelf::ConsoleSessions => sql::CONSOLE_SESSIONS,
        Shelf::KeptRequests => sql::KEPT_REQUESTS,
        Shelf::SignUps => sql::SIGN_UPS,
        Shelf::Outbox => sql::OUTBOX,
        Shelf::Keys => sql::KEYS,
    }
}

/// What stands before all ids of a table.
fn before_all(shelf: Shelf) -> Cell {
    match shelf {
        Shelf::Tenants | Shelf::Sites | Shelf::Authenticators | Shelf::Standings | Shelf::Keys => {
            i64::MIN.into()
        }
        Shelf::Outbox => Cell::Bytes(Vec::new()),
        Shelf::Settings
        | Shelf::Devices
        | Shelf::Sessions
        | Shelf::ConsoleSessions
        | Shelf::KeptRequests
        | Shelf::SignUps => "".into(),
    }
}

/// The statement that writes a row, which names its tables and what it compares.
fn step(shelf: Shelf, row: Rewrite) -> Step {
    let (sql, key, new, expected) = match row {
        Rewrite::Column {
            key,
            column,
            old,
            new,
        } => {
            let sql = match (shelf, column) {
                (Shelf::Tenants, 0) => sql::PUT_OKAY_SECRET,
                (Shelf::Tenants, _) => sql::PUT_OKAY_CALLBACK_SECRET,
                (Shelf::Sites, _) => sql::PUT_SITE_SECRET,
                (Shelf::Settings, _) => sql::PUT_SETTING_SECRET,
                (Shelf::Authenticators, 0) => sql::PUT_AUTHENTICATOR_SECRET,
                (Shelf::Authenticators, _) => sql::PUT_AUTHENTICATOR_PIN,
                (_, _) => sql::PUT_LASTING,
            };
            (sql, key, new.as_bytes().into(), old.as_bytes().into())
        }
        Rewrite::Body {
            key,
            version,
            old,
            new,
        } => {
            let sql = match shelf {
                Shelf::Standings => sql::PUT_STANDING,
                Shelf::Devices => sql::PUT_DEVICE,
                Shelf::Sessions => sql::PUT_SESSION,
                Shelf::ConsoleSessions => sql::PUT_CONSOLE_SESSION,
                Shelf::KeptRequests => sql::PUT_KEPT_REQUEST,
                Shelf::SignUps => sql::PUT_SIGN_UP,
                _ => sql::PUT_MESSAGE,
            };
            let expected: Cell = if sql == sql::PUT_MESSAGE {
                old.into()
            } else {
                version.into()
            };
            (sql, key, Cell::from(new), expected)
        }
    };
    any(
        sql,
        vec![new, key.tenant.into(), id_cell(&key.id), expected],
    )
}

fn id_cell(id: &RowId) -> Cell {
    match id {
        RowId::Number(number) => (*number).into(),
        RowId::Text(text) => text.as_str().into(),
        RowId::Bytes(bytes) => bytes.as_slice().into(),
    }
}

fn sealed_row(shelf: Shelf, Row(cells): Row) -> Result<SealedRow, StoreError> {
    // The id comes in three forms: it is taken out, the others are read in their order.
    let mut cells = cells.into_iter();
    let tenant = cells.next();
    let id = cells.next();
    let rest: Vec<_> = tenant.into_iter().chain(cells).collect();
    let mut row = Row(rest).of(shelf.table());
    let id = match id {
        Some(Cell::Int(number)) => RowId::Number(number),
        Some(Cell::Text(text)) => RowId::Text(text),
        Some(Cell::Bytes(bytes)) => RowId::Bytes(bytes),
        Some(Cell::Null) | None => return Err(row.fault("an id is missing")),
    };
    let tenant = row.int()?;
    let columns = [sealed(&mut row)?, sealed(&mut row)?];
    let version = row.int()?;
    Ok(SealedRow {
        key: RowKey { tenant, id },
        columns,
        body: row.text_or_null()?.map(|body| (version, body)),
    })
}

fn sealed(row: &mut RowReader) -> Result<Option<Sealed>, StoreError> {
    Ok(row.bytes_or_null()?.map(Sealed::from_bytes))
}

fn key_row(row: Row) -> Result<KeyRow, StoreError> {
    let mut row = row.of("master_key");
    let held = held(&mut row)?;
    let added_at = Timestamp::from_unix_ms(row.int()?);
    let mut moment = || -> Result<Option<Timestamp>, StoreError> {
        Ok(row.int_or_null()?.map(Timestamp::from_unix_ms))
    };
    Ok(KeyRow {
        held,
        added_at,
        seals_since: moment()?,
        resealed_at: moment()?,
        dropped_at: moment()?,
        lasting: sealed(&mut row)?,
    })
}

/// A node with one of the versions that it holds.
fn holder(row: Row) -> Result<Holder, StoreError> {
    let mut row = row.of("key_holder");
    let node = row.bytes()?;
    let node = row.exactly(&node)?;
    let name = row.text()?;
    let held = held(&mut row)?;
    let seals = if row.int()? == 1 { held.version } else { 0 };
    Ok(Holder {
        node,
        name,
        seals,
        held: vec![held],
        seen_at: Timestamp::from_unix_ms(row.int()?),
    })
}

fn held(row: &mut RowReader) -> Result<Held, StoreError> {
    let version = row.int()?;
    let version = u32::try_from(version).map_err(|_| row.fault("no version is that large"))?;
    let fingerprint = row.bytes()?;
    Ok(Held {
        version,
        fingerprint: row.exactly(&fingerprint)?,
    })
}
