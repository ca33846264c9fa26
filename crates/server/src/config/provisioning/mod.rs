//! The file for `apply`: TOML into a blueprint of the directory. What the values mean is checked by
//! the domain; here only that they can be read.

mod authenticator;
mod delivery;
mod file;
mod tenant;

pub use file::{Described, Unreadable, parse, read};
