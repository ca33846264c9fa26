//! The Ocapi protocol: a website asks an anonymous visitor, over a REST door and the widget `ocapi.js`.
//!
//! Requests, JSON, tokens and origins are translated here; what becomes of a challenge, whether an answer is
//! right, who may be told `valid`, how dear a proof of work is and who has to slow down is decided in
//! [`challenge::visitor`]. What is served, with examples, stands in `docs/ocapi.md`, every refusal in
//! `docs/ocapi-errors.md`.
//!
//! | on the wire | here |
//! |---|---|
//! | partner, website | site |
//! | public id, `iss` | a site's `public_id` |
//! | private id | the key that a site shares with this server, its `secret` |
//! | challenge `id`, `c.…` | ticket: the challenge itself, sealed |
//! | `kind=pow` | proof of work |
//! | create | issue |
//! | check, `peek` | check, with or without consuming |
//! | `pending`, `valid`, `answered`, `invalid`, `expired`, `consumed` | what a site is told ([`challenge::visitor::Told`]) |
//! | `jti` | voucher |
//! | `Idempotency-Key` | the key by which a check may be repeated |

pub mod altcha;
mod caller;
mod challenges;
mod fields;
mod jwt;
mod pictures;
mod readers;
mod refusal;
mod request;
mod response;
pub mod routes;
mod shown;
pub mod siteverify;
pub mod widget;
mod words;

pub use request::neighbourhood_of;
