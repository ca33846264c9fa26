//! The device API.

mod contract;
mod conversation;
mod pushing;
mod refusals;
mod waiting;
