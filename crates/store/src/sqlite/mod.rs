//! The embedded store: one file, one writer thread, a few reader threads.
//!
//! No SQLite call is ever made on an async thread: a frozen disk must not stop what needs none.

mod checkpoints;
mod group;
mod open;
#[cfg(test)]
mod plans;
mod readers;
mod shelves;
mod store;
mod writer;

pub(crate) use open::facts;
pub(crate) use store::Sqlite;
