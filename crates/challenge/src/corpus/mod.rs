//! Corpora: images that an operator brought, of which some are known and visitors tell of the others.

mod corpus_row;

pub use corpus_row::{Class, Corpus, Edition, Holds};
