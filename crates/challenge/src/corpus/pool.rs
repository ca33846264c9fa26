//! An edition's images in memory, sorted by what is known of them at a moment.

use crate::clock::Timestamp;
use crate::corpus::{Corpus, Holds, ImageRow};

/// What is told of an edition's images, but for their bytes: some hundred bytes an image.
pub struct Pool {
    /// The corpus.
    pub corpus: Corpus,
    /// When it was read: what became known later is not in it.
    pub read_at: Timestamp,
    images: Vec<Pooled>,
    /// The known images of each class, those first that were known first; of texts one list.
    known: Vec<Vec<u32>>,
    /// The others, and those that were settled; the ones first that are open, then the ones settled last.
    open: Vec<u32>,
}

/// An image.
struct Pooled {
    digest: [u8; 32],
    /// The class's place, or the text.
    shows: Option<Shows>,
    settled_at: Option<Timestamp>,
    length: u32,
}

/// What an image is known to show.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Shows {
    Class(u16),
    Text(Box<str>),
}

impl Pool {
    /// Sorts images, whose ordinals are their places. What is known to show a class that the corpus does
    /// not have is shown to nobody.
    pub fn of(corpus: Corpus, rows: Vec<ImageRow>, read_at: Timestamp) -> Self {
        let lists = match corpus.holds {
            Holds::Classes => corpus.classes.len(),
            Holds::Texts => 1,
        };
        let mut pool = Self {
            images: Vec::with_capacity(rows.len()),
            known: vec![Vec::new(); lists],
            open: Vec::new(),
            corpus,
            read_at,
        };
        for (ordinal, row) in (0..).zip(rows) {
            let image = pool.pooled(row);
            match &image.shows {
                Some(shows) => {
                    if let Some(list) = pool.known.get_mut(shows.list()) {
                        list.push(ordinal);
                    }
                    // Until it was settled it was an open one, and in a series that began before, it is.
                    if image.settled_at > Some(pool.corpus.imported_at) {
                        pool.open.push(ordinal);
                    }
                }
                None => pool.open.push(ordinal),
            }
            pool.images.push(image);
        }
        pool.sort();
        pool
    }

    fn pooled(&self, row: ImageRow) -> Pooled {
        let shows = row.known.and_then(|known| match self.corpus.holds {
            Holds::Texts => Some(Shows::Text(known.into())),
            Holds::Classes => {
                let mut classes = self.corpus.classes.iter();
                let place = classes.position(|class| class.name == known)?;
                u16::try_from(place).ok().map(Shows::Class)
            }
        });
        Pooled {
            digest: row.digest,
            shows,
            settled_at: row.settled_at,
            length: row.length,
        }
    }

