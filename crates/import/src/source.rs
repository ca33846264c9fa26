//! A file as the parts of a change: its tokens are read, checked and planned a few at a time, while those
//! before them wait to be written. The same for the command line and for the management API.

use async_trait::async_trait;
use challenge::directory::provision::{Intake, Part, Parts};
use challenge::ports::{Store, StoreError};

use crate::report::{Remark, Report};
use crate::{Records, Unreadable};

/// Tokens planned at once.
const BATCH: usize = 500;

/// A file that is being imported.
pub struct Source<'a> {
    records: Box<dyn Records + Send>,
    intake: Intake<'a>,
    skips_refused: bool,
    progress: Box<dyn Fn(usize) + Send + 'a>,
    report: Report,
    /// Why the file could not be read to its end.
    broken: Option<Unreadable>,
    is_read: bool,
}

/// What became of a file.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// All of it was taken, or would be.
    Taken(Report),
    /// Nothing of it: lines were refused, and none was to be left out.
    Refused(Report),
    /// Nothing of it: it cannot be read to its end.
    Broken(Unreadable),
}

impl<'a> Source<'a> {
    /// The records of a file on their way through an intake. `skips_refused`: whether lines that are refused
    /// are left out; otherwise nothing is imported where there is one.
    pub fn new(records: Box<dyn Records + Send>, intake: Intake<'a>, skips_refused: bool) -> Self {
        Self {
            records,
            intake,
            skips_refused,
            progress: Box::new(|_| {}),
            report: Report::default(),
            broken: None,
            is_read: false,
        }
    }

    /// Tells `progress` how many tokens were read.
    #[must_use]
    pub fn telling(mut self, progress: impl Fn(usize) + Send + 'a) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Reads the file to its end and writes all of it or nothing; nothing in any case where it is `dry`.
    ///
    /// [`StoreError::Conflict`]: the directory changed meanwhile, or a name was taken; the file may be read
    /// again from its beginning.
    pub async fn take_in(mut self, store: &dyn Store, is_dry: bool) -> Result<Outcome, StoreError> {
        if is_dry {
            while let Part::Rows(_) = self.next().await? {}
        } else {
            let version = self.intake.version();
            store.take_in(version, &mut self).await?;
        }
        Ok(if let Some(broken) = self.broken {
            Outcome::Broken(broken)
        } else if self.is_given_up() {
            Outcome::Refused(self.report)
        } else {
            Outcome::Taken(self.report)
        })
    }

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
    fn is_given_up(&self) -> bool {
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
