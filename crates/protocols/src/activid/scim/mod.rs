//! SCIM (RFC 7643, RFC 7644) as this protocol's clients use it: reading, searching, and actions.
//!
//! Three kinds of resource: a User; an Authenticator, which is a user under one policy; a Device,
//! which is the authenticators that share a `device_id`. They are computed from the directory and
//! the user's standing at the moment of asking; nothing is kept.

mod act;
mod action;
mod filter;
pub(super) mod handlers;
mod page;
mod path;
mod query;
mod resource;
mod search;
