//! Sign-in links: what `init` prints, what `admin password` prints, what invitations carry. A link
//! stands for the password once, and a new password is chosen with it.

use secrecy::{ExposeSecret, SecretString};

use super::administrator::OpenLink;
use super::console::{ATTEMPTS, TOO_BUSY};
use super::sessions::{Turn, beginning, officer_of};
use super::{Administrator, Denied, NewSession, Officer, Origin, Power, Stage, keys};
use crate::approval::ports::Write;
use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::User;
use crate::id::Id;
use crate::officers::ports::OfficerWrites;
use crate::ports::Versioned;
use crate::verifier::Verifier;

/// Seconds a sign-in link can be followed: a day.
pub const LINK_S: u32 = 24 * 3600;

/// What the text of a link begins with.
const PREFIX: &str = "csl_";

/// What keyed digests of links are made for.
const PURPOSE: &str = "link";

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
    /// `forget_factor` the second factor and the recovery codes are forgotten, to be set up anew, and
    /// all sessions end.
    ///
    /// Nobody makes one for themselves, nor has a token of theirs do it ([`Denied::ForOneself`]): whoever
    /// finds a session open would have the account with it.
    pub async fn make_link(
        &self,
        by: &Officer,
        administrator: Id<User>,
        forget_factor: bool,
    ) -> Result<SignInLink, Denied> {
        let asked = self.administrator_to_govern(by, administrator).await?;
        if self.behind(by, asked.value.reach).await? == Some(administrator) {
            return Err(Denied::ForOneself);
        }
        if forget_factor {
            return self.make_link_alone(by, asked.value.id).await;
        }
        let told = (EventKind::MakeLink, Outcome::Done);
        self.turn(administrator, |administrator| {
            within(by, administrator)?;
            let mut next = administrator.clone();
            let found = self.linked(&mut next)?;
            Ok(Turn {
                next,
                sessions: Vec::new(),
                event: self.event_about(by, administrator.id, told)?,
                found,
            })
        })
        .await
    }

    /// Makes a link, and has it be the only way in: the second factor is revoked.
    async fn make_link_alone(&self, by: &Officer, id: Id<User>) -> Result<SignInLink, Denied> {
        for _ in 0..ATTEMPTS {
            let expected_version = self.store.directory_version().await?;
            let Versioned { version, value } = self.administrator_to_govern(by, id).await?;
            self.behind(by, value.reach).await?;
            let mut next = value;
            let link = self.linked(&mut next)?;
            next.has_factor = false;
            next.recovery.clear();
            next.sessions.clear();
            let told = (EventKind::MakeLink, Outcome::Done);
            let event = self.event_about(by, id, told)?;
            let fields = vec![("second factor".to_owned(), "forgotten".to_owned())];
            let mut change = self.without_proofs(id, false).await?;
            change.expected_version = expected_version;
            change.events = vec![super::bearer::with_fields(event, fields)];
            change.officers = OfficerWrites {
                administrators: vec![Write {
                    key: id,
                    expected: version,
                    next: Some(next),
                }],
                ..OfficerWrites::default()
            };
            if self.provision_now(change).await? {
                return Ok(link);
            }
        }
        Err(Denied::Unavailable(TOO_BUSY.to_owned()))
    }

    /// Has an administrator's row know a new link, in the stead of the one before.
    pub(super) fn linked(&self, next: &mut Administrator) -> Result<SignInLink, Denied> {
        let text = keys::draw(PREFIX, next.id, &*self.rng);
        let mac = self.keyring.officer_mac(PURPOSE, text.expose_secret())?;
        let expires_at = self.clock.now().plus_s(LINK_S);
        next.link = Some(OpenLink {
            mac: mac.into(),
            expires_at,
        });
        Ok(SignInLink { text, expires_at })
    }

    /// Opens a session by a link. One of any number of followers gets it. It owes the one-time code
    /// where there is a second factor, then a new password, then a second factor where there is none.
    pub async fn follow_link(
        &self,
        unverified_text: &str,
        origin: Origin,
    ) -> Result<NewSession, Denied> {
        let id = keys::id_of_unverified(PREFIX, unverified_text).ok_or(Denied::NotSignedIn)?;
        self.unlocked(id).await?;
        let told = (EventKind::FollowLink, Outcome::Done);
        self.turn(id, |administrator| {
            let now = self.clock.now();
            let open = administrator.link.as_ref();
            let open = open.filter(|link| now < link.expires_at);
            let mac = open.map(|link| link.mac.mac());
            let is_right = self
                .keyring
                .officer_matches(mac.as_ref(), PURPOSE, unverified_text);
            if !is_right || !administrator.is_there() {
                return Err(Denied::NotSignedIn);
            }
            let mut next = administrator.clone();
            next.link = None;
            let stage = if next.has_factor {
                Stage::Code
            } else {
                Stage::Password
            };
            let kept = beginning(id, (stage, true), &origin, now);
            let (found, write) = self.begun(&mut next, kept);
            let officer = officer_of(administrator, origin.clone());
            Ok(Turn {
                next,
                sessions: vec![write],
                event: self.event_about(&officer, id, told)?,
                found,
            })
        })
        .await
    }
}

/// Whether an officer may say who this administrator is to be.
pub(super) fn within(by: &Officer, administrator: &Administrator) -> Result<(), Denied> {
    by.may(Power::Govern)?;
    if administrator.is_there() && by.reach.covers(administrator.reach) {
        Ok(())
    } else {
        Err(Denied::Unknown("administrator"))
    }
}
