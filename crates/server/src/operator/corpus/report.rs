//! What became of an import: what was taken in and what was not, or why nothing was.

use std::fmt;
use std::path::Path;

use challenge::corpus::{Holds, Unfit};
use challenge::ports::StoreError;
use serde::Serialize;

/// Problems told one by one; of more only the number is told.
const TOLD_MAX: usize = 20;

/// Something wrong with a line of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line's number, from 1.
    pub line: u64,
    /// What is wrong, and with which file.
    pub text: String,
}

/// What an import took in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Images taken in.
    pub images: usize,
    /// Those of which the table says what they show.
    pub known: usize,
    /// Those on which visitors had agreed before.
    pub agreed: usize,
    /// Classes; 0 of texts.
    pub classes: usize,
    /// Images left out because another line has the same one.
    pub duplicates: Vec<Problem>,
    /// Images left out because they cannot be read.
    pub broken: Vec<Problem>,
    /// Whether a corpus of this name was there before.
    pub replaced: bool,
}

/// Why nothing was imported.
#[derive(Debug)]
pub enum Rejected {
    /// The table cannot be read.
    Table(String),
    /// Lines are wrong.
    Problems(Vec<Problem>),
    /// Images cannot be read, or are there twice with different meanings.
    Images(Vec<Problem>),
    /// No challenge could be made of it.
    Unfit(Unfit),
    /// The name is not one.
    Name,
    /// The corpus of this name is of the other kind.
    OtherKind(Holds),
    /// Another import of the same name was faster.
    Raced,
    /// The database.
    Store(StoreError),
}

impl Rejected {
    /// A table that cannot be read, and why.
    pub(super) fn table(path: &Path, why: &(impl fmt::Display + ?Sized)) -> Self {
        Self::Table(format!("{}: {why}", path.display()))
    }
}

impl From<StoreError> for Rejected {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Unfit> for Rejected {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(text) => write!(out, "{text}; nothing was imported"),
            Self::Problems(problems) => write!(out, "{}; nothing was imported", told(problems)),
            Self::Images(problems) => write!(
                out,
                "{}; nothing was imported; mend them, or leave out those that cannot be read \
                 with --skip-broken",
                told(problems)
            ),
            Self::Unfit(unfit) => write!(out, "{unfit}; nothing was imported"),
            Self::Name => write!(
                out,
                "--name has 1 to 64 letters, digits, dots, dashes or underscores; nothing was imported"
            ),
            Self::OtherKind(present) => {
                let (present, other) = match present {
                    Holds::Classes => ("classes", "texts"),
                    Holds::Texts => ("texts", "classes"),
                };
                write!(
                    out,
                    "the corpus of this name holds {present}, and visitors answered about these; take another \
                     --name for {other}; nothing was imported"
                )
            }
            Self::Raced => write!(
                out,
                "another import of this corpus was faster; nothing was imported by this one"
            ),
            Self::Store(error) => write!(out, "{error}; nothing was imported"),
        }
    }
}

/// Problems in one line.
pub(super) fn told(problems: &[Problem]) -> String {
    let lines = problems.iter().take(TOLD_MAX);
    let mut told: Vec<_> = lines
        .map(|problem| format!("line {}: {}", problem.line, problem.text))
        .collect();
    let more = problems.len().saturating_sub(TOLD_MAX);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join("; ")
}
