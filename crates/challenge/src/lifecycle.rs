//! What a challenge may become: states, commands, and the one function that decides.
//!
//! It is pure and exhaustive; expiry is computed from the clock's reading and never stored. What an
//! answer is worth is not decided here (see `judgement`), nor who may ask (see `verifier`).
//!
//! ```text
//!            answer right / approve                 consume
//!   Open ──────────────────────────▶ Accepted ─────────────────▶ Consumed
//!    │ answer wrong, attempts left: Open, one less
//!    ├ answer wrong, last attempt ─▶ Refused
//!    ├ decline ────────────────────▶ Declined
//!    ├ cancel ─────────────────────▶ Cancelled
//!    ├ replace ────────────────────▶ Replaced
//!    └ (answer_by reached)           Expired, as is Accepted after consume_by
//! ```

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::directory::{Authenticator, Client, Tenant, User};
use crate::id::{Id, TimedId};

/// Something that was asked, and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The challenge's id.
    pub id: TimedId,
    /// The tenant on whose behalf it was asked.
    pub tenant: Id<Tenant>,
    /// What it asks for: an answer to one purpose never serves another.
    pub purpose: Purpose,
    /// Who is asked.
    pub user: Id<User>,
    /// The policy it was issued under.
    pub policy: String,
    /// The one authenticator that may answer; nothing: any fitting one of the user.
    pub authenticator: Option<Id<Authenticator>>,
    /// The client that asked.
    pub client: Id<Client>,
    /// What is asked, as it is shown.
    pub question: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The moment from which it is too late to answer.
    pub answer_by: Timestamp,
    /// Seconds after a right answer in which that may be consumed.
    pub consume_s: u32,
    /// What has become of it, but for expiry.
    pub state: State,
}

/// What a challenge asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A response computed from the question (RFC 6287, section 7.1).
    Respond,
    /// A decision: approve or decline.
    Approve,
}

/// What has become of a challenge. Expiry is not among them: [`Challenge::phase_at`] computes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum State {
    /// It may be answered.
    Open {
        /// Answers it still takes, at least 1.
        attempts_left: u32,
    },
    /// The right answer came; it was not used yet.
    Accepted {
        /// When the answer came.
        at: Timestamp,
    },
    /// The last attempt was wrong.
    Refused {
        /// When.
        at: Timestamp,
    },
    /// The user said no.
    Declined {
        /// When.
        at: Timestamp,
    },
    /// The right answer was used.
    Consumed {
        /// When.
        at: Timestamp,
    },
    /// It was withdrawn.
    Cancelled {
        /// When.
        at: Timestamp,
    },
    /// A newer one took its place.
    Replaced {
        /// When.
        at: Timestamp,
    },
}

/// A challenge's state at a moment, expiry included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// As stored.
    Is(State),
    /// Nobody answered in time, or nobody used the answer in time.
    Expired,
}

/// What somebody wants of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// An answer was verified: was it right?
    Answer {
        /// Whether it was.
        right: bool,
    },
    /// The user approved.
    Approve,
    /// The user declined.
    Decline,
    /// The right answer is to be used, once.
    Consume,
    /// It is to be withdrawn.
    Cancel,
    /// A newer one takes its place.
    Replace,
}

/// A command that comes too late or too early, with the phase that refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the challenge does not take this now: it is {0:?}")]
pub struct OutOfTurn(pub Phase);

impl Challenge {
    /// The state at `now`. A moment exactly at a limit is past it.
    pub fn phase_at(&self, now: Timestamp) -> Phase {
        match self.state {
            State::Open { .. } if now >= self.answer_by => Phase::Expired,
            State::Accepted { at } if now >= at.plus_s(self.consume_s) => Phase::Expired,
            State::Open { .. }
            | State::Accepted { .. }
            | State::Refused { .. }
            | State::Declined { .. }
            | State::Consumed { .. }
            | State::Cancelled { .. }
            | State::Replaced { .. } => Phase::Is(self.state),
        }
    }

    /// What the challenge becomes by `command` at `now`.
    ///
    /// This is the only place where a challenge's next state is made.
    pub fn decide(&self, command: Command, now: Timestamp) -> Result<State, OutOfTurn> {
        let phase = self.phase_at(now);
        match (phase, command) {
            (Phase::Is(State::Open { .. }), Command::Answer { right: true }) => {
                Ok(State::Accepted { at: now })
            }
            (Phase::Is(State::Open { attempts_left }), Command::Answer { right: false }) => {
                match attempts_left.saturating_sub(1) {
                    0 => Ok(State::Refused { at: now }),
                    attempts_left => Ok(State::Open { attempts_left }),
                }
            }
            (Phase::Is(State::Open { .. }), Command::Approve) => Ok(State::Accepted { at: now }),
            (Phase::Is(State::Open { .. }), Command::Decline) => Ok(State::Declined { at: now }),
            (Phase::Is(State::Open { .. }), Command::Cancel) => Ok(State::Cancelled { at: now }),
            (Phase::Is(State::Open { .. }), Command::Replace) => Ok(State::Replaced { at: now }),
            (Phase::Is(State::Accepted { .. }), Command::Consume) => {
                Ok(State::Consumed { at: now })
            }
            (
                Phase::Expired
                | Phase::Is(
                    State::Refused { .. }
                    | State::Declined { .. }
                    | State::Consumed { .. }
                    | State::Cancelled { .. }
                    | State::Replaced { .. },
                ),
                _,
            )
            | (Phase::Is(State::Open { .. }), Command::Consume)
            | (
                Phase::Is(State::Accepted { .. }),
                Command::Answer { .. }
                | Command::Approve
                | Command::Decline
                | Command::Cancel
                | Command::Replace,
            ) => Err(OutOfTurn(phase)),
        }
    }

    /// The challenge after `command`.
    pub fn after(&self, command: Command, now: Timestamp) -> Result<Self, OutOfTurn> {
        Ok(Self {
            state: self.decide(command, now)?,
            ..self.clone()
        })
    }
}

impl State {
    /// The state's name in the database, in lists and in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Accepted { .. } => "accepted",
            Self::Refused { .. } => "refused",
            Self::Declined { .. } => "declined",
            Self::Consumed { .. } => "consumed",
            Self::Cancelled { .. } => "cancelled",
            Self::Replaced { .. } => "replaced",
        }
    }
}
