//! Administrators as JSON: those who sign in at the console.

use challenge::directory::Catalogue;
use challenge::officers::{Administrator, Role, SignInLink};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::management::moment;
use crate::management::shapes::me::{roles, tenant_of};
use crate::management::shapes::told::ToldOnce;

/// An administrator to be invited.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementOfficerBody)]
pub struct OfficerBody {
    /// The name to sign in with, unique in the server.
    #[schema(examples("alice@bank.example"), min_length = 1, max_length = 256)]
    pub login_name: String,
    /// The name for people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// An address of theirs, for people: nothing is sent there. The link is told in the answer.
    #[serde(default)]
    pub email: Option<String>,
    /// What for.
    #[schema(schema_with = roles)]
    pub role: Role,
    /// The one tenant within reach; null: as far as whoever invites.
    #[serde(default)]
    #[schema(examples("ONLINEBANK"))]
    pub tenant: Option<String>,
}

/// What an administrator may do, as it is to be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementOfficerPowers)]
pub struct OfficerPowers {
    /// What for.
    #[schema(schema_with = roles)]
    pub role: Role,
    /// The one tenant within reach; null: the whole server.
    #[serde(default)]
    pub tenant: Option<String>,
}

/// An administrator.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementOfficer)]
pub struct OfficerShown {
    /// The id, in decimals.
    #[schema(examples("4503599627370496"))]
    pub id: String,
    /// The name to sign in with.
    pub login_name: String,
    /// What for.
    #[schema(schema_with = roles)]
    pub role: Role,
    /// The one tenant within reach; null: the whole server.
    #[schema(required)]
    pub tenant: Option<String>,
    /// When the administrator was made.
    pub made_at: String,
    /// Whether there is a second factor that gave a code once.
    pub has_factor: bool,
    /// Recovery codes that are left.
    pub recovery_codes_left: usize,
    /// Until when a sign-in link waits to be followed; null: none does.
    #[schema(required)]
    pub invited_until: Option<String>,
    /// The link to sign in by, where this request made it. It is told nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkShown>,
}

/// How a sign-in link is to be made.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ManagementLinkBody)]
pub struct LinkBody {
    /// Whether the second factor and the recovery codes are forgotten, to be set up anew.
    pub forget_factor: bool,
}

/// A sign-in link. **Whoever follows it first signs in.**
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementLink)]
pub struct LinkShown {
    /// Where it leads.
    #[schema(value_type = String)]
    pub url: ToldOnce,
    /// Until when it can be followed.
    pub expires_at: String,
}

impl OfficerShown {
    /// The administrator.
    pub(in crate::management) fn of(one: &Administrator, catalogue: &Catalogue) -> Self {
        Self {
            id: one.id.to_string(),
            login_name: one.login_name.clone(),
            role: one.role,
            tenant: tenant_of(one.reach, catalogue),
            made_at: moment::show(one.made_at),
            has_factor: one.has_factor,
            recovery_codes_left: one.recovery_codes_left(),
            invited_until: one.invited_until().map(moment::show),
            link: None,
        }
    }
}

impl OfficerPowers {
    /// What an administrator may do as it is.
    pub(in crate::management) fn of(one: &Administrator, catalogue: &Catalogue) -> Self {
        Self {
            role: one.role,
            tenant: tenant_of(one.reach, catalogue),
        }
    }
}

impl LinkShown {
    /// A link just made.
    pub(in crate::management) fn of(link: &SignInLink, public_url: &str) -> Self {
        Self {
            url: link.url(public_url).into(),
            expires_at: moment::show(link.expires_at),
        }
    }
}
