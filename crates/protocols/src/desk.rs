//! What every door has at hand: the verifier, and the address that the world knows this server by.

use std::sync::Arc;

use challenge::verifier::Verifier;

/// The one handle that all handlers share.
pub struct Desk {
    /// The way into the domain.
    pub verifier: Arc<Verifier>,
    /// The server's own address as callers see it: scheme, host and port, no slash at the end.
    pub public_url: String,
}
