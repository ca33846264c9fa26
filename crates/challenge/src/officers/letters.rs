//! The letters to those who ask for an account. They say the same about whoever asked: nothing, since it
//! may not be the one who reads them.

use secrecy::{ExposeSecret, SecretString};

use super::asked::CONFIRM_S;
use super::{Denied, LINK_S};
use crate::clock::Timestamp;
use crate::delivery::template::{Escape, fill};
use crate::delivery::{Delivery, Says, Way};
use crate::directory::Tenant;
use crate::id::Id;
use crate::ports::Message;
use crate::verifier::Verifier;

/// A letter in the language of who asked, with a place `{link}`.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// What is written to an address, each for its case.
#[derive(Clone, Debug)]
pub struct AccountLetters {
    /// There is no account of this address: the link confirms it.
    pub confirm: Letter,
    /// There is one that was never set up: the link goes on with that.
    pub go_on: Letter,
    /// There is one: the link leads to the sign-in.
    pub known: Letter,
}

/// A letter that leaves.
pub(super) struct Posted<'a> {
    pub(super) letter: &'a Letter,
    /// What its link is.
    pub(super) link: SecretString,
}

impl Verifier {
    /// The message that brings a letter.
    pub(super) fn letter_message(
        &self,
        console: Id<Tenant>,
        email: &str,
        posted: &Posted<'_>,
        now: Timestamp,
    ) -> Result<Message, Denied> {
        let filling = [("link", posted.link.expose_secret())];
        let text = fill(&posted.letter.text, &filling, Escape::Text);
        let delivery = Delivery {
            tenant: console,
            way: Way::Email,
            to: email.to_owned(),
            says: Says::Letter {
                subject: posted.letter.subject.clone(),
                text: text.into(),
            },
            expires_at: now.plus_s(CONFIRM_S.min(LINK_S)),
        };
        Ok(self.delivery_message(&delivery, now)?)
    }
}
