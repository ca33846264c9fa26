//! Officers on a real store: what is spent is spent once, what ended is refused on every node.

mod ending;
mod keys;
mod known_addresses;
mod links;
mod people;
mod rows;
mod sessions;
mod sign_ups;
mod signing_in;
mod stage;
mod tokens;
