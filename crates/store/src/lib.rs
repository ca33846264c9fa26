//! Countersign's two stores, SQLite and PostgreSQL, behind the one port of the domain.
//!
//! Both commit changes **in groups without waiting for company**: what queued up while the last
//! group was on its way to disk becomes the next one, so a lonely request pays one fsync and a
//! crowd shares it. A change that loses a compare-and-set fails alone.
//!
//! What this crate is not for: deciding anything. It compares versions and writes rows.
//!
//! Start reading at `engine`, which is `ports::Store` written once for both; `sqlite::writer` and
//! `postgres::batcher` are the group commits.

mod approvals;
mod audit;
mod audit_rows;
mod cell;
mod change;
mod corpora;
mod database;
mod directory;
mod engine;
mod error;
mod facts;
mod keys;
mod moving;
mod officers;
mod outbox;
mod provision;
mod restoring;
mod shelf;
mod sieve;
mod spool;
mod sql;
mod sql_audit;
mod sql_keys;
mod sql_watching;
mod url;
mod watching;

mod postgres;
mod sqlite;

use std::sync::Arc;

pub use error::OpenError;
pub use facts::{Facts, Schema, facts};
pub use sqlite::{Contents, CopyError, Progress, Replaced, Replacement, back_up};
pub use url::{NotAStoreUrl, Options, StoreUrl};

/// Opens the store, brings its schema up to date, and returns it.
///
/// A schema newer than this program knows is refused: an older program must not write beside a
/// newer one whose rows it does not understand.
pub async fn open(
    url: &StoreUrl,
    options: &Options,
) -> Result<Arc<dyn challenge::ports::Store>, OpenError> {
    match url {
        StoreUrl::Sqlite(path) => Ok(Arc::new(engine::Engine::on(
            sqlite::Sqlite::open(path).await?,
        ))),
        StoreUrl::Postgres(url) => Ok(Arc::new(engine::Engine::on(
            postgres::Postgres::open(url, options).await?,
        ))),
    }
}
