//! Images of a corpus: which are shown, and when an answer about them is right.

/// Images that a challenge shows at most.
pub const IMAGES_MAX: usize = 12;

/// Width and height in pixels of an image that is chosen.
pub const CHOSEN_SIZE: (u32, u32) = (240, 240);

/// Width and height in pixels of an image of text.
pub const TEXT_SIZE: (u32, u32) = (640, 120);

/// What was picked for one challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
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
