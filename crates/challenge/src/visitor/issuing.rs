//! Issuing to visitors: a puzzle is drawn and sealed into the challenge's id; nothing is written.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::directory::Site;
use crate::door::Door;
use crate::id::TimedId;
use crate::methods::proof_of_work::{Effort, Puzzle};
use crate::rng::Rng;
use crate::verifier::Verifier;
use crate::visitor::{Kind, Refused, Ticket};

/// Seconds in which a visitor can answer.
pub const ANSWER_S: u32 = 300;

/// Seconds after a right answer in which the site can check it.
pub const CHECK_S: u32 = 600;

/// Draws puzzles, which takes time and memory: somewhere beside the requests, and not without bounds.
#[async_trait]
pub trait Mint: Send + Sync + 'static {
    /// A puzzle that nobody has seen, for `asker`: who asks much waits no less for it than others;
    /// [`Refused::SlowDown`] where too many are waiting.
    async fn puzzle(&self, effort: Effort, asker: &str) -> Result<Puzzle, Refused>;
}

/// A mint that draws on the caller's own thread: for tests, whose puzzles are cheap.
pub struct InlineMint<R>(pub R);

#[async_trait]
impl<R: Rng> Mint for InlineMint<R> {
    async fn puzzle(&self, effort: Effort, _: &str) -> Result<Puzzle, Refused> {
        Puzzle::draw(effort, &self.0).map_err(|error| Refused::Unavailable(error.to_string()))
    }
}

/// A challenge as a visitor gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedToVisitor {
    /// The challenge's id: opaque, safe in URLs, at most [`crate::visitor::TICKET_LENGTH_MAX`] characters.
    pub id: String,
    /// What kind it is.
    pub kind: Kind,
    /// The moment from which it is too late to answer.
    pub answer_by: Timestamp,
    /// What the kind shows.
    pub shown: Map<String, Value>,
}

impl Verifier {
    /// Issues a challenge to whoever asks, and writes nothing.
    pub async fn issue_to_visitor(
        &self,
        site: &Site,
        kind: Kind,
        address: &str,
    ) -> Result<IssuedToVisitor, Refused> {
        let asked_at = self.clock.now();
        let effort = self.visitors.effort(site, asked_at);
        let taken = self.visitors.take_issue(effort, address, asked_at);
        taken.map_err(|retry_s| Refused::SlowDown { retry_s })?;
        let drawn = self.mint.puzzle(effort, address).await;
        let puzzle = drawn.inspect_err(|_| {
            self.visitors.give_issue_back(effort, address, asked_at);
        })?;
        let key = self.keyring.puzzle_key(site.id.number())?;
        let now = self.clock.now();
        let answer_by = now.plus_s(ANSWER_S);
        let ticket = Ticket {
            id: TimedId::random(now, &*self.rng),
            site: site.id,
            kind,
            answer_by,
            solution: puzzle.solution().clone(),
        };
        let id = ticket.seal(&self.keyring, &*self.rng)?;
        self.visitors.issued(site, now);
        self.traffic.issued(site.tenant, Door::Ocapi, now);
        Ok(IssuedToVisitor {
            id,
            kind,
            answer_by,
            shown: puzzle.shown(answer_by, &*key),
        })
    }

    /// The challenge that an id carries, with its site; nothing where this server did not issue it, or
    /// the site is gone.
    pub fn ticket(&self, unverified_id: &str) -> Option<(Ticket, Arc<Site>)> {
        let ticket = Ticket::open(&self.keyring, unverified_id)?;
        let site = self.catalogue.site_by_id(ticket.site)?;
        Some((ticket, site))
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
