//! The check by a secret, as the servers of reCAPTCHA, hCaptcha and Turnstile are asked: for websites that come from
//! there and change an address. What is checked are this server's challenges, by the same
//! [`check_visit`](challenge::verifier::Verifier::check_visit) as the check with a token.
//!
//! Everything is answered with status 200, since the libraries take any other for a broken connection.
//! What is served stands in `docs/moving-to-ocapi.md`, every code in `docs/ocapi-siteverify-errors.md`.
//!
//! | on the wire | here |
//! |---|---|
//! | `secret` | the key that a site shares with this server |
//! | `response` | a challenge's id |
//! | `sitekey` | a site's public id |
//! | `idempotency_key` | the key by which a check may be repeated |

mod refusal;
mod request;
mod response;
pub mod routes;
mod shape;
