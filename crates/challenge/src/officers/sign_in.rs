//! Signing in: the password, then the one-time code or a recovery code.

use secrecy::SecretString;

use super::{Denied, NewSession, Origin, Session};
use crate::approval::pin::PinHasher;
use crate::verifier::Verifier;

impl Verifier {
    /// Begins a session by login name and password; it owes the one-time code.
    ///
    /// An unknown name, a wrong password and a locked administrator are told alike, after the same
    /// work: [`Denied::NotSignedIn`].
    pub async fn begin_session(
        &self,
        unverified_login_name: &str,
        unverified_password: &SecretString,
        origin: Origin,
        hasher: &dyn PinHasher,
    ) -> Result<NewSession, Denied> {
        let _ = (unverified_login_name, unverified_password, origin, hasher);
        Err(Denied::Unavailable(String::new()))
    }

    /// Finishes a sign-in with the one-time code; the session goes on with another secret.
    pub async fn finish_by_code(
        &self,
        session: &Session,
        unverified_code: &str,
    ) -> Result<NewSession, Denied> {
        let _ = (session, unverified_code);
        Err(Denied::Unavailable(String::new()))
    }

    /// Finishes a sign-in with a recovery code, which is spent; the session goes on with another
    /// secret. Small and capital letters, spaces and hyphens do not count.
    pub async fn finish_by_recovery_code(
        &self,
        session: &Session,
        unverified_code: &str,
    ) -> Result<NewSession, Denied> {
        let _ = (session, unverified_code);
        Err(Denied::Unavailable(String::new()))
    }
}
