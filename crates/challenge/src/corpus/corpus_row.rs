//! A corpus, but for its images.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::corpus::{EditionKey, Said};
use crate::directory::Tenant;
use crate::id::Id;
use crate::visitor::{Kind, Language};

/// A corpus of images; known to operators and sites by its name in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corpus {
    /// The corpus's id.
    pub id: Id<Corpus>,
    /// The tenant it belongs to.
    pub tenant: Id<Tenant>,
    /// Its name, unique in the tenant.
    pub name: String,
    /// What is known of its images.
    pub holds: Holds,
    /// Voices that an unknown image needs to count as known; 0: it never does.
    pub agreement: u32,
    /// The classes, in the order by which images name them; none where it holds texts.
    pub classes: Vec<Class>,
    /// The import whose images are shown.
    pub edition: Id<Edition>,
    /// When that was imported.
    pub imported_at: Timestamp,
    /// Rises with each import, and with each image that becomes known.
    pub version: i64,
}

impl Corpus {
    /// What finds the images that are shown.
    pub fn key(&self) -> EditionKey {
        EditionKey {
            tenant: self.tenant,
            corpus: self.id,
            edition: self.edition,
        }
    }

    /// Whether visitors can be asked for what was said: earlier editions had other classes, perhaps.
    pub fn asks_about(&self, said: &Said) -> bool {
        match (self.holds, said) {
            (Holds::Classes, Said::Shows(about) | Said::ShowsNot(about)) => {
                self.classes.iter().any(|class| class.name == *about)
            }
            (Holds::Texts, Said::Reads(_)) => true,
            _ => false,
        }
    }
}

/// One import of a corpus. There are only ids of these.
#[derive(Clone, Copy, Debug)]
pub enum Edition {}

/// What is known of a corpus's images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Of which class each is.
    Classes,
    /// Which text each shows.
    Texts,
}

impl Holds {
    /// The kind of challenge that such a corpus serves for.
    pub fn kind(self) -> Kind {
        match self {
            Self::Classes => Kind::Classification,
            Self::Texts => Kind::Transcription,
        }
    }
}

/// A class of images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// The name by which the operator's table calls it.
    pub name: String,
    /// What visitors read, by language code; where there is none, they read the name.
    #[serde(default)]
    pub said: std::collections::BTreeMap<String, String>,
}

impl Class {
    /// What a visitor of this language reads.
    pub fn said_in(&self, language: Language) -> &str {
        let said = self.said.get(language.code());
        let said = said.or_else(|| self.said.get(Language::English.code()));
        said.unwrap_or(&self.name)
    }
}
