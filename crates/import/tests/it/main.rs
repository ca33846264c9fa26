//! The readers from outside: files as they are sent, hostile ones, and texts at random.

mod figures;
mod hostile;
mod older;
mod properties;
mod reading;
