//! Taking in many rows beside everybody else who writes: in many short transactions, none of whose rows is
//! seen before a last one shows them all (`pending.rs`). Whoever is stopped midway leaves rows that were
//! never seen, and that are removed by whoever comes next (`leftovers.rs`).

use std::time::Duration;

use challenge::id::Id;
use challenge::ports::{StandingWrite, StoreError, Versioned};
use challenge::standing::Standing;
use futures_util::FutureExt as _;

use crate::cell::Cell;
use crate::database::{Database as _, LONG_PATIENCE, Step};
use crate::spool::{self, Span, Spool};
use crate::sqlite::leftovers::{self, Removal};
use crate::sqlite::paced::paced;
use crate::sqlite::pending::{Alone, Mark};
use crate::sqlite::store::Sqlite;
use crate::{moving, provision, sql, sql_audit, sql_keys};

/// Statements in one transaction: some ten milliseconds, for which others wait.
const TOGETHER: usize = 1_000;

/// Carries out what was kept aside: all of it, or nothing that anybody ever sees.
pub(super) async fn carry_out(store: &Sqlite, spool: Spool) -> Result<(), StoreError> {
    let _alone = Alone::take(&store.path).await?;
    if let Some(mark) = Mark::read(store).await? {
        leftovers::remove(store, mark).await?;
    }
    let Some(span) = spool.span else {
        return at_once(store, spool).await;
    };
    let mark = Mark::of(span)?;
    let put = mark.put(spool.expected_version)?;
    paced(false, || store.run(put.clone(), LONG_PATIENCE)).await?;
    match stage(store, &mark, spool).await {
        Ok(last) => show(store, &mark, (last, LONG_PATIENCE)).await,
        Err(error) => {
            if let Err(error) = leftovers::remove(store, mark).await {
                warn_left(&error);
            }
            Err(error)
        }
    }
}

/// Carries out the last statements, which show all that was written; where that fails, it is removed.
///
/// What was given up may be carried out all the same, since it waits in a queue. So whether it was is said by
/// the removal, which nothing can follow: where it finds no mark, all is there.
async fn show(
    store: &Sqlite,
    mark: &Mark,
    (last, patience): (Vec<Step>, Duration),
) -> Result<(), StoreError> {
    let last = mark.before(last);
    let shown = paced(false, || store.run(last.clone(), patience)).await;
    let Err(error) = shown else {
        return Ok(());
    };
    match leftovers::remove(store, mark.clone()).await {
        Ok(Removal::Done) => Err(error),
        Ok(Removal::Shown) => {
            tracing::warn!(%error, "an intake was told late that it is written");
            Ok(())
        }
        Err(unknown) => {
            warn_left(&unknown);
            Err(spool::unknown(&error.to_string()))
        }
    }
}

