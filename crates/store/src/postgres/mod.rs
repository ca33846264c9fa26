//! The store for several nodes: PostgreSQL, or an engine that speaks its protocol.
//!
//! Nothing here needs a sequence, an advisory lock (one helps where several nodes make the schema) or
//! LISTEN/NOTIFY. Connections are not
//! encrypted: TLS to the database is out of scope for now, so put it on the same host or on a
//! private network.

mod batcher;
mod columns;
mod decide;
mod failure;
mod link;
mod open;
mod shelves;
mod store;

pub(crate) use open::facts;
pub(crate) use store::Postgres;
