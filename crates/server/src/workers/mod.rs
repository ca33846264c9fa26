//! What goes on beside the requests: the directory is refreshed, what serves nobody is swept, puzzles are
//! drawn, and what was counted is stored.

mod background;
mod mint;
mod statistics;

pub use background::{Workers, start};
pub use mint::Mint;
