//! What visitors said of images of which it was not known.

use crate::clock::Timestamp;
use crate::corpus::Corpus;
use crate::id::Id;

/// What one visitor said of one image. A second word of the same visitor on the same image is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The corpus.
    pub corpus: Id<Corpus>,
    /// The image, by the digest of its file.
    pub digest: [u8; 32],
    /// Who said it: a keyed digest of the address, which is all that is known of a visitor.
    pub voice: [u8; 16],
    /// What was said.
    pub said: Said,
    /// When.
    pub at: Timestamp,
}

/// What can be said of an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// It shows this class.
    Shows(String),
    /// It does not show this class.
    ShowsNot(String),
    /// It shows this text.
    Reads(String),
}

impl Said {
    /// Its parts as they are stored: what it is about, and what was said.
    pub fn parts(&self) -> (&str, &str) {
        match self {
            Self::Shows(class) => (class, "yes"),
            Self::ShowsNot(class) => (class, "no"),
            Self::Reads(text) => ("", text),
        }
    }

    /// What these parts stand for.
    pub fn of_parts(about: String, said: String) -> Self {
        match (about.is_empty(), said.as_str()) {
            (true, _) => Self::Reads(said),
            (false, "yes") => Self::Shows(about),
            (false, _) => Self::ShowsNot(about),
        }
    }
}

/// How many visitors said the same of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The image, by the digest of its file.
    pub digest: [u8; 32],
    /// What they said.
    pub said: Said,
    /// How many they are.
    pub voices: u32,
    /// When the last of them said it.
    pub last_at: Timestamp,
}
