//! Corpora in memory: the contract of `corpus::CorpusStore` in as few lines as it takes.

use std::collections::BTreeMap;

use challenge::clock::Timestamp;
use challenge::corpus::{
    Annotation, Corpus, EditionKey, ImageRow, NewImage, Published, Said, Tally,
};
use challenge::directory::Tenant;
use challenge::id::Id;
use challenge::ports::StoreError;

/// Everything about corpora.
#[derive(Default)]
pub(crate) struct CorpusRows {
    pub(crate) corpora: Vec<Corpus>,
    pub(crate) images: Vec<(EditionKey, NewImage)>,
    /// Editions that are shown no more, and still kept.
    pub(crate) replaced: Vec<Corpus>,
    pub(crate) annotations: Vec<Annotation>,
    /// How often corpora were listed.
    pub(crate) lists: u32,
    /// Whether nothing can be listed.
    pub(crate) broken: bool,
    /// Whether the images of an edition cannot be read.
    pub(crate) unreadable: bool,
    /// How often images were read, but for single ones.
    pub(crate) reads: u32,
}

impl CorpusRows {
    pub(crate) fn listed(&mut self, tenant: Id<Tenant>) -> Result<Vec<Corpus>, StoreError> {
        self.lists += 1;
        if self.broken {
            return Err(StoreError::Unavailable("the disk is gone".to_owned()));
        }
        let of_tenant = self.corpora.iter().filter(|one| one.tenant == tenant);
        Ok(of_tenant.cloned().collect())
    }

    pub(crate) fn of(&self, key: EditionKey) -> Option<Corpus> {
        let mut kept = self.replaced.iter().chain(&self.corpora);
        let found = kept.find(|one| one.key() == key);
        found.map(|one| Corpus {
            version: 0,
            ..one.clone()
        })
    }

    pub(crate) fn page(
        &mut self,
        key: EditionKey,
        from: u32,
        limit: u32,
    ) -> Result<Vec<ImageRow>, StoreError> {
        self.reads += 1;
        if self.unreadable {
            return Err(StoreError::Unavailable("the disk is gone".to_owned()));
        }
        let rows = self.images.iter().filter(|(of, _)| *of == key);
        let rows = rows.map(|(_, image)| image.row.clone());
        let rows = rows.filter(|row| row.ordinal >= from);
        Ok(rows.take(usize::try_from(limit).unwrap()).collect())
    }

    pub(crate) fn bytes(&self, key: EditionKey, ordinal: u32) -> Option<Vec<u8>> {
        let mut images = self.images.iter();
        let found = images.find(|(of, image)| *of == key && image.row.ordinal == ordinal);
        found.map(|(_, image)| image.bytes.clone())
    }

    pub(crate) fn publish(&mut self, published: &Published) -> Result<(), StoreError> {
        let shown = self
            .corpora
            .iter()
            .find(|one| one.name == published.corpus.name);
        if shown.map(|one| one.edition) != published.replaces {
            return Err(StoreError::Conflict);
        }
        let version = shown.map_or(0, |one| one.version) + 1;
        self.corpora.retain(|one| one.name != published.corpus.name);
        self.corpora.push(Corpus {
            version,
            ..published.corpus.clone()
        });
        Ok(())
    }

    pub(crate) fn settle(
        &mut self,
        key: EditionKey,
        settled: &[(u32, Option<String>)],
        at: Timestamp,
    ) {
        for (of, image) in &mut self.images {
            let found = settled
                .iter()
                .find(|(ordinal, _)| *ordinal == image.row.ordinal);
            if let Some((_, known)) = found.filter(|_| *of == key && image.row.settled_at.is_none())
            {
                image.row.known.clone_from(known);
                image.row.settled_at = Some(at);
            }
        }
        for corpus in self.corpora.iter_mut().filter(|one| one.id == key.corpus) {
            corpus.version += 1;
        }
    }

    /// A visitor's first word on an image counts.
    pub(crate) fn annotate(&mut self, annotations: Vec<Annotation>) {
        for new in annotations {
            let same = |old: &&Annotation| {
                (old.corpus, old.digest, old.voice) == (new.corpus, new.digest, new.voice)
            };
            if !self.annotations.iter().any(|old| same(&old)) {
                self.annotations.push(new);
            }
        }
    }

