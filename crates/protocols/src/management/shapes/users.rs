//! Users as JSON: the members of the provisioning file, and how they stand.

use std::collections::BTreeMap;

use challenge::clock::Timestamp;
use challenge::directory::provision::UserBlueprint;
use challenge::directory::{Authenticator, TenantView, User};
use challenge::lockout::{self, Gate};
use challenge::standing::{Movement, Standing, Status, Tally};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;

use crate::management::members::word_schema;
use crate::management::moment;
use crate::management::precondition::{Tag, Tagged};
use crate::management::shapes::told::{never, nothing};

/// A user to be made, or as it is to be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementUserBody)]
pub struct UserBody {
    /// The name the user signs in with, unique in the tenant. It cannot be changed.
    #[schema(examples("myTestUser1"), min_length = 1, max_length = 256)]
    pub login_name: String,
    /// The caller's own name for the user, unique in the tenant.
    #[serde(default)]
    #[schema(examples("uid406jkt"), min_length = 1, max_length = 256)]
    pub external_id: Option<String>,
    /// The user's name for people.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 256)]
    pub display_name: Option<String>,
    /// Where notices go.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 256)]
    pub email: Option<String>,
    /// Where short messages go.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 256)]
    pub phone: Option<String>,
    /// The static password; absent: as it is. In a change, null takes it away.
    #[serde(default, skip_serializing_if = "never", serialize_with = "nothing")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1024)]
    pub password: Option<SecretString>,
}

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementUser)]
pub struct UserShown {
    /// The user's id, in decimals.
    #[schema(examples("4503599627370496"))]
    pub id: String,
    /// The name the user signs in with.
    #[schema(examples("myTestUser1"))]
    pub login_name: String,
    /// The caller's own name for the user.
    #[schema(required)]
    pub external_id: Option<String>,
    /// The user's name for people.
    #[schema(required)]
    pub display_name: Option<String>,
    /// Where notices go.
    #[schema(required)]
    pub email: Option<String>,
    /// Where short messages go.
    #[schema(required)]
    pub phone: Option<String>,
    /// Whether there is a static password.
    pub has_password: bool,
    /// Whether an officer locked the user, under every policy.
    pub locked: bool,
    /// The policies under which too many answers were wrong.
    pub locked_policies: Vec<String>,
    /// The serials of the user's authenticators, revoked ones included.
    pub authenticators: Vec<String>,
    /// What is better not asked for; told once, in the answer to whoever asked for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub warnings: Vec<String>,
}

/// How a user stands: what moves with every answer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementStanding)]
pub struct StandingShown {
    /// Whether an officer locked the user, under every policy.
    pub locked: bool,
    /// What was counted, by policy.
    pub policies: BTreeMap<String, TallyShown>,
    /// How the authenticators stand, by serial.
    pub authenticators: BTreeMap<String, MovementShown>,
}

/// What was counted for a user under one policy.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementTally)]
pub struct TallyShown {
    /// Whether too many answers were wrong.
    pub locked: bool,
    /// Consecutive failures.
    pub failures: u32,
    /// Challenges issued since the last right answer.
    pub open_challenges: u32,
    /// Right answers ever.
    pub total_succeeded: u64,
    /// Wrong answers ever.
    pub total_failed: u64,
    /// When the last right answer came.
    #[schema(required)]
    pub succeeded_at: Option<String>,
    /// When the last wrong answer came.
    #[schema(required)]
    pub last_failed_at: Option<String>,
}

/// What moves about one authenticator.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementMovement)]
pub struct MovementShown {
    /// Whether it may be used.
    #[schema(schema_with = statuses)]
    pub status: Status,
    /// The lowest counter that is not spent.
    pub next_counter: u64,
    /// The same, of the signature suite.
    pub next_signature_counter: u64,
    /// The latest time step that was spent.
    #[schema(required)]
    pub last_step: Option<u64>,
    /// Steps by which its clock runs ahead of the server's.
    pub drift_steps: i64,
    /// Whether the first of two codes for resynchronisation was given.
    pub awaits_second_code: bool,
}

/// Under which policy the counts of a user are to begin anew.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ManagementReset)]
pub struct ResetBody {
    /// The policy's code.
    #[schema(examples("AT_CUSTOTP"))]
    pub policy: String,
}

