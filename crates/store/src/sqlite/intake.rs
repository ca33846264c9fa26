//! Taking in many rows beside everybody else who writes: in many short transactions, none of whose rows is
//! seen before a last one shows them all (`pending.rs`). Whoever is stopped midway leaves rows that were
//! never seen, and that are removed by whoever comes next (`leftovers.rs`).

use std::time::Duration;

use challenge::id::Id;
use challenge::ports::{StandingWrite, StoreError, Versioned};
use challenge::standing::Standing;
use tokio::time::Instant;

use crate::cell::Cell;
use crate::database::{Database as _, LONG_PATIENCE, Step};
use crate::spool::{self, Span, Spool};
use crate::sqlite::leftovers;
use crate::sqlite::pending::{Alone, Mark};
use crate::sqlite::store::Sqlite;
use crate::{moving, provision, sql, sql_audit};

/// Statements in one transaction: some ten milliseconds, for which others wait.
const TOGETHER: usize = 1_000;

/// How often a transaction is tried again: somebody else wrote for long, or moved a standing.
const ATTEMPTS: u32 = 20;

/// The pause after a transaction is as long as it took, within these bounds: it is in the pauses that other
/// processes write.
const PAUSE_MIN: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(250);

/// Carries out what was kept aside: all of it, or nothing that anybody ever sees.
pub(super) async fn carry_out(store: &Sqlite, spool: Spool) -> Result<(), StoreError> {
    let _alone = Alone::take(&store.path).await?;
    if let Some(mark) = Mark::read(store).await? {
        leftovers::remove(store, &mark).await?;
    }
    let Some(span) = spool.span else {
        return at_once(store, spool).await;
    };
    let mark = Mark::of(span)?;
    let put = mark.put(spool.expected_version)?;
    store.run(put, LONG_PATIENCE).await?;
    let failed = match stage(store, &mark, spool).await {
        Ok(last) => match store.run(mark.before(last), LONG_PATIENCE).await {
            Ok(_) => return Ok(()),
            // It may have been carried out after nobody waited for it any more.
            Err(error) if Mark::read(store).await?.is_none() => {
                tracing::warn!(%error, "an intake was told late that it is written");
                return Ok(());
            }
            Err(error) => error,
        },
        Err(error) => error,
    };
    if let Err(error) = leftovers::remove(store, &mark).await {
        tracing::warn!(%error, "what an intake began is not removed yet; it will be, and nobody sees it");
    }
    Err(failed)
}

/// A few statements that make no rows.
async fn at_once(store: &Sqlite, mut spool: Spool) -> Result<(), StoreError> {
    let mut steps = Vec::new();
    while let Some(step) = next(&mut spool)? {
        steps.push(step);
    }
    store.run(steps, LONG_PATIENCE).await?;
    Ok(())
}

fn next(spool: &mut Spool) -> Result<Option<Step>, StoreError> {
    spool.next().map_err(|error| spool::failed(&error))
}

/// Writes everything but what tells that it is there; gives that, with the end of the mark.
async fn stage(store: &Sqlite, mark: &Mark, mut spool: Spool) -> Result<Vec<Step>, StoreError> {
    let told = [
        sql::ADD_EVENT,
        sql_audit::ADD_UNSEALED,
        sql::RAISE_DIRECTORY_VERSION,
    ];
    let (mut own, mut standings, mut last) = (Vec::new(), Vec::new(), vec![mark.removed()]);
    while let Some(step) = next(&mut spool)? {
        if told.contains(&step.sql) {
            last.push(step);
        } else if let Some(begun) = begun(&mark.span, &step)? {
            standings.push(begun);
        } else {
            own.push(step);
        }
        if own.len() + standings.len() >= TOGETHER {
            write(store, mark, (&own, &standings)).await?;
            own.clear();
            standings.clear();
        }
    }
    write(store, mark, (&own, &standings)).await?;
    Ok(last)
}

/// What is begun in the standing of a user who was there before: others move it meanwhile.
fn begun(span: &Span, step: &Step) -> Result<Option<(i64, Standing)>, StoreError> {
    let (user, body) = match (step.sql, &step.cells[..]) {
        (sql::ADD_STANDING, [_, Cell::Int(user), Cell::Text(body), ..])
        | (sql::MOVE_STANDING, [Cell::Text(body), _, _, Cell::Int(user), ..]) => (*user, body),
        _ => return Ok(None),
    };
    if span.makes(user) {
        return Ok(None);
    }
    let mut standing: Standing = serde_json::from_str(body)
        .map_err(|error| inconsistent(user, &format!("a standing to be written: {error}")))?;
    standing
        .authenticators
        .retain(|id, _| span.makes(id.number()));
    Ok(Some((user, standing)))
}

/// One short transaction, and a pause in which others write.
async fn write(
    store: &Sqlite,
    mark: &Mark,
    (own, standings): (&[Step], &[(i64, Standing)]),
) -> Result<(), StoreError> {
    let mut left = ATTEMPTS;
    loop {
        let began = Instant::now();
        let mut steps = own.to_vec();
        for (user, begun) in standings {
            steps.push(joined(store, &mark.span, (*user, begun)).await?);
        }
        let outcome = store.run(mark.before(steps), LONG_PATIENCE).await;
        tokio::time::sleep(began.elapsed().clamp(PAUSE_MIN, PAUSE_MAX)).await;
        left -= 1;
        match outcome {
            Err(StoreError::Unavailable(problem)) if left > 0 => {
                tracing::debug!(problem, "trying again");
            }
            Err(StoreError::Conflict) if left > 0 && !standings.is_empty() => {}
            outcome => return outcome.map(|_| ()),
        }
    }
}

/// A user's standing as it is now, with what is begun in it.
async fn joined(
    store: &Sqlite,
    span: &Span,
    (user, begun): (i64, &Standing),
) -> Result<Step, StoreError> {
    let Versioned { version, mut value } = standing(store, span, user).await?;
    let begun = begun.authenticators.clone();
    value.authenticators.extend(begun);
    moved(span, user, (version, value))
}

/// The standing of a user; version 0: there is none.
pub(super) async fn standing(
    store: &Sqlite,
    span: &Span,
    user: i64,
) -> Result<Versioned<Standing>, StoreError> {
    let key = vec![span.tenant.into(), user.into()];
    let row = store.fetch(sql::STANDING, key).await?.into_iter().next();
    let found = row.map(moving::standing).transpose()?;
    Ok(found.unwrap_or(Versioned {
        version: 0,
        value: Standing::default(),
    }))
}

/// Moves a standing from the version that it was read with.
pub(super) fn moved(
    span: &Span,
    user: i64,
    (expected, next): (i64, Standing),
) -> Result<Step, StoreError> {
    let out_of_range = || inconsistent(user, "an id is out of range");
    let write = StandingWrite {
        user: Id::from_number(user).ok_or_else(out_of_range)?,
        expected,
        next: Some(next),
    };
    let tenant = Id::from_number(span.tenant).ok_or_else(out_of_range)?;
    provision::standing(tenant, &write)
}

fn inconsistent(user: i64, problem: &str) -> StoreError {
    StoreError::Inconsistent {
        table: "standing",
        row: user.to_string(),
        problem: problem.to_owned(),
    }
}