    pub(crate) fn tallies(&self, corpus: Id<Corpus>, of: impl Fn(&[u8; 32]) -> bool) -> Vec<Tally> {
        let mut counted: BTreeMap<([u8; 32], Said), (u32, Timestamp)> = BTreeMap::new();
        let said = self.annotations.iter();
        for one in said.filter(|one| one.corpus == corpus && of(&one.digest)) {
            let count = counted.entry((one.digest, one.said.clone())).or_default();
            *count = (count.0 + 1, count.1.max(one.at));
        }
        let tallies = counted.into_iter();
        let tally = |((digest, said), (voices, last_at))| Tally {
            digest,
            said,
            voices,
            last_at,
        };
        tallies.map(tally).collect()
    }
}

/// Keeps corpora in the rows of a store in memory.
macro_rules! keeps_corpora {
    ($store:ty) => {
        #[async_trait::async_trait]
        impl challenge::corpus::CorpusStore for $store {
            async fn corpora(
                &self,
                tenant: challenge::id::Id<challenge::directory::Tenant>,
            ) -> Result<Vec<challenge::corpus::Corpus>, challenge::ports::StoreError> {
                self.rows().corpora.listed(tenant)
            }

            async fn corpus_images(
                &self,
                key: challenge::corpus::EditionKey,
                from: u32,
                limit: u32,
            ) -> Result<Vec<challenge::corpus::ImageRow>, challenge::ports::StoreError> {
                self.rows().corpora.page(key, from, limit)
            }

            async fn image_bytes(
                &self,
                key: challenge::corpus::EditionKey,
                ordinal: u32,
            ) -> Result<Option<Vec<u8>>, challenge::ports::StoreError> {
                Ok(self.rows().corpora.bytes(key, ordinal))
            }

            async fn corpus_of(
                &self,
                key: challenge::corpus::EditionKey,
            ) -> Result<Option<challenge::corpus::Corpus>, challenge::ports::StoreError> {
                Ok(self.rows().corpora.of(key))
            }

            async fn stage_edition(
                &self,
                _: &challenge::corpus::Corpus,
                _: challenge::clock::Timestamp,
            ) -> Result<(), challenge::ports::StoreError> {
                Ok(())
            }

            async fn stage_images(
                &self,
                key: challenge::corpus::EditionKey,
                images: Vec<challenge::corpus::NewImage>,
            ) -> Result<(), challenge::ports::StoreError> {
                let images = images.into_iter().map(|image| (key, image));
                self.rows().corpora.images.extend(images);
                Ok(())
            }

            async fn unstage_edition(
                &self,
                key: challenge::corpus::EditionKey,
                _: challenge::clock::Timestamp,
            ) -> Result<(), challenge::ports::StoreError> {
                self.rows().corpora.images.retain(|(of, _)| *of != key);
                Ok(())
            }

            async fn publish(
                &self,
                published: &challenge::corpus::Published,
                _: challenge::clock::Timestamp,
            ) -> Result<(), challenge::ports::StoreError> {
                self.rows().corpora.publish(published)
            }

            async fn remove_corpus(
                &self,
                tenant: challenge::id::Id<challenge::directory::Tenant>,
                corpus: challenge::id::Id<challenge::corpus::Corpus>,
                _: challenge::clock::Timestamp,
            ) -> Result<(), challenge::ports::StoreError> {
                let mut rows = self.rows();
                let kept = &mut rows.corpora.corpora;
                kept.retain(|one| (one.tenant, one.id) != (tenant, corpus));
                Ok(())
            }

            async fn settle_images(
                &self,
                key: challenge::corpus::EditionKey,
                settled: Vec<(u32, Option<String>)>,
                at: challenge::clock::Timestamp,
            ) -> Result<(), challenge::ports::StoreError> {
                self.rows().corpora.settle(key, &settled, at);
                Ok(())
            }

            async fn tallies_of(
                &self,
                _: challenge::id::Id<challenge::directory::Tenant>,
                corpus: challenge::id::Id<challenge::corpus::Corpus>,
                digest: &[u8; 32],
            ) -> Result<Vec<challenge::corpus::Tally>, challenge::ports::StoreError> {
                Ok(self.rows().corpora.tallies(corpus, |one| one == digest))
            }

            async fn tallies(
                &self,
                _: challenge::id::Id<challenge::directory::Tenant>,
                corpus: challenge::id::Id<challenge::corpus::Corpus>,
                after: &[u8],
                _: u32,
            ) -> Result<Vec<challenge::corpus::Tally>, challenge::ports::StoreError> {
                let after = |one: &[u8; 32]| one.as_slice() > after;
                Ok(self.rows().corpora.tallies(corpus, after))
            }
        }
    };
}

keeps_corpora!(crate::memory_store::MemoryStore);
