//! Sign-in links: what `init` prints, what `admin password` prints, what invitations carry. A link
//! stands for the password once, and a new password is chosen with it.

use secrecy::{ExposeSecret, SecretString};

use super::{Denied, NewSession, Officer, Origin};
use crate::clock::Timestamp;
use crate::directory::User;
use crate::id::Id;
use crate::verifier::Verifier;

/// Seconds a sign-in link can be followed: a day.
pub const LINK_S: u32 = 24 * 3600;

/// A link just made: the only moment at which its text is known here.
#[derive(Debug)]
pub struct SignInLink {
    /// What stands in it.
    pub text: SecretString,
    /// Until when it can be followed.
    pub expires_at: Timestamp,
}

impl SignInLink {
    /// The link as it is clicked. Whoever opens it sees a button; the button's POST follows it, since
    /// scanners of mail open what they find.
    pub fn url(&self, public_url: &str) -> SecretString {
        let text = self.text.expose_secret();
        format!("{public_url}/console/link/{text}").into()
    }
}

impl Verifier {
    /// Makes a sign-in link for an administrator; the one made before it opens nothing any more. With
    /// `forget_factor` the second factor and the recovery codes are forgotten, to be set up anew.
    pub async fn make_link(
        &self,
        by: &Officer,
        administrator: Id<User>,
        forget_factor: bool,
    ) -> Result<SignInLink, Denied> {
        let _ = (by, administrator, forget_factor);
        Err(Denied::Unavailable(String::new()))
    }

    /// Opens a session by a link. One of any number of followers gets it. It owes the one-time code
    /// where there is a second factor, then a new password, then a second factor where there is none.
    pub async fn follow_link(
        &self,
        unverified_text: &str,
        origin: Origin,
    ) -> Result<NewSession, Denied> {
        let _ = (unverified_text, origin);
        Err(Denied::Unavailable(String::new()))
    }
}
