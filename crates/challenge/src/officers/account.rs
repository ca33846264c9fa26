//! Accounts that visitors ask for. It leaves a row that goes by itself, and a letter; whoever reads that
//! opens the account (`opening.rs`).

use secrecy::{ExposeSecret, SecretString};

use super::asked::{Asked, AskedAccount, CONFIRM_S, wish_place};
use super::letters::Posted;
use super::ports::OfficerWrites;
use super::{
    AccountLetters, Administrator, Denied, Origin, company_of_unverified, email_of_unverified, keys,
};
use crate::administration::Actor;
use crate::approval::ports::{CodeDigest, Guesses, Write};
use crate::approval::{WINDOW_S, one_more, place_of as network_of};
use crate::audit::{EventKind, Outcome};
use crate::directory::UserKey;
use crate::door::Door;
use crate::id::Id;
use crate::ports::{Change, StoreError, Versioned};
use crate::verifier::{TRIES, Verifier};

/// Letters to one address in an hour.
pub const ASKED_PER_EMAIL: u32 = 3;

/// Letters in an hour that are asked for from one IP address, or one network of IPv6 (/64).
pub const ASKED_PER_ADDRESS: u32 = 10;

/// Letters in an hour of the whole server.
pub const ASKED_IN_ALL: u32 = 200;

/// What the text of a link begins with.
pub(super) const PREFIX: &str = "csa_";

/// What keyed digests of links are made for.
pub(super) const PURPOSE: &str = "sign-up";

/// What a visitor asks for.
#[derive(Clone, Copy, Debug)]
pub struct AccountWish<'a> {
    /// The visitor's e-mail address, which becomes the name to sign in with.
    pub unverified_email: &'a str,
    /// The name of the company, which becomes the tenant's name for people.
    pub unverified_company: &'a str,
}

/// A count of letters, as read.
type Tally = (CodeDigest, Option<Versioned<Guesses>>);

/// What a letter is about, and what has to be written for it.
struct Answer<'a> {
    posted: Posted<'a>,
    writes: OfficerWrites,
}

