//! Resources: a user's record and standing in the vendor's words.

use challenge::clock::Timestamp;
use challenge::directory::{Authenticator, Method, TenantView, UserRecord};
use challenge::lockout::{self, Gate};
use challenge::standing::{Standing, Status, Tally};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::activid::discovery;

/// The group that every user is in: the vendor's clients list users by it.
const ROOT_GROUP: &str = "UG_ROOT";

/// One user as of now.
pub(super) struct View<'a> {
    /// Where resources are, without a slash at the end.
    pub(super) base: &'a str,
    /// The user's tenant.
    pub(super) tenant: &'a TenantView,
    /// The user.
    pub(super) record: &'a UserRecord,
    /// What moves about the user.
    pub(super) standing: &'a Standing,
    /// The present moment.
    pub(super) now: Timestamp,
}

/// The name under which callers know a user: the external id, else the login name.
pub(super) fn external_id(record: &UserRecord) -> &str {
    record
        .user
        .external_id
        .as_deref()
        .unwrap_or(&record.user.login_name)
}

impl View<'_> {
    /// The user.
    pub(super) fn user(&self) -> Value {
        let user = &self.record.user;
        let display = user.display_name.as_deref().unwrap_or(&user.login_name);
        let mut own = Vec::new();
        let attributes = [("EMAIL", &user.email), ("ATR_MOBILE", &user.phone)];
        for (name, value) in attributes {
            own.extend(
                value
                    .as_ref()
                    .map(|value| json!({"name": name, "type": "string", "value": value})),
            );
        }
        let policies = self.policies();
        let authenticators: Vec<_> = policies
            .iter()
            .map(|code| self.reference_to(code))
            .collect();
        let devices: Vec<_> = self
            .device_ids()
            .into_iter()
            .map(|id| {
                json!({
                    "value": id,
                    "display": id,
                    "$ref": self.place("Device", id),
                })
            })
            .collect();
        let multiple = |value: &Option<String>, kind: &str| -> Vec<Value> {
            value
                .iter()
                .map(|value| json!({"value": value, "type": kind}))
                .collect()
        };
        let resource = json!({
            "schemas": [
                "urn:ietf:params:scim:schemas:core:2.0:User",
                "urn:hid:scim:api:idp:2.0:UserAttribute",
                "urn:hid:scim:api:idp:2.0:UserAuthenticator",
                "urn:hid:scim:api:idp:2.0:UserDevice",
            ],
            "id": user.id.to_string(),
            "externalId": external_id(self.record),
            "userName": user.login_name,
            "displayName": display,
            "name": {"formatted": display},
            "active": !self.standing.locked,
            "emails": multiple(&user.email, "work"),
            "phoneNumbers": multiple(&user.phone, "mobile"),
            "groups": [{"value": ROOT_GROUP, "display": ROOT_GROUP}],
            "urn:hid:scim:api:idp:2.0:UserAttribute": {"attributes": own},
            "urn:hid:scim:api:idp:2.0:UserAuthenticator": {"authenticators": authenticators},
            "urn:hid:scim:api:idp:2.0:UserDevice": {"devices": devices},
        });
        self.with_meta(resource, ("User", "Users"), &user.id.to_string())
    }

    /// The user under one policy; nothing where no authenticator of the user serves it.
    pub(super) fn authenticator(&self, code: &str) -> Option<Value> {
        let policy = self.tenant.policy(code)?;
        let serving: Vec<_> = self
            .enrolled()
            .filter(|one| one.policies.iter().any(|own| own == code))
            .collect();
        if serving.is_empty() {
            return None;
        }
        let nothing = Tally::default();
        let tally = self.standing.policies.get(code).unwrap_or(&nothing);
        let usable = serving
            .iter()
            .any(|one| self.status_of(one) == Status::Active);
        let locked = lockout::gate(tally, &policy.limits, self.now) == Gate::Locked;
        let enabled = usable && !locked && !self.standing.locked;
        let id = format!("{}.{code}", self.record.user.id);
        let resource = json!({
            "schemas": ["urn:hid:scim:api:idp:2.0:Authenticator"],
            "id": id,
            "externalId": external_id(self.record),
            "status": {"status": if enabled { "ENABLED" } else { "DISABLED" }, "active": enabled},
            "owner": self.owner(),
            "policy": {"value": code},
            "statistics": statistics(tally),
        });
        Some(self.with_meta(resource, ("Authenticator", "Authenticator"), &id))
    }

    /// All of the user's authenticators.
    pub(super) fn authenticators(&self) -> Vec<Value> {
        self.policies()
            .into_iter()
            .filter_map(|code| self.authenticator(code))
            .collect()
    }

    /// A device of the user; nothing where the user has none of this id.
    pub(super) fn device(&self, device_id: &str) -> Option<Value> {
        let mut on: Vec<_> = self
            .record
            .authenticators
            .iter()
            .filter(|one| one.device_id == device_id)
            .collect();
        on.sort_by(|left, right| left.serial.cmp(&right.serial));
        let first = on.first()?;
        let has = |status| on.iter().any(|one| self.status_of(one) == status);
        let (status, active) = match (has(Status::Active), has(Status::Locked)) {
            (true, _) => ("ACTIVE", true),
            (false, true) => ("SUSPENDED", false),
            (false, false) => ("TERMINATED", false),
        };
        let credentials: Vec<_> = on
            .iter()
            .map(|one| {
                json!({
                    "value": one.id.to_string(),
                    "display": one.serial,
                    "type": one.method.kind(),
                })
            })
            .collect();
        let resource = json!({
            "schemas": ["urn:hid:scim:api:idp:2.0:Device"],
            "id": device_id,
            "externalId": first.serial,
            "type": device_type(&on),
            "friendlyName": first.product.as_deref().unwrap_or(&first.serial),
            "status": {"status": status, "active": active},
            "owner": self.owner(),
            "credentials": credentials,
        });
        Some(self.with_meta(resource, ("Device", "Device"), device_id))
    }

    /// All of the user's devices.
    pub(super) fn devices(&self) -> Vec<Value> {
        self.device_ids()
            .into_iter()
            .filter_map(|id| self.device(id))
            .collect()
    }

    /// The authenticators that were not revoked.
    fn enrolled(&self) -> impl Iterator<Item = &Authenticator> {
        let all = self
            .record
            .authenticators
            .iter()
            .map(std::convert::AsRef::as_ref);
        all.filter(|one| self.status_of(one) != Status::Revoked)
    }

    fn status_of(&self, authenticator: &Authenticator) -> Status {
        let movement = self.standing.authenticators.get(&authenticator.id);
        movement.map(|movement| movement.status).unwrap_or_default()
    }

    /// The policies that the user can be asked under, in the order of the authenticators.
    fn policies(&self) -> Vec<&str> {
        let codes = self
            .enrolled()
            .flat_map(|one| &one.policies)
            .map(String::as_str);
        distinct(codes.filter(|code| self.tenant.policy(code).is_some()))
    }

    fn device_ids(&self) -> Vec<&str> {
        distinct(
            self.record
                .authenticators
                .iter()
                .map(|one| one.device_id.as_str()),
        )
    }

    fn owner(&self) -> Value {
        let id = self.record.user.id.to_string();
        json!({
            "type": "User",
            "display": external_id(self.record),
            "$ref": self.place("Users", &id),
            "value": id,
        })
    }

    fn reference_to(&self, code: &str) -> Value {
        let id = format!("{}.{code}", self.record.user.id);
        json!({
            "type": "Authenticator",
            "display": code,
            "$ref": self.place("Authenticator", &id),
            "value": id,
        })
    }

    /// Where a resource is.
    fn place(&self, kind: &str, id: &str) -> String {
        format!("{}/{kind}/{}", self.base, discovery::segment(id))
    }

    /// Adds `meta`. The version is a digest of the rest: the same text, the same version.
    fn with_meta(&self, mut resource: Value, (kind, place): (&str, &str), id: &str) -> Value {
        let version = format!("W/\"{:016x}\"", fnv_1a(resource.to_string().as_bytes()));
        let meta = json!({
            "resourceType": kind,
            "location": self.place(place, id),
            "version": version,
        });
        if let Some(members) = resource.as_object_mut() {
            members.insert("meta".to_owned(), meta);
        }
        resource
    }
}

