//! The software device: a phone's part of the approvals, for the command line, the tour, the
//! benchmark and the tests. It speaks the device API (`docs/device-api.md`) as any other device does.
//!
//! It is not a place for secrets of value: whoever reads its folder can approve.

mod client;
pub mod command;
mod home;
mod key;
mod message;
mod trouble;

pub use client::{Decision, Device};
pub use home::Home;
pub use message::{Pending, Sessions};
pub use trouble::Trouble;
