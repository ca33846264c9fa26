//! Statements that wait on disk until all of them are known: a change that comes in parts is written when
//! nothing can be wrong with it any more, and then lasts no longer than the writing does. The file has no
//! name, so that nothing of it is left whatever happens; secrets in it are sealed, as in the database.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use challenge::audit::chain::Stamp;
use challenge::directory::provision::{Part, Parts};
use challenge::ports::{Provision, StoreError};
use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::database::Step;
use crate::{provision, sql, sql_audit, sql_keys};

/// The statements that an intake consists of; a step names one by its place.
const STATEMENTS: [&str; 8] = [
    sql::PUT_USER,
    sql::PUT_AUTHENTICATOR,
    sql::ADD_STANDING,
    sql::MOVE_STANDING,
    sql::ADD_EVENT,
    sql_audit::ADD_UNSEALED,
    sql::RAISE_DIRECTORY_VERSION,
    sql_keys::EXPECT_NOT_DROPPED,
];

/// Statements in the order in which they are to be carried out.
pub(crate) struct Spool {
    file: BufReader<File>,
    left: u64,
    length: u64,
    /// The directory's version that they were made for.
    pub(crate) expected_version: u64,
    /// Where the rows stand that they make; nothing where they make none.
    pub(crate) span: Option<Span>,
}

/// Users and authenticators of a tenant, from one id to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) tenant: i64,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Span {
    /// With the rows of one more part.
    fn with(all: Option<Self>, part: &Provision) -> Option<Self> {
        let users = part.users.iter();
        let users = users.map(|user| (user.tenant.number(), user.id.number()));
        let tokens = part.authenticators.iter();
        let tokens = tokens.map(|token| (token.tenant.number(), token.id.number()));
        users.chain(tokens).fold(all, |all, (tenant, id)| {
            let all = all.unwrap_or(Self {
                tenant,
                first: id,
                last: id,
            });
            Some(Self {
                first: all.first.min(id),
                last: all.last.max(id),
                ..all
            })
        })
    }

    /// Whether this user is made by the parts.
    pub(crate) fn makes(&self, user: i64) -> bool {
        (self.first..=self.last).contains(&user)
    }
}

impl Spool {
    /// Collects the parts in a file in this folder; nothing where they were given up. The directory's
    /// version is taken last, so that others wait for it only at the end.
    pub(crate) async fn collect(
        folder: &Path,
        (expected_version, stamp): (u64, Option<&Stamp>),
        parts: &mut dyn Parts,
    ) -> Result<Option<Self>, StoreError> {
        let file = tempfile::tempfile_in(folder).map_err(|error| failed(&error))?;
        let mut file = BufWriter::new(file);
        let (mut length, mut span, mut sealed_under) = (0, None, BTreeSet::new());
        loop {
            let steps = match parts.next().await? {
                Part::GivenUp => return Ok(None),
                // The first step of a change takes the version.
                Part::Rows(rows) => {
                    span = Span::with(span, &rows);
                    sealed_under.append(&mut provision::sealed_under(&rows));
                    provision::steps(&rows, stamp)?.split_off(1)
                }
                Part::End => {
                    let last = Provision {
                        expected_version,
                        ..Provision::default()
                    };
                    let mut steps = provision::steps(&last, stamp)?;
                    steps.extend(provision::none_dropped(&sealed_under));
                    steps
                }
            };
            let is_last = steps
                .iter()
                .any(|step| step.sql == sql::RAISE_DIRECTORY_VERSION);
            for step in &steps {
                write_step(&mut file, step).map_err(|error| failed(&error))?;
                length += 1;
            }
            if is_last {
                break;
            }
        }
        let file = file.into_inner().map_err(|error| failed(error.error()))?;
        let mut spool = Self {
            file: BufReader::new(file),
            left: 0,
            length,
            expected_version,
            span,
        };
        spool.rewind().map_err(|error| failed(&error))?;
        Ok(Some(spool))
    }

    /// Begins again with the first statement.
    pub(crate) fn rewind(&mut self) -> io::Result<()> {
        self.left = self.length;
        self.file.rewind()
    }

