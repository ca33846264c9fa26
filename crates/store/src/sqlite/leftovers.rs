//! What is left of an intake that was stopped midway: rows that nobody ever saw, and that go a few at a
//! time. Not for rows that serve nobody any more, which `Store::sweep` finds by their time.

use std::ops::RangeInclusive;

use challenge::ports::StoreError;

use crate::cell::Cell;
use crate::database::{Database as _, LONG_PATIENCE, Step};
use crate::provision::any;
use crate::sqlite::intake::{moved, standing};
use crate::sqlite::pending::{Alone, Mark};
use crate::sqlite::store::Sqlite;

/// Ids looked at in one transaction.
const TOGETHER: i64 = 1_000;

/// How often a few are tried again, since a standing moved meanwhile.
const ATTEMPTS: u32 = 20;

/// Who was there before and was to get a token.
const HOLDERS: &str = "SELECT DISTINCT user_id FROM main.authenticator \
     WHERE tenant = $1 AND id >= $2 AND id <= $3 AND (user_id < $4 OR user_id > $5)";
const REMOVE_AUTHENTICATORS: &str =
    "DELETE FROM authenticator WHERE tenant = $1 AND id >= $2 AND id <= $3";
const REMOVE_STANDINGS: &str =
    "DELETE FROM standing WHERE tenant = $1 AND user_id >= $2 AND user_id <= $3";
const REMOVE_USERS: &str = "DELETE FROM user_account WHERE tenant = $1 AND id >= $2 AND id <= $3";

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
    remove(store, &mark).await?;
    Ok(true)
}

/// Removes the rows under a mark, and then the mark. The authenticators go before the users who hold them.
pub(super) async fn remove(store: &Sqlite, mark: &Mark) -> Result<(), StoreError> {
    for ids in parts(mark) {
        remove_authenticators(store, mark, &ids).await?;
    }
    for ids in parts(mark) {
        let steps = [REMOVE_STANDINGS, REMOVE_USERS].map(|sql| any(sql, key(mark, &ids)));
        store.run(mark.before(steps), LONG_PATIENCE).await?;
    }
    store.run(vec![mark.removed()], LONG_PATIENCE).await?;
    Ok(())
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
) -> Result<(), StoreError> {
    let mut left = ATTEMPTS;
    loop {
        let mut steps = taken_back(store, mark, ids).await?;
        steps.push(any(REMOVE_AUTHENTICATORS, key(mark, ids)));
        left -= 1;
        match store.run(mark.before(steps), LONG_PATIENCE).await {
            Err(StoreError::Conflict) if left > 0 => {}
            outcome => return outcome.map(|_| ()),
        }
    }
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
