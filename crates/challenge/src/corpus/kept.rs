//! Corpora in memory: read when somebody asks for them, and again when they have changed.
//!
//! Nothing that is spent is kept here. What is a little old shows an image a little later as known.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Timestamp;
use crate::corpus::{Corpus, EditionKey, ImageRow, KEPT_AFTER_REPLACEMENT_S, Pool};
use crate::directory::Tenant;
use crate::id::Id;
use crate::ports::{Store, StoreError};

/// Seconds for which a tenant's corpora are not looked at again.
const LIST_S: u32 = 10;

/// Seconds for which a pool is not read again, though images may have become known.
const POOL_S: u32 = 30;

/// Milliseconds within which a pool is not read again, whatever is demanded of it.
const JUST_READ_MS: i64 = 1_000;

/// Images read at once.
const PAGE: u32 = 5_000;

/// Corpora in memory.
#[derive(Default)]
pub struct Corpora {
    kept: Mutex<Kept>,
    /// Held by whoever reads, so that one reads for all.
    reading: async_lock::Mutex<()>,
}

/// A list with the moment at which it was read; nothing: it could not be read then.
type Listed = (Timestamp, Option<Arc<[Corpus]>>);

#[derive(Default)]
struct Kept {
    lists: HashMap<Id<Tenant>, Listed>,
    pools: HashMap<EditionKey, KeptPool>,
}

struct KeptPool {
    pool: Arc<Pool>,
    /// When it was last the one that is shown.
    shown_at: Timestamp,
}

impl Corpora {
    /// The corpora of a tenant. Where they are being read, or cannot be read, the ones of a moment ago
    /// are given; and where there are none, a store that failed is not asked again for a while, so
    /// that not every request waits for it.
    pub(crate) async fn list(
        &self,
        store: &dyn Store,
        (tenant, now): (Id<Tenant>, Timestamp),
    ) -> Result<Arc<[Corpus]>, StoreError> {
        let kept = self.listed(tenant);
        if let Some((read_at, corpora)) = &kept
            && is_fresh(*read_at, now, LIST_S)
        {
            return corpora.clone().ok_or_else(failed_of_late);
        }
        let before = kept.and_then(|(_, corpora)| corpora);
        let _reading = match (self.reading.try_lock(), &before) {
            (Some(reading), _) => reading,
            (None, Some(corpora)) => return Ok(Arc::clone(corpora)),
            (None, None) => self.reading.lock().await,
        };
        if let Some((read_at, corpora)) = self.listed(tenant)
            && is_fresh(read_at, now, LIST_S)
        {
            return corpora.ok_or_else(failed_of_late);
        }
        let corpora: Arc<[Corpus]> = match store.corpora(tenant).await {
            Ok(corpora) => corpora.into(),
            Err(error) => {
                self.lock().lists.insert(tenant, (now, before.clone()));
                return before.ok_or(error);
            }
        };
        self.shows(tenant, &corpora, now);
        Ok(corpora)
    }

    /// Keeps what was listed, and forgets pools that were not shown for long.
    fn shows(&self, tenant: Id<Tenant>, corpora: &Arc<[Corpus]>, now: Timestamp) {
        let mut kept = self.lock();
        kept.lists.insert(tenant, (now, Some(Arc::clone(corpora))));
        kept.pools.retain(|key, kept| {
            let shown = corpora.iter().any(|corpus| corpus.key() == *key);
            if shown {
                kept.shown_at = now;
            }
            let forgotten = kept.shown_at.plus_s(KEPT_AFTER_REPLACEMENT_S) < now;
            key.tenant != tenant || shown || !forgotten
        });
    }

    /// The images of a corpus, not older than `least` but for a second: other nodes' clocks may be ahead.
    /// Where they cannot be read now, the ones that are in memory are given.
    pub(crate) async fn pool(
        &self,
        store: &dyn Store,
        (corpus, now): (&Corpus, Timestamp),
        least: Timestamp,
    ) -> Result<Arc<Pool>, StoreError> {
        let kept = self.pool_of(&corpus.key());
        let kept = kept.filter(|pool| is_recent(pool, least, now));
        if let Some(pool) = &kept
            && is_good(pool, corpus, now)
        {
            return Ok(Arc::clone(pool));
        }
        let _reading = match (self.reading.try_lock(), &kept) {
            (Some(reading), _) => reading,
            (None, Some(pool)) => return Ok(Arc::clone(pool)),
            (None, None) => self.reading.lock().await,
        };
        if let Some(pool) = self.pool_of(&corpus.key())
            && is_recent(&pool, least, now)
            && is_good(&pool, corpus, now)
        {
            return Ok(pool);
        }
        let rows = match all_images(store, corpus).await {
            Ok(rows) => rows,
            Err(error) => return kept.ok_or(error),
        };
        let pool = Arc::new(Pool::of(corpus.clone(), rows, now));
        let kept = KeptPool {
            pool: Arc::clone(&pool),
            shown_at: now,
        };
        self.lock().pools.insert(corpus.key(), kept);
        Ok(pool)
    }

    /// The images of an edition, if they are in memory and recent enough, be it that another edition is
    /// shown now.
    pub(crate) fn recent(
        &self,
        key: &EditionKey,
        least: Timestamp,
        now: Timestamp,
    ) -> Option<Arc<Pool>> {
        let pool = self.pool_of(key);
        pool.filter(|pool| is_recent(pool, least, now))
    }

    fn pool_of(&self, key: &EditionKey) -> Option<Arc<Pool>> {
        let kept = self.lock();
        kept.pools.get(key).map(|kept| Arc::clone(&kept.pool))
    }

    fn listed(&self, tenant: Id<Tenant>) -> Option<Listed> {
        self.lock().lists.get(&tenant).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics while it holds the lock.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All images of an edition, a page after the other.
async fn all_images(store: &dyn Store, corpus: &Corpus) -> Result<Vec<ImageRow>, StoreError> {
    let mut rows = Vec::new();
    loop {
        let from = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let page = store.corpus_images(corpus.key(), from, PAGE).await?;
        let last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        rows.extend(page);
        if last {
            return Ok(rows);
        }
    }
}

fn is_good(pool: &Pool, corpus: &Corpus, now: Timestamp) -> bool {
    pool.corpus.version == corpus.version || is_fresh(pool.read_at, now, POOL_S)
}

fn is_recent(pool: &Pool, least: Timestamp, now: Timestamp) -> bool {
    let age_ms = now.unix_ms() - pool.read_at.unix_ms();
    pool.read_at >= least || (0..JUST_READ_MS).contains(&age_ms)
}

fn failed_of_late() -> StoreError {
    StoreError::Unavailable("the corpora could not be read a moment ago".to_owned())
}

/// Whether something read then is still good. A clock that was set back makes it old.
fn is_fresh(read_at: Timestamp, now: Timestamp, for_s: u32) -> bool {
    read_at <= now && now < read_at.plus_s(for_s)
}
