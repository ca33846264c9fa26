//! Tokens that attack, each with a name: by their header, their key, their claims, their form.

mod claims;
mod forms;
mod headers;
mod parts;

pub(super) use claims::{bad_claims, unreadable_claims};
pub(super) use forms::broken_forms;
pub(super) use headers::{algorithms, foreign_keys, headers};
pub(super) use parts::{HEADER, claims, claims_with, good, key, signed};
