//! What goes on beside the requests: the directory is refreshed, what serves nobody is swept.

mod background;

pub use background::{Workers, start};
