//! The device API: what the authenticator on a user's phone and this server say to one another.
//!
//! It is ours. Requests are signed by the device's key; what is signed is defined in
//! [`challenge::approval::signed`], what a decision means in [`challenge::approval`]. Here are the
//! paths, the JSON and the waiting. The contract, with the exact bytes, is `docs/device-api.md`.
//!
//! | on the wire | here |
//! |---|---|
//! | `device`, `TENANT-DEVICE` | device, by its tenant's id and its own |
//! | `tenant_id`, `tenant_name` | tenant, by its number for partners, and its name for people |
//! | `user` | user, by the tenant's own name for it |
//! | `session`, `type` | session, session kind |
//! | `decision` | verdict |
//! | `state` | a digest of the list of pending sessions |

mod acts;
mod app;
mod authorization;
mod hashing;
mod limits;
pub mod push;
mod refusal;
mod request;
mod response;
pub mod routes;
mod station;
mod stream;
mod subscription;

pub use station::Station;
