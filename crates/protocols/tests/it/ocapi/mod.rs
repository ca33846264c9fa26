//! The Ocapi protocol.

mod checks;
mod conversation;
mod files;
mod forgeries;
mod limits;
mod pages;
mod races;
mod strange;
mod tokens;
