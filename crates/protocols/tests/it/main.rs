//! Conversations with the protocols over their routers, on a store in a temporary folder.

mod activid;
mod agency;
mod bank;
mod codes;
mod device;
mod dualshield;
mod management;
mod ocapi;
mod okay;
mod partner;
mod phone;
mod shop;
mod shop_mint;
mod tenant;
