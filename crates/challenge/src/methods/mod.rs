//! The methods: one file for each way to prove something, each a pure function of key, movement,
//! limits and time.
//!
//! A method says whether an answer is right and what it spends; it counts nothing and stores nothing.

pub mod card;
pub mod code;
mod decoy;
pub mod grid;
pub mod hashed_number;
mod hotp;
pub mod images;
mod lost;
mod ocra;
pub mod on_demand;
mod opened;
pub mod proof_of_work;
pub mod signed_work;
mod totp;
mod verify;

pub use decoy::verify_nothing;
pub use lost::{Lost, is_lost};
pub use ocra::{derive_question, draw_question, is_fresh_by_itself, mark_of_question};
pub use opened::{History, Opened, OpenedMethod};
pub use verify::{Given, PASSCODES_KEPT, Spend, Wanted, fits, resynchronise, spend_into, verify};
