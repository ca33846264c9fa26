//! The port's part about officers, written once for both databases.

use async_trait::async_trait;
use challenge::approval::ports::{CodeDigest, Write};
use challenge::directory::{Tenant, User};
use challenge::id::Id;
use challenge::officers::ports::{OfficerStore, OfficerWrites};
use challenge::officers::{Administrator, AskedAccount, KeptRequest, KeptSession, Token};
use challenge::ports::{StoreError, Versioned};
use serde::de::DeserializeOwned;

use crate::cell::{Cell, Row, to_json};
use crate::database::{Database, PATIENCE, Step};
use crate::engine::Engine;
use crate::shelf::{self, Shelf, ShelfBody, ShelfRow};
use crate::{provision, sql};

/// All that is about officers belongs to the whole server.
const PLACE: Id<Tenant> = Id::SERVER;

/// The table of answers that are kept.
const KEPT_REQUEST: &str = "kept_request";

impl<D: Database> Engine<D> {
    async fn of_officers<T: DeserializeOwned>(
        &self,
        shelf: Shelf,
        id: &str,
    ) -> Result<Option<Versioned<T>>, StoreError> {
        let row = self.on_shelf(shelf, PLACE, id).await?;
        row.map(|row| shelf::read(shelf, row)).transpose()
    }

    async fn after<T: DeserializeOwned, Of>(
        &self,
        (shelf, sql): (Shelf, &'static str),
        after: Option<Id<Of>>,
        limit: u32,
    ) -> Result<Vec<Versioned<T>>, StoreError> {
        let after = after.map(shelf::ordered).unwrap_or_default();
        let cells = vec![PLACE.number().into(), after.into(), i64::from(limit).into()];
        let rows = self.database().fetch(sql, cells).await?;
        let read = rows.into_iter().map(|row: Row| shelf::read(shelf, row));
        read.collect()
    }
}

/// What is written about officers with a change of the directory: compare-and-sets like all others.
pub(crate) fn steps(writes: &OfficerWrites) -> Result<Vec<Step>, StoreError> {
    let rows = shelf::officer_rows(writes)?;
    Ok(rows.into_iter().filter_map(step).collect())
}

fn step(row: ShelfRow) -> Option<Step> {
    let ShelfBody { ends_at, body } = row.next?;
    let [add, change] = match row.shelf {
        Shelf::Administrator => [sql::ADD_ADMINISTRATOR, sql::MOVE_ADMINISTRATOR],
        Shelf::OfficerToken => [sql::ADD_OFFICER_TOKEN, sql::MOVE_OFFICER_TOKEN],
        Shelf::ConsoleSession => [sql::ADD_CONSOLE_SESSION, sql::MOVE_CONSOLE_SESSION],
        Shelf::SignUp => [sql::ADD_SIGN_UP, sql::MOVE_SIGN_UP],
        Shelf::Device | Shelf::Session | Shelf::LinkingCode | Shelf::Guesses => return None,
    };
    let mut cells: Vec<Cell> = vec![
        ends_at.into(),
        body.into(),
        row.tenant.into(),
        row.id.into(),
    ];
    if row.expected == 0 {
        return Some(provision::exactly(1, add, cells));
    }
    cells.push(row.expected.into());
    Some(provision::exactly(1, change, cells))
}

#[async_trait]
impl<D: Database> OfficerStore for Engine<D> {
    async fn administrator(
        &self,
        id: Id<User>,
    ) -> Result<Option<Versioned<Administrator>>, StoreError> {
        let id = shelf::ordered(id);
        self.of_officers(Shelf::Administrator, &id).await
    }

    async fn administrators(
        &self,
        after: Option<Id<User>>,
        limit: u32,
    ) -> Result<Vec<Versioned<Administrator>>, StoreError> {
        let of = (Shelf::Administrator, sql::ADMINISTRATORS);
        self.after(of, after, limit).await
    }

    async fn officer_token(&self, id: Id<Token>) -> Result<Option<Versioned<Token>>, StoreError> {
        let id = shelf::ordered(id);
        self.of_officers(Shelf::OfficerToken, &id).await
    }

    async fn officer_tokens(
        &self,
        after: Option<Id<Token>>,
        limit: u32,
    ) -> Result<Vec<Versioned<Token>>, StoreError> {
        let of = (Shelf::OfficerToken, sql::OFFICER_TOKENS);
        self.after(of, after, limit).await
    }

    async fn console_session(
        &self,
        digest: &CodeDigest,
    ) -> Result<Option<Versioned<KeptSession>>, StoreError> {
        let id = shelf::hex(digest);
        self.of_officers(Shelf::ConsoleSession, &id).await
    }

    async fn asked_account(
        &self,
        id: Id<AskedAccount>,
    ) -> Result<Option<Versioned<AskedAccount>>, StoreError> {
        let id = shelf::ordered(id);
        self.of_officers(Shelf::SignUp, &id).await
    }

    async fn touch(&self, write: Write<CodeDigest, KeptSession>) -> Result<(), StoreError> {
        let writes = OfficerWrites {
            sessions: vec![write],
            ..OfficerWrites::default()
        };
        self.database().run(steps(&writes)?, PATIENCE).await?;
        Ok(())
    }

    async fn kept_request(
        &self,
        key: &CodeDigest,
    ) -> Result<Option<Versioned<KeptRequest>>, StoreError> {
        let cells = vec![PLACE.number().into(), shelf::hex(key).into()];
        let Some(row) = self.first(sql::KEPT_REQUEST, cells).await? else {
            return Ok(None);
        };
        let mut row = row.of(KEPT_REQUEST);
        let version = row.int()?;
        let body = row.text()?;
        let value = row.json(&body)?;
        Ok(Some(Versioned { version, value }))
    }

    async fn keep_request(&self, write: Write<CodeDigest, KeptRequest>) -> Result<(), StoreError> {
        let Some(next) = write.next else {
            return Ok(());
        };
        let id = shelf::hex(&write.key);
        let mut cells: Vec<Cell> = vec![
            next.keep_until().unix_ms().into(),
            to_json(KEPT_REQUEST, &id, &next)?.into(),
            PLACE.number().into(),
            id.into(),
        ];
        let sql = if write.expected == 0 {
            sql::ADD_KEPT_REQUEST
        } else {
            cells.push(write.expected.into());
            sql::MOVE_KEPT_REQUEST
        };
        let step = provision::exactly(1, sql, cells);
        self.database().run(vec![step], PATIENCE).await?;
        Ok(())
    }
}
