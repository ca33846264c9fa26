//! Pushes on their way to the phones' push services: taken from the outbox, sent, their fate written down.
//!
//! `herald` says what leaves when, `sending` sends one, by the courier that brings callbacks too and past
//! the same guard. What a push says is the protocol's matter; when it is tried again, the domain's.

mod herald;
mod sending;
mod shares;

pub(super) use herald::Herald;
