//! Corpora: images that an operator brought, of which some are known and visitors tell of the others.
//!
//! A corpus has editions, one an import. An edition is seen whole or not at all, and does not change but
//! for images that become known; so what is read of it once can be kept in memory ([`Pool`]). What visitors
//! said ([`Annotation`]) belongs to the corpus and to an image's content, and outlives editions.
//!
//! Which images are shown and when an answer is right is decided in [`crate::methods::images`].

mod agreement;
mod annotation;
mod corpus_row;
mod image;
mod kept;
mod limits;
mod pool;
mod ports;

#[cfg(test)]
pub(crate) use agreement::standing_of;
pub use agreement::{Opinion, SHARE_NEEDED_PERCENT, Standing, agreed, opinion, standing_in};
pub use annotation::{Annotation, Said, Tally};
pub use corpus_row::{Class, Corpus, Edition, Holds};
pub use image::{ImageRow, NewImage};
pub use kept::Corpora;
pub use limits::{
    AGREEMENT_DEFAULT, AGREEMENT_MAX, CLASSES_MAX, IMAGES_OF_CORPUS_MAX, KNOWN_OF_CLASS_MIN,
    KNOWN_TEXTS_MIN, NAME_LENGTH_MAX, TEXT_LENGTH_MAX, Unfit, VOICES_MAX, check,
};
pub use pool::Pool;
#[cfg(test)]
pub(crate) use pool::tests as pool_tests;
pub use ports::{CorpusStore, EditionKey, KEPT_AFTER_REPLACEMENT_S, Published, STAGED_S};
