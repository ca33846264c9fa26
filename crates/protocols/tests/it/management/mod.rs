//! The management API.

mod conversation;
mod matrix;
mod moving;
mod office;
mod races;
mod refusals;
mod strict;
mod watching;
