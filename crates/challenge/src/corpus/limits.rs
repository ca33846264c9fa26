//! How large a corpus may be, and how small it must not be.

use crate::corpus::Holds;

/// Images of a corpus at most.
pub const IMAGES_OF_CORPUS_MAX: usize = 100_000;

/// Classes of a corpus at most.
pub const CLASSES_MAX: usize = 200;

/// Known images that each of two classes has at least: with fewer no challenge can be made.
pub const KNOWN_OF_CLASS_MIN: usize = 4;

/// Known texts at least.
pub const KNOWN_TEXTS_MIN: usize = 10;

/// Characters at most of a corpus's or a class's name.
pub const NAME_LENGTH_MAX: usize = 64;

/// Characters at most of a text that an image shows, known or told by a visitor.
pub const TEXT_LENGTH_MAX: usize = 200;

/// Voices that an unknown image needs where the operator says nothing else.
pub const AGREEMENT_DEFAULT: u32 = 5;

/// The most voices that can be demanded.
pub const AGREEMENT_MAX: u32 = 100;

/// Voices on one image about one class, or on its text, at most: it is not shown any more after them.
pub const VOICES_MAX: u32 = 1_000;

/// Why nothing can be asked about the images of a corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There are too many images.
    #[error(
        "{0} images are more than the {IMAGES_OF_CORPUS_MAX} that a corpus may have; make several corpora of them"
    )]
    TooMany(usize),
    /// There are too many classes.
    #[error("{0} classes are more than the {CLASSES_MAX} that a corpus may have")]
    TooManyClasses(usize),
    /// Too few classes have enough known images.
    #[error(
        "{0} classes have {KNOWN_OF_CLASS_MIN} known images or more, and 2 such classes are needed; \
         sort more images by hand first"
    )]
    TooFewClasses(usize),
    /// There are too few known texts.
    #[error(
        "{0} known texts are fewer than the {KNOWN_TEXTS_MIN} that are needed; read more by hand first"
    )]
    TooFewTexts(usize),
}

/// Whether challenges can be made of so many images, of which so many of each class (or, of texts, in
/// one sum) are known.
pub fn check(holds: Holds, images: usize, known: &[usize]) -> Result<(), Unfit> {
    if images > IMAGES_OF_CORPUS_MAX {
        return Err(Unfit::TooMany(images));
    }
    if known.len() > CLASSES_MAX {
        return Err(Unfit::TooManyClasses(known.len()));
    }
    let enough = |known: &&usize| **known >= KNOWN_OF_CLASS_MIN;
    let classes = known.iter().filter(enough).count();
    match holds {
        Holds::Classes if classes < 2 => Err(Unfit::TooFewClasses(classes)),
        Holds::Texts if known.iter().sum::<usize>() < KNOWN_TEXTS_MIN => {
            Err(Unfit::TooFewTexts(known.iter().sum()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_is_fit_between_its_limits() {
        let classes = |images, known: &[usize]| check(Holds::Classes, images, known);
        assert_eq!(classes(8, &[4, 4]), Ok(()));
        assert_eq!(classes(100_000, &[4, 4, 0]), Ok(()));
        assert_eq!(classes(100_001, &[4, 4]), Err(Unfit::TooMany(100_001)));
        assert_eq!(classes(90, &[80, 3, 3]), Err(Unfit::TooFewClasses(1)));
        assert_eq!(classes(0, &[]), Err(Unfit::TooFewClasses(0)));
        assert_eq!(classes(804, &[4; 201]), Err(Unfit::TooManyClasses(201)));
        let texts = |images, known: &[usize]| check(Holds::Texts, images, known);
        assert_eq!(texts(10, &[10]), Ok(()));
        assert_eq!(texts(900, &[9]), Err(Unfit::TooFewTexts(9)));
    }
}
