//! The demo's two corpora: things that a pen drew, and lines of an old account book, all of them our own.
//!
//! They are written as an operator has them, images in a folder and a CSV beside them, and are imported
//! like any other.

mod folder;
mod ledger;
mod paper;
mod sketch;
mod things;

pub use folder::{CSV, write_lines, write_things};