impl Verifier {
    /// Has a letter sent to the address, by which an account can be opened, or which tells that there is
    /// one. Whoever asks learns nothing of that.
    ///
    /// [`Denied::Unknown`] while the sign-up is closed; [`Denied::TooMany`] beyond [`ASKED_PER_EMAIL`],
    /// [`ASKED_PER_ADDRESS`] or [`ASKED_IN_ALL`], which count letters, whatever they say.
    pub async fn ask_for_account(
        &self,
        wish: &AccountWish<'_>,
        letters: &AccountLetters,
        (public_url, origin): (&str, &Origin),
    ) -> Result<(), Denied> {
        self.must_take_sign_ups()?;
        let email = email_of_unverified(wish.unverified_email);
        let company = company_of_unverified(wish.unverified_company);
        let (Some(email), Some(company)) = (email, company) else {
            let what = "email: give an address; company: give a name of a line";
            return Err(Denied::DoesNotFit(what.to_owned()));
        };
        let asked = Asked { email, company };
        for _ in 0..TRIES {
            let tallies = self.tallies(&asked.email, origin).await?;
            let answer = self.answer_to(&asked, letters, public_url).await?;
            let console = self.console()?.id();
            let now = self.clock.now();
            let message = self.letter_message(console, &asked.email, &answer.posted, now)?;
            let actor = Actor {
                name: "",
                door: Door::Management,
                address: origin.address.as_deref(),
                correlation: origin.correlation.as_deref(),
            };
            let told = (EventKind::AskAccount, Outcome::Done);
            let mut event = self.event_of_actor(&actor, console, told);
            event.detail.client = None;
            let mut change = Change::telling(event);
            let one_more_of = |(key, row): Tally| Write {
                key,
                expected: row.as_ref().map_or(0, |row| row.version),
                next: Some(one_more(&row.map(|row| row.value).unwrap_or_default(), now)),
            };
            change.approvals.guesses = tallies.into_iter().map(one_more_of).collect();
            change.officers = answer.writes;
            change.messages = vec![message];
            match self.commit(change).await {
                Ok(()) => {
                    self.bell().ring_codes();
                    return Ok(());
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Denied::Unavailable(format!("sign-up: {TRIES} lost races")))
    }

    /// [`Denied::Unknown`] while visitors cannot open accounts.
    pub fn must_take_sign_ups(&self) -> Result<(), Denied> {
        if self.catalogue.takes_sign_ups() {
            Ok(())
        } else {
            Err(Denied::Unknown("sign-up"))
        }
    }

    /// The counts that a letter stands under, unless one of them is at its end. They are kept where wrong
    /// linking codes are counted, each under a text that none of those has.
    async fn tallies(&self, email: &str, origin: &Origin) -> Result<Vec<Tally>, Denied> {
        let network = network_of(origin.address.as_deref());
        let mut tallies = Vec::new();
        for (whose, most) in [
            (format!("sign-up to {email}"), ASKED_PER_EMAIL),
            (format!("sign-up from {network}"), ASKED_PER_ADDRESS),
            ("sign-up".to_owned(), ASKED_IN_ALL),
        ] {
            let digest = self.keyring.linking_place_digest(&whose)?;
            let row = self.store.guesses(&digest).await?;
            let count = |row: &Versioned<Guesses>| row.value.wrong.count(self.now(), WINDOW_S);
            if row.as_ref().map_or(0, count) >= most {
                return Err(Denied::TooMany(
                    "too many accounts were asked for in the last hour; try again later",
                ));
            }
            tallies.push((digest, row));
        }
        Ok(tallies)
    }

    /// The letter that answers a wish: it goes to the address, so it may say what there is.
    async fn answer_to<'a>(
        &self,
        asked: &Asked,
        letters: &'a AccountLetters,
        public_url: &str,
    ) -> Result<Answer<'a>, Denied> {
        let mut writes = OfficerWrites::default();
        let (letter, link) = match self.account_of(&asked.email).await? {
            None => {
                let (link, write) = self.asked_anew(asked, public_url)?;
                writes.sign_ups.push(write);
                (&letters.confirm, link)
            }
            Some(row) => {
                let mut next = row.value;
                // One that was opened like this, and then left. Whoever was invited has a link, which a
                // stranger who knows the address must not end, and a tenant of somebody else's.
                if next.signed_up && !next.has_factor {
                    let link = self.linked(&mut next)?;
                    writes.administrators.push(Write {
                        key: next.id,
                        expected: row.version,
                        next: Some(next),
                    });
                    (&letters.go_on, link.url(public_url))
                } else {
                    let link = format!("{public_url}/console/sign-in");
                    (&letters.known, link.into())
                }
            }
        };
        let posted = Posted { letter, link };
        Ok(Answer { posted, writes })
    }

    /// The administrator who signs in with this address.
    pub(super) async fn account_of(
        &self,
        email: &str,
    ) -> Result<Option<Versioned<Administrator>>, Denied> {
        let console = self.console()?.id();
        let key = UserKey::LoginName(email);
        let Some((user, _)) = self.store.user(console, key).await? else {
            return Ok(None);
        };
        let row = self.store.administrator(user.id).await?;
        Ok(row.filter(|row| row.value.is_there()))
    }

    /// A row that waits for the address to be confirmed, and the link that does it.
    fn asked_anew(
        &self,
        asked: &Asked,
        public_url: &str,
    ) -> Result<(SecretString, Write<Id<AskedAccount>, AskedAccount>), Denied> {
        let id = Id::random(&*self.rng);
        let text = keys::draw(PREFIX, id, &*self.rng);
        let mac = self.keyring.officer_mac(PURPOSE, text.expose_secret())?;
        let plain = serde_json::to_vec(asked);
        let plain = plain.map_err(|error| Denied::Unavailable(error.to_string()))?;
        let sealed = self.keyring.seal(&*self.rng, &wish_place(id), &plain)?;
        let write = Write {
            key: id,
            expected: 0,
            next: Some(AskedAccount {
                mac: mac.into(),
                open_until: self.clock.now().plus_s(CONFIRM_S),
                wish: Some(sealed),
            }),
        };
        let text = text.expose_secret();
        Ok((
            format!("{public_url}/console/sign-up/confirm/{text}").into(),
            write,
        ))
    }
}
