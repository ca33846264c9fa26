//! Callbacks on their way to the tenants' servers: taken from the outbox, sent, their fate written down.
//!
//! `postman` says what leaves when, `courier` sends one, `guard` keeps it away from internal
//! addresses. What a callback says is the protocol's matter; when it is tried again, the domain's.

pub mod courier;
pub mod guard;
mod postman;
mod retry_after;

pub use postman::Postman;