fn statistics(tally: &Tally) -> Value {
    let mut statistics = Map::new();
    let counts = [
        ("consecutiveFailed", u64::from(tally.failures)),
        ("consecutiveSuccess", tally.consecutive_succeeded),
        ("maximumNumberOfUsages", 0),
        ("totalFailed", tally.total_failed),
        ("totalSuccess", tally.total_succeeded),
    ];
    for (name, count) in counts {
        statistics.insert(name.to_owned(), count.to_string().into());
    }
    let dates = [
        ("lastSuccessfulDate", tally.succeeded_at),
        ("lastUnsuccessfulDate", tally.last_failed_at),
    ];
    for (name, at) in dates {
        if let Some(text) = at.and_then(date) {
            statistics.insert(name.to_owned(), text.into());
        }
    }
    Value::Object(statistics)
}

/// A moment in RFC 3339, in whole seconds.
fn date(at: Timestamp) -> Option<String> {
    let seconds = at.unix_ms().div_euclid(1000);
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()?
        .format(&Rfc3339)
        .ok()
}

/// The vendor's device type that says nothing of what is on it.
const ANY_DEVICE: &str = "DT_TDSV4";

/// The vendor's device type for what is on a device; several kinds are what its phone app holds.
fn device_type(on: &[&std::sync::Arc<Authenticator>]) -> &'static str {
    let types = on.iter().map(|one| match &one.method {
        Method::Hotp { .. } => "DT_POCK_OE",
        Method::Totp { .. } => "DT_POCK_OT",
        Method::Ocra(suites) if suites.suite.is_none() => "DT_POCK_TD",
        Method::Ocra(_) => "DT_POCK_OA",
        Method::OnDemand { .. } => "DT_OOBSMS",
        // The vendor has no type for these.
        Method::Grid { .. } | Method::Card => ANY_DEVICE,
    });
    match distinct(types).as_slice() {
        [only] => only,
        _ => ANY_DEVICE,
    }
}

fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut kept = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// FNV-1a, 64 bits: tells versions apart, and nothing relies on it.
fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}
