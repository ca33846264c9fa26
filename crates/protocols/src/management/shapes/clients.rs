//! Clients as JSON: the members of the provisioning file, and what only an answer has.

use challenge::directory::provision::ClientBlueprint;
use challenge::directory::{Client, Grant, Scope};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;

use crate::management::members::{SecretGiven, words_schema};
use crate::management::precondition::{Tag, Tagged};
use crate::management::refusal::{FieldError, Refusal};
use crate::management::shapes::told::{ToldOnce, never, nothing};
use crate::networks;

/// A client to be made, or as it is to be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementClientBody)]
pub struct ClientBody {
    /// The name it gives itself on the wire, unique in the tenant, and in the server where it speaks
    /// DualShield. It cannot be changed.
    #[schema(
        examples("spl-api"),
        min_length = 1,
        max_length = 256,
        pattern = "^[A-Za-z0-9._~-]+$"
    )]
    pub id: String,
    /// Its secret; absent: as it is, and where it is new it has none.
    #[serde(default, skip_serializing_if = "never", serialize_with = "nothing")]
    pub secret: Option<SecretGiven>,
    /// The grants it may use.
    #[serde(default = "grants")]
    #[schema(schema_with = grants_schema)]
    pub grants: Vec<Grant>,
    /// The protocols it may speak; empty: all.
    #[serde(default = "protocols")]
    #[schema(schema_with = protocols_schema)]
    pub protocols: Vec<String>,
    /// What it may do.
    #[serde(default = "scopes")]
    #[schema(schema_with = scopes_schema)]
    pub scopes: Vec<Scope>,
    /// Whether it may compute challenges by itself.
    #[serde(default)]
    pub caller_supplied_challenge: bool,
    /// Networks it must call from (address or CIDR); empty: any.
    #[serde(default)]
    #[schema(examples(json!(["192.0.2.0/24"])))]
    pub addresses: Vec<String>,
    /// SHA-256 of the certificate it presents, in hexadecimal.
    #[serde(default)]
    pub certificate_sha256: Option<String>,
    /// The policy of requests that name none.
    #[serde(default)]
    pub default_policy: Option<String>,
    /// The channel of requests that name none.
    #[serde(default)]
    pub default_channel: Option<String>,
    /// Seconds its own access tokens live.
    #[serde(default = "token_s")]
    #[schema(minimum = 1, maximum = 315_360_000)]
    pub token_s: u32,
    /// Seconds the access tokens live that it gets for users.
    #[serde(default = "user_token_s")]
    #[schema(minimum = 1, maximum = 315_360_000)]
    pub user_token_s: u32,
}

/// A client.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementClient)]
pub struct ClientShown {
    /// The name it gives itself on the wire.
    #[schema(examples("spl-api"))]
    pub id: String,
    /// Whether it has a secret.
    pub has_secret: bool,
    /// The secret, where this request had it drawn. It is told nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub secret: Option<ToldOnce>,
    /// The grants it may use.
    #[schema(schema_with = grants_schema)]
    pub grants: Vec<Grant>,
    /// The protocols it may speak; empty: all.
    pub protocols: Vec<String>,
    /// What it may do.
    #[schema(schema_with = scopes_schema)]
    pub scopes: Vec<Scope>,
    /// Whether it may compute challenges by itself.
    pub caller_supplied_challenge: bool,
    /// Networks it must call from; empty: any.
    pub addresses: Vec<String>,
    /// SHA-256 of the certificate it presents.
    #[schema(required)]
    pub certificate_sha256: Option<String>,
    /// The policy of requests that name none.
    #[schema(required)]
    pub default_policy: Option<String>,
    /// The channel of requests that name none.
    #[schema(required)]
    pub default_channel: Option<String>,
    /// Seconds its own access tokens live.
    pub token_s: u32,
    /// Seconds the access tokens live that it gets for users.
    pub user_token_s: u32,
    /// What is better not asked for; told once, in the answer to whoever asked for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub warnings: Vec<String>,
}

fn default_client() -> ClientBlueprint {
    ClientBlueprint::named("")
}

fn grants() -> Vec<Grant> {
    default_client().grants
}

fn protocols() -> Vec<String> {
    default_client().protocols
}

fn scopes() -> Vec<Scope> {
    default_client().scopes
}

fn token_s() -> u32 {
    default_client().token_s
}

fn user_token_s() -> u32 {
    default_client().user_token_s
}

fn grants_schema() -> Schema {
    words_schema(&[Grant::ClientCredentials, Grant::Password, Grant::Ciba])
}

fn protocols_schema() -> Schema {
    words_schema(&ClientBlueprint::PROTOCOLS)
}

fn scopes_schema() -> Schema {
    words_schema(&[
        Scope::Authenticate,
        Scope::Challenge,
        Scope::Read,
        Scope::Unlock,
        Scope::Write,
    ])
}

impl ClientBody {
    /// What can be written of a client as it is.
    pub fn of(client: &Client) -> Self {
        Self {
            id: client.name.clone(),
            secret: None,
            grants: client.grants.clone(),
            protocols: client.protocols.clone(),
            scopes: client.scopes.clone(),
            caller_supplied_challenge: client.caller_supplied_challenge,
            addresses: client.addresses.clone(),
            certificate_sha256: client.certificate_sha256.clone(),
            default_policy: client.default_policy.clone(),
            default_channel: client.default_channel.clone(),
            token_s: client.token_s,
            user_token_s: client.user_token_s,
        }
    }

    /// The client that is wanted.
    pub(in crate::management) fn blueprint(
        &self,
        secret: Option<SecretString>,
    ) -> Result<ClientBlueprint, Refusal> {
        let strange = self.addresses.iter().enumerate();
        let strange = strange.filter(|(_, address)| !networks::is_one(address));
        let strange: Vec<_> = strange
            .map(|(at, address)| {
                let detail = format!("{address:?} is no address and no network");
                FieldError::new(format!("/addresses/{at}"), detail)
            })
            .collect();
        if !strange.is_empty() {
            return Err(Refusal::Invalid(strange));
        }
        Ok(ClientBlueprint {
            id: self.id.clone(),
            secret,
            grants: self.grants.clone(),
            protocols: self.protocols.clone(),
            scopes: self.scopes.clone(),
            caller_supplied_challenge: self.caller_supplied_challenge,
            addresses: self.addresses.clone(),
            certificate_sha256: self.certificate_sha256.clone(),
            default_policy: self.default_policy.clone(),
            default_channel: self.default_channel.clone(),
            token_s: self.token_s,
            user_token_s: self.user_token_s,
        })
    }
}

impl ClientShown {
    /// The client, with its tag.
    pub(in crate::management) fn of(client: &Client) -> Tagged<Self> {
        let shown = Self {
            id: client.name.clone(),
            has_secret: client.secret.is_some(),
            secret: None,
            grants: client.grants.clone(),
            protocols: client.protocols.clone(),
            scopes: client.scopes.clone(),
            caller_supplied_challenge: client.caller_supplied_challenge,
            addresses: client.addresses.clone(),
            certificate_sha256: client.certificate_sha256.clone(),
            default_policy: client.default_policy.clone(),
            default_channel: client.default_channel.clone(),
            token_s: client.token_s,
            user_token_s: client.user_token_s,
            warnings: Vec::new(),
        };
        let kept = client.secret.as_ref().map(|secret| secret.mac.as_slice());
        let tag = Tag::of(&shown, &[kept]);
        Tagged { value: shown, tag }
    }
}
