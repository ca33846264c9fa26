//! Values on their way into and out of either database.
//!
//! Not for the hot path of a commit: that binds its columns directly.

use std::error::Error;

use bytes::BytesMut;
use challenge::id::{Id, TimedId};
use challenge::ports::StoreError;
use rusqlite::types::{ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// One value of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    /// A number, or a truth value as 0 or 1.
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Cell {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl rusqlite::ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl ToSql for Cell {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::TEXT, Type::BYTEA].contains(ty)
    }

    to_sql_checked!();
}

/// One row as read, taken apart from the first column to the last.
#[derive(Debug)]
pub(crate) struct Row(pub(crate) Vec<Cell>);

/// Takes a row apart; every fault names the table and, once it is known, the row.
pub(crate) struct RowReader {
    table: &'static str,
    row: String,
    cells: std::vec::IntoIter<Cell>,
}

impl Row {
    pub(crate) fn of(self, table: &'static str) -> RowReader {
        RowReader {
            table,
            row: "?".to_owned(),
            cells: self.0.into_iter(),
        }
    }
}

impl RowReader {
    pub(crate) fn int(&mut self) -> Result<i64, StoreError> {
        self.int_or_null()?
            .ok_or_else(|| self.fault("a number is missing"))
    }

    pub(crate) fn int_or_null(&mut self) -> Result<Option<i64>, StoreError> {
        match self.cells.next() {
            Some(Cell::Int(number)) => Ok(Some(number)),
            Some(Cell::Null) => Ok(None),
            _ => Err(self.fault("a number is expected")),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        self.text_or_null()?
            .ok_or_else(|| self.fault("a text is missing"))
    }

    pub(crate) fn text_or_null(&mut self) -> Result<Option<String>, StoreError> {
        match self.cells.next() {
            Some(Cell::Text(text)) => Ok(Some(text)),
            Some(Cell::Null) => Ok(None),
            _ => Err(self.fault("a text is expected")),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, StoreError> {
        self.bytes_or_null()?
            .ok_or_else(|| self.fault("bytes are missing"))
    }

    pub(crate) fn bytes_or_null(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        match self.cells.next() {
            Some(Cell::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Cell::Null) => Ok(None),
            _ => Err(self.fault("bytes are expected")),
        }
    }

    /// An id; the row is called by it from here on.
    pub(crate) fn id<Of>(&mut self) -> Result<Id<Of>, StoreError> {
        let number = self.int()?;
        self.row = number.to_string();
        self.id_of(number)
    }

    /// What follows is a row of another table.
    pub(crate) fn now_of(&mut self, table: &'static str, id: i64) {
        self.table = table;
        self.row = id.to_string();
    }

    /// An id of something else.
    pub(crate) fn id_of<Of>(&self, number: i64) -> Result<Id<Of>, StoreError> {
        Id::from_number(number).ok_or_else(|| self.fault("an id is out of range"))
    }

    /// A timed id; the row is called by it from here on.
    pub(crate) fn timed_id(&mut self) -> Result<TimedId, StoreError> {
        let bytes = self.bytes()?;
        let id = TimedId::from_bytes(self.exactly(&bytes)?);
        self.row = id.to_string();
        Ok(id)
    }

    /// What was not taken yet.
    pub(crate) fn rest(&mut self) -> Vec<Cell> {
        self.cells.by_ref().collect()
    }

    pub(crate) fn exactly<const N: usize>(&self, bytes: &[u8]) -> Result<[u8; N], StoreError> {
        bytes
            .try_into()
            .map_err(|_| self.fault(&format!("{N} bytes are expected")))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|error| self.fault(&error.to_string()))
    }

    /// Whether a value that stands twice in a row is the same in both places.
    pub(crate) fn agrees(&self, agrees: bool) -> Result<(), StoreError> {
        if agrees {
            Ok(())
        } else {
            Err(self.fault("key and body do not agree"))
        }
    }

    pub(crate) fn fault(&self, problem: &str) -> StoreError {
        StoreError::Inconsistent {
            table: self.table,
            row: self.row.clone(),
            problem: problem.to_owned(),
        }
    }
}

/// The JSON of a body.
pub(crate) fn to_json<T: Serialize>(
    table: &'static str,
    row: &dyn std::fmt::Display,
    value: &T,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Inconsistent {
        table,
        row: row.to_string(),
        problem: error.to_string(),
    })
}
