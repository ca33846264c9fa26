//! What every page of the console has at hand.

use std::sync::Arc;

use challenge::approval::pin::PinHasher;
use challenge::officers::Officer;
use challenge::rng::{self, Rng};
use data_encoding::BASE64URL_NOPAD;
use protocols::desk::Desk;
use protocols::management::pace::Paces;
use protocols::management::refusal::Refusal;
use protocols::management::writing;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cookies::Cookies;
use super::form::Form;

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

    /// Does what a form asks for once for each of its keys, to its end though the browser goes away; `what`
    /// tells the form from all others.
    pub(super) async fn once<T, Act, Acting>(
        &self,
        officer: &Officer,
        (form, what): (&Form, &str),
        act: Act,
    ) -> Result<T, Refusal>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        Act: FnOnce(Arc<Desk>, Officer) -> Acting,
        Acting: Future<Output = Result<T, Refusal>> + Send + 'static,
    {
        let asked = form.asked(what);
        let once = (form.given("key"), asked.as_slice());
        let act = Box::pin(act(Arc::clone(&self.desk), officer.clone()));
        writing::once(&self.desk, officer, once, act).await
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
