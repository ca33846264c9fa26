//! `import`: tokens of a file, taken in whole or not at all. `command.rs` is the way in, `source.rs` reads
//! ahead of what is written, `report.rs` is what is said of it.

mod command;
mod report;
mod source;

pub use command::run;
