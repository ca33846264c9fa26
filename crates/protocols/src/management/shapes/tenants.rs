//! Tenants as JSON: the members of the provisioning file, and what only an answer has.

use challenge::directory::provision::OkayBlueprint;
use challenge::directory::{OkaySettings, PinPlace, Tenant, TenantStatus};
use challenge::secret::Sealed;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;

use crate::management::members::{SecretGiven, word_schema};
use crate::management::moment;
use crate::management::precondition::{Tag, Tagged};
use crate::management::refusal::Refusal;
use crate::management::shapes::told::{ToldOnce, never, nothing};

/// A tenant to be made, or as it is to be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementTenantBody)]
pub struct TenantBody {
    /// Its name, unique in the server: a segment of paths. It cannot be changed.
    #[schema(
        examples("ONLINEBANK"),
        min_length = 1,
        max_length = 256,
        pattern = "^[A-Za-z0-9._~-]+$"
    )]
    pub name: String,
    /// Its name for people; null: the name.
    #[serde(default)]
    #[schema(examples("Online Bank"))]
    pub display_name: Option<String>,
    /// What approvals on a phone need; null: none are asked for.
    #[serde(default)]
    pub okay: Option<OkayBody>,
}

/// A tenant's settings for approvals on a phone.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ManagementOkayBody)]
pub struct OkayBody {
    /// The tenant's number on the wire, unique in the server; null: the first free one from 150001 on.
    #[schema(examples(150_001), minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    pub id: Option<u64>,
    /// The secret that requests and callbacks are signed with; absent: as it is.
    #[serde(skip_serializing_if = "never", serialize_with = "nothing")]
    #[schema(default = json!(null))]
    pub secret: Option<SecretGiven>,
    /// Where callbacks go.
    #[schema(examples("https://bank.example/callback"))]
    pub callback_url: Option<String>,
    /// A second secret, for Standard Webhooks signatures on callbacks; absent: as it is.
    #[serde(skip_serializing_if = "never", serialize_with = "nothing")]
    #[schema(default = json!(null))]
    pub callback_standard_secret: Option<SecretGiven>,
    /// Whether callbacks may go to a private or loopback address. For officers of the server.
    pub allow_private_callback: bool,
    /// Whether pushes may. For officers of the server.
    pub allow_private_push: bool,
    /// The word that tells a declined approval: `CANCEL` or `NO`.
    #[schema(schema_with = decline_words)]
    pub decline_word: String,
    /// Who verifies a PIN.
    #[schema(schema_with = pin_places)]
    pub pin: PinPlace,
    /// Whether the phone asks for a number that the partner's page shows.
    pub number_matching: bool,
    /// Seconds an approval may be pending.
    #[schema(minimum = 1, maximum = 86_400)]
    pub pending_s: u32,
    /// Approvals that may be pending for one user.
    #[schema(minimum = 1, maximum = 1000)]
    pub max_pending: u32,
    /// Approvals that may start for one user in five minutes.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub starts_per_5_min: u32,
    /// Links and approvals that the tenant may start in a minute on each node; null: any number.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub starts_per_min: Option<u32>,
    /// Seconds a linking code lives.
    #[schema(minimum = 1, maximum = 604_800)]
    pub linking_s: u32,
    /// The fewest digits of a linking code.
    #[schema(minimum = 6, maximum = 12)]
    pub linking_digits: u32,
    /// Seconds for which a user who said "this was not me" is asked nothing.
    #[schema(minimum = 0, maximum = 604_800)]
    pub pause_s: u32,
    /// Whether the tenant may use the protocol. For officers of the server.
    #[schema(schema_with = statuses)]
    pub status: TenantStatus,
    /// The end of a trial: a date, or a moment. For officers of the server.
    #[schema(examples("2027-01-31T00:00:00Z"))]
    pub trial_expires: Option<String>,
}

