//! The management API: what an officer sets up, watches and looks after, over HTTP and JSON.
//!
//! It is ours. What an officer may do is decided in [`challenge::officers`], how rows come to be in
//! [`challenge::directory::provision`], the same code that `countersign apply` calls. Here are the
//! paths, the JSON and the refusals. The contract, with commands, is `docs/management-api.md`.
//!
//! | on the wire | here |
//! |---|---|
//! | bearer token | officer |
//! | tenant, client, site, policy, user, authenticator | the same, described by a blueprint |
//! | `ETag`, `If-Match` | a precondition, checked against the rows that a plan was computed from |
//! | `Idempotency-Key` | a request that is kept with its answer |
//!
//! To write a resource: its JSON in `shapes/`, its operations in `acts/`, its paths in `routes/`.

pub mod acts;
mod csv;
mod described;
pub mod members;
pub mod moment;
pub mod pace;
pub mod paging;
pub mod precondition;
pub mod refusal;
mod request;
mod response;
pub mod routes;
pub mod shapes;
pub mod writing;