fn warn_left(error: &StoreError) {
    tracing::warn!(%error, "what an intake began is not removed yet; it will be, and nobody sees it");
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
        sql_keys::EXPECT_NOT_DROPPED,
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

/// One short transaction, and a pause in which others write. What moves standings is read again after a
/// conflict, since others move them too.
async fn write(
    store: &Sqlite,
    mark: &Mark,
    (own, standings): (&[Step], &[(i64, Standing)]),
) -> Result<(), StoreError> {
    let is_raced = !standings.is_empty();
    paced(is_raced, || {
        write_once(store, mark, (own, standings)).boxed()
    })
    .await?;
    Ok(())
}

async fn write_once(
    store: &Sqlite,
    mark: &Mark,
    (own, standings): (&[Step], &[(i64, Standing)]),
) -> Result<u64, StoreError> {
    let mut steps = own.to_vec();
    for (user, begun) in standings {
        steps.push(joined(store, &mark.span, (*user, begun)).await?);
    }
    store.run(mark.before(steps), LONG_PATIENCE).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::any;

    const SPAN: Span = Span {
        tenant: 2,
        first: 1,
        last: 2_500,
    };

    const TENANT: &str = "INSERT INTO tenant (id, name, display_name) VALUES (2, 'BANK', 'Bank')";
    const USERS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) \
         INSERT INTO user_account (tenant, id, login_name, body) SELECT 2, i, 'user' || i, '{}' FROM n";
    /// Keeps the writer for some time.
    const SLOW: &str = "UPDATE directory_version SET version = version + 0 * (WITH RECURSIVE n (i) AS \
         (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT count(*) FROM n)";
    const SEEN: &str = "SELECT count(*) FROM user_account";
    const WRITTEN: &str = "SELECT count(*) FROM main.user_account";

    async fn count(store: &Sqlite, sql: &'static str) -> i64 {
        let mut rows = store.fetch(sql, vec![]).await.unwrap();
        rows.remove(0).of("user_account").int().unwrap()
    }

    /// An intake that wrote its rows, which nobody sees yet.
    async fn written(folder: &tempfile::TempDir) -> (Sqlite, Mark) {
        let store = Sqlite::open(&folder.path().join("store.db")).await.unwrap();
        let mark = Mark::of(SPAN).unwrap();
        let mut steps = vec![any(TENANT, vec![])];
        steps.extend(mark.put(1).unwrap());
        steps.push(any(USERS, vec![]));
        store.run(steps, LONG_PATIENCE).await.unwrap();
        assert_eq!(
            (count(&store, SEEN).await, count(&store, WRITTEN).await),
            (0, 2_500)
        );
        (store, mark)
    }

    #[tokio::test]
    async fn what_is_written_after_it_was_given_up_is_told_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let (store, mark) = written(&folder).await;
        // What shows the rows waits behind another transaction for longer than anybody waits for it.
        let (kept, shown) = tokio::join!(
            store.run(vec![any(SLOW, vec![])], LONG_PATIENCE),
            show(&store, &mark, (vec![mark.removed()], Duration::ZERO)),
        );
        kept.unwrap();
        assert_eq!(shown, Ok(()));
        assert_eq!(count(&store, SEEN).await, 2_500);
    }

    #[tokio::test]
    async fn what_is_being_removed_is_never_shown_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let (store, mark) = written(&folder).await;
        let turn = mark.turned_to(&mark.condemned().unwrap());
        store.run(vec![turn], LONG_PATIENCE).await.unwrap();
        let last = mark.before([mark.removed()]);
        assert_eq!(
            store.run(last, LONG_PATIENCE).await,
            Err(StoreError::Conflict)
        );
        assert_eq!(count(&store, SEEN).await, 0);
        // Whoever comes next goes on with it.
        assert!(leftovers::clear_up(&store).await.unwrap());
        assert_eq!(count(&store, WRITTEN).await, 0);
        assert_eq!(Mark::read(&store).await.unwrap(), None);
    }

    #[tokio::test]
    async fn leftovers_are_removed_though_another_process_writes_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let (store, mark) = written(&folder).await;
        // It answers with a row, and is in force all the same: nobody waits for long.
        let hurry = any("PRAGMA busy_timeout = 50", vec![]);
        assert!(store.run(vec![hurry], LONG_PATIENCE).await.is_err());
        let another = rusqlite::Connection::open(&store.path).unwrap();
        another.execute_batch("BEGIN IMMEDIATE").unwrap();
        let probe = async || {
            store
                .run(vec![any(sql::PROBE, vec![])], LONG_PATIENCE)
                .await
        };
        let (removed, ()) = tokio::join!(leftovers::remove(&store, mark), async {
            // The second one waits behind what removes, which is refused as well.
            for _ in 0..2 {
                let busy = probe().await;
                assert!(matches!(busy, Err(StoreError::Unavailable(_))), "{busy:?}");
            }
            another.execute_batch("COMMIT").unwrap();
        });
        assert_eq!(removed, Ok(Removal::Done));
        assert_eq!(count(&store, WRITTEN).await, 0);
    }
}
