//! What a database is, looked at without changing it: for whoever looks a set-up over.

use challenge::clock::{Clock, Timestamp};

use crate::error::OpenError;
use crate::url::StoreUrl;
use crate::{postgres, sqlite};

/// A database's schema beside this program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// It is this program's.
    Current,
    /// Opening the database will bring it up to date.
    Older {
        /// The database's; nothing: it is empty.
        found: Option<i32>,
        /// This program's.
        known: i32,
    },
    /// This program refuses to open the database.
    Newer {
        /// The database's.
        found: i32,
        /// This program's.
        known: i32,
    },
}

impl Schema {
    pub(crate) fn of(found: Option<i32>, known: i32) -> Self {
        match found {
            Some(found) if found == known => Self::Current,
            Some(found) if found > known => Self::Newer { found, known },
            found => Self::Older { found, known },
        }
    }
}

/// What a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its schema.
    pub schema: Schema,
    /// Why it may forget what it acknowledged; nothing where it does not.
    pub not_durable: Option<String>,
    /// The journal mode of an embedded one.
    pub journal: Option<String>,
    /// Its clock, between two moments of this machine's; nothing for an embedded one, which has none.
    pub clock: Option<(Timestamp, Timestamp, Timestamp)>,
}

impl Facts {
    /// Whether this program can open it without changing it.
    pub fn opens_as_it_is(&self) -> bool {
        let is_in_mode = self.journal.as_ref().is_none_or(|mode| mode == "wal");
        self.schema == Schema::Current && is_in_mode
    }
}

/// Looks at a database; it is made by nothing here. The error says what to do.
pub async fn facts(url: &StoreUrl, clock: &dyn Clock) -> Result<Facts, OpenError> {
    match url {
        StoreUrl::Sqlite(path) => sqlite::facts(path),
        StoreUrl::Postgres(url) => postgres::facts(url, clock).await,
    }
}
