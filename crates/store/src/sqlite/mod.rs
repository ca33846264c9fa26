//! The embedded store: one file, one writer thread, a few reader threads.
//!
//! No SQLite call is ever made on an async thread: a frozen disk must not stop what needs none. (Copying and
//! replacing the file are for a program that does nothing else.)

mod checkpoints;
mod copying;
mod group;
mod intake;
mod leftovers;
mod lock;
mod open;
mod paced;
mod paths;
mod pending;
#[cfg(test)]
mod plans;
mod readers;
mod replacing;
mod shared_file;
mod shelves;
mod store;
mod writer;

pub use copying::{Contents, CopyError, Progress, back_up};
pub(crate) use open::facts;
use paths::{beside, folder_of};
pub use replacing::{Replaced, Replacement};
pub(crate) use store::Sqlite;
