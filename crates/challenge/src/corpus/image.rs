//! An image of a corpus's edition, as it is stored: what is told of it apart from its bytes.

use crate::clock::Timestamp;

/// An image but for its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRow {
    /// Its place in the edition, from 0.
    pub ordinal: u32,
    /// SHA-256 of the file that was imported: by it the image is recognised in the next edition.
    pub digest: [u8; 32],
    /// The name of the file that was imported.
    pub file: String,
    /// What it shows (the name of a class, or a text), where that is known.
    pub known: Option<String>,
    /// Since when that is known. Where this is there and nothing is known, so many visitors
    /// disagreed that nobody is asked about it any more.
    pub settled_at: Option<Timestamp>,
    /// Bytes of the image as it is kept.
    pub length: u32,
}

/// An image to be stored.
#[derive(Clone, Debug)]
pub struct NewImage {
    /// What is told of it.
    pub row: ImageRow,
    /// It itself, as it is shown: JPEG.
    pub bytes: Vec<u8>,
}