pub(super) fn statuses() -> Schema {
    word_schema(&[Status::Active, Status::Locked, Status::Revoked])
}

impl UserBody {
    /// What can be written of a user as it is.
    pub fn of(user: &User) -> Self {
        Self {
            login_name: user.login_name.clone(),
            external_id: user.external_id.clone(),
            display_name: user.display_name.clone(),
            email: user.email.clone(),
            phone: user.phone.clone(),
            password: None,
        }
    }

    /// The user that is wanted.
    pub(in crate::management) fn blueprint(&self) -> UserBlueprint {
        UserBlueprint {
            login_name: self.login_name.clone(),
            external_id: self.external_id.clone(),
            display_name: self.display_name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            password: self.password.clone(),
            authenticators: Vec::new(),
        }
    }
}

/// A user as read, whose standing may be missing in a damaged database.
pub(in crate::management) struct Person<'a> {
    pub(in crate::management) view: &'a TenantView,
    pub(in crate::management) user: &'a User,
    pub(in crate::management) authenticators: &'a [Authenticator],
    pub(in crate::management) standing: &'a Standing,
}

impl Person<'_> {
    /// The policies under which too many answers were wrong.
    pub(in crate::management) fn locked_policies(&self, now: Timestamp) -> Vec<String> {
        let locked = self.standing.policies.iter();
        let locked = locked.filter(|(code, tally)| self.is_locked(code, tally, now));
        locked.map(|(code, _)| code.clone()).collect()
    }

    fn is_locked(&self, code: &str, tally: &Tally, now: Timestamp) -> bool {
        let policy = self.view.policy(code);
        policy.is_some_and(|policy| lockout::gate(tally, &policy.limits, now) == Gate::Locked)
    }
}

impl UserShown {
    /// The user at this moment, with its tag.
    pub(in crate::management) fn of(person: &Person<'_>, now: Timestamp) -> Tagged<Self> {
        let user = person.user;
        let serials = person.authenticators.iter();
        let shown = Self {
            id: user.id.to_string(),
            login_name: user.login_name.clone(),
            external_id: user.external_id.clone(),
            display_name: user.display_name.clone(),
            email: user.email.clone(),
            phone: user.phone.clone(),
            has_password: user.password_hash.is_some(),
            locked: person.standing.locked,
            locked_policies: person.locked_policies(now),
            authenticators: serials.map(|one| one.serial.clone()).collect(),
            warnings: Vec::new(),
        };
        let tag = Tag::of(&shown, &[user.password_hash.as_deref().map(str::as_bytes)]);
        Tagged { value: shown, tag }
    }
}

impl StandingShown {
    /// How the user stands at this moment.
    pub(in crate::management) fn of(person: &Person<'_>, now: Timestamp) -> Self {
        let tallies = person.standing.policies.iter();
        let tallies = tallies.map(|(code, tally)| {
            let shown = TallyShown {
                locked: person.is_locked(code, tally, now),
                failures: tally.failures,
                open_challenges: tally.open_challenges,
                total_succeeded: tally.total_succeeded,
                total_failed: tally.total_failed,
                succeeded_at: tally.succeeded_at.map(moment::show),
                last_failed_at: tally.last_failed_at.map(moment::show),
            };
            (code.clone(), shown)
        });
        let movements = person.authenticators.iter().map(|one| {
            let movement = person.standing.movement(one).cloned();
            // Without a movement of its own it must not be used, and counts as revoked.
            let movement = movement.unwrap_or(Movement {
                status: Status::Revoked,
                ..Movement::default()
            });
            (one.serial.clone(), MovementShown::of(&movement))
        });
        Self {
            locked: person.standing.locked,
            policies: tallies.collect(),
            authenticators: movements.collect(),
        }
    }
}

impl MovementShown {
    fn of(movement: &Movement) -> Self {
        Self {
            status: movement.status,
            next_counter: movement.next_counter,
            next_signature_counter: movement.next_signature_counter,
            last_step: movement.last_step,
            drift_steps: movement.drift_steps,
            awaits_second_code: movement.awaited.is_some(),
        }
    }
}