/// A tenant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementTenant)]
pub struct TenantShown {
    /// Its name.
    #[schema(examples("ONLINEBANK"))]
    pub name: String,
    /// Its name for people.
    #[schema(examples("Online Bank"))]
    pub display_name: String,
    /// Its settings for approvals on a phone; null: none are asked for.
    #[schema(required)]
    pub okay: Option<OkayShown>,
    /// What is better not asked for; told once, in the answer to whoever asked for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub warnings: Vec<String>,
}

/// A tenant's settings for approvals on a phone.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementOkay)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own, as in the provisioning file"
)]
pub struct OkayShown {
    /// The tenant's number on the wire.
    #[schema(examples(150_001))]
    pub id: u64,
    /// Whether there is a secret that requests and callbacks are signed with.
    pub has_secret: bool,
    /// The secret, where this request had it drawn. It is told nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub secret: Option<ToldOnce>,
    /// Where callbacks go.
    #[schema(required)]
    pub callback_url: Option<String>,
    /// Whether there is a second secret.
    pub has_callback_standard_secret: bool,
    /// The second secret, where this request had it drawn. It is told nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub callback_standard_secret: Option<ToldOnce>,
    /// Since when no callback leaves, because the receiver answered 410.
    #[schema(required)]
    pub callback_stopped_at: Option<String>,
    /// Whether callbacks may go to a private or loopback address.
    pub allow_private_callback: bool,
    /// Whether pushes may.
    pub allow_private_push: bool,
    /// The word that tells a declined approval.
    #[schema(schema_with = decline_words)]
    pub decline_word: String,
    /// Who verifies a PIN.
    #[schema(schema_with = pin_places)]
    pub pin: PinPlace,
    /// Whether the phone asks for a number that the partner's page shows.
    pub number_matching: bool,
    /// Seconds an approval may be pending.
    pub pending_s: u32,
    /// Approvals that may be pending for one user.
    pub max_pending: u32,
    /// Approvals that may start for one user in five minutes.
    pub starts_per_5_min: u32,
    /// Links and approvals that the tenant may start in a minute on each node; null: any number.
    #[schema(required)]
    pub starts_per_min: Option<u32>,
    /// Seconds a linking code lives.
    pub linking_s: u32,
    /// The fewest digits of a linking code.
    pub linking_digits: u32,
    /// Seconds for which a user who said "this was not me" is asked nothing.
    pub pause_s: u32,
    /// Whether the tenant may use the protocol.
    #[schema(schema_with = statuses)]
    pub status: TenantStatus,
    /// The end of a trial.
    #[schema(required)]
    pub trial_expires: Option<String>,
    /// Whether the tenant may use the protocol now: it is active, and no trial is over.
    pub is_open: bool,
}

fn decline_words() -> Schema {
    word_schema(&["CANCEL", "NO"])
}

fn pin_places() -> Schema {
    word_schema(&[PinPlace::Tenant, PinPlace::Server])
}

fn statuses() -> Schema {
    word_schema(&[TenantStatus::Active, TenantStatus::Inactive])
}

impl Default for OkayBody {
    /// What the provisioning file has by default.
    fn default() -> Self {
        Self {
            id: None,
            ..Self::of(&OkayBlueprint::numbered(0).settings)
        }
    }
}

impl OkayBody {
    /// What can be written of the settings as they are.
    pub fn of(okay: &OkaySettings) -> Self {
        Self {
            id: Some(okay.id),
            secret: None,
            callback_url: okay.callback_url.clone(),
            callback_standard_secret: None,
            allow_private_callback: okay.allow_private_callback,
            allow_private_push: okay.allow_private_push,
            decline_word: okay.decline_word.clone(),
            pin: okay.pin,
            number_matching: okay.number_matching,
            pending_s: okay.pending_s,
            max_pending: okay.max_pending,
            starts_per_5_min: okay.starts_per_5_min,
            starts_per_min: okay.starts_per_min,
            linking_s: okay.linking_s,
            linking_digits: okay.linking_digits,
            pause_s: okay.pause_s,
            status: okay.status,
            trial_expires: okay.trial_expires.map(moment::show),
        }
    }

