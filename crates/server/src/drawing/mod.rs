//! What the server draws itself: codes for visitors to read or to hear, and the demo's images.
//!
//! Everything is a pure function of what is to be drawn and of a seed. When something is drawn, and for
//! whom, is the mint (`workers/mint.rs`)'s to say.

mod bend;
pub mod corpora;
mod dice;
mod fonts;
mod shape;
mod sheet;
mod spoken_code;
mod text_code;
mod voices;

pub use spoken_code::wav;
pub use text_code::picture;
