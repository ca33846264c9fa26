//! `corpus`: importing images, looking at what there is, and getting out what visitors said.

mod command;
mod export;
mod frame;
mod import;
mod report;
mod table;

pub use command::run;
pub use import::{Import, Tools, import};
pub use report::{Problem, Rejected, Report};
