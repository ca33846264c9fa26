//! The port's part about approvals, written once for both databases.

use async_trait::async_trait;
use challenge::approval::ports::{ApprovalStore, CodeDigest, Guesses, LinkingCode};
use challenge::approval::{Device, Session};
use challenge::clock::Timestamp;
use challenge::directory::Tenant;
use challenge::id::Id;
use challenge::ports::{StoreError, Versioned};

use crate::cell::Row;
use crate::database::Database;
use crate::engine::Engine;
use crate::shelf::{self, Shelf};
use crate::sql;

impl<D: Database> Engine<D> {
    pub(crate) async fn on_shelf(
        &self,
        shelf: Shelf,
        tenant: Id<Tenant>,
        id: &str,
    ) -> Result<Option<Row>, StoreError> {
        let sql = match shelf {
            Shelf::Device => sql::DEVICE,
            Shelf::Session => sql::SESSION,
            Shelf::LinkingCode => sql::LINKING_CODE,
            Shelf::Guesses => sql::GUESSES,
            Shelf::Administrator => sql::ADMINISTRATOR,
            Shelf::OfficerToken => sql::OFFICER_TOKEN,
            Shelf::ConsoleSession => sql::CONSOLE_SESSION,
            Shelf::SignUp => sql::SIGN_UP,
        };
        self.first(sql, vec![tenant.number().into(), id.into()])
            .await
    }
}

#[async_trait]
impl<D: Database> ApprovalStore for Engine<D> {
    async fn device(
        &self,
        tenant: Id<Tenant>,
        id: Id<Device>,
    ) -> Result<Option<Versioned<Device>>, StoreError> {
        let row = self
            .on_shelf(Shelf::Device, tenant, &id.to_string())
            .await?;
        row.map(|row| shelf::read(Shelf::Device, row)).transpose()
    }

    async fn session(
        &self,
        tenant: Id<Tenant>,
        id: Id<Session>,
    ) -> Result<Option<Versioned<Session>>, StoreError> {
        let row = self
            .on_shelf(Shelf::Session, tenant, &id.to_string())
            .await?;
        row.map(|row| shelf::read(Shelf::Session, row)).transpose()
    }

    async fn linking_code(
        &self,
        digest: &CodeDigest,
    ) -> Result<Option<Versioned<LinkingCode>>, StoreError> {
        let id = shelf::hex(digest);
        let row = self.on_shelf(Shelf::LinkingCode, Id::SERVER, &id).await?;
        row.map(|row| shelf::read(Shelf::LinkingCode, row))
            .transpose()
    }

    async fn open_linking_codes(&self, now: Timestamp, most: u32) -> Result<u32, StoreError> {
        let cells = vec![now.unix_ms().into(), i64::from(most).into()];
        let row = self.first(sql::OPEN_LINKING_CODES, cells).await?;
        let mut row = row.unwrap_or(Row(vec![])).of("linking_code");
        let count = row.int()?;
        u32::try_from(count).map_err(|_| row.fault("it is no count"))
    }

    async fn guesses(&self, place: &CodeDigest) -> Result<Option<Versioned<Guesses>>, StoreError> {
        let id = shelf::hex(place);
        let row = self.on_shelf(Shelf::Guesses, Id::SERVER, &id).await?;
        row.map(|row| shelf::read(Shelf::Guesses, row)).transpose()
    }
}
