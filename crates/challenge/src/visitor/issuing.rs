//! Issuing to visitors: what there is to do is drawn and sealed into the challenge's id; nothing is written.

use std::sync::Arc;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::corpus::Corpus;
use crate::directory::Site;
use crate::door::Door;
use crate::id::TimedId;
use crate::methods::code::{self, Code};
use crate::methods::proof_of_work::Puzzle;
use crate::verifier::Verifier;
use crate::visitor::{Kind, Language, Refused, Task, Ticket};

/// Seconds in which a visitor can answer.
pub const ANSWER_S: u32 = 300;

/// Seconds after a right answer in which the site can check it.
pub const CHECK_S: u32 = 600;

/// What a visitor asks for.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    /// The kind.
    pub kind: Kind,
    /// The language of what is asked.
    pub language: Language,
    /// The challenge before it in the visitor's series, whatever became of that.
    pub after: Option<&'a Ticket>,
    /// The address the visitor asks from.
    pub address: &'a str,
}

impl<'a> Wish<'a> {
    /// A first challenge, in English.
    pub fn of(kind: Kind, address: &'a str) -> Self {
        Self {
            kind,
            language: Language::default(),
            after: None,
            address,
        }
    }
}

/// A challenge as a visitor gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedToVisitor {
    /// The challenge's id: opaque, safe in URLs, at most [`crate::visitor::TICKET_LENGTH_MAX`] characters.
    pub id: String,
    /// The kinds that the visitor may have instead, this one among them.
    pub kinds: Vec<Kind>,
    /// The moment from which it is too late to answer.
    pub answer_by: Timestamp,
    /// The language of what is asked.
    pub language: Language,
    /// What the kind shows.
    pub shown: Shown,
}

/// What a challenge shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The puzzle, as ALTCHA's version 2 writes it.
    ProofOfWork(Map<String, Value>),
    /// Images, numbered from 1.
    Classification {
        /// What the images to be chosen show, in the challenge's language.
        about: String,
        /// How many images there are.
        images: usize,
    },
    /// Images of text, numbered from 1.
    Transcription {
        /// How many images there are.
        images: usize,
    },
    /// A code: an image, and the same spoken.
    Text {
        /// How many characters it has.
        length: usize,
    },
}

impl IssuedToVisitor {
    /// What kind it is.
    pub fn kind(&self) -> Kind {
        match self.shown {
            Shown::ProofOfWork(_) => Kind::ProofOfWork,
            Shown::Classification { .. } => Kind::Classification,
            Shown::Transcription { .. } => Kind::Transcription,
            Shown::Text { .. } => Kind::Text,
        }
    }
}

impl Verifier {
    /// Issues a challenge to whoever asks, and writes nothing.
    ///
    /// [`Refused::NothingToShow`] where the kind needs images that the site does not have.
    pub async fn issue_to_visitor(
        &self,
        site: &Site,
        wish: &Wish<'_>,
    ) -> Result<IssuedToVisitor, Refused> {
        let drawn = self.draw_for_visitor(site, wish).await?;
        self.count_issued(site);
        Ok(drawn)
    }

    /// Draws a challenge that nobody has yet, and counts nothing: what belongs to it may still be refused.
    pub(super) async fn draw_for_visitor(
        &self,
        site: &Site,
        wish: &Wish<'_>,
    ) -> Result<IssuedToVisitor, Refused> {
        let corpora = self.corpora_of(site).await;
        let kinds = kinds_of(site, corpora.as_deref().ok());
        let (task, answer_by, shown) = match wish.kind {
            Kind::ProofOfWork => self.work_for(site, wish.address).await?,
            Kind::Text => {
                let task = Task::Text(Code::draw(&*self.rng));
                let length = code::LENGTH;
                (task, self.answer_by(), Shown::Text { length })
            }
            Kind::Classification | Kind::Transcription => {
                let (task, shown) = self.images_for(wish, &corpora?).await?;
                (task, self.answer_by(), shown)
            }
        };
        let ticket = Ticket {
            id: TimedId::random(self.clock.now(), &*self.rng),
            site: site.id,
            answer_by,
            language: wish.language,
            task,
        };
        Ok(IssuedToVisitor {
            id: ticket.seal(&self.keyring, &*self.rng)?,
            kinds,
            answer_by,
            language: wish.language,
            shown,
        })
    }

