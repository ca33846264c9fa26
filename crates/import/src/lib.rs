//! Reads the files in which tokens arrive: PSKC (RFC 6030 and what was in the field before it), CSV,
//! and lists of otpauth URIs. One record after the other, so that a file of any length takes the same
//! memory; what is wrong with a record is told with its line, and the next one is read.
//!
//! What becomes of the tokens is decided by `challenge::directory::provision`. Nothing here opens
//! a file, asks the environment or reads a clock, and no text here quotes a secret.

mod date;
mod list;
mod meter;
pub mod pskc;
mod record;
mod report;
mod sheet;
mod source;

pub use list::List;
pub use record::{Record, Records, Unreadable};
pub use report::{Remark, Remarks, Report};
pub use sheet::Sheet;
pub use source::{Outcome, Source};

/// Bytes of one piece of a file at most: an XML tag or text, a line of a table, a URI.
pub const PIECE_MAX: usize = 16 * 1024;
