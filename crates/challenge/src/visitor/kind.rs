//! The kinds of challenge that a visitor can be given.

use serde::{Deserialize, Serialize};

/// A kind of challenge, by what it asks of a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A proof of work: asked of the browser, not of the person.
    ProofOfWork,
}

impl Kind {
    /// The kinds that are served, in the order in which they are told.
    pub const ALL: [Self; 1] = [Self::ProofOfWork];

    /// The name by which sites and pages call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ProofOfWork => "pow",
        }
    }

    /// The kind of this name, if it is served.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The number under which a ticket carries it.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::ProofOfWork => 1,
        }
    }

    pub(super) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}
