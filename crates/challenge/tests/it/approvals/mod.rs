//! Approvals on a phone, played against the store in memory.

mod consuming;
mod deciding;
mod expiring;
mod guessing;
mod linking;
mod phone;
mod pushing;
mod races;
mod restoring;
mod starting;
mod telling;
