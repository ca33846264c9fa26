//! The program as its users meet it: the binary, over HTTP, against clients that others wrote.

mod callbacks;
mod cards;
mod device;
mod documents;
mod endurance;
mod evidence;
mod foreign;
mod guides;
mod internal_addresses;
mod locks;
mod okay_foreign;
mod okay_guides;
mod okay_races;
mod operating;
mod partner;
mod races;
mod receiver;
mod running;
mod secrets;
mod secure_receivers;
mod serving;
mod tokens;
mod visitor_races;
mod visitors;
mod webhook_libraries;
