//! Images of a corpus: which are shown, and when an answer about them is right. Pure.

mod folding;
mod grading;
mod padding;
mod pick;
mod picking;
mod stream;

#[cfg(test)]
mod crowd;
#[cfg(test)]
mod odds;

pub use folding::{folded, is_same_text, is_telling};
pub use grading::{said_of_chosen, said_of_texts, shows_all_chosen};
pub use padding::{MARGIN, padded};
pub use pick::{CHOSEN_SIZE, IMAGES_MAX, IMAGES_MIN, Pick, TEXT_SIZE};
pub use picking::pick;
