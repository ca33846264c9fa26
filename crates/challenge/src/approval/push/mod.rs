//! Pushes: the phone is told that a session waits, or that it was withdrawn, by way of its maker's push
//! service. They make nothing correct: a push may be lost, and the phone looks by itself.
//!
//! A push is written in the same commit as the start of its session and leaves through the outbox, so
//! that it is sent by one node; no user's line holds it up. One session has one push when it starts
//! and one when it is withdrawn. What is decided, or expires, is told by none: the phone decided it
//! itself, or knows until when it might have, and whoever is sent a push has to look at it.
//!
//! What is not here: how a push is sealed for the phone, which is the protocol's, and sent.

mod fate;
mod sending;
mod subscription;

pub use fate::PushReception;
pub use sending::{About, OutgoingPush, PushesGivenOut, Settlement};
pub(crate) use subscription::push_place;
pub use subscription::{AUTH_LENGTH, ENDPOINT_MAX, Subscription, UnverifiedSubscription};
