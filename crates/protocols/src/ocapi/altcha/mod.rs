//! Challenges in ALTCHA's forms, so that its widget works against a site of this server, and its libraries verify
//! what that brings back.
//!
//! The forms are translated here. What a proof is worth, that it is spent once, and that a proof is nothing without the
//! code that was asked beside it, is decided in [`challenge::visitor`]. What is served stands in `docs/moving-to-ocapi.md`.
//!
//! | on the wire | here |
//! |---|---|
//! | version 1 | a number to be found by its hash |
//! | version 2 | a proof of work with its parameters |
//! | `payload` | a proof that somebody carries, or a statement |
//! | server signature payload | a statement: this server says that a code was right |
//! | `codeChallenge` | a challenge of kind `text`, whose id stands in the signed parameter `code` |

mod acts;
mod payload;
mod request;
mod response;
pub mod routes;
mod statement;
