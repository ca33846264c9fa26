//! The domain of Countersign: a challenge is issued, answered, verified, and consumed once.
//!
//! Every protocol is a translation of this crate, and none decides anything of its own. What is
//! **not** here: wire formats, SQL, sockets, files, environment, clocks. Time, randomness and
//! storage come in through the ports ([`clock::Clock`], [`rng::Rng`], [`ports::Store`]).
//!
//! **Invariant: only [`ports::Store::commit`] writes what moves, it writes all of a
//! [`ports::Change`] or nothing, and a change cannot be built without its audit event.**
//!
//! Start reading at [`verifier`], the one way in, then [`judgement`] (what an answer means),
//! [`lifecycle`] (what a challenge may become) and [`lockout`] (when guessing ends).

#![warn(clippy::unwrap_used, clippy::indexing_slicing)]

pub mod access;
pub mod administration;
pub mod answer;
pub mod approval;
pub mod audit;
mod callers;
pub mod clock;
pub mod corpus;
pub mod delivery;
pub mod directory;
pub mod door;
pub mod id;
pub mod issuance;
pub mod judgement;
pub mod lifecycle;
pub mod lockout;
pub mod methods;
pub mod officers;
pub mod password;
pub mod policy;
pub mod ports;
pub mod push_key;
pub mod refusal;
pub mod restore;
pub mod resynchronisation;
pub mod rng;
pub mod rotation;
pub mod secret;
pub mod sending;
mod settlement;
pub mod standing;
pub mod transaction;
mod turnstile;
pub mod verifier;
pub mod visitor;
pub mod waiting;
pub mod watching;
pub mod which;
