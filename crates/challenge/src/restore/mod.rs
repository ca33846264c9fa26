//! What becomes of a database that was restored from a backup: what was used after the backup is useless.
//!
//! The backup does not know what was spent between it and the restore. So nothing is taken any more that
//! may have been: time steps up to the moment of the restore, counters until two consecutive codes find
//! them again, answers to texts that would be the same for ever. What was open in the backup is ended:
//! it may have been answered since, and answered it must not be twice. Not for copying files; that is
//! the store's.
//!
//! Begin with `forgetting.rs`, which says for each row what is left of it; `marking.rs` writes that, and no
//! server uses the database before it has.

mod fitting;
mod forgetting;
mod marking;
mod moment;
pub mod ports;

pub use fitting::{Unfit, check_keys};
pub use marking::{Marked, Marking, RESTORED, Replaced, mark};
pub use moment::{RestoreMoment, latest_event};
