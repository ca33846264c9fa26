//! The management API.

mod conversation;
mod erasing;
mod matrix;
mod moving;
mod office;
mod races;
mod refusals;
mod strict;
mod watching;
