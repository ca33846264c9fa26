//! Consuming: a client that had a user asked for itself uses the approval, once.
//!
//! It is for callers who want one answer for one question. Whoever is told by callbacks looks at a
//! session as often as it likes instead (`looking.rs`).

use super::Asking;
use super::decide::limits_of;
use super::ending::session_write;
use super::judging;
use super::ports::ApprovalWrites;
use super::refused::Refused;
use super::session::{Answered, Session};
use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::{Client, User};
use crate::id::Id;
use crate::issuance::CONSUME_S;
use crate::lifecycle::{Command, Phase, State};
use crate::ports::{Change, StandingWrite, StoreError};
use crate::verifier::{TRIES, Verifier};

/// An approval that a client had asked for, to be used.
#[derive(Clone, Copy, Debug)]
pub struct OwnApproval<'a> {
    /// Who asks.
    pub asking: Asking<'a>,
    /// The client, which must be the one that had the session started.
    pub client: &'a Client,
    /// The user, who must be the one that was asked.
    pub user: Id<User>,
    /// The session's id, as it came.
    pub unverified_session: &'a str,
}

/// What came of using an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consumption {
    /// The user has not decided yet.
    Pending(Box<Session>),
    /// The user approved, and this caller alone is told so.
    Approved,
    /// The user declined.
    Declined,
    /// The approval was used before.
    Before,
}

impl Verifier {
    /// Uses an approval. Of any number of callers exactly one gets [`Consumption::Approved`], on this node
    /// and on all others, within ten minutes of the user's decision.
    ///
    /// A session that another client started, or that asks another user, is
    /// [`Refused::SessionNotFound`], as is one that expired or was cancelled.
    pub async fn consume_approval(&self, own: &OwnApproval<'_>) -> Result<Consumption, Refused> {
        let tenant = own.asking.tenant;
        self.may_ask(&tenant.tenant)?;
        let id: Id<Session> = own
            .unverified_session
            .parse()
            .map_err(|_| Refused::SessionNotFound)?;
        for _ in 0..TRIES {
            let (standing, found) = self.standing_of_session(tenant.tenant.id, id).await?;
            let session = &found.value;
            if session.client != Some(own.client.id) || session.user != own.user {
                return Err(Refused::SessionNotFound);
            }
            let now = self.clock.now();
            if session.expires_untold(now) {
                // A late decision must not follow the answer that the session is past.
                self.tell_expiry(tenant, id, now).await?;
                continue;
            }
            match session.phase_at(now) {
                Phase::Is(State::Open { .. }) => {
                    return Ok(Consumption::Pending(Box::new(session.clone())));
                }
                Phase::Is(State::Declined { .. }) => return Ok(Consumption::Declined),
                Phase::Is(State::Consumed { .. }) => return Ok(Consumption::Before),
                Phase::Is(State::Accepted { at }) if is_usable(session, at, now) => {}
                _ => return Err(Refused::SessionNotFound),
            }
            let is_locked = judging::is_locked(&standing.value, &limits_of(tenant), now);
            let outcome = if is_locked {
                Outcome::Locked
            } else {
                Outcome::Done
            };
            let mut event = self.event_of_asking(&own.asking, EventKind::Consume, outcome);
            event.user = Some(session.user);
            event.detail.client = Some(own.client.name.clone());
            event.detail.session = Some(id);
            if is_locked {
                self.commit(Change::telling(event)).await?;
                return Err(Refused::Locked);
            }
            let consumed = session.after(Command::Consume, now)?;
            let change = Change {
                // A lock that is set in between is honoured.
                standing: Some(StandingWrite {
                    user: session.user,
                    expected: standing.version,
                    next: None,
                }),
                approvals: ApprovalWrites {
                    sessions: vec![session_write(&found, consumed)],
                    ..ApprovalWrites::default()
                },
                ..Change::telling(event)
            };
            match self.commit(change).await {
                Ok(()) => return Ok(Consumption::Approved),
                Err(StoreError::Conflict) => self.wait_a_turn(own.user).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refused::Unavailable(format!(
            "session {id}: {TRIES} lost races"
        )))
    }
}

/// Whether an answer of this moment still is an approval to be used.
fn is_usable(session: &Session, at: Timestamp, now: Timestamp) -> bool {
    let approves = matches!(
        session.answer,
        Some(Answered::Approved | Answered::UserVerified)
    );
    approves && now < at.plus_s(CONSUME_S)
}
