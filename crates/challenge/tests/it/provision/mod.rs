//! The rules of applying a blueprint, on a store in memory.

mod memory;
mod refusals;
mod rules;
mod stage;
