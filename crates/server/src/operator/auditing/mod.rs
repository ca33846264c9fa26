//! `audit`: the log verified, its head given out, and what happened exported. `command.rs` is the way in,
//! `sealed.rs` the files that others can verify.

mod command;
mod sealed;

pub use command::run;
