//! A partner's website for the demo's Okay part: a page where one links a phone, asks it for an approval and
//! sees the callbacks arrive, and the server side behind it.
//!
//! It is what a partner's server does, and nothing more; it shares no code with the server, signs and
//! verifies for itself and talks to it over HTTP. Begin with `account.rs` and `callback.rs`.

mod account;
mod callback;
mod journal;
mod stand;
mod website;

pub use account::{Account, Wish};
pub use callback::{Callback, Check};
pub use stand::Stand;
