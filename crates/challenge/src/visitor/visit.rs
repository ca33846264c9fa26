//! What is kept of a visitor's challenge from its first answer on.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::directory::{Site, Tenant};
use crate::id::{Id, TimedId};
use crate::lifecycle::{Command, Course, OutOfTurn, Phase, Purpose, State};
use crate::ports::Version;
use crate::visitor::Kind;

/// A visitor's challenge that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The challenge's id.
    pub id: TimedId,
    /// The tenant whose site asked.
    pub tenant: Id<Tenant>,
    /// The site that asked.
    pub site: Id<Site>,
    /// What kind of challenge it was.
    pub kind: Kind,
    /// The moment from which it was too late to answer.
    pub answer_by: Timestamp,
    /// Seconds after a right answer in which that may be checked.
    pub check_s: u32,
    /// What has become of it, but for expiry.
    pub state: State,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// SHA-256 of the answer, where it could have been another one and be right as well; hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The host of the page that answered, where its browser said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// SHA-256 of the key under which the check that consumed it may be repeated; hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeatable_by: Option<String>,
}

impl Visit {
    /// What decides about it.
    pub fn course(&self) -> Course {
        Course {
            purpose: Purpose::Person,
            answer_by: self.answer_by,
            consume_s: self.check_s,
            state: self.state,
        }
    }

    /// The state at `now`, expiry included.
    pub fn phase_at(&self, now: Timestamp) -> Phase {
        self.course().phase_at(now)
    }

    /// From when on nothing depends on the visit any more: it is closed or expired, and its challenge
    /// could not be answered anew if the visit were forgotten.
    pub fn ends_at(&self) -> Timestamp {
        self.course().ends_at().max(self.answer_by)
    }

    /// The visit after `command`.
    pub fn after(&self, command: Command, now: Timestamp) -> Result<Self, OutOfTurn> {
        Ok(Self {
            state: self.course().decide(command, now)?,
            ..self.clone()
        })
    }
}

/// A compare-and-set of a visit.
#[derive(Clone, Debug)]
pub struct VisitWrite {
    /// The version that was read; 0: there was no answer yet.
    pub expected: Version,
    /// What it becomes.
    pub next: Visit,
}
