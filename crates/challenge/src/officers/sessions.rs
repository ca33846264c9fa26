//! Sessions at work: the one a request came with, and signing out.

use super::{Denied, NewSession, Origin, Session};
use crate::verifier::Verifier;

impl Verifier {
    /// The session that this secret belongs to; [`Denied::NotSignedIn`] where there is none, or it
    /// ended. Its idle time begins anew.
    ///
    /// What the session may do is [`Session::officer`]'s to say.
    pub async fn session(
        &self,
        unverified_secret: &str,
        origin: Origin,
    ) -> Result<Session, Denied> {
        let _ = (unverified_secret, origin);
        Err(Denied::Unavailable(String::new()))
    }

    /// Ends a session. One that ended before stays so.
    pub async fn sign_out(&self, session: &Session) -> Result<(), Denied> {
        let _ = session;
        Err(Denied::Unavailable(String::new()))
    }

    /// Ends all other sessions of the administrator; this one goes on with another secret.
    pub async fn end_other_sessions(&self, session: &Session) -> Result<NewSession, Denied> {
        let _ = session;
        Err(Denied::Unavailable(String::new()))
    }
}