    /// The settings that are wanted, secrets apart; `free` is the number of a tenant that names none.
    pub(in crate::management) fn settings(&self, free: u64) -> Result<OkaySettings, Refusal> {
        let expires = self.trial_expires.as_deref();
        let expires = expires.map(|text| moment::read("/okay/trial_expires", text));
        let settings = OkayBlueprint::numbered(self.id.unwrap_or(free)).settings;
        Ok(OkaySettings {
            callback_url: self.callback_url.clone(),
            allow_private_callback: self.allow_private_callback,
            allow_private_push: self.allow_private_push,
            decline_word: self.decline_word.clone(),
            pin: self.pin,
            number_matching: self.number_matching,
            pending_s: self.pending_s,
            max_pending: self.max_pending,
            starts_per_5_min: self.starts_per_5_min,
            starts_per_min: self.starts_per_min,
            linking_s: self.linking_s,
            linking_digits: self.linking_digits,
            pause_s: self.pause_s,
            status: self.status,
            trial_expires: expires.transpose()?,
            ..settings
        })
    }
}

impl TenantBody {
    /// What can be written of a tenant as it is.
    pub fn of(tenant: &Tenant) -> Self {
        Self {
            name: tenant.name.clone(),
            display_name: Some(tenant.display_name.clone()),
            okay: tenant.okay.as_ref().map(OkayBody::of),
        }
    }
}

impl TenantShown {
    /// The tenant at this moment, with its tag.
    pub(in crate::management) fn of(
        tenant: &Tenant,
        now: challenge::clock::Timestamp,
    ) -> Tagged<Self> {
        let shown = Self {
            name: tenant.name.clone(),
            display_name: tenant.display_name.clone(),
            okay: tenant.okay.as_ref().map(|okay| OkayShown::of(okay, now)),
            warnings: Vec::new(),
        };
        let okay = tenant.okay.as_ref();
        let kept =
            |of: fn(&OkaySettings) -> Option<&Sealed>| okay.and_then(of).map(Sealed::as_bytes);
        let secrets = [
            kept(|okay| okay.secret.as_ref()),
            kept(|okay| okay.callback_standard_secret.as_ref()),
        ];
        let tag = Tag::of(&shown, &secrets);
        Tagged { value: shown, tag }
    }
}

impl OkayShown {
    fn of(okay: &OkaySettings, now: challenge::clock::Timestamp) -> Self {
        let is_over = okay.trial_expires.is_some_and(|end| end <= now);
        Self {
            id: okay.id,
            has_secret: okay.secret.is_some(),
            secret: None,
            callback_url: okay.callback_url.clone(),
            has_callback_standard_secret: okay.callback_standard_secret.is_some(),
            callback_standard_secret: None,
            callback_stopped_at: okay.callback_stopped_at.map(moment::show),
            allow_private_callback: okay.allow_private_callback,
            allow_private_push: okay.allow_private_push,
            decline_word: okay.decline_word.clone(),
            pin: okay.pin,
            number_matching: okay.number_matching,
            pending_s: okay.pending_s,
            max_pending: okay.max_pending,
            starts_per_5_min: okay.starts_per_5_min,
            starts_per_min: okay.starts_per_min,
            linking_s: okay.linking_s,
            linking_digits: okay.linking_digits,
            pause_s: okay.pause_s,
            status: okay.status,
            trial_expires: okay.trial_expires.map(moment::show),
            is_open: okay.status == TenantStatus::Active && !is_over,
        }
    }
}

/// The two secrets of a tenant as they are wanted.
#[derive(Clone, Debug, Default)]
pub(in crate::management) struct OkaySecrets {
    pub(in crate::management) secret: Option<SecretString>,
    pub(in crate::management) callback_standard_secret: Option<SecretString>,
}
