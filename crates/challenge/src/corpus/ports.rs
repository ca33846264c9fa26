//! What corpora need of the store.

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::corpus::{Corpus, Edition, ImageRow, NewImage, Tally};
use crate::directory::Tenant;
use crate::id::Id;
use crate::ports::StoreError;

/// Seconds for which an edition that is being imported is kept: longer than any import takes.
pub const STAGED_S: u32 = 24 * 3600;

/// Seconds for which a replaced edition is kept, so that what was issued can still be seen and answered.
pub const KEPT_AFTER_REPLACEMENT_S: u32 = 15 * 60;

/// An edition of a corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EditionKey {
    /// The tenant.
    pub tenant: Id<Tenant>,
    /// The corpus.
    pub corpus: Id<Corpus>,
    /// The edition.
    pub edition: Id<Edition>,
}

/// An edition that is to be the one that is shown.
#[derive(Clone, Debug)]
pub struct Published {
    /// The corpus as it is to be; its version is the store's to say.
    pub corpus: Corpus,
    /// The edition it replaces, which must be the one that is shown; nothing: the corpus is new.
    pub replaces: Option<Id<Edition>>,
}

/// Keeps corpora.
#[async_trait]
pub trait CorpusStore: Send + Sync {
    /// The corpora of a tenant that were imported, by name.
    async fn corpora(&self, tenant: Id<Tenant>) -> Result<Vec<Corpus>, StoreError>;

    /// The images of an edition from an ordinal on, at most `limit`, by ordinal.
    async fn corpus_images(
        &self,
        key: EditionKey,
        from: u32,
        limit: u32,
    ) -> Result<Vec<ImageRow>, StoreError>;

    /// An image itself.
    async fn image_bytes(
        &self,
        key: EditionKey,
        ordinal: u32,
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// A corpus as it is in one of its editions, shown or not, as long as that is kept; its version
    /// is 0 then.
    async fn corpus_of(&self, key: EditionKey) -> Result<Option<Corpus>, StoreError>;

    /// Begins an edition that nobody sees; what is not published by [`STAGED_S`] is removed.
    async fn stage_edition(&self, corpus: &Corpus, now: Timestamp) -> Result<(), StoreError>;

    /// Adds images to an edition that nobody sees, all or none of them.
    async fn stage_images(&self, key: EditionKey, images: Vec<NewImage>) -> Result<(), StoreError>;

    /// Ends an edition that was staged then and will not be published: it can be removed from now on. One that
    /// was published all the same stays.
    async fn unstage_edition(
        &self,
        key: EditionKey,
        staged_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Shows an edition in the place of the one before it, which is kept for
    /// [`KEPT_AFTER_REPLACEMENT_S`]. Of any number at the same time, one is shown; the others get
    /// [`StoreError::Conflict`], as does one whose time was up.
    async fn publish(&self, published: &Published, now: Timestamp) -> Result<(), StoreError>;

    /// Removes a corpus: no challenge is made of it any more. The edition that was shown is kept for
    /// [`KEPT_AFTER_REPLACEMENT_S`], for those that were; what visitors said is removed with it.
    /// [`StoreError::Conflict`] where it is not there.
    async fn remove_corpus(
        &self,
        tenant: Id<Tenant>,
        corpus: Id<Corpus>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Settles images of an edition that are not settled, each by its ordinal: what it shows, or
    /// nothing where nobody is to be asked any more; and raises the corpus's version.
    async fn settle_images(
        &self,
        key: EditionKey,
        settled: Vec<(u32, Option<String>)>,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// What was said of one image.
    async fn tallies_of(
        &self,
        tenant: Id<Tenant>,
        corpus: Id<Corpus>,
        digest: &[u8; 32],
    ) -> Result<Vec<Tally>, StoreError>;

    /// What was said of the images of a corpus whose digests come after `after`, by digest: of at
    /// most `limit` images, each whole.
    async fn tallies(
        &self,
        tenant: Id<Tenant>,
        corpus: Id<Corpus>,
        after: &[u8],
        limit: u32,
    ) -> Result<Vec<Tally>, StoreError>;
}
