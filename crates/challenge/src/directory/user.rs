//! A user: a person who holds authenticators (NIST SP 800-63 says subscriber).

use serde::{Deserialize, Serialize};

use crate::directory::Tenant;
use crate::id::Id;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The user's id.
    pub id: Id<User>,
    /// The tenant the user belongs to.
    pub tenant: Id<Tenant>,
    /// The name the user signs in with, unique in the tenant, compared byte for byte.
    pub login_name: String,
    /// The caller's own name for the user, unique in the tenant.
    pub external_id: Option<String>,
    /// The user's name for people.
    pub display_name: Option<String>,
    /// Where notices go.
    pub email: Option<String>,
    /// Where short messages go.
    pub phone: Option<String>,
    /// The static password as a PHC string (Argon2id); for policies that take one.
    pub password_hash: Option<String>,
}

/// A way to name a user.
#[derive(Clone, Copy, Debug)]
pub enum UserKey<'a> {
    /// By id.
    Id(Id<User>),
    /// By login name.
    LoginName(&'a str),
    /// By the caller's own name for the user.
    ExternalId(&'a str),
}
