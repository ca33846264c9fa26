//! How the master key is changed while everything goes on: a new version is known to every node first and
//! seals after that, what is sealed is sealed anew, and the old version is dropped when nothing needs it.
//!
//! The database says which version seals, so that all nodes change within a second of each other; the keys
//! themselves are in no database. What is not here: where keys are kept, and the commands.

mod agreement;
mod following;
mod places;
pub mod ports;
mod resealing;
mod standing;

pub use agreement::{KeyTrouble, agree};
pub use following::Node;
pub use resealing::{Needs, Pass};
pub use standing::{ALIVE_S, Begun, DropRefused, RotateRefused, State};
