//! Why a sub-command did not do as asked: one line for people.

use std::fmt;

use challenge::ports::StoreError;
use challenge::refusal::{Refusal, Why};

/// One line that says why and what to do. Never a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(String);

impl Failure {
    /// A failure in one line; line breaks become spaces.
    pub fn new(text: impl fmt::Display) -> Self {
        let text = text.to_string();
        Self(
            text.split(['\n', '\r'])
                .map(str::trim)
                .collect::<Vec<_>>()
                .join(" "),
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::new("the database changed all the while; try again"),
            error => Self::new(error),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotVerified(Why::Locked) => Self::new("it is locked; unlock it first"),
            Refusal::NotVerified(Why::Wrong { attempts_left }) => Self::new(format!(
                "the codes were not found; read two consecutive ones that were not used \
                 ({attempts_left} attempts are left)"
            )),
            refusal => Self::new(refusal),
        }
    }
}
