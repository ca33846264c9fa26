//! The JSON API of the DualShield protocol.

mod addressing;
mod callers;
mod conversation;
mod limits;
mod lists;
mod payments;
mod phones;
mod races;
mod refusals;
