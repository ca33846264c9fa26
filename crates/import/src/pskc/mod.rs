//! Portable Symmetric Key Containers: RFC 6030, the drafts before it, and what ActivIdentity wrote.
//!
//! Begin with `container.rs`, which reads one device after the other; `tree.rs` is the only place that
//! knows XML, and where hostile files end; `keys.rs` opens what is encrypted and checks its MAC;
//! `package.rs` says what a device's keys mean as tokens.

mod cipher;
mod container;
mod derivation;
mod fault;
mod keys;
mod package;
mod policy;
mod tree;
mod value;

pub use container::Container;
use fault::Fault;
pub use keys::Given;
