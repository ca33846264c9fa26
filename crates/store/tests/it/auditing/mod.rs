//! The audit log's chain: sealed, checked, cut, and with a person's data erased from it.

mod cutting;
mod erasing;
mod log;
mod sealing;
mod signing;
mod tampering;
