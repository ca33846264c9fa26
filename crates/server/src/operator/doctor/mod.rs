//! `doctor`: a set-up looked over, without changing anything: what is wrong, what that means, what to do.
//! How the server is while it runs is `/readyz`'s and the monitoring's to say.

mod clock;
mod command;
mod database;
mod directory;
mod finding;
mod key;
mod kinds;
mod machine;
mod network;
mod settings;

pub use command::{run, unreadable};
pub use finding::Severity;
pub use kinds::KINDS;
