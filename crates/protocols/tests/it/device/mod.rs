//! The device API.

mod contract;
mod conversation;
mod refusals;
mod waiting;
