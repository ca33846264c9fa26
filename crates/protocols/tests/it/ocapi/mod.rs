//! The Ocapi protocol.

mod altcha;
mod altcha_codes;
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
