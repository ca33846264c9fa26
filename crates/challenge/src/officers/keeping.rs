//! Idempotency keys at work: who answers a request, and what is told to whoever repeats it.

use super::{Denied, Officer, Opening, Ticket};
use crate::verifier::Verifier;

impl Verifier {
    /// What is to be done with a request that came with an idempotency key: `asked` is all of it that
    /// counts (method, path, body). One of any number of requests of one key is to be done.
    ///
    /// [`Denied::InProgress`] while it is being answered; [`Denied::KeyReused`] where the key came with
    /// another request.
    pub async fn open_request(
        &self,
        by: &Officer,
        unverified_key: &str,
        asked: &[u8],
    ) -> Result<Opening, Denied> {
        let _ = (by, unverified_key, asked);
        Err(Denied::Unavailable(String::new()))
    }

    /// Keeps the answer of a request for 24 hours, sealed: it may hold secrets that are told once.
    pub async fn close_request(&self, ticket: Ticket, answer: &[u8]) -> Result<(), Denied> {
        let _ = (ticket, answer);
        Err(Denied::Unavailable(String::new()))
    }

    /// Gives the right to answer a request back: it was not done, and may be tried again.
    pub async fn drop_request(&self, ticket: Ticket) -> Result<(), Denied> {
        let _ = ticket;
        Err(Denied::Unavailable(String::new()))
    }
}
