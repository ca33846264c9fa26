//! Whether the log is whole: every link is computed again from the event it seals, both ends are compared
//! with what was signed, and nothing may stand in the log that is neither sealed nor waits to be.

use std::fmt;

use super::chain::{
    self, Chain, Digest, End, ORIGIN, Opening, PublicKeys, Which, erasure, has_personal, leaf,
};
use super::ports::{AuditLog, Link, Place, Read, Written};
use crate::clock::Timestamp;
use crate::ports::StoreError;
use crate::secret::Keyring;

/// Links read at once, with their events: some 2 MB.
const CHUNK: u32 = 2000;

/// Faults that are told one by one; of more the number is told.
pub const FAULTS_MAX: usize = 100;

/// What is wrong with the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The number of the event in the chain; nothing: it is not sealed.
    pub number: Option<u64>,
    /// Where the event stands or stood, as far as that is known.
    pub place: Option<Place>,
    /// What is wrong.
    pub what: Wrong,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The event is gone.
    Removed,
    /// The event was changed, or stands in another's place.
    Changed,
    /// The event was not appended by this server.
    Added,
    /// The event was appended by this server, and is kept from being sealed.
    Refused,
    /// The link itself is gone: the event was removed together with its seal.
    Unlinked,
    /// One end of the chain does not stand where it was signed.
    End(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(out, "event {number}")?,
            None if self.place.is_some() => out.write_str("an event that is not sealed")?,
            None => out.write_str("the chain")?,
        }
        if let Some(place) = self.place {
            write!(out, " (id {}, tenant {})", place.id, place.tenant)?;
        }
        match &self.what {
            Wrong::Removed => out.write_str(": it was removed"),
            Wrong::Changed => out
                .write_str(": it was changed, or it stands where another stood when it was sealed"),
            Wrong::Added => out.write_str(": it was added by somebody else than this server"),
            Wrong::Refused => out.write_str(
                ": it is marked so that it is never sealed, though this server appended it; a running \
                 server that has its key takes it back within some minutes",
            ),
            Wrong::Unlinked => out.write_str(": it was removed together with its seal"),
            Wrong::End(problem) => write!(out, ": {problem}"),
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What is wrong, at most [`FAULTS_MAX`] of them.
    pub faults: Vec<Fault>,
    /// How many faults there are.
    pub fault_count: u64,
    /// Sealed events that were looked at.
    pub sealed: u64,
    /// Of these, those whose personal part was erased.
    pub erased: u64,
    /// Events that wait to be sealed.
    pub waiting: u64,
    /// The chain as it was when the check began.
    pub chain: Option<Chain>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.fault_count == 0
    }

    fn tell(&mut self, number: Option<u64>, place: Option<Place>, what: Wrong) {
        self.fault_count += 1;
        if self.faults.len() < FAULTS_MAX {
            let fault = Fault {
                number,
                place,
                what,
            };
            self.faults.push(fault);
        }
    }
}

/// A walk along links, in their order: what comes next must follow from what came before.
#[derive(Debug)]
pub struct Walk {
    keys: PublicKeys,
    number: u64,
    link: Digest,
    /// An end of the chain as it was signed once, and pinned elsewhere since.
    pinned: Option<End>,
    /// What was found so far.
    pub report: Report,
}

impl Walk {
    /// A walk that begins behind this link.
    pub fn behind((number, link): (u64, Digest), keys: PublicKeys, pinned: Option<End>) -> Self {
        Self {
            keys,
            number,
            link,
            pinned,
            report: Report::default(),
        }
    }

    /// The number that comes next.
    pub fn next(&self) -> u64 {
        self.number + 1
    }

