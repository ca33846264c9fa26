//! The tour: every protocol played end to end, over real HTTP, against a server of its own.
//!
//! Each part prints its requests and answers as they go over the wire, and checks every one: the
//! tour ends well only if all were as they must be.

mod activid;
mod dualshield;
mod mailbox;
mod ocapi;
mod okay;
mod run;
mod wire;

pub use run::run;
