//! What an administrator sets up: the password, the second factor, the recovery codes.

use secrecy::SecretString;

use super::{Denied, NewSession, Session};
use crate::approval::pin::PinHasher;
use crate::verifier::Verifier;

/// The fewest characters of an administrator's password.
pub const PASSWORD_LENGTH_MIN: usize = 12;

/// Recovery codes that are drawn at a time.
pub const RECOVERY_CODES: usize = 10;

/// A second factor just drawn: the only moment at which its key is known here.
#[derive(Debug)]
pub struct SecondFactor {
    /// What authenticator apps read: an `otpauth://totp/` URI. **Holds the secret.**
    pub uri: SecretString,
}

impl Verifier {
    /// Chooses a password. `current` is asked for unless the session was opened by a link. All other
    /// sessions of the administrator end, and this one goes on with another secret.
    pub async fn choose_password(
        &self,
        session: &Session,
        current: Option<&SecretString>,
        new: &SecretString,
        hasher: &dyn PinHasher,
    ) -> Result<NewSession, Denied> {
        let _ = (session, current, new, hasher);
        Err(Denied::Unavailable(String::new()))
    }

    /// Draws the key of a new second factor, shown once; it counts when it gave a code
    /// ([`Verifier::confirm_second_factor`]), and until then the old one does. The session owes a
    /// factor, or is open.
    pub async fn draw_second_factor(&self, session: &Session) -> Result<SecondFactor, Denied> {
        let _ = session;
        Err(Denied::Unavailable(String::new()))
    }

    /// Has the second factor that was drawn count, and gives the recovery codes, told once. All other
    /// sessions end, and this one goes on with another secret. A wrong code is [`Denied::NotSignedIn`].
    pub async fn confirm_second_factor(
        &self,
        session: &Session,
        unverified_code: &str,
    ) -> Result<(NewSession, Vec<SecretString>), Denied> {
        let _ = (session, unverified_code);
        Err(Denied::Unavailable(String::new()))
    }

    /// Draws new recovery codes, told once; the old ones open nothing any more.
    pub async fn renew_recovery_codes(
        &self,
        session: &Session,
    ) -> Result<Vec<SecretString>, Denied> {
        let _ = session;
        Err(Denied::Unavailable(String::new()))
    }
}
