//! A client: a program that calls the server on a tenant's behalf (a portal, an API agent).

use serde::{Deserialize, Serialize};

use crate::directory::Tenant;
use crate::id::Id;
use crate::secret::SecretMac;

/// The folder name of the protocol whose requests name no tenant, so that the names of its clients are
/// unique in the whole server.
pub const TENANTLESS: &str = "dualshield";

/// A calling program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Client {
    /// The client's id.
    pub id: Id<Client>,
    /// The tenant it belongs to.
    pub tenant: Id<Tenant>,
    /// The name it gives itself on the wire (`client_id`), unique in the tenant.
    pub name: String,
    /// Its secret, as kept. A client without one cannot authenticate by secret.
    #[serde(skip)]
    pub secret: Option<SecretMac>,
    /// The grants it may use. The password grant is among them only where it was named.
    pub grants: Vec<Grant>,
    /// The protocols it may speak, by their folder names; empty: all.
    pub protocols: Vec<String>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Whether it may compute challenges by itself.
    pub caller_supplied_challenge: bool,
    /// Networks it must call from (address or CIDR); empty: any.
    pub addresses: Vec<String>,
    /// SHA-256 of the certificate it presents, in lower-case hexadecimal.
    pub certificate_sha256: Option<String>,
    /// The policy of requests that name none.
    pub default_policy: Option<String>,
    /// The channel of requests that name none.
    pub default_channel: Option<String>,
    /// Seconds its own access tokens live.
    pub token_s: u32,
    /// Seconds the access tokens live that it gets for users.
    pub user_token_s: u32,
}

impl Client {
    /// Whether the client may do this.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whether the client may use this grant.
    pub fn may_grant(&self, grant: Grant) -> bool {
        self.grants.contains(&grant)
    }

    /// Whether the client may speak the protocol with this folder name.
    pub fn speaks(&self, protocol: &str) -> bool {
        self.protocols.is_empty() || self.protocols.iter().any(|named| named == protocol)
    }
}

/// An OAuth grant that a client may be allowed (RFC 6749, section 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// The client for itself (RFC 6749, section 4.4).
    ClientCredentials,
    /// The client for a user whose code it passes on (RFC 6749, section 4.3).
    Password,
    /// Approval on the user's phone (OpenID CIBA).
    Ciba,
}

/// Something a client may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Have a user's answer verified.
    Authenticate,
    /// Have a challenge issued.
    Challenge,
    /// Read users, devices and authenticators.
    Read,
    /// Reset counts and locks, resynchronise tokens.
    Unlock,
    /// Create and change users, devices and authenticators.
    Write,
}

impl Scope {
    /// What a client may do that the operator said nothing about.
    pub const DEFAULT: [Self; 3] = [Self::Authenticate, Self::Challenge, Self::Read];
}
