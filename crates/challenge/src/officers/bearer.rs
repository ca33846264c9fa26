//! Tokens at work: whom one stands for, and making, listing and revoking them.

use super::{Denied, MadeToken, NewToken, Officer, Origin, Token};
use crate::id::Id;
use crate::verifier::Verifier;

impl Verifier {
    /// The officer that a bearer token stands for. A token that ended is refused within half a second
    /// on every node.
    pub async fn officer_by_token(
        &self,
        unverified_token: &str,
        origin: Origin,
    ) -> Result<Officer, Denied> {
        let _ = (unverified_token, origin);
        Err(Denied::Unavailable(String::new()))
    }

    /// Makes a token. Nobody makes one that may more than they may themselves.
    pub async fn make_token(&self, by: &Officer, wish: NewToken) -> Result<MadeToken, Denied> {
        let _ = (by, wish);
        Err(Denied::Unavailable(String::new()))
    }

    /// The tokens within reach by ascending id, those after `after`, ended ones of the last 30 days
    /// included.
    pub async fn tokens(
        &self,
        by: &Officer,
        after: Option<Id<Token>>,
        limit: u32,
    ) -> Result<Vec<Token>, Denied> {
        let _ = (by, after, limit);
        Err(Denied::Unavailable(String::new()))
    }

    /// A token within reach.
    pub async fn token(&self, by: &Officer, id: Id<Token>) -> Result<Token, Denied> {
        let _ = (by, id);
        Err(Denied::Unavailable(String::new()))
    }

    /// Revokes a token within reach, for good; one that ended before stays as it is.
    pub async fn revoke_token(&self, by: &Officer, id: Id<Token>) -> Result<Token, Denied> {
        let _ = (by, id);
        Err(Denied::Unavailable(String::new()))
    }
}
