//! What is left of an intake that was stopped midway: rows that nobody ever saw, and that go a few at a
//! time. Not for rows that serve nobody any more, which `Store::sweep` finds by their time.

use std::ops::RangeInclusive;

use challenge::ports::StoreError;
use futures_util::FutureExt as _;

use crate::cell::Cell;
use crate::database::{Database as _, LONG_PATIENCE, Step};
use crate::provision::any;
use crate::sqlite::intake::{moved, standing};
use crate::sqlite::paced::paced;
use crate::sqlite::pending::{Alone, Mark};
use crate::sqlite::store::Sqlite;

/// Ids looked at in one transaction.
const TOGETHER: i64 = 1_000;

/// Who was there before and was to get a token.
const HOLDERS: &str = "SELECT DISTINCT user_id FROM main.authenticator \
     WHERE tenant = $1 AND id >= $2 AND id <= $3 AND (user_id < $4 OR user_id > $5)";
const REMOVE_AUTHENTICATORS: &str =
    "DELETE FROM authenticator WHERE tenant = $1 AND id >= $2 AND id <= $3";
const REMOVE_STANDINGS: &str =
    "DELETE FROM standing WHERE tenant = $1 AND user_id >= $2 AND user_id <= $3";
const REMOVE_USERS: &str = "DELETE FROM user_account WHERE tenant = $1 AND id >= $2 AND id <= $3";

/// Whether somebody is just taking in: what was stopped midway is in nobody's way.
pub(super) async fn is_taking_in(store: &Sqlite) -> Result<bool, StoreError> {
    Ok(Mark::read(store).await?.is_some() && Alone::try_take(&store.path)?.is_none())
}

/// Removes what there is, unless somebody is just taking in; gives whether there was any.
pub(super) async fn clear_up(store: &Sqlite) -> Result<bool, StoreError> {
    if Mark::read(store).await?.is_none() {
        return Ok(false);
    }
    let Some(_alone) = Alone::try_take(&store.path)? else {
        return Ok(false);
    };
    // It may have been removed, or be another's, by now.
    let Some(mark) = Mark::read(store).await? else {
        return Ok(false);
    };
    tracing::warn!("an intake was stopped midway; what it wrote, which nobody saw, is removed");
    Ok(remove(store, mark).await? == Removal::Done)
}

/// What became of a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// Nothing of it is there any more, and nothing will be.
    Done,
    /// There was no mark any more: all that stood under it is shown.
    Shown,
}

/// Removes the rows under a mark, and then the mark. The authenticators go before the users who hold them.
///
/// First the mark says so itself: what its intake sent and gave up, and what may still wait in a queue, is
/// carried out under the mark as it was, or not at all.
pub(super) async fn remove(store: &Sqlite, mark: Mark) -> Result<Removal, StoreError> {
    let Some(mark) = condemned(store, mark).await? else {
        return Ok(Removal::Shown);
    };
    for ids in parts(&mark) {
        // Standings move meanwhile.
        paced(true, || remove_authenticators(store, &mark, &ids).boxed()).await?;
    }
    for ids in parts(&mark) {
        let steps = [REMOVE_STANDINGS, REMOVE_USERS].map(|sql| any(sql, key(&mark, &ids)));
        let steps = mark.before(steps);
        paced(false, || store.run(steps.clone(), LONG_PATIENCE)).await?;
    }
    // A mark that is gone already went with an attempt that was told late.
    let removed = Step {
        rows: None,
        ..mark.removed()
    };
    paced(false, || store.run(vec![removed.clone()], LONG_PATIENCE)).await?;
    Ok(Removal::Done)
}

/// The mark that says that what stands under it is being removed; nothing where it is gone.
async fn condemned(store: &Sqlite, mark: Mark) -> Result<Option<Mark>, StoreError> {
    let next = mark.condemned()?;
    if next == mark {
        return Ok(Some(mark));
    }
    let turn = mark.turned_to(&next);
    match paced(false, || store.run(vec![turn.clone()], LONG_PATIENCE)).await {
        Ok(_) => Ok(Some(next)),
        Err(StoreError::Conflict) => match Mark::read(store).await? {
            // An attempt that was told late.
            Some(there) if there == next => Ok(Some(next)),
            Some(_) => Err(StoreError::Conflict),
            None => Ok(None),
        },
        Err(error) => Err(error),
    }
}

fn parts(mark: &Mark) -> impl Iterator<Item = RangeInclusive<i64>> + use<> {
    let (first, last) = (mark.span.first, mark.span.last);
    let parts = (last - first) / TOGETHER;
    (0..=parts).map(move |part| {
        let from = first + part * TOGETHER;
        from..=last.min(from + TOGETHER - 1)
    })
}

fn key(mark: &Mark, ids: &RangeInclusive<i64>) -> Vec<Cell> {
    vec![
        mark.span.tenant.into(),
        (*ids.start()).into(),
        (*ids.end()).into(),
    ]
}

async fn remove_authenticators(
    store: &Sqlite,
    mark: &Mark,
    ids: &RangeInclusive<i64>,
) -> Result<u64, StoreError> {
    let mut steps = taken_back(store, mark, ids).await?;
    steps.push(any(REMOVE_AUTHENTICATORS, key(mark, ids)));
    store.run(mark.before(steps), LONG_PATIENCE).await
}

/// Takes out of the standings of those who were there before what was begun in them.
async fn taken_back(
    store: &Sqlite,
    mark: &Mark,
    ids: &RangeInclusive<i64>,
) -> Result<Vec<Step>, StoreError> {
    let mut cells = key(mark, ids);
    cells.extend([mark.span.first.into(), mark.span.last.into()]);
    let mut steps = Vec::new();
    for row in store.fetch(HOLDERS, cells).await? {
        let user = row.of("authenticator").int()?;
        let mut found = standing(store, &mark.span, user).await?;
        let begun = found.value.authenticators.len();
        let is_kept = |id: i64| !ids.contains(&id);
        found
            .value
            .authenticators
            .retain(|id, _| is_kept(id.number()));
        if found.value.authenticators.len() < begun {
            steps.push(moved(&mark.span, user, (found.version, found.value))?);
        }
    }
    Ok(steps)
}
