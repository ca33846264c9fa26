//! Challenges that the page carries whole, in ALTCHA's forms: nothing is kept of one until somebody presents its
//! proof, and that spends it.
//!
//! With a code the proof alone is worth nothing. The code is a challenge of kind `text`, whose id the proof
//! carries; it is answered and checked as every other. And such a proof is signed with a key that the site does
//! not have, so that a site which verifies by itself does not take it for the whole.

use std::borrow::Cow;
use std::str::FromStr as _;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::Site;
use crate::id::TimedId;
use crate::methods::hashed_number::{Found, HashedNumber};
use crate::methods::proof_of_work::Effort;
use crate::methods::signed_work::SignedWork;
use crate::ports::{Change, SpentMark, StoreError};
use crate::verifier::Verifier;
use crate::visitor::checking::{REPEAT_S, digest_of};
use crate::visitor::issuing::{ANSWER_S, CHECK_S, Wish};
use crate::visitor::ticket::CLOCKS_APART_S;
use crate::visitor::{AnswerGiven, Check, Drawn, Kind, Refused, Task, Visitor};

/// Seconds in which a proof can be presented: nobody knows when it was found, so that it is as long as a
/// challenge may wait for its answer, and an answer for its check.
pub const CARRIED_S: u32 = ANSWER_S + CHECK_S;

/// Bytes that a site's key must have to sign what everybody sees: as many as the hash (RFC 2104, section 3). A
/// shorter one could be guessed by trying.
pub const SIGNING_KEY_LENGTH_MIN: usize = 32;

/// Numbers to be hashed that stand for one counter of PBKDF2: 100,000 for 5,000.
const NUMBERS_IN_COUNTER: u32 = 20;

/// Numbers to be hashed that stand for one counter of Argon2id: 2 million for 100.
const NUMBERS_IN_HEAVY_COUNTER: u32 = 20_000;

/// The form in which a challenge is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A number to be found by its hash.
    HashedNumber,
    /// A proof of work with its parameters.
    SignedWork,
}

/// A proof that somebody carries, unverified.
#[derive(Clone, Debug, PartialEq)]
pub enum Carried {
    /// A number found by its hash.
    HashedNumber(Found),
    /// A proof of work with its parameters.
    SignedWork(SignedWork),
}

/// A challenge to be carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedToCarry {
    /// What its form shows.
    pub shown: Map<String, Value>,
    /// The code that is asked beside it.
    pub code: Option<ShownCode>,
}

/// A code as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownCode {
    /// The id of the challenge that it is.
    pub id: String,
    /// Its image.
    pub image: Drawn,
    /// How many characters it has.
    pub length: usize,
}

/// What becomes of a proof that is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// It is right, and nobody presented it before.
    Right,
    /// It is no proof of this site's.
    Wrong,
    /// It is too late.
    Expired,
    /// It was presented before.
    Used,
    /// It is the lesser half of a proof: a code was asked beside it.
    WithoutCode,
}

/// What becomes of a code that is given for a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeTold {
    /// It is right, and the site can check that for [`CHECK_S`] seconds.
    Right {
        /// The id of the challenge to be checked.
        id: String,
        /// When it was given, for the first time: what is told of it is the same however often it is given.
        answered_at: Timestamp,
    },
    /// It is wrong, and the challenge is spent.
    Wrong,
    /// The proof that it comes with is no good.
    Proof(Presented),
}

/// What a genuine proof says about its challenge.
struct Terms {
    id: TimedId,
    expires_at: Timestamp,
}

