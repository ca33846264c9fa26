//! Conversations with the protocols over their routers, on a store in a temporary folder.

mod activid;
mod bank;
mod codes;
mod ocapi;
mod shop;
mod tenant;