    /// Takes the next link.
    pub fn take(&mut self, next: &Link) {
        let place = Some(next.place);
        let number = Some(next.number);
        while self.next() < next.number {
            self.number += 1;
            self.report.tell(Some(self.number), None, Wrong::Unlinked);
            if next.number - self.number > u64::from(CHUNK) {
                // A large hole is one fault, told by its first number.
                self.number = next.number - 1;
            }
        }
        self.report.sealed += 1;
        match &next.event {
            None => self.report.tell(number, place, Wrong::Removed),
            Some(event) => {
                let fits = leaf_of(next.place, event, &self.keys)
                    .is_some_and(|leaf| chain::link(next.number, &self.link, &leaf) == next.link);
                if !fits {
                    self.report.tell(number, place, Wrong::Changed);
                }
                let opening = event.as_ref().ok().and_then(|written| written.opening);
                self.report.erased += u64::from(matches!(opening, Some(Opening::Erased(_))));
            }
        }
        (self.number, self.link) = (next.number, next.link);
        if let Some(pinned) = self.pinned
            && pinned.number == next.number
            && pinned.link != next.link
        {
            let what = "it is not the one that the head in the file was signed over";
            self.report.tell(number, place, Wrong::End(what.to_owned()));
        }
    }

    /// Compares where the walk ended with the head.
    pub fn end_at(&mut self, head: &End) {
        if self.number < head.number {
            let next = self.next();
            self.report.tell(Some(next), None, Wrong::Unlinked);
        } else if (self.number, self.link) != (head.number, head.link) {
            let what = "its last link is not the one that the head was signed over";
            self.report.tell(None, None, Wrong::End(what.to_owned()));
        }
    }
}

/// The digest of an event that stands where its link says; nothing where something of it cannot be.
fn leaf_of(place: Place, event: &Read, keys: &PublicKeys) -> Option<Digest> {
    let Written { event, opening } = event.as_ref().ok()?;
    let opening = opening.as_ref()?;
    if Place::of(event) != place {
        return None;
    }
    if let Opening::Erased(erased) = opening {
        let signed = erasure(event, &erased.commitment);
        if has_personal(event) || keys.problem(&signed, &erased.signature).is_some() {
            return None;
        }
    }
    Some(leaf(event, opening))
}

/// What a check works with.
pub struct Tools<'a> {
    /// The log.
    pub log: &'a dyn AuditLog,
    /// The server's keys.
    pub keyring: &'a Keyring,
    /// A head of this chain that was kept elsewhere.
    pub pinned: Option<End>,
    /// The time.
    pub now: Timestamp,
    /// Is told how many steps are done, of how many.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// Checks the whole log.
///
/// A server may go on beside it: what it appends meanwhile is not looked at, what it cuts off or erases
/// is seen as such.
pub async fn check(tools: &Tools<'_>) -> Result<Report, StoreError> {
    let keys = tools.keyring.audit_public_keys();
    let Some(chain) = tools.log.chain().await? else {
        return check_unsealed(tools, keys).await;
    };
    let mut walk = Walk::behind(chain.foot(), keys.clone(), tools.pinned);
    walk.report.chain = Some(chain);
    for problem in keys.problems_of(&chain) {
        walk.report.tell(None, None, Wrong::End(problem));
    }
    pin(tools, &chain, &mut walk.report);
    loop {
        let after = walk.next() - 1;
        if after >= chain.head.number {
            break;
        }
        let mut links = tools.log.links(after, CHUNK).await?;
        links.retain(|link| link.number <= chain.head.number);
        let first = links.first().map(|link| link.number);
        if first != Some(walk.next())
            && let Some(foot) = moved_foot(tools, &keys, after).await?
        {
            (walk.number, walk.link) = foot;
            continue;
        }
        if links.is_empty() {
            break;
        }
        for link in &links {
            walk.take(link);
        }
        (tools.progress)(walk.number, chain.head.number);
    }
    walk.end_at(&chain.head);
    let mut report = walk.report;
    let beyond = tools.log.links(chain.head.number, 1).await?;
    let same_head = tools.log.chain().await?.map(|chain| chain.head) == Some(chain.head);
    if let Some(link) = beyond.first()
        && same_head
    {
        let what = "it is sealed behind the head: the head was put back, or it was added";
        let what = Wrong::End(what.to_owned());
        report.tell(Some(link.number), Some(link.place), what);
    }
    look_at_all(tools, &mut report).await?;
    Ok(report)
}