impl Verifier {
    /// Issues a challenge to be carried, and writes nothing. It is counted once it is presented: a site may
    /// verify by itself, and what is not seen must not look as if it had been left.
    ///
    /// [`Refused::KeyTooShort`] where the site's key must not sign.
    pub async fn issue_to_carry(
        &self,
        site: &Site,
        (form, with_code): (Form, bool),
        wish: &Wish<'_>,
    ) -> Result<IssuedToCarry, Refused> {
        let own_key = self.signing_key(site)?;
        // First what may be refused: a code that nobody is shown would have been drawn and counted.
        let puzzle = match form {
            Form::HashedNumber => None,
            Form::SignedWork => Some(self.puzzle_for(site, wish.address).await?),
        };
        let code = if with_code {
            Some(self.code_to_show(site, wish).await?)
        } else {
            None
        };
        let now = self.clock.now();
        let lives_s = if with_code { ANSWER_S } else { CARRIED_S };
        let key = if with_code {
            Zeroizing::new(self.keyring.puzzle_key(site.id.number())?.to_vec())
        } else {
            own_key
        };
        let id = TimedId::random(now, &*self.rng).to_string();
        let mut data = vec![("id", id.as_str()), ("site", site.public_id.as_str())];
        data.extend(code.iter().map(|code| ("code", code.id.as_str())));
        let expires_at = now.plus_s(lives_s);
        let shown = match puzzle {
            None => {
                let expires = expires_at.unix_s().to_string();
                data.push(("expires", &expires));
                let effort = self.visitors.effort(site, now);
                // One hash: cheaper than asking somebody else to draw it.
                HashedNumber::draw(numbers_for(effort), &data, &*self.rng).shown(&key)
            }
            Some(puzzle) => {
                let pairs = data.into_iter();
                let data = pairs.map(|(name, text)| (name.to_owned(), json!(text)));
                puzzle.shown(expires_at, &data.collect(), &key)
            }
        };
        Ok(IssuedToCarry { shown, code })
    }

    /// A code, issued as a challenge of its own, with its image, which is one that the address fetches. It
    /// is issued once it is drawn: a challenge that nobody was shown would be left unanswered.
    async fn code_to_show(&self, site: &Site, wish: &Wish<'_>) -> Result<ShownCode, Refused> {
        let kind = Kind::Text;
        let taken = self.visitors.take_picture(wish.address, self.clock.now());
        taken.map_err(|retry_s| Refused::SlowDown { retry_s })?;
        let drawn = self.draw_for_visitor(site, &Wish { kind, ..*wish }).await?;
        let ticket = self.opened_ticket(&drawn.id).ok_or(Refused::NotFound)?;
        let Task::Text(code) = &ticket.task else {
            return Err(Refused::NotFound);
        };
        let image = self.mint.text_image(code, wish.address).await?;
        self.count_issued(site);
        Ok(ShownCode {
            image,
            length: code.text.len(),
            id: drawn.id,
        })
    }

    /// Verifies a proof for a site and spends it. Of any number of presentations of one proof exactly one is
    /// told [`Presented::Right`], on this node and on all others, but for its own repetition under a key;
    /// it is on disk before this returns. To peek spends nothing.
    pub async fn present(
        &self,
        site: &Arc<Site>,
        carried: &Carried,
        check: &Check<'_>,
    ) -> Result<Presented, Refused> {
        if carried.text("code").is_some() {
            return Ok(Presented::WithoutCode);
        }
        let key = self.signing_key(site)?;
        let now = self.clock.now();
        let Terms { id, expires_at } = match carried.terms(site, &[&key], now) {
            // It may have been presented before the database was restored.
            Ok(terms) if self.catalogue.is_from_before_restore(terms.id.drawn_at()) => {
                return Ok(Presented::Expired);
            }
            Ok(terms) => terms,
            Err(told) => return Ok(told),
        };
        // Another node's clock may be behind when this one forgets the mark.
        let used = SpentMark {
            digest: digest_of(&[b"carried", &site.id.number().to_be_bytes(), id.as_bytes()]),
            keep_until: Some(expires_at.plus_s(CLOCKS_APART_S)),
        };
        if check.peek {
            let spent = self.store.is_spent(site.tenant, &used.digest, now).await?;
            return Ok(if spent {
                Presented::Used
            } else {
                Presented::Right
            });
        }
        let repeatable = check.repeat_key.map(|key| SpentMark {
            digest: digest_of(&[b"carried again", id.as_bytes(), key.as_bytes()]),
            keep_until: Some(now.plus_s(REPEAT_S)),
        });
        let marks: Vec<_> = std::iter::once(used).chain(repeatable).collect();
        let event =
            self.visitor_event(site, (EventKind::Consume, Outcome::Done), id, check.address);
        let change = Change {
            spent: marks.clone(),
            ..Change::telling(event)
        };
        let counted = self.visitors.once_written(|visitors| {
            visitors.presented(site, id.drawn_at());
        });
        let committed = self.commit(change).await;
        if committed.is_err() {
            counted.forget();
        }
        match committed {
            Ok(()) => Ok(Presented::Right),
            Err(StoreError::AlreadySpent) if self.is_repeated(site, &marks).await? => {
                Ok(Presented::Right)
            }
            Err(StoreError::AlreadySpent) => Ok(Presented::Used),
            Err(error) => Err(error.into()),
        }
    }

