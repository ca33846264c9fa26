//! Corpora in memory: read when somebody asks for them, and again when they have changed.
//!
//! Nothing that is spent is kept here. What is a little old shows an image a little later as known.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Timestamp;
use crate::corpus::{Corpus, EditionKey, KEPT_AFTER_REPLACEMENT_S, Pool};
use crate::directory::Tenant;
use crate::id::Id;
use crate::ports::{Store, StoreError};

/// Seconds for which a tenant's corpora are not looked at again.
const LIST_S: u32 = 10;

/// Seconds for which a pool is not read again, though images may have become known.
const POOL_S: u32 = 30;

/// Images read at once.
const PAGE: u32 = 5_000;

/// Corpora in memory.
#[derive(Default)]
pub struct Corpora {
    kept: Mutex<Kept>,
    /// Held by whoever reads, so that one reads for all.
    reading: async_lock::Mutex<()>,
}

#[derive(Default)]
struct Kept {
    lists: HashMap<Id<Tenant>, (Timestamp, Arc<[Corpus]>)>,
    pools: HashMap<EditionKey, KeptPool>,
}

struct KeptPool {
    pool: Arc<Pool>,
    /// When it was last the one that is shown.
    shown_at: Timestamp,
}

impl Corpora {
    /// The corpora of a tenant. Where they are being read, the ones of a moment ago are given.
    pub(crate) async fn list(
        &self,
        store: &dyn Store,
        (tenant, now): (Id<Tenant>, Timestamp),
    ) -> Result<Arc<[Corpus]>, StoreError> {
        let kept = self.listed(tenant);
        if let Some((read_at, corpora)) = &kept
            && is_fresh(*read_at, now, LIST_S)
        {
            return Ok(Arc::clone(corpora));
        }
        let _reading = match (self.reading.try_lock(), kept) {
            (Some(reading), _) => reading,
            (None, Some((_, corpora))) => return Ok(corpora),
            (None, None) => self.reading.lock().await,
        };
        if let Some((read_at, corpora)) = self.listed(tenant)
            && is_fresh(read_at, now, LIST_S)
        {
            return Ok(corpora);
        }
        let corpora: Arc<[Corpus]> = store.corpora(tenant).await?.into();
        let mut kept = self.lock();
        kept.lists.insert(tenant, (now, Arc::clone(&corpora)));
        kept.pools.retain(|key, kept| {
            let shown = corpora.iter().any(|corpus| corpus.key() == *key);
            if shown {
                kept.shown_at = now;
            }
            let forgotten = kept.shown_at.plus_s(KEPT_AFTER_REPLACEMENT_S) < now;
            key.tenant != tenant || shown || !forgotten
        });
        Ok(corpora)
    }

    /// The images of a corpus as it is listed, not older than `least`.
    pub(crate) async fn pool(
        &self,
        store: &dyn Store,
        (corpus, now): (&Corpus, Timestamp),
        least: Timestamp,
    ) -> Result<Arc<Pool>, StoreError> {
        let kept = self.pool_of(&corpus.key());
        let kept = kept.filter(|pool| pool.read_at >= least);
        if let Some(pool) = &kept
            && is_good(pool, corpus, now)
        {
            return Ok(Arc::clone(pool));
        }
        let _reading = match (self.reading.try_lock(), kept) {
            (Some(reading), _) => reading,
            (None, Some(pool)) => return Ok(pool),
            (None, None) => self.reading.lock().await,
        };
        if let Some(pool) = self.pool_of(&corpus.key())
            && pool.read_at >= least
            && is_good(&pool, corpus, now)
        {
            return Ok(pool);
        }
        let mut rows = Vec::new();
        loop {
            let from = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            let page = store.corpus_images(corpus.key(), from, PAGE).await?;
            let last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            rows.extend(page);
            if last {
                break;
            }
        }
        let pool = Arc::new(Pool::of(corpus.clone(), rows, now));
        let kept = KeptPool {
            pool: Arc::clone(&pool),
            shown_at: now,
        };
        self.lock().pools.insert(corpus.key(), kept);
        Ok(pool)
    }

    /// The images of an edition, if they are in memory, be it that another one is shown now.
    pub(crate) fn pool_of(&self, key: &EditionKey) -> Option<Arc<Pool>> {
        let kept = self.lock();
        kept.pools.get(key).map(|kept| Arc::clone(&kept.pool))
    }

    fn listed(&self, tenant: Id<Tenant>) -> Option<(Timestamp, Arc<[Corpus]>)> {
        self.lock().lists.get(&tenant).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics while it holds the lock.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_good(pool: &Pool, corpus: &Corpus, now: Timestamp) -> bool {
    pool.corpus.version == corpus.version || is_fresh(pool.read_at, now, POOL_S)
}

/// Whether something read then is still good. A clock that was set back makes it old.
fn is_fresh(read_at: Timestamp, now: Timestamp, for_s: u32) -> bool {
    read_at <= now && now < read_at.plus_s(for_s)
}
