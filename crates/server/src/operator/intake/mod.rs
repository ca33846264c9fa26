//! `import`: tokens of a file, taken in whole or not at all. `command.rs` is the way in, `report.rs` is
//! what is said of it; how a file is read and written is the crate `import`'s.

mod command;
mod report;

pub use command::run;
