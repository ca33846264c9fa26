//! Codes on their way to users: taken from the outbox, handed over to a mail server or a gateway, their
//! fate written down.
//!
//! `messenger` says what leaves when, `letter` what it says, `mail` and `gateway` bring one. Whether a code
//! is still worth sending, and when it is tried again, is the domain's matter.

mod gateway;
mod letter;
mod mail;
mod messenger;
mod report;

pub use gateway::Gateway;
pub use mail::Mail;
pub use messenger::{Carrier, Messenger};
pub use report::Report;
