//! The kinds of challenge that a visitor can be given.

use serde::{Deserialize, Serialize};

/// A kind of challenge, by what it asks of a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A proof of work: asked of the browser, not of the person.
    ProofOfWork,
    /// Images, of which those that show something are chosen.
    Classification,
    /// Images of text, which is typed.
    Transcription,
    /// A distorted code, which is typed, or heard and typed.
    Text,
}

impl Kind {
    /// All kinds, in the order in which they are told.
    pub const ALL: [Self; 4] = [
        Self::ProofOfWork,
        Self::Classification,
        Self::Transcription,
        Self::Text,
    ];

    /// The name by which sites and pages call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ProofOfWork => "pow",
            Self::Classification => "classification",
            Self::Transcription => "transcription",
            Self::Text => "text",
        }
    }

    /// The kind of this name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether an answer can be right by chance often enough to be worth trying. Such a kind is limited
    /// before an answer is looked at, since every look tells something.
    pub fn is_guessable(self) -> bool {
        !matches!(self, Self::ProofOfWork)
    }

    /// The number under which a ticket carries it.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::ProofOfWork => 1,
            Self::Classification => 2,
            Self::Transcription => 3,
            Self::Text => 4,
        }
    }
}
