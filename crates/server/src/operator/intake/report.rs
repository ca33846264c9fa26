//! What is said of an import: how many came, what was refused and why, by line.

use challenge::directory::provision::Taken;
use serde::Serialize;

/// Refusals and warnings that are told one by one; of more only the number is.
const TOLD_MAX: usize = 1_000;

/// Something about a line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Remark {
    /// The line, from 1.
    pub(super) line: u64,
    /// The serial, as far as it could be read.
    pub(super) serial: Option<String>,
    /// What is wrong and what to do.
    pub(super) text: String,
}

impl Remark {
    /// For people, in one line that moves no terminal's cursor.
    pub(super) fn told(&self) -> String {
        let serial = self.serial.as_ref();
        let serial = serial.map_or_else(String::new, |serial| format!(", serial {serial}"));
        crate::cli::plain(&format!("line {}{serial}: {}", self.line, self.text))
    }
}

/// Remarks, the first of them told.
#[derive(Clone, Debug, Default)]
pub(super) struct Remarks {
    pub(super) told: Vec<Remark>,
    pub(super) count: usize,
}

impl Remarks {
    pub(super) fn add(&mut self, remark: Remark) {
        self.count += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(remark);
        }
    }

    /// How many are not told.
    pub(super) fn rest(&self) -> usize {
        self.count - self.told.len()
    }

    /// A line each, and one for those that are not told.
    pub(super) fn lines(&self, what: &str) -> Vec<String> {
        let mut lines: Vec<_> = self
            .told
            .iter()
            .map(|remark| format!("{what}: {}", remark.told()))
            .collect();
        if self.rest() > 0 {
            lines.push(format!("{what}: {} more", self.rest()));
        }
        lines
    }
}

/// What came of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    /// What was taken.
    pub(super) taken: Taken,
    /// Lines that were refused.
    pub(super) refused: Remarks,
    /// What is done as asked though it is better not asked for.
    pub(super) warnings: Remarks,
    /// What was noticed of the file as a whole.
    pub(super) notes: Vec<String>,
}

impl Report {
    /// All of it, for programs.
    pub(super) fn value(&self, imported: bool) -> serde_json::Value {
        serde_json::json!({
            "imported": imported,
            "authenticators": self.taken.authenticators,
            "users_created": self.taken.users,
            "unassigned": self.taken.unassigned,
            "with_end_of_validity": self.taken.dated,
            "refused": self.refused.told,
            "refused_count": self.refused.count,
            "warnings": self.warnings.told,
            "warnings_count": self.warnings.count,
            "notes": self.notes,
        })
    }
}
