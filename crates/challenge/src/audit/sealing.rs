//! Sealing what was appended, and cutting off what is too old. Beside the requests: an event is appended
//! with its mark alone, and gets its place in the chain a second later.

use super::Event;
use super::chain::{
    Beginning, Chain, Digest, ORIGIN, Opening, Salt, Which, key_version, leaf, link, signed,
};
use super::check::Walk;
use super::ports::{Cutting, NewLink, Place, Sealing, Taken, Waiting, Written};
use super::seen::lock;
use crate::clock::Timestamp;
use crate::ports::StoreError;
use crate::rng;
use crate::secret::{Keyring, SealError};
use crate::verifier::Verifier;

/// Events sealed at once.
const BATCH: u32 = 256;

/// How old an event is at least when it is sealed, so that those that were under way at the same time have
/// come to the log: milliseconds.
const RIPE_MS: i64 = 1000;

/// From where on an event was dated by a clock that was wrong, and is not waited for: milliseconds.
const AHEAD_MS: i64 = 60_000;

/// How long nodes may differ: after the upgrade events of an older version's nodes are sealed, and a node that
/// was not given the newest key leaves to others what was appended under it. A day.
const OLDER_NODES_S: u32 = 86_400;

/// Why nothing was sealed or cut.
#[derive(Debug, thiserror::Error)]
pub enum NotSealed {
    /// The store did not do as asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no key to sign with.
    #[error(transparent)]
    Key(#[from] SealError),
    /// The log goes on under a newer master key than this server has.
    #[error("the audit log goes on under a newer master key; give this server that key too")]
    NewerKey,
    /// The chain is not the one that the server left, so that the server does not sign what follows it.
    #[error(
        "the audit log's chain is not what a server left, so nothing is sealed or removed: {0}; keep the \
         database as it is, and see `countersign audit verify`"
    )]
    End(String),
    /// The oldest events do not verify, so that none of them is removed.
    #[error(
        "the audit log is not whole at event {0}, so nothing is removed; see `countersign audit verify`"
    )]
    NotWhole(u64),
    /// Erasures stand in the database that this server was not asked for; nothing is erased for them.
    #[error(
        "{0} orders to erase a user stand in the table `erasure` that this server did not write, and it does \
         not follow them: somebody has write access to the database; keep it as it is, and remove the orders"
    )]
    NotAskedFor(u64),
}

/// What a turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Events that were sealed.
    pub events: u64,
    /// Events that waited and are not what this server appended, or are gone.
    pub refused: u64,
}

impl Verifier {
    /// Seals events that were appended, one batch of them; where others seal at the same moment, they did.
    pub async fn seal_events(&self) -> Result<Sealed, NotSealed> {
        let mut limit = BATCH;
        loop {
            let sealed = self.seal_batch(limit).await;
            // An event that came late can stand among those that were read: with fewer that is rarer.
            match sealed {
                Err(NotSealed::Store(StoreError::Conflict)) if limit > 1 => limit /= 4,
                Err(NotSealed::Store(StoreError::Conflict)) => return Ok(Sealed::default()),
                sealed => return sealed,
            }
        }
    }

