//! A tenant's users and what they hold: listed, made, changed, locked, enrolled, linked. What happened to
//! them is told by `events`, beside this folder.

mod acts;
mod authenticator;
mod enrolment;
mod form;
mod handover;
mod kinds;
mod list;
mod locked;
pub(super) mod paths;
mod person;
mod phones;
mod routes;
mod settings;

pub(super) use routes::routes;
