//! What an operator does from the command line. Each file is a sub-command; the rules are in the
//! domain.

pub mod admin;
pub mod apply;
pub mod approvals;
pub mod auditing;
pub mod authenticators;
pub mod backup;
pub mod callbacks;
mod card;
pub mod corpus;
mod desk;
pub mod doctor;
pub mod init;
pub mod intake;
pub mod keys;
pub mod rows;
pub mod sites;
pub mod statistics;
pub mod token;
pub mod users;

pub use desk::Desk;
