//! What every reader gives: records, in the order of the file.

use std::fmt;

use challenge::directory::provision::Arrival;

/// One token of a file, or why there is none.
#[derive(Debug)]
pub struct Record {
    /// The line of the file that it begins in, from 1.
    pub line: u64,
    /// Its serial, as far as that could be read.
    pub serial: Option<String>,
    /// The token; else what is wrong with it and what to do. Never a secret.
    pub token: Result<Arrival, String>,
}

/// Why a file cannot be read any further. Never a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Unreadable {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong and what to do.
    pub text: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.line, self.text)
    }
}

/// A file that is being read.
pub trait Records {
    /// The next record; nothing at the end.
    fn next(&mut self) -> Result<Option<Record>, Unreadable>;

    /// What was noticed of the file as a whole since this was asked last; empty most of the time.
    fn notes(&mut self) -> Vec<String>;
}
