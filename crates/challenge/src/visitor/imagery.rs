//! Challenges with images of a corpus: which corpus, which series, and what is shown.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::corpus::{Corpus, Pool};
use crate::directory::Site;
use crate::methods::images;
use crate::ports::StoreError;
use crate::rng;
use crate::verifier::Verifier;
use crate::visitor::issuing::{Shown, Wish};
use crate::visitor::{Images, Kind, Refused, SERIES_MAX, Series, Task};

impl Verifier {
    /// The corpora that a site names and that there are.
    pub(super) async fn corpora_of(&self, site: &Site) -> Result<Vec<Corpus>, StoreError> {
        if site.corpora.is_empty() {
            return Ok(Vec::new());
        }
        let asked = (site.tenant, self.clock.now());
        let listed = self.corpora.list(&*self.store, asked).await?;
        let named = listed.iter().filter(|one| site.corpora.contains(&one.name));
        Ok(named.cloned().collect())
    }

    /// Images of one of these corpora, which go on from what the visitor saw before.
    pub(super) async fn images_for(
        &self,
        wish: &Wish<'_>,
        corpora: &[Corpus],
    ) -> Result<(Task, Shown), Refused> {
        let fitting = corpora.iter().filter(|one| one.holds.kind() == wish.kind);
        let fitting: Vec<_> = fitting.collect();
        let (pool, mut series) = match self.continued(wish, &fitting).await? {
            Some(continued) => continued,
            None => self.series_begun(&fitting).await?,
        };
        series
            .salts
            .push(u32::from_be_bytes(rng::bytes(&*self.rng)));
        let pick = images::pick(&pool, series.began_at, &series.salts);
        let pick = pick.ok_or(Refused::NothingToShow)?;
        let count = pick.images.len();
        let class = pool.corpus.classes.get(usize::from(pick.about));
        let images = Images {
            corpus: pool.corpus.id,
            edition: pool.corpus.edition,
            length: pool.longest(&pick.images).saturating_add(images::MARGIN),
            series,
            pick,
        };
        if wish.kind == Kind::Transcription {
            return Ok((
                Task::Transcription(images),
                Shown::Transcription { images: count },
            ));
        }
        let about = class.ok_or(Refused::NothingToShow)?.said_in(wish.language);
        let shown = Shown::Classification {
            about: about.to_owned(),
            images: count,
        };
        Ok((Task::Classification(images), shown))
    }

    /// The series of the challenge before, where that can be continued.
    async fn continued(
        &self,
        wish: &Wish<'_>,
        fitting: &[&Corpus],
    ) -> Result<Option<(Arc<Pool>, Series)>, Refused> {
        let now = self.clock.now();
        // One from the future would have images read again and again until its time has come.
        let after = wish.after.filter(|ticket| !ticket.is_from_the_future(now));
        let Some(before) = after.and_then(|ticket| ticket.task.images()) else {
            return Ok(None);
        };
        let same = |one: &&&Corpus| one.id == before.corpus && one.edition == before.edition;
        let (Some(corpus), true) = (
            fitting.iter().find(same),
            before.series.salts.len() < SERIES_MAX,
        ) else {
            return Ok(None);
        };
        let asked = (*corpus, now);
        let pool = self
            .corpora
            .pool(&*self.store, asked, before.series.began_at);
        Ok(Some((pool.await?, before.series.clone())))
    }

    /// A new series, over a corpus that is drawn.
    async fn series_begun(&self, fitting: &[&Corpus]) -> Result<(Arc<Pool>, Series), Refused> {
        let count = u64::try_from(fitting.len()).unwrap_or(0);
        let drawn = usize::try_from(rng::below(&*self.rng, count)).unwrap_or(0);
        let corpus = fitting.get(drawn).ok_or(Refused::NothingToShow)?;
        let asked = (*corpus, self.clock.now());
        let any = Timestamp::from_unix_ms(i64::MIN);
        let pool = self.corpora.pool(&*self.store, asked, any).await?;
        let series = Series {
            began_at: pool.read_at,
            salts: Vec::new(),
        };
        Ok((pool, series))
    }

    /// What is known of the images of a challenge. [`Refused::Expired`] where their edition is not kept any
    /// more.
    pub(super) async fn pool_of(&self, images: &Images, site: &Site) -> Result<Arc<Pool>, Refused> {
        let (key, now) = (images.key(site.tenant), self.clock.now());
        let least = images.series.began_at;
        if let Some(pool) = self.corpora.recent(&key, least, now) {
            return Ok(pool);
        }
        let listed = self.corpora.list(&*self.store, (site.tenant, now)).await?;
        let shown = listed.iter().find(|corpus| corpus.key() == key).cloned();
        let corpus = if let Some(corpus) = shown {
            corpus
        } else {
            // Replaced meanwhile, or published and not yet seen by this node.
            let kept = self.store.corpus_of(key).await?;
            kept.ok_or(Refused::Expired)?
        };
        let pool = self.corpora.pool(&*self.store, (&corpus, now), least);
        let pool = pool.await?;
        if pool.is_empty() {
            return Err(Refused::Expired);
        }
        Ok(pool)
    }
}
