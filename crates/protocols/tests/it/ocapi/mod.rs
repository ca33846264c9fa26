//! The Ocapi protocol.

mod altcha;
mod checks;
mod conversation;
mod files;
mod forgeries;
mod limits;
mod pages;
mod races;
mod siteverify;
mod strange;
mod tokens;
