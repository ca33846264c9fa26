//! How something ended that is told of.

use serde::{Deserialize, Serialize};

use super::of_name;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As asked.
    Done,
    /// The answer was wrong.
    Wrong,
    /// The answer was wrong, and it was the one that locked.
    WrongAndLocked,
    /// The answer was right once, and had been used.
    Replayed,
    /// Nobody was asked: the user is locked.
    Locked,
    /// There is no such user, authenticator or challenge, or it is past.
    NotFound,
    /// Too many challenges are open.
    TooMany,
    /// The request does not fit what is enrolled.
    DoesNotFit,
    /// The user said no.
    Declined,
    /// Nobody took it, or not before its time was over.
    Undelivered,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Wrong,
        Self::WrongAndLocked,
        Self::Replayed,
        Self::Locked,
        Self::NotFound,
        Self::TooMany,
        Self::DoesNotFit,
        Self::Declined,
        Self::Undelivered,
    ];

    /// The outcome of this name.
    pub fn named(name: &str) -> Option<Self> {
        of_name(name)
    }

    /// The outcome's name in the database, in exports and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Wrong => "wrong",
            Self::WrongAndLocked => "wrong_and_locked",
            Self::Replayed => "replayed",
            Self::Locked => "locked",
            Self::NotFound => "not_found",
            Self::TooMany => "too_many",
            Self::DoesNotFit => "does_not_fit",
            Self::Declined => "declined",
            Self::Undelivered => "undelivered",
        }
    }
}
