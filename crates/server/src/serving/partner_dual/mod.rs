//! A partner's website for the demo's `DualShield` part: its customers sign in by a grid on the screen, by
//! the response of a phone, by a printed card or by a code that is sent to them.
//!
//! It is what an application's server does, and nothing more: it knows the server by HTTP and JSON
//! alone. Begin with `agent.rs`; `pocket.rs` is what is no website's: what the demo's customer knows and
//! carries. Its pages need no script.

mod account;
mod agent;
mod form;
mod page;
mod payments;
mod pocket;
mod shown;
mod way;
mod website;

pub use account::Account;
pub use agent::{Agent, Exchange, Reply};
pub use pocket::{Phone, Pocket, Step, read_along, steps};
pub use website::Website;
