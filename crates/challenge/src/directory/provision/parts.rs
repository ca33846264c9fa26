//! A change of the directory that is too large to be held at once. Not for writing it.

use async_trait::async_trait;

use crate::ports::{Provision, StoreError};

/// A part of a change.
#[derive(Debug)]
pub enum Part {
    /// Rows to be written after those of the parts before. Its `expected_version` is not looked at.
    Rows(Box<Provision>),
    /// That was all.
    End,
    /// Nothing of it is to be written.
    GivenUp,
}

/// Gives the parts of a change, one after the other.
#[async_trait]
pub trait Parts: Send {
    /// The next part. It is not asked any more after the end.
    async fn next(&mut self) -> Result<Part, StoreError>;
}

/// All parts as one change; nothing where they were given up.
pub(crate) async fn whole(
    expected_version: u64,
    parts: &mut dyn Parts,
) -> Result<Option<Provision>, StoreError> {
    let mut whole = Provision {
        expected_version,
        ..Provision::default()
    };
    loop {
        match parts.next().await? {
            Part::Rows(rows) => {
                whole.users.extend(rows.users);
                whole.authenticators.extend(rows.authenticators);
                whole.standings.extend(rows.standings);
                whole.events.extend(rows.events);
            }
            Part::End => return Ok(Some(whole)),
            Part::GivenUp => return Ok(None),
        }
    }
}