    /// Counts a challenge that a visitor gets.
    pub(super) fn count_issued(&self, site: &Site) {
        let now = self.clock.now();
        self.visitors.issued(site, now);
        self.traffic.issued(site.tenant, Door::Ocapi, now);
    }

    async fn work_for(
        &self,
        site: &Site,
        address: &str,
    ) -> Result<(Task, Timestamp, Shown), Refused> {
        let puzzle = self.puzzle_for(site, address).await?;
        let key = self.keyring.puzzle_key(site.id.number())?;
        let answer_by = self.answer_by();
        let shown = Shown::ProofOfWork(puzzle.shown(answer_by, &Map::new(), &*key));
        let task = Task::ProofOfWork(puzzle.solution().clone());
        Ok((task, answer_by, shown))
    }

    /// A puzzle as dear as the site's are at this moment.
    pub(super) async fn puzzle_for(&self, site: &Site, address: &str) -> Result<Puzzle, Refused> {
        let asked_at = self.clock.now();
        let effort = self.visitors.effort(site, asked_at);
        let taken = self.visitors.take_issue(effort, address, asked_at);
        taken.map_err(|retry_s| Refused::SlowDown { retry_s })?;
        let drawn = self.mint.puzzle(effort, address).await;
        drawn.inspect_err(|_| {
            self.visitors.give_issue_back(effort, address, asked_at);
        })
    }

    /// The end of the time to answer for what is issued now.
    fn answer_by(&self) -> Timestamp {
        self.clock.now().plus_s(ANSWER_S)
    }

    /// The kinds that a site's visitors may have: those that it lists and has something to show for, and a
    /// proof of work in any case, as the way for whoever cannot see, hear or read the others.
    pub async fn kinds_of(&self, site: &Site) -> Vec<Kind> {
        kinds_of(site, self.corpora_of(site).await.as_deref().ok())
    }

    /// The challenge that an id carries, with its site; nothing where this server did not issue it, or
    /// the site is gone.
    pub fn ticket(&self, unverified_id: &str) -> Option<(Ticket, Arc<Site>)> {
        let ticket = self.opened_ticket(unverified_id)?;
        let site = self.catalogue.site_by_id(ticket.site)?;
        Some((ticket, site))
    }

    /// The challenge that an id carries; nothing where it was issued before the database was restored: its
    /// answer may have counted.
    pub(super) fn opened_ticket(&self, unverified_id: &str) -> Option<Ticket> {
        let ticket = Ticket::open(&self.keyring, unverified_id)?;
        let is_past = self.catalogue.is_from_before_restore(ticket.id.drawn_at());
        (!is_past).then_some(ticket)
    }

    /// The key that a site shares with this server.
    pub fn site_key(&self, site: &Site) -> Result<Zeroizing<Vec<u8>>, Refused> {
        let sealed = site.secret.as_ref();
        let sealed =
            sealed.ok_or_else(|| Refused::Unavailable(format!("site {} has no key", site.id)))?;
        let place = Site::secret_place(site.tenant, site.id);
        Ok(self.keyring.open(&place, sealed)?)
    }
}

/// The kinds of a site that has these corpora. Where that is not known now, those that it names are taken
/// to be there: who asks for them is told that it does not work now.
fn kinds_of(site: &Site, corpora: Option<&[Corpus]>) -> Vec<Kind> {
    let listed = site.kinds.iter().filter_map(|name| Kind::named(name));
    let mut kinds: Vec<_> = listed
        .filter(|kind| match kind {
            Kind::ProofOfWork | Kind::Text => true,
            Kind::Classification | Kind::Transcription => corpora
                .is_none_or(|corpora| corpora.iter().any(|corpus| corpus.holds.kind() == *kind)),
        })
        .collect();
    if !kinds.contains(&Kind::ProofOfWork) {
        kinds.push(Kind::ProofOfWork);
    }
    kinds
}
