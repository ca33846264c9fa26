//! Why the software device did not do as asked, and with which exit code that ends the program.

use crate::cli::Failure;

/// Exit code: nothing is pending, or several and none was named.
const NONE_OR_SEVERAL: u8 = 3;

/// Exit code: the server refused.
const REFUSED: u8 = 4;

/// Why the software device did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The server heard, and refused.
    #[error("the server refused: {text}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The last part of the problem's type, such as `unknown-device`.
        kind: String,
        /// The problem in words.
        text: String,
    },
    /// The server could not be asked, or could not answer.
    #[error("{0}")]
    Unanswered(String),
    /// Nothing is pending.
    #[error("nothing is pending")]
    NothingPending,
    /// Several sessions are pending, and none was named.
    #[error("several are pending; name one with --session: {0}")]
    SeveralPending(String),
    /// Something on this side: the folder, the key, what was typed.
    #[error("{0}")]
    Here(String),
}

impl Trouble {
    /// Whether the server does not know the device, or no more.
    pub fn is_unlinked(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let failure = Self::new(&trouble);
        match trouble {
            Trouble::Refused { .. } => failure.ending_with(REFUSED),
            Trouble::NothingPending | Trouble::SeveralPending(_) => {
                failure.ending_with(NONE_OR_SEVERAL)
            }
            Trouble::Unanswered(_) | Trouble::Here(_) => failure,
        }
    }
}
