//! What was picked for one challenge, and how much that can be.

use std::fmt;

/// Images that a challenge shows at most.
pub const IMAGES_MAX: usize = 12;

/// Images that a challenge with classes shows at least; so many of them are known.
pub const IMAGES_MIN: usize = 8;

/// Width and height in pixels of an image that is chosen.
pub const CHOSEN_SIZE: (u32, u32) = (240, 240);

/// Width and height in pixels of an image of text.
pub const TEXT_SIZE: (u32, u32) = (640, 120);

/// What was picked for one challenge.
#[derive(Clone, PartialEq, Eq)]
pub struct Pick {
    /// The class that is asked for, by its place in the corpus; 0 where texts are.
    pub about: u16,
    /// The images by their ordinals in the corpus's edition, in the order in which they are shown.
    pub images: Vec<u32>,
    /// Which of them are known: the lowest bit is the first image's.
    pub known: u16,
    /// Which of the known ones show the class.
    pub positive: u16,
}

impl fmt::Debug for Pick {
    /// Without what would be right.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Pick({} images)", self.images.len())
    }
}

impl Pick {
    /// Whether the image at this place, from 0, is known.
    pub fn is_known(&self, place: usize) -> bool {
        self.known & bit(place) != 0
    }

    /// The ordinals of the images that are not known, with their places.
    pub fn unknown(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        let images = self.images.iter().copied().enumerate();
        images.filter(|(place, _)| !self.is_known(*place))
    }
}

/// The bit of a place; none beyond the sixteenth.
pub(super) fn bit(place: usize) -> u16 {
    u32::try_from(place)
        .ok()
        .and_then(|place| 1_u16.checked_shl(place))
        .unwrap_or(0)
}
