//! The moment of the last restore, as every node has to know it.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::directory::ServerSetting;
use crate::ports::{Store, StoreError};

/// The moment of a restore: what was issued by then is good for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreMoment {
    /// When; never before anything that the database tells of.
    pub at: Timestamp,
    /// How often the database was restored.
    pub count: u32,
    /// Whether all of the database was marked. Until it was, no server must use it.
    pub is_finished: bool,
}

impl RestoreMoment {
    /// The name under which it is kept.
    pub const SETTING: &'static str = "restored";

    /// The one that was kept, if the database ever was restored.
    pub(crate) fn among(settings: &[ServerSetting]) -> Result<Option<Self>, StoreError> {
        let row = settings.iter().find(|row| row.name == Self::SETTING);
        let read =
            row.map(|row| serde_json::from_str(&row.body).map_err(|error| row.unreadable(&error)));
        read.transpose()
    }

    /// The moment of a restore at `now`, after this one: no earlier than that, and than anything that is known
    /// of the database and of the one that it replaces, whatever the clock says.
    pub(super) fn next(
        before: Option<Self>,
        now: Timestamp,
        known: impl IntoIterator<Item = Timestamp>,
    ) -> Self {
        let known = known.into_iter().chain(before.map(|before| before.at));
        Self {
            at: known.fold(now, Timestamp::max),
            count: before.map_or(0, |before| before.count).saturating_add(1),
            is_finished: false,
        }
    }

    pub(super) fn finished(self) -> Self {
        Self {
            is_finished: true,
            ..self
        }
    }

    /// The moment, for whoever uses the database; an error where not all of it was marked.
    pub(crate) fn of_use(self) -> Result<Timestamp, StoreError> {
        if self.is_finished {
            return Ok(self.at);
        }
        let text = "the database was restored from a backup, and not all of it is marked; run `countersign \
                    restore --mark`";
        Err(StoreError::Unavailable(text.to_owned()))
    }

    pub(super) fn to_row(self) -> Result<ServerSetting, StoreError> {
        let body = serde_json::to_string(&self).map_err(|error| StoreError::Inconsistent {
            table: "server_setting",
            row: Self::SETTING.to_owned(),
            problem: error.to_string(),
        })?;
        Ok(ServerSetting {
            name: Self::SETTING.to_owned(),
            body,
            secret: None,
        })
    }
}

/// When the newest event of a database happened; nothing where there is none.
pub async fn latest_event(store: &dyn Store) -> Result<Option<Timestamp>, StoreError> {
    let mut latest = None;
    for tenant in store.tenants_with_events().await? {
        let newest = store.events(tenant, 1).await?;
        latest = latest.max(newest.first().map(|event| event.at));
    }
    Ok(latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_000);

    #[test]
    fn a_clock_that_was_set_back_does_not_take_the_moment_back() {
        let first = RestoreMoment::next(None, NOW, [NOW.plus_s(60)]);
        assert_eq!((first.at, first.count), (NOW.plus_s(60), 1));
        let again = RestoreMoment::next(Some(first), NOW, []);
        assert_eq!((again.at, again.count), (NOW.plus_s(60), 2));
        let later = RestoreMoment::next(Some(again), NOW.plus_s(3600), [NOW]);
        assert_eq!((later.at, later.count), (NOW.plus_s(3600), 3));
    }

    #[test]
    fn what_was_kept_is_read_again() {
        let kept = RestoreMoment::next(None, NOW, []);
        assert_eq!(
            RestoreMoment::among(&[kept.to_row().unwrap()]),
            Ok(Some(kept))
        );
    }
}
