//! A file as the parts of a change: its tokens are read, checked and planned a few at a time, while those
//! before them wait to be written.

use async_trait::async_trait;
use challenge::directory::provision::{Intake, Part, Parts};
use challenge::ports::StoreError;
use import::{Records, Unreadable};

use super::report::{Remark, Report};

/// Tokens planned at once.
const BATCH: usize = 500;

/// A file that is being imported.
pub(super) struct Source<'a> {
    pub(super) records: Box<dyn Records + Send>,
    pub(super) intake: Intake<'a>,
    /// Whether what is refused is left out; otherwise nothing is imported.
    pub(super) skips_refused: bool,
    pub(super) report: Report,
    /// Why the file could not be read to its end.
    pub(super) broken: Option<Unreadable>,
    /// Is told how many tokens were read.
    pub(super) progress: Box<dyn Fn(usize) + Send + 'a>,
    pub(super) is_read: bool,
}

impl Source<'_> {
    /// Reads some tokens; whether there may be more.
    async fn read_on(&mut self) -> Result<bool, StoreError> {
        for _ in 0..BATCH {
            let record = match self.records.next() {
                Ok(Some(record)) => record,
                Ok(None) => return Ok(false),
                Err(unreadable) => {
                    self.broken = Some(unreadable);
                    return Ok(false);
                }
            };
            self.report.notes.extend(self.records.notes());
            let (line, serial) = (record.line, record.serial);
            let verdict = match record.token {
                Ok(arrival) => self.intake.take(line, arrival).await?,
                Err(text) => {
                    self.remark_refused(line, serial, text);
                    continue;
                }
            };
            for text in verdict.warnings {
                let serial = serial.clone();
                self.report.warnings.add(Remark { line, serial, text });
            }
            if !verdict.refused.is_empty() {
                self.remark_refused(line, serial, verdict.refused.join("; "));
            }
        }
        Ok(true)
    }

    fn remark_refused(&mut self, line: u64, serial: Option<String>, text: String) {
        self.report.refused.add(Remark { line, serial, text });
    }

    /// Whether nothing of the file may be written.
    pub(super) fn is_given_up(&self) -> bool {
        self.broken.is_some() || (self.report.refused.count > 0 && !self.skips_refused)
    }
}

#[async_trait]
impl Parts for Source<'_> {
    async fn next(&mut self) -> Result<Part, StoreError> {
        while !self.is_read {
            self.is_read = !self.read_on().await?;
            self.report.taken = self.intake.taken();
            (self.progress)(self.report.taken.authenticators + self.report.refused.count);
            let rows = self.intake.batch();
            // What will not be written is still looked at, so that all that is wrong is told at once.
            if !self.is_given_up() && !rows.authenticators.is_empty() {
                return Ok(Part::Rows(Box::new(rows)));
            }
        }
        self.report.notes.extend(self.records.notes());
        if self.is_given_up() {
            return Ok(Part::GivenUp);
        }
        Ok(match self.intake.ending().await? {
            Some(rows) => Part::Rows(Box::new(rows)),
            None if self.report.taken.authenticators == 0 => Part::GivenUp,
            None => Part::End,
        })
    }
}