    /// Verifies a code together with the proof that carries its challenge. Whatever it is worth, it answers
    /// that challenge, and only the first answer counts.
    pub async fn answer_carried(
        &self,
        site: &Arc<Site>,
        (carried, code): (&Carried, &str),
        visitor: &Visitor<'_>,
    ) -> Result<CodeTold, Refused> {
        // What comes of a right code is signed with the site's own key.
        self.signing_key(site)?;
        let keys = self.keyring.puzzle_keys(site.id.number());
        let keys: Vec<_> = keys.iter().map(|key| key.as_slice()).collect();
        if let Err(told) = carried.terms(site, &keys, self.clock.now()) {
            return Ok(CodeTold::Proof(told));
        }
        let id = carried.text("code").unwrap_or_default().into_owned();
        let ticket = self.opened_ticket(&id);
        let ticket = ticket.filter(|ticket| ticket.site == site.id);
        let ticket = ticket.ok_or(Refused::NotFound)?;
        let given = AnswerGiven::Text(code.to_owned());
        let settled = self.settle_visit((&ticket, site), &given, visitor);
        Ok(match settled.await? {
            Some(answered_at) => CodeTold::Right { id, answered_at },
            None => CodeTold::Wrong,
        })
    }

    /// The site's own key, where that is long enough to sign what everybody sees.
    fn signing_key(&self, site: &Site) -> Result<Zeroizing<Vec<u8>>, Refused> {
        let key = self.site_key(site)?;
        let long = key.len() >= SIGNING_KEY_LENGTH_MIN;
        long.then_some(key).ok_or(Refused::KeyTooShort)
    }
}

impl Carried {
    /// A text that the challenge carries for its issuer; unverified.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::HashedNumber(found) => found.parameter(name),
            Self::SignedWork(work) => work.carried(name).map(Cow::Borrowed),
        }
    }

    /// What a genuine proof for this site says, under one of these keys; otherwise what is wrong with it.
    fn terms(&self, site: &Site, keys: &[&[u8]], now: Timestamp) -> Result<Terms, Presented> {
        let (genuine, expires_s) = match self {
            Self::HashedNumber(found) => {
                let expires = found.parameter("expires");
                let expires = expires.and_then(|text| text.parse().ok());
                (keys.iter().any(|key| found.is_genuine(key)), expires)
            }
            Self::SignedWork(work) => (
                keys.iter().any(|key| work.is_genuine(key)),
                work.expires_at_s(),
            ),
        };
        let id = self.text("id").and_then(|id| TimedId::from_str(&id).ok());
        let (Some(id), Some(expires_s), true) = (id, expires_s, genuine) else {
            return Err(Presented::Wrong);
        };
        if self.text("site").as_deref() != Some(site.public_id.as_str()) {
            return Err(Presented::Wrong);
        }
        let expires_at = Timestamp::from_unix_s(expires_s);
        // Issued later than now: the clock was ahead then, and has been set back.
        let too_early = id.drawn_at() > now.plus_s(CLOCKS_APART_S);
        if now >= expires_at || too_early {
            return Err(Presented::Expired);
        }
        Ok(Terms { id, expires_at })
    }
}

/// How many numbers to hash are as dear as this effort, about.
fn numbers_for(effort: Effort) -> u32 {
    let (counter, each) = match effort {
        Effort::Pbkdf2 { counter_max, .. } => (counter_max, NUMBERS_IN_COUNTER),
        Effort::Argon2id { counter_max, .. } => (counter_max, NUMBERS_IN_HEAVY_COUNTER),
    };
    counter.saturating_mul(each)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visitor::effort_for;

    #[test]
    fn numbers_to_be_hashed_rise_with_failures_and_never_fall() {
        let at = |failures| numbers_for(effort_for(5_000, failures));
        assert_eq!(
            [at(0), at(110), at(200), at(400)],
            [100_000, 150_000, 2_000_000, 3_000_000]
        );
        for base in [1, 20, 5_000, 50_000] {
            let risen: Vec<_> = (0..500)
                .map(|failures| numbers_for(effort_for(base, failures)))
                .collect();
            assert!(risen.is_sorted(), "{base}");
        }
    }
}
