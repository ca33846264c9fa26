//! The id of a visitor's challenge: sealed, and carrying everything about it.
//!
//! Whoever holds one learns nothing from it and can change nothing in it.

use data_encoding::BASE64URL_NOPAD;

use crate::clock::Timestamp;
use crate::directory::Site;
use crate::id::{Id, TimedId};
use crate::rng::Rng;
use crate::secret::{Keyring, SealError};
use crate::visitor::{Kind, Language, Task, Visit};

/// What the id of a challenge begins with, and the public id of a site never does.
const PREFIX: &str = "c.";

/// The form of what is sealed.
const FORM: u8 = 2;

/// Seconds by which the clocks of two nodes may differ.
pub(super) const CLOCKS_APART_S: u32 = 60;

/// Characters that the id of a challenge never exceeds.
pub const TICKET_LENGTH_MAX: usize = 512;

/// A visitor's challenge as its id carries it.
#[derive(Clone)]
pub struct Ticket {
    /// The challenge's id, under which its answer is kept; tells when it was issued.
    pub id: TimedId,
    /// The site it was issued for.
    pub site: Id<Site>,
    /// The moment from which it is too late to answer.
    pub answer_by: Timestamp,
    /// The language in which it was asked.
    pub language: Language,
    /// What has to be done, and what the right answer is.
    pub task: Task,
}

impl Ticket {
    /// What kind of challenge it is.
    pub fn kind(&self) -> Kind {
        self.task.kind()
    }

    /// The id as it is shown.
    pub fn seal(&self, keyring: &Keyring, rng: &dyn Rng) -> Result<String, SealError> {
        let mut plain = vec![FORM, self.kind().number(), self.language.number()];
        plain.extend_from_slice(self.id.as_bytes());
        plain.extend_from_slice(&self.site.number().to_be_bytes());
        plain.extend_from_slice(&self.answer_by.unix_ms().to_be_bytes());
        self.task.write(&mut plain);
        let sealed = keyring.seal_ticket(rng, self.id.drawn_at(), &plain)?;
        Ok(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&sealed)))
    }

    /// Reads an id; nothing where this server did not seal it.
    pub fn open(keyring: &Keyring, unverified: &str) -> Option<Self> {
        if unverified.len() > TICKET_LENGTH_MAX {
            return None;
        }
        let sealed = BASE64URL_NOPAD
            .decode(unverified.strip_prefix(PREFIX)?.as_bytes())
            .ok()?;
        let plain = keyring.open_ticket(&sealed)?;
        let (&[form, kind, language], rest) = plain.split_first_chunk::<3>()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let (site, rest) = rest.split_first_chunk::<8>()?;
        let (answer_by, task) = rest.split_first_chunk::<8>()?;
        (form == FORM).then_some(())?;
        Some(Self {
            id: TimedId::from_bytes(*id),
            site: Id::from_number(i64::from_be_bytes(*site))?,
            answer_by: Timestamp::from_unix_ms(i64::from_be_bytes(*answer_by)),
            language: Language::of_number(language)?,
            task: Task::read(kind, task)?,
        })
    }

    /// Whether this is the form of such an id, sealed or not.
    pub fn is_like(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Whether it was issued later than now: the clock was ahead then, and has been set back. Without
    /// this such a challenge could be answered for as long as the clock was ahead.
    pub(super) fn is_from_the_future(&self, now: Timestamp) -> bool {
        self.id.drawn_at() > now.plus_s(CLOCKS_APART_S)
    }

    /// The visit that its first answer begins, still open.
    pub(super) fn visit(&self, tenant: Id<crate::directory::Tenant>, check_s: u32) -> Visit {
        Visit {
            id: self.id,
            tenant,
            site: self.site,
            kind: self.kind(),
            answer_by: self.answer_by,
            check_s,
            state: crate::lifecycle::State::Open { attempts_left: 1 },
            answered_at: None,
            answer: None,
            host: None,
            repeatable_by: None,
        }
    }
}
