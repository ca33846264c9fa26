//! A change turned into rows, in the task of the caller: the writer only binds and steps.

use challenge::access::{AccessToken, TokenKey};
use challenge::audit::Event;
use challenge::audit::chain::{Mark, Stamp};
use challenge::corpus::Annotation;
use challenge::ports::{
    ChallengeWrite, Change, Message, SpentMark, StandingWrite, StoreError, Version,
};
use challenge::visitor::VisitWrite;

use crate::cell::to_json;
use crate::shelf::ShelfRow;

/// A change as rows.
#[derive(Debug)]
pub(crate) struct ChangeRows {
    pub(crate) tenant: i64,
    pub(crate) standing: Option<StandingRow>,
    pub(crate) challenges: Vec<ChallengeRow>,
    pub(crate) annotations: Vec<Annotation>,
    pub(crate) spent: Vec<SpentMark>,
    pub(crate) token: Option<AccessToken>,
    pub(crate) revoked: Option<TokenKey>,
    pub(crate) shelves: Vec<ShelfRow>,
    pub(crate) messages: Vec<MessageRow>,
    pub(crate) event: EventRow,
}

#[derive(Debug)]
pub(crate) struct StandingRow {
    pub(crate) user: i64,
    pub(crate) expected: Version,
    pub(crate) next: Option<StandingBody>,
}

/// A standing, and the number by which those who may be locked are found.
#[derive(Debug)]
pub(crate) struct StandingBody {
    pub(crate) body: String,
    pub(crate) failures: i64,
}

#[derive(Debug)]
pub(crate) struct ChallengeRow {
    pub(crate) id: [u8; 16],
    pub(crate) expected: Version,
    pub(crate) next: Option<ChallengeBody>,
}

#[derive(Debug)]
pub(crate) struct ChallengeBody {
    pub(crate) state: &'static str,
    pub(crate) ends_at: i64,
    pub(crate) body: String,
}

/// A message, and its place in its line: the version of the user's standing that it was written with,
/// then its number in the change.
#[derive(Debug)]
pub(crate) struct MessageRow {
    pub(crate) message: Message,
    pub(crate) place: i64,
}

/// More messages than a change has.
const MESSAGES_MAX: i64 = 1 << 20;

#[derive(Debug)]
pub(crate) struct EventRow {
    pub(crate) tenant: i64,
    pub(crate) id: [u8; 16],
    pub(crate) at: i64,
    pub(crate) kind: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) user: Option<i64>,
    pub(crate) officer: Option<String>,
    pub(crate) detail: String,
    /// The salt that stays with it, and the tag that it waits to be sealed with.
    pub(crate) mark: Option<Mark>,
}

impl ChangeRows {
    pub(crate) fn of(change: Change, stamp: Option<&Stamp>) -> Result<Self, StoreError> {
        let standing = match change.standing {
            None => None,
            Some(write) => Some(StandingRow::of(&write)?),
        };
        let challenges = change
            .challenges
            .iter()
            .map(ChallengeRow::of)
            .chain(change.visit.iter().map(ChallengeRow::of_visit))
            .collect::<Result<Vec<_>, _>>()?;
        let written = standing
            .as_ref()
            .map_or(0, |row| row.expected.saturating_add(1));
        let messages = (0..).zip(change.messages);
        let messages = messages
            .map(|(number, message)| MessageRow {
                place: written.saturating_mul(MESSAGES_MAX).saturating_add(number),
                message,
            })
            .collect();
        let mut shelves = crate::shelf::rows(change.tenant, &change.approvals)?;
        shelves.extend(crate::shelf::officer_rows(&change.officers)?);
        Ok(Self {
            tenant: change.tenant.number(),
            shelves,
            standing,
            challenges,
            annotations: change.annotations,
            spent: change.spent,
            token: change.token,
            revoked: change.revoked,
            messages,
            event: EventRow::of(&change.event, stamp)?,
        })
    }
}

impl StandingRow {
    pub(crate) fn of(write: &StandingWrite) -> Result<Self, StoreError> {
        let next = write.next.as_ref().map(|next| {
            Ok::<_, StoreError>(StandingBody {
                body: to_json("standing", &write.user, next)?,
                failures: next.most_failures().into(),
            })
        });
        Ok(Self {
            user: write.user.number(),
            expected: write.expected,
            next: next.transpose()?,
        })
    }
}

impl ChallengeRow {
    fn of(write: &ChallengeWrite) -> Result<Self, StoreError> {
        let next = match &write.next {
            None => None,
            Some(next) => Some(ChallengeBody {
                state: next.state.name(),
                ends_at: next.course().ends_at().unix_ms(),
                body: to_json("challenge", &write.id, next)?,
            }),
        };
        Ok(Self {
            id: *write.id.as_bytes(),
            expected: write.expected,
            next,
        })
    }
}

impl ChallengeRow {
    /// A visitor's challenge stands in the same table: it is one.
    fn of_visit(write: &VisitWrite) -> Result<Self, StoreError> {
        let visit = &write.next;
        Ok(Self {
            id: *visit.id.as_bytes(),
            expected: write.expected,
            next: Some(ChallengeBody {
                state: visit.state.name(),
                ends_at: visit.ends_at().unix_ms(),
                body: to_json("challenge", &visit.id, visit)?,
            }),
        })
    }
}

impl EventRow {
    pub(crate) fn of(event: &Event, stamp: Option<&Stamp>) -> Result<Self, StoreError> {
        Ok(Self {
            tenant: event.tenant.number(),
            id: *event.id.as_bytes(),
            at: event.at.unix_ms(),
            kind: event.kind.name(),
            outcome: event.outcome.name(),
            user: event.user.map(challenge::id::Id::number),
            officer: event.officer().map(str::to_owned),
            detail: to_json("event", &event.id, &event.detail)?,
            mark: stamp.map(|stamp| mark(stamp, event)).transpose()?,
        })
    }
}

fn mark(stamp: &Stamp, event: &Event) -> Result<Mark, StoreError> {
    let marked = stamp.mark(event);
    marked.map_err(|_| StoreError::Unavailable("the system gives no random bytes".to_owned()))
}
