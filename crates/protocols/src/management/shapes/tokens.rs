//! Tokens of the management API as JSON. A token's text is told once, to whoever made it.

use challenge::clock::Timestamp;
use challenge::directory::Catalogue;
use challenge::officers::{Role, Token};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::management::moment;
use crate::management::shapes::me::{roles, tenant_of};
use crate::management::shapes::told::ToldOnce;

/// A token to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementTokenBody)]
pub struct TokenBody {
    /// What people call it.
    #[schema(examples("monitoring"), min_length = 1, max_length = 64)]
    pub name: String,
    /// What for.
    #[schema(schema_with = roles)]
    pub role: Role,
    /// The one tenant that it reaches; null: as far as whoever makes it.
    #[serde(default)]
    #[schema(examples("ONLINEBANK"))]
    pub tenant: Option<String>,
    /// Days it lives; null: 365.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3650)]
    pub days: Option<u32>,
}

/// A token.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementToken)]
pub struct TokenShown {
    /// Its id, in decimals.
    #[schema(examples("4503599627370496"))]
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What for.
    #[schema(schema_with = roles)]
    pub role: Role,
    /// The one tenant that it reaches; null: the whole server.
    #[schema(required)]
    pub tenant: Option<String>,
    /// The officer who made it.
    pub made_by: String,
    /// When it was made.
    pub made_at: String,
    /// When it ends.
    pub expires_at: String,
    /// When it was revoked.
    #[schema(required)]
    pub revoked_at: Option<String>,
    /// Whether it is good now.
    pub is_good: bool,
    /// Its text, where this request made it. It is told nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub token: Option<ToldOnce>,
}

impl TokenShown {
    /// The token at this moment.
    pub(in crate::management) fn of(token: &Token, catalogue: &Catalogue, now: Timestamp) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name.clone(),
            role: token.role,
            tenant: tenant_of(token.reach, catalogue),
            made_by: token.made_by.clone(),
            made_at: moment::show(token.made_at),
            expires_at: moment::show(token.expires_at),
            revoked_at: token.revoked_at.map(moment::show),
            is_good: token.is_good_at(now),
            token: None,
        }
    }
}
