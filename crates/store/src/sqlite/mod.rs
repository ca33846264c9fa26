//! The embedded store: one file, one writer thread, a few reader threads.
//!
//! No SQLite call is ever made on an async thread: a frozen disk must not stop what needs none.

mod checkpoints;
mod group;
mod intake;
mod leftovers;
mod open;
mod pending;
#[cfg(test)]
mod plans;
mod readers;
mod shelves;
mod store;
mod writer;

pub(crate) use store::Sqlite;