    async fn seal_batch(&self, limit: u32) -> Result<Sealed, NotSealed> {
        let now = self.now();
        let chain = self.trusted_chain().await?;
        if chain.is_none_or(|chain| now < chain.beginning.unmarked_until) {
            let older = self.store.unmarked(limit).await?;
            if !older.is_empty() {
                return self.seal_older(chain.as_ref(), older).await;
            }
        }
        let mut waiting = self.store.waiting(None, limit).await?;
        let unripe = waiting.iter().position(|one| !is_ripe(one.place, now));
        waiting.truncate(unripe.unwrap_or(waiting.len()));
        // Another node has a newer key: it judges what it appended, and seals it.
        let newer = waiting
            .iter()
            .position(|one| self.is_of_newer_key(one, now));
        waiting.truncate(newer.unwrap_or(waiting.len()));
        if newer == Some(0) {
            return Err(NotSealed::NewerKey);
        }
        let is_ours = |one: &Waiting| leaf_of_ours(&self.keyring, one).is_some();
        let (ours, foreign): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_ours);
        if !foreign.is_empty() {
            let places: Vec<_> = foreign.iter().map(|one| one.place).collect();
            let refused = places.len() as u64;
            self.store.refuse(places).await?;
            let events = 0;
            return Ok(Sealed { events, refused });
        }
        let leaves = ours
            .iter()
            .map(|one| (one.place, leaf_of_ours(&self.keyring, one)));
        let leaves = leaves.filter_map(|(place, leaf)| Some((place, leaf?)));
        self.add_links(chain.as_ref(), leaves.collect(), Taken::Waiting)
            .await
    }

    /// Whether an event says that it was appended, today, under a key that this node does not have yet.
    fn is_of_newer_key(&self, one: &Waiting, now: Timestamp) -> bool {
        let age_ms = now.unix_ms() - one.place.id.drawn_at().unix_ms();
        let is_fresh = age_ms.unsigned_abs() < u64::from(OLDER_NODES_S) * 1000;
        is_fresh && self.keyring.may_come(key_version(&one.tag))
    }

    /// Lets events wait again that were refused though this server appended them: by somebody else, or by a
    /// node that has not their key. Looks at a batch of them and goes on behind it the next time; gives the
    /// number of those that wait again.
    pub async fn take_back_refused(&self) -> Result<u64, NotSealed> {
        let after = *lock(&self.audit.refused_after);
        let refused = self.store.refused(after, BATCH).await?;
        let next = refused.get(BATCH as usize - 1).map(|one| one.place);
        *lock(&self.audit.refused_after) = next;
        let ours = refused
            .iter()
            .filter(|one| leaf_of_ours(&self.keyring, one).is_some());
        let ours: Vec<_> = ours.map(|one| one.place).collect();
        let count = ours.len() as u64;
        if count > 0 {
            self.store.take_back(ours).await?;
        }
        Ok(count)
    }

    /// Seals events of an older version, which have no salt yet.
    async fn seal_older(
        &self,
        chain: Option<&Chain>,
        older: Vec<Event>,
    ) -> Result<Sealed, NotSealed> {
        let salts: Vec<Salt> = older.iter().map(|_| rng::bytes(&*self.rng)).collect();
        let leaves = older.iter().zip(&salts);
        let leaves =
            leaves.map(|(event, salt)| (Place::of(event), leaf(event, &Opening::Salt(*salt))));
        self.add_links(chain, leaves.collect(), Taken::Unmarked(salts))
            .await
    }

    async fn add_links(
        &self,
        before: Option<&Chain>,
        leaves: Vec<(Place, Digest)>,
        taken: Taken,
    ) -> Result<Sealed, NotSealed> {
        if leaves.is_empty() {
            return Ok(Sealed::default());
        }
        self.stands_at_its_head(before).await?;
        let now = self.now();
        let (mut number, mut last) =
            before.map_or((0, ORIGIN), |chain| (chain.head.number, chain.head.link));
        let mut links = Vec::with_capacity(leaves.len());
        for (place, leaf) in leaves {
            number += 1;
            last = link(number, &last, &leaf);
            links.push(NewLink { place, link: last });
        }
        // A log that begins with events of an older version may have nodes of it that still append.
        let grace_s = match taken {
            Taken::Waiting => 0,
            Taken::Unmarked(_) => OLDER_NODES_S,
        };
        let begun = Beginning {
            at: now,
            unmarked_until: now.plus_s(grace_s),
        };
        let beginning = before.map_or(begun, |chain| chain.beginning);
        let end = (number, last, now);
        let head = signed(&self.keyring, Which::Head, &beginning, end)?;
        let sealing = Sealing {
            expected: before.map(|chain| chain.head.number),
            chain: Chain {
                beginning,
                head,
                cut: before.and_then(|chain| chain.cut),
            },
            links,
            taken,
        };
        self.store.seal(&sealing).await?;
        let events = sealing.links.len() as u64;
        Ok(Sealed { events, refused: 0 })
    }

    /// Removes the oldest events, at most a batch of them, if they happened before a moment and are whole:
    /// the chain goes on behind a signed cut. Gives their number.
    pub async fn cut_events(&self, before: Timestamp) -> Result<u64, NotSealed> {
        let Some(chain) = self.trusted_chain().await? else {
            return Ok(0);
        };
        let mut links = self.store.links(chain.foot().0, BATCH).await?;
        let kept = links.iter().position(|link| {
            let read = link.event.as_ref().and_then(|event| event.as_ref().ok());
            // The event's own time, which its link holds: nobody makes an event older than it is.
            let is_young = read.is_some_and(|written| written.event.at >= before);
            is_young || link.number > chain.head.number
        });
        links.truncate(kept.unwrap_or(links.len()));
        let Some(last) = links.last() else {
            return Ok(0);
        };
        let mut walk = Walk::behind(chain.foot(), self.keyring.audit_public_keys(), None);
        for link in &links {
            walk.take(link);
        }
        if let Some(fault) = walk.report.faults.first() {
            return Err(NotSealed::NotWhole(fault.number.unwrap_or_default()));
        }
        let end = (last.number, last.link, self.now());
        let cut = signed(&self.keyring, Which::Cut, &chain.beginning, end)?;
        let cutting = Cutting {
            expected: chain.foot().0,
            chain: Chain {
                cut: Some(cut),
                ..chain
            },
            events: links.iter().map(|link| link.place).collect(),
        };
        match self.store.cut(&cutting).await {
            // Another node cuts as well.
            Err(StoreError::Conflict) => Ok(0),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(cutting.events.len() as u64),
        }
    }
}

/// The digest of an event that waits and that this server appended; nothing where it is sealed already.
pub(super) fn leaf_of_ours(keyring: &Keyring, one: &Waiting) -> Option<Digest> {
    if one.is_sealed {
        return None;
    }
    let Written { event, opening } = one.event.as_ref()?.as_ref().ok()?;
    let leaf = leaf(event, opening.as_ref()?);
    let is_ours = Place::of(event) == one.place && keyring.audit_tag_fits(&leaf, &one.tag);
    is_ours.then_some(leaf)
}

fn is_ripe(place: Place, now: Timestamp) -> bool {
    let age_ms = now.unix_ms() - place.id.drawn_at().unix_ms();
    !(-AHEAD_MS..RIPE_MS).contains(&age_ms)
}
