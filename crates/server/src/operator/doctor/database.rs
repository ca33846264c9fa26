//! The database: whether it can be opened, its schema, and whether it keeps what it acknowledged.

use store::{Facts, Schema};

use super::command::Findings;
use super::finding::Kind;
use crate::cli::Failure;
use crate::operator::Desk;
use crate::system::SystemClock;

/// Looks at the database without changing it; nothing where it cannot be opened.
pub(super) async fn look(desk: &Desk, found: &mut Findings) -> Option<Facts> {
    let facts = match desk.store_url() {
        Ok(url) => store::facts(&url, &SystemClock).await.map_err(Failure::new),
        Err(problem) => Err(problem),
    };
    let facts = match facts {
        Ok(facts) => facts,
        Err(problem) => {
            found.add(Kind::StoreUnreachable, problem);
            return None;
        }
    };
    match facts.schema {
        Schema::Current => {}
        Schema::Newer {
            found: schema,
            known,
        } => found.add(
            Kind::StoreNewer,
            format!("its schema is {schema}, and this program knows up to {known}"),
        ),
        Schema::Older {
            found: schema,
            known,
        } => found.add(
            Kind::StoreOlder,
            match schema {
                Some(schema) => format!("its schema is {schema}, this program's is {known}"),
                None => "it is empty".to_owned(),
            },
        ),
    }
    if let Some(problem) = &facts.not_durable {
        found.add(Kind::StoreNotDurable, problem);
    }
    if let Some(mode) = facts.journal.as_ref().filter(|mode| *mode != "wal") {
        found.add(Kind::StoreJournal, format!("its journal mode is {mode}"));
    }
    Some(facts)
}
