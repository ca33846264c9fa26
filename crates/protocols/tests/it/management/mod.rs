//! The management API.

mod conversation;
mod matrix;
mod office;
mod races;
mod refusals;
mod watching;