    /// The next statement; nothing at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Step>> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        read_step(&mut self.file).map(Some)
    }
}

/// What is told of a file that cannot be written or read.
pub(crate) fn failed(error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!(
        "what is to be written cannot be kept aside: {error}"
    ))
}

/// What is told where nobody can say yet whether it was carried out.
pub(crate) fn unknown(problem: &str) -> StoreError {
    StoreError::Unavailable(format!(
        "{problem}; nobody knows yet whether the tokens are written: all of them are, or none; look for one of \
         them, or take them in again, which refuses those that are there"
    ))
}

fn write_step(into: &mut impl Write, step: &Step) -> io::Result<()> {
    let known = STATEMENTS.iter().position(|sql| *sql == step.sql);
    let place = known.and_then(|place| u8::try_from(place).ok());
    let place = place.ok_or_else(|| io::Error::other("a statement is none of an intake's"))?;
    into.write_all(&[place, u8::from(step.rows.is_some())])?;
    into.write_all(&step.rows.unwrap_or(0).to_be_bytes())?;
    write_length(into, step.cells.len())?;
    for cell in &step.cells {
        match cell {
            Cell::Null => into.write_all(b"n")?,
            Cell::Int(number) => {
                into.write_all(b"i")?;
                into.write_all(&number.to_be_bytes())?;
            }
            Cell::Text(text) => write_bytes(into, *b"t", text.as_bytes())?,
            Cell::Bytes(bytes) => write_bytes(into, *b"b", bytes)?,
        }
    }
    Ok(())
}

fn write_bytes(into: &mut impl Write, tag: [u8; 1], bytes: &[u8]) -> io::Result<()> {
    into.write_all(&tag)?;
    write_length(into, bytes.len())?;
    into.write_all(bytes)
}

fn write_length(into: &mut impl Write, length: usize) -> io::Result<()> {
    let length = u32::try_from(length).map_err(io::Error::other)?;
    into.write_all(&length.to_be_bytes())
}

fn read_step(from: &mut impl Read) -> io::Result<Step> {
    let [place, has_rows] = array(from)?;
    let rows = u64::from_be_bytes(array(from)?);
    let statement = STATEMENTS.get(usize::from(place));
    let statement = statement.ok_or_else(|| io::Error::other("a statement is not known"))?;
    let count = u32::from_be_bytes(array(from)?);
    let cells = (0..count)
        .map(|_| read_cell(from))
        .collect::<io::Result<_>>()?;
    Ok(Step {
        sql: statement,
        cells,
        rows: (has_rows == 1).then_some(rows),
    })
}

fn read_cell(from: &mut impl Read) -> io::Result<Cell> {
    let tag: [u8; 1] = array(from)?;
    Ok(match &tag {
        b"n" => Cell::Null,
        b"i" => Cell::Int(i64::from_be_bytes(array(from)?)),
        b"t" => Cell::Text(String::from_utf8(read_bytes(from)?).map_err(io::Error::other)?),
        _ => Cell::Bytes(read_bytes(from)?),
    })
}

fn read_bytes(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let length = u32::from_be_bytes(array(from)?);
    let mut bytes = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::{any, exactly};

    #[test]
    fn statements_come_back_as_they_were_written() {
        let cells = vec![
            Cell::Null,
            Cell::Int(-5),
            Cell::Text("é\0".to_owned()),
            Cell::Bytes(vec![0, 255]),
            Cell::Bytes(Vec::new()),
        ];
        let steps = [
            exactly(1, sql::PUT_USER, cells),
            any(sql::ADD_EVENT, vec![]),
        ];
        let mut file = Vec::new();
        for step in &steps {
            write_step(&mut file, step).unwrap();
        }
        let mut from = file.as_slice();
        for step in &steps {
            let read = read_step(&mut from).unwrap();
            assert_eq!((read.sql, read.rows), (step.sql, step.rows));
            assert_eq!(read.cells, step.cells);
        }
        assert!(from.is_empty());
        assert!(write_step(&mut Vec::new(), &any(sql::PROBE, vec![])).is_err());
    }
}
