//! The server's own TLS listener: its certificate, the certificates that clients may present, and the
//! handshake. How a connection goes on after that is `connections`' matter, whose a certificate is the
//! protocols'.

mod examined;
mod files;
mod handshake;
mod keeper;
mod pinned;
mod terms;
mod unencrypted;
mod validity;

pub use examined::{Shown, examine};
pub(super) use handshake::{Begun, begin, fingerprint};
pub use keeper::{Keeper, Terms};
pub(super) use unencrypted::told_to_encrypt;
