//! The gateway of the Okay protocol.

mod clients;
mod conversation;
mod refusals;
mod splits;
