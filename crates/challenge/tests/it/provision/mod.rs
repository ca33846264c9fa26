//! The rules of applying a blueprint, on a store in memory.

mod delivery;
mod grids;
mod intake;
pub(crate) mod memory;
mod okay;
mod refusals;
mod removals;
mod rules;
mod stage;
