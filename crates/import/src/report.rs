//! What is said of an import: how many came, what was refused and why, by line. Not for how it is said.

use challenge::directory::provision::Taken;
use serde::Serialize;

/// Refusals and warnings that are told one by one; of more only the number is.
const TOLD_MAX: usize = 1_000;

/// Something about a line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The line, from 1.
    pub line: u64,
    /// The serial, as far as it could be read.
    pub serial: Option<String>,
    /// What is wrong and what to do. Never a secret.
    pub text: String,
}

impl Remark {
    /// For people, in one line.
    pub fn told(&self) -> String {
        let serial = self.serial.as_ref();
        let serial = serial.map_or_else(String::new, |serial| format!(", serial {serial}"));
        format!("line {}{serial}: {}", self.line, self.text)
    }
}

/// Remarks, the first of them told.
#[derive(Clone, Debug, Default)]
pub struct Remarks {
    /// The first of them.
    pub told: Vec<Remark>,
    /// How many there are.
    pub count: usize,
}

impl Remarks {
    pub(crate) fn add(&mut self, remark: Remark) {
        self.count += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(remark);
        }
    }

    /// How many are not told.
    pub fn rest(&self) -> usize {
        self.count - self.told.len()
    }
}

/// What came of a file.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was taken.
    pub taken: Taken,
    /// Lines that were refused.
    pub refused: Remarks,
    /// What is done as asked though it is better not asked for.
    pub warnings: Remarks,
    /// What was noticed of the file as a whole.
    pub notes: Vec<String>,
}