/// Where a server cut the chain while it was checked; nothing where it did not.
async fn moved_foot(
    tools: &Tools<'_>,
    keys: &PublicKeys,
    after: u64,
) -> Result<Option<(u64, Digest)>, StoreError> {
    let now = tools.log.chain().await?;
    let moved = now.filter(|chain| chain.foot().0 > after);
    Ok(moved.and_then(|chain| {
        let cut = chain.cut?;
        let problem = keys.problem_of(Which::Cut, &chain.beginning, &cut);
        problem.is_none().then_some((cut.number, cut.link))
    }))
}

/// Compares a head that was kept elsewhere with how far the chain goes.
fn pin(tools: &Tools<'_>, chain: &Chain, report: &mut Report) {
    let Some(pinned) = tools.pinned else {
        return;
    };
    let (foot, link) = chain.foot();
    if pinned.number > chain.head.number {
        let what = format!(
            "it ends at {}, and the head in the file was signed at {}: the newest events were removed, or \
             an older database stands here",
            chain.head.number, pinned.number
        );
        report.tell(None, None, Wrong::End(what));
    } else if pinned.number == foot && pinned.link != link {
        let what =
            "it begins behind another event than the one that the head in the file was signed over";
        report.tell(None, None, Wrong::End(what.to_owned()));
    }
}

/// A log without a chain: nothing was sealed yet, so that no event may know its place.
async fn check_unsealed(tools: &Tools<'_>, keys: PublicKeys) -> Result<Report, StoreError> {
    let mut report = Walk::behind((0, ORIGIN), keys, None).report;
    let links = tools.log.links(0, 1).await?;
    if !links.is_empty() || tools.pinned.is_some() {
        let what = "its head is gone".to_owned();
        report.tell(None, None, Wrong::End(what));
    }
    look_at_all(tools, &mut report).await?;
    Ok(report)
}

/// Looks for events that are neither sealed nor wait to be, and for those that waited and are gone.
async fn look_at_all(tools: &Tools<'_>, report: &mut Report) -> Result<(), StoreError> {
    let mut after = None;
    let (mut looked, of) = (0, report.sealed);
    loop {
        let rows = tools.log.sealed_at(after, CHUNK).await?;
        let Some((last, _)) = rows.last() else {
            break;
        };
        after = Some(*last);
        looked += rows.len() as u64;
        for (place, number) in &rows {
            if number.is_none() {
                look_at(tools, *place, report).await?;
            }
        }
        (tools.progress)(looked, of.max(looked));
    }
    for place in tools.log.gone(CHUNK).await? {
        report.tell(None, Some(place), Wrong::Removed);
    }
    Ok(())
}

/// Looks at an event that was not sealed a moment ago.
async fn look_at(tools: &Tools<'_>, place: Place, report: &mut Report) -> Result<(), StoreError> {
    let Some(found) = tools.log.found(place).await? else {
        return Ok(());
    };
    if found.number.is_some() {
        return Ok(());
    }
    let leaf = leaf_of(place, &found.event, &tools.keyring.audit_public_keys());
    let is_unmarked = matches!(&found.event, Ok(Written { opening: None, .. }));
    let wrong = match (leaf, found.waits) {
        (Some(leaf), Some((tag, is_refused))) if tools.keyring.audit_tag_fits(&leaf, &tag) => {
            is_refused.then_some(Wrong::Refused)
        }
        // Of an older version: it waits as long as those are taken.
        (None, None) if is_unmarked => {
            let begun = report.chain.map(|chain| chain.beginning);
            let is_taken = begun.is_none_or(|begun| tools.now < begun.unmarked_until);
            (!is_taken).then_some(Wrong::Added)
        }
        _ => Some(Wrong::Added),
    };
    match wrong {
        None => report.waiting += 1,
        Some(wrong) => report.tell(None, Some(place), wrong),
    }
    Ok(())
}
