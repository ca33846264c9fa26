//! The Ocapi protocol.

mod altcha;
mod altcha_codes;
mod checks;
mod conversation;
mod files;
mod forgeries;
mod gallery;
mod limits;
mod pages;
mod pictures;
mod races;
mod siteverify;
mod strange;
mod tokens;
