//! The demo's mailbox: a gateway of short messages that sends nothing, and a page that shows what it was
//! asked to send. The demo's server is configured to use it as it would use a provider's.

mod messages;
mod website;

pub use website::Mailbox;
