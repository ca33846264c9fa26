//! Conversations with the protocols over their routers, on a store in a temporary folder.

mod activid;
mod bank;
mod codes;
mod device;
mod ocapi;
mod okay;
mod partner;
mod phone;
mod shop;
mod tenant;
