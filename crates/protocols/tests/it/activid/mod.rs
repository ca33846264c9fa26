//! The ActivID protocol.

mod actions;
mod callers;
mod conversation;
mod logins;
mod resources;
mod strange;
