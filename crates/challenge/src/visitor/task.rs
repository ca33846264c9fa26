//! What a ticket carries of its kind: enough to judge an answer and to show the challenge again.

use crate::clock::Timestamp;
use crate::corpus::{Corpus, Edition, EditionKey};
use crate::directory::Tenant;
use crate::id::Id;
use crate::methods::code::{Code, LENGTH};
use crate::methods::images::{IMAGES_MAX, Pick};
use crate::methods::proof_of_work::{KEY_LENGTH, Solution};
use crate::visitor::Kind;

/// Challenges of one series, within which no image comes twice while there are others.
pub const SERIES_MAX: usize = 50;

/// What a visitor has to do.
#[derive(Clone)]
pub enum Task {
    /// A proof of work, with its solution.
    ProofOfWork(Solution),
    /// Images to choose from.
    Classification(Images),
    /// Images of text.
    Transcription(Images),
    /// A code to be read or heard.
    Text(Code),
}

/// Images that were picked from a corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// The corpus.
    pub corpus: Id<Corpus>,
    /// The edition of the corpus that the ordinals are of.
    pub edition: Id<Edition>,
    /// Bytes that each of the images is served with, however long it is.
    pub length: u32,
    /// What was picked before, and how.
    pub series: Series,
    /// What was picked now, in the order in which it is shown.
    pub pick: Pick,
}

/// Challenges one after the other to one visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Images known at this moment are the known ones, for the whole series.
    pub began_at: Timestamp,
    /// What each step was drawn by, the present one last; 1 to [`SERIES_MAX`] of them. They are drawn
    /// anew for each challenge: what a visitor saw does not tell what comes next, and asking twice for
    /// what comes next gives two different challenges.
    pub salts: Vec<u32>,
}

impl Task {
    /// The kind that it is of.
    pub fn kind(&self) -> Kind {
        match self {
            Self::ProofOfWork(_) => Kind::ProofOfWork,
            Self::Classification(_) => Kind::Classification,
            Self::Transcription(_) => Kind::Transcription,
            Self::Text(_) => Kind::Text,
        }
    }

    /// The images it shows from a corpus, if it is of such a kind.
    pub fn images(&self) -> Option<&Images> {
        match self {
            Self::Classification(images) | Self::Transcription(images) => Some(images),
            Self::ProofOfWork(_) | Self::Text(_) => None,
        }
    }

    /// Writes it, its kind apart.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::ProofOfWork(solution) => {
                out.extend_from_slice(&solution.counter.to_be_bytes());
                out.extend_from_slice(&solution.key);
            }
            Self::Classification(images) | Self::Transcription(images) => images.write(out),
            Self::Text(code) => {
                out.extend_from_slice(&code.seed);
                out.extend_from_slice(code.text.as_bytes());
            }
        }
    }

    /// Reads a task of a kind that has this number; nothing where it is none.
    pub(super) fn read(kind: u8, from: &[u8]) -> Option<Self> {
        match kind {
            1 => {
                let (counter, key) = from.split_first_chunk::<4>()?;
                let key: [u8; KEY_LENGTH] = key.try_into().ok()?;
                let counter = u32::from_be_bytes(*counter);
                Some(Self::ProofOfWork(Solution { counter, key }))
            }
            2 => Images::read(from).map(Self::Classification),
            3 => Images::read(from).map(Self::Transcription),
            4 => {
                let (&seed, text) = from.split_first_chunk::<16>()?;
                let text = String::from_utf8(text.to_vec()).ok()?;
                (text.len() == LENGTH).then_some(Self::Text(Code { text, seed }))
            }
            _ => None,
        }
    }
}

impl Images {
    /// What finds the images, for a tenant's site.
    pub(super) fn key(&self, tenant: Id<Tenant>) -> EditionKey {
        EditionKey {
            tenant,
            corpus: self.corpus,
            edition: self.edition,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.corpus.number().to_be_bytes());
        out.extend_from_slice(&self.edition.number().to_be_bytes());
        out.extend_from_slice(&self.length.to_be_bytes());
        out.extend_from_slice(&self.series.began_at.unix_ms().to_be_bytes());
        out.push(length(self.series.salts.len()));
        for salt in &self.series.salts {
            out.extend_from_slice(&salt.to_be_bytes());
        }
        let Pick {
            about,
            images,
            known,
            positive,
        } = &self.pick;
        out.extend_from_slice(&about.to_be_bytes());
        out.extend_from_slice(&known.to_be_bytes());
        out.extend_from_slice(&positive.to_be_bytes());
        out.push(length(images.len()));
        for image in images {
            out.extend_from_slice(&image.to_be_bytes());
        }
    }

    fn read(from: &[u8]) -> Option<Self> {
        let (corpus, from) = from.split_first_chunk::<8>()?;
        let (edition, from) = from.split_first_chunk::<8>()?;
        let (length, from) = from.split_first_chunk::<4>()?;
        let (began_at, from) = from.split_first_chunk::<8>()?;
        let (salts, from) = read_numbers(from, SERIES_MAX)?;
        let (about, from) = from.split_first_chunk::<2>()?;
        let (known, from) = from.split_first_chunk::<2>()?;
        let (positive, from) = from.split_first_chunk::<2>()?;
        let (images, rest) = read_numbers(from, IMAGES_MAX)?;
        rest.is_empty().then_some(())?;
        Some(Self {
            corpus: Id::from_number(i64::from_be_bytes(*corpus))?,
            edition: Id::from_number(i64::from_be_bytes(*edition))?,
            length: u32::from_be_bytes(*length),
            series: Series {
                began_at: Timestamp::from_unix_ms(i64::from_be_bytes(*began_at)),
                salts,
            },
            pick: Pick {
                about: u16::from_be_bytes(*about),
                known: u16::from_be_bytes(*known),
                positive: u16::from_be_bytes(*positive),
                images,
            },
        })
    }
}

/// A length that is known to be small.
fn length(length: usize) -> u8 {
    u8::try_from(length).unwrap_or(u8::MAX)
}

/// As many numbers as the first byte says, 1 to `most`, and what comes after them.
fn read_numbers(from: &[u8], most: usize) -> Option<(Vec<u32>, &[u8])> {
    let (&count, from) = from.split_first()?;
    let count = usize::from(count);
    let (numbers, rest) = from.split_at_checked(count * 4)?;
    let numbers = numbers
        .chunks_exact(4)
        .filter_map(|four| four.try_into().ok());
    let numbers: Vec<u32> = numbers.map(u32::from_be_bytes).collect();
    (1..=most).contains(&count).then_some((numbers, rest))
}
