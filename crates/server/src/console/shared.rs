//! What every page of the console has at hand.

use std::sync::Arc;

use challenge::approval::pin::PinHasher;
use challenge::rng::{self, Rng};
use data_encoding::BASE64URL_NOPAD;
use protocols::desk::Desk;
use protocols::management::pace::Paces;

use super::cookies::Cookies;

/// The one handle that all pages share.
pub struct Console {
    /// The way into the domain, and the server's address.
    pub(super) desk: Arc<Desk>,
    /// Hashes passwords, off the threads that answer.
    pub(super) hasher: Arc<dyn PinHasher>,
    pub(super) rng: Arc<dyn Rng>,
    pub(super) cookies: Cookies,
    /// How many pages each administrator had in this minute.
    pub(super) paces: Paces,
}

impl Console {
    /// A key under which a form's answer is kept, so that one that is sent again does nothing twice and is
    /// told again what is told once.
    pub(super) fn once_key(&self) -> String {
        BASE64URL_NOPAD.encode(&rng::bytes::<16>(&*self.rng))
    }

    /// The console of a server.
    pub fn new(desk: &Arc<Desk>, hasher: Arc<dyn PinHasher>, rng: Arc<dyn Rng>) -> Arc<Self> {
        Arc::new(Self {
            cookies: Cookies::of(&desk.public_url),
            desk: Arc::clone(desk),
            hasher,
            rng,
            paces: Paces::default(),
        })
    }
}