    fn sort(&mut self) {
        let images = &self.images;
        let settled_at = |ordinal: &u32| {
            images
                .get(place(*ordinal))
                .and_then(|image| image.settled_at)
        };
        for list in &mut self.known {
            list.sort_by_key(|ordinal| settled_at(ordinal));
        }
        self.open.sort_by_key(|ordinal| {
            let settled = settled_at(ordinal).map(Timestamp::unix_ms);
            std::cmp::Reverse(settled.unwrap_or(i64::MAX))
        });
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// The lists of known images, as they were at a moment: one a class, or one of texts.
    pub(crate) fn known_at(&self, moment: Timestamp) -> Vec<&[u32]> {
        let cut = |list: &Vec<u32>| {
            list.partition_point(|ordinal| self.settled_at(*ordinal) <= Some(moment))
        };
        let lists = self.known.iter();
        lists
            .map(|list| list.get(..cut(list)).unwrap_or_default())
            .collect()
    }

    /// The images that were open at a moment.
    pub(crate) fn open_at(&self, moment: Timestamp) -> &[u32] {
        let cut = self.open.partition_point(|ordinal| {
            let settled_at = self.settled_at(*ordinal);
            settled_at.is_none_or(|settled_at| settled_at > moment)
        });
        self.open.get(..cut).unwrap_or_default()
    }

    fn settled_at(&self, ordinal: u32) -> Option<Timestamp> {
        self.images.get(place(ordinal))?.settled_at
    }

    /// The digest of an image's file.
    pub fn digest(&self, ordinal: u32) -> Option<&[u8; 32]> {
        Some(&self.images.get(place(ordinal))?.digest)
    }

    /// The text that an image is known to show.
    pub fn text(&self, ordinal: u32) -> Option<&str> {
        match self.images.get(place(ordinal))?.shows.as_ref()? {
            Shows::Text(text) => Some(text),
            Shows::Class(_) => None,
        }
    }

    /// The bytes of the longest of these images as it is kept.
    pub fn longest(&self, ordinals: &[u32]) -> u32 {
        let lengths = ordinals.iter().filter_map(|ordinal| {
            let image = self.images.get(place(*ordinal))?;
            Some(image.length)
        });
        lengths.max().unwrap_or(0)
    }
}

impl Shows {
    /// The list that such an image is in.
    fn list(&self) -> usize {
        match self {
            Self::Class(place) => usize::from(*place),
            Self::Text(_) => 0,
        }
    }
}

fn place(ordinal: u32) -> usize {
    usize::try_from(ordinal).unwrap_or(usize::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::corpus::Class;
    use crate::id::Id;

    pub(crate) const IMPORTED: Timestamp = Timestamp::from_unix_s(1_800_000_000);

    /// A corpus with so many known images of each class, and so many unknown ones.
    pub(crate) fn classes(known: &[u32], unknown: u32) -> Pool {
        let names = (0..known.len()).map(|number| format!("class{number}"));
        let classes: Vec<_> = names
            .map(|name| Class {
                name,
                said: BTreeMap::new(),
            })
            .collect();
        let named = classes.iter().zip(known).flat_map(|(class, &count)| {
            std::iter::repeat_n(Some(class.name.clone()), usize::try_from(count).unwrap())
        });
        let rows = rows(named.chain((0..unknown).map(|_| None)));
        Pool::of(corpus(Holds::Classes, classes.clone()), rows, IMPORTED)
    }

    pub(crate) fn texts(known: u32, unknown: u32) -> Pool {
        let texts = (0..known).map(|number| Some(format!("text {number}")));
        let rows = rows(texts.chain((0..unknown).map(|_| None)));
        Pool::of(corpus(Holds::Texts, vec![]), rows, IMPORTED)
    }

    pub(crate) fn corpus(holds: Holds, classes: Vec<Class>) -> Corpus {
        Corpus {
            id: Id::from_number(1).unwrap(),
            tenant: Id::from_number(2).unwrap(),
            name: "harbour".to_owned(),
            holds,
            agreement: 5,
            classes,
            edition: Id::from_number(3).unwrap(),
            imported_at: IMPORTED,
            version: 1,
        }
    }

    fn rows(known: impl Iterator<Item = Option<String>>) -> Vec<ImageRow> {
        let rows = (0_u32..).zip(known).map(|(ordinal, known)| {
            let mut digest = [0; 32];
            digest[..4].copy_from_slice(&ordinal.to_be_bytes());
            ImageRow {
                ordinal,
                digest,
                file: format!("{ordinal}.jpg"),
                settled_at: known.is_some().then_some(IMPORTED),
                known,
                length: 1000 + ordinal,
            }
        });
        rows.collect()
    }

    #[test]
    fn an_image_is_known_from_the_moment_on_that_it_was_settled() {
        let before = classes(&[4, 4], 3);
        let mut rows = rows((0..11).map(|_| None));
        for (row, class) in rows.iter_mut().zip(["class0", "class1"].repeat(4)) {
            row.known = Some(class.to_owned());
            row.settled_at = Some(IMPORTED);
        }
        rows[9].known = Some("class1".to_owned());
        rows[9].settled_at = Some(IMPORTED.plus_s(60));
        rows[10].settled_at = Some(IMPORTED.plus_s(90));
        let pool = Pool::of(before.corpus, rows, IMPORTED.plus_s(100));
        let seen = |s| {
            let moment = IMPORTED.plus_s(s);
            let mut open = pool.open_at(moment).to_vec();
            open.sort_unstable();
            (pool.known_at(moment)[1].len(), open)
        };
        assert_eq!(seen(59), (4, vec![8, 9, 10]));
        assert_eq!(seen(60), (5, vec![8, 10]));
        assert_eq!(seen(90), (5, vec![8]));
    }
}
