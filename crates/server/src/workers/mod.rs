//! What goes on beside the requests: the directory is refreshed, what serves nobody is swept, puzzles are
//! drawn, what was counted is stored, what is due is done, callbacks and codes are delivered, pushes sent,
//! the audit log is sealed,
//! and the master key followed.

mod audit;
mod background;
pub mod callbacks;
pub mod delivery;
mod keys;
mod mint;
mod pulse;
mod push;
mod statistics;

pub use background::{Signature, Workers, start};
pub use keys::Keys;
pub use mint::Mint;
