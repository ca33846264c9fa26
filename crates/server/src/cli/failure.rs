//! Why a sub-command did not do as asked: one line for people.

use std::fmt;

use challenge::approval::Refused;
use challenge::officers::Denied;
use challenge::ports::StoreError;
use challenge::refusal::{Refusal, Why};

/// The exit code of what was refused or failed, where no other is documented.
const FAILED: u8 = 1;

/// One line that says why and what to do, and the program's exit code. Never a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    text: String,
    exit_code: u8,
}

impl Failure {
    /// A failure in one line; line breaks become spaces.
    pub fn new(text: impl fmt::Display) -> Self {
        let text = text.to_string();
        let lines: Vec<_> = text.split(['\n', '\r']).map(str::trim).collect();
        Self {
            text: lines.join(" "),
            exit_code: FAILED,
        }
    }

    /// The same, ending the program with another code.
    #[must_use]
    pub fn ending_with(self, exit_code: u8) -> Self {
        Self { exit_code, ..self }
    }

    /// The code that the program ends with.
    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
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

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        Self::new(denied)
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::new(refused)
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
