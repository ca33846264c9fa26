//! What somebody waits for, and in which line. How long the lines may be is not said here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use challenge::methods::code::Code;
use challenge::methods::proof_of_work::{Effort, Puzzle};
use challenge::visitor::{Drawn, Language, Refused};
use tokio::sync::oneshot;

use crate::drawing;

/// Where what was asked for is to go.
pub(super) type Answer<T> = oneshot::Sender<Result<T, Refused>>;

/// Somebody waits for this.
pub(super) enum Order {
    /// For a puzzle of this effort.
    Puzzle(Effort, Answer<Puzzle>),
    /// For a code to be drawn.
    Drawing(Commission, Answer<Drawn>),
}

/// A code that is to be drawn, and how.
pub(super) enum Commission {
    /// To be read.
    Picture(Code),
    /// To be heard in this language.
    Speech(Code, Language),
}

/// The lines in which orders wait, by what serving one costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Puzzles that take some milliseconds.
    Quick,
    /// Puzzles that take memory too.
    Heavy,
    /// Codes, which take some milliseconds.
    Drawings,
}

impl Order {
    /// Where it waits.
    pub(super) fn line(&self) -> Line {
        match self {
            Self::Puzzle(effort, _) => line_of(*effort),
            Self::Drawing(..) => Line::Drawings,
        }
    }

    /// Tells whoever waits that it will not be served. Whoever went away need not be told.
    pub(super) fn refuse(self, refused: Refused) {
        match self {
            Self::Puzzle(_, answer) => drop(answer.send(Err(refused))),
            Self::Drawing(_, answer) => drop(answer.send(Err(refused))),
        }
    }
}

impl Commission {
    /// Draws it. A mistake in that fails this one drawing, and not the thread, by which others are served.
    pub(super) fn draw(&self) -> Result<Drawn, Refused> {
        let drawn = catch_unwind(AssertUnwindSafe(|| match self {
            Self::Picture(code) => Drawn {
                media_type: "image/png",
                bytes: drawing::picture(code),
            },
            Self::Speech(code, language) => Drawn {
                media_type: "audio/wav",
                bytes: drawing::wav(code, *language),
            },
        }));
        drawn.map_err(|_| Refused::Unavailable("a code could not be drawn".to_owned()))
    }
}

/// Where those wait who want a puzzle of this effort.
pub(super) fn line_of(effort: Effort) -> Line {
    match effort {
        Effort::Argon2id { .. } => Line::Heavy,
        Effort::Pbkdf2 { .. } => Line::Quick,
    }
}
