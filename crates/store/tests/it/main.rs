//! The contract of `ports::Store`, written once and run against SQLite and PostgreSQL.

#[macro_use]
mod support;
mod taking_in;

mod approvals;
mod auditing;
mod beside;
mod copying;
mod corpora;
mod corpora_ended;
mod directory;
mod keys;
mod kill;
mod moving;
mod nodes;
mod officers;
mod opening;
mod outbox;
mod people;
mod races;
mod restoring;
mod rows;
mod searching;
mod taking_in_ends;
mod verifying;
mod visits;
mod watching;
