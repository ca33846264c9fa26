//! What goes on beside the requests: the directory is refreshed, what serves nobody is swept, what
//! is due is done, callbacks are delivered.

mod background;
pub mod callbacks;

pub use background::{Workers, start};
