//! What an error of the database means for a transaction.

use challenge::ports::StoreError;
use tokio_postgres::error::SqlState;

/// Why a transaction did not happen.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another node was in the way; the same again may succeed.
    Again(String),
    /// A name or id is taken. In a group: somebody added a row after it was looked for.
    Taken,
    /// A row names a tenant or user that is not there.
    Orphan(String),
    /// A value that the database does not take (SQLSTATE class 22), such as a text with NUL in it.
    Unfit(String),
    /// Anything else. Around COMMIT nobody knows whether it happened, so it is never `Ok`.
    Unavailable(String),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = told(&error);
        match error.code() {
            Some(&SqlState::UNIQUE_VIOLATION) => Self::Taken,
            Some(&SqlState::FOREIGN_KEY_VIOLATION) => Self::Orphan(text),
            Some(&(SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED)) => {
                Self::Again(text)
            }
            Some(code) if code.code().starts_with("22") => Self::Unfit(text),
            Some(_) | None => Self::Unavailable(text),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Taken => Self::Conflict,
            Failure::Orphan(problem) => Self::Inconsistent {
                table: "directory",
                row: "?".to_owned(),
                problem,
            },
            Failure::Again(text) | Failure::Unfit(text) | Failure::Unavailable(text) => {
                Self::Unavailable(format!("PostgreSQL: {text}"))
            }
        }
    }
}

/// The error with what the server said; the library's own text is only "db error".
pub(super) fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => std::error::Error::source(error)
            .map_or_else(|| error.to_string(), |source| format!("{error}: {source}")),
    }
}
