//! The contract of `ports::Store`, written once and run against SQLite and PostgreSQL.

#[macro_use]
mod support;

mod approvals;
mod corpora;
mod corpora_ended;
mod directory;
mod kill;
mod moving;
mod nodes;
mod opening;
mod outbox;
mod races;
mod rows;
mod verifying;
mod visits;
