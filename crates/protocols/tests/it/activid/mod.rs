//! The ActivID protocol.

mod actions;
mod callers;
mod conversation;
mod described;
mod logins;
mod resources;
mod strange;
