//! Results: what there is, in the words of this protocol. Which of its members are told is the projection's.

use challenge::approval::{self, Device};
use challenge::clock::Timestamp;
use challenge::directory::{Authenticator, Client, TenantView, User, UserRecord};
use challenge::id::Id;
use challenge::lifecycle::Challenge;
use challenge::lockout::{self, Gate};
use challenge::policy::Limits;
use challenge::standing::{Standing, Status};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::dualshield::token;

/// What a linked phone is called as a product.
pub(super) const PHONE: &str = "Phone";

/// One user as of now, seen by one client.
pub(super) struct View<'a> {
    /// The user's tenant.
    pub(super) tenant: &'a TenantView,
    /// Who looks.
    pub(super) client: &'a Client,
    /// The user.
    pub(super) record: &'a UserRecord,
    /// What moves about the user.
    pub(super) standing: &'a Standing,
    /// The present moment.
    pub(super) now: Timestamp,
}

/// A moment as ISO 8601 in UTC, to the second.
pub(super) fn moment(at: Timestamp) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at.unix_ms().div_euclid(1000));
    // Moments of this server lie in years of four digits.
    at.ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// A challenge.
pub(super) fn challenge(tenant: &TenantView, record: &UserRecord, challenge: &Challenge) -> Value {
    json!({
        "id": challenge.id.to_string(),
        "code": challenge.question,
        "starts": moment(challenge.issued_at),
        "expires": moment(challenge.answer_by),
        "reference": challenge.reference(),
        "user": user(tenant, &record.user),
        "token": challenge.authenticator.and_then(|id| one_of(record, id)).map(token_named),
    })
}

/// Who answered, and with what.
pub(super) fn verified(tenant: &TenantView, record: &UserRecord, with: Id<Authenticator>) -> Value {
    json!({
        "user": user(tenant, &record.user),
        "token": one_of(record, with).map(token_named),
    })
}

/// Who answered.
pub(super) fn of_user(tenant: &TenantView, record: &UserRecord) -> Value {
    json!({"user": user(tenant, &record.user)})
}

/// A domain.
pub(super) fn domain(tenant: &TenantView) -> Value {
    let tenant = &tenant.tenant;
    json!({
        "id": tenant.id.to_string(),
        "name": tenant.name,
        "displayName": tenant.display_name,
    })
}

fn user(tenant: &TenantView, user: &User) -> Value {
    json!({
        "id": user.id.to_string(),
        "loginName": user.login_name,
        "externalId": user.external_id,
        "displayName": user.display_name,
        "domain": domain(tenant),
    })
}

fn one_of(record: &UserRecord, id: Id<Authenticator>) -> Option<&Authenticator> {
    let all = record.authenticators.iter().map(AsRef::as_ref);
    all.into_iter().find(|one: &&Authenticator| one.id == id)
}

/// What of a token never moves.
fn token_named(one: &Authenticator) -> Value {
    let (name, method, function) = token::product(one);
    json!({
        "id": one.id.to_string(),
        "serial": one.serial,
        "deviceId": one.device_id,
        "product": {"name": name, "method": method, "functions": [function]},
    })
}

impl View<'_> {
    /// A token with its state.
    pub(super) fn token(&self, one: &Authenticator) -> Value {
        let status = match self.standing.status(one) {
            Status::Active => "ACTIVE",
            Status::Locked => "DISABLED",
            Status::Revoked => "DECEASED",
        };
        let mut token = token_named(one);
        token["status"] = status.into();
        token["user"] = user(self.tenant, &self.record.user);
        let assignment = self.assignment_state(one).map(|(status, attempts_left)| {
            json!({"id": one.id.to_string(), "status": status, "attemptsLeft": attempts_left})
        });
        token["tokenAssignments"] = json!({"elements": Vec::from_iter(assignment)});
        token
    }

    /// A token's assignment to the user; nothing where the token was taken away for good.
    pub(super) fn assignment(&self, one: &Authenticator) -> Option<Value> {
        let (status, attempts_left) = self.assignment_state(one)?;
        let mut token = token_named(one);
        token["status"] = self.token(one)["status"].take();
        Some(json!({
            "id": one.id.to_string(),
            "status": status,
            "attemptsLeft": attempts_left,
            "user": user(self.tenant, &self.record.user),
            "token": token,
        }))
    }

    /// The linked phone as a token.
    pub(super) fn phone(&self, phone: &Device) -> Value {
        let mut token = phone_named(phone);
        token["status"] = "ACTIVE".into();
        token["user"] = user(self.tenant, &self.record.user);
        let (status, attempts_left) = self.state_under(approval::POLICY);
        let assignment = json!({
            "id": phone.id.to_string(), "status": status, "attemptsLeft": attempts_left,
        });
        token["tokenAssignments"] = json!({"elements": [assignment]});
        token
    }

    /// The linked phone's assignment to the user.
    pub(super) fn phone_assignment(&self, phone: &Device) -> Value {
        let (status, attempts_left) = self.state_under(approval::POLICY);
        let mut token = phone_named(phone);
        token["status"] = "ACTIVE".into();
        json!({
            "id": phone.id.to_string(),
            "status": status,
            "attemptsLeft": attempts_left,
            "user": user(self.tenant, &self.record.user),
            "token": token,
        })
    }

    fn assignment_state(&self, one: &Authenticator) -> Option<(&'static str, u32)> {
        match self.standing.status(one) {
            Status::Revoked => None,
            Status::Locked => Some(("DISABLED", 0)),
            Status::Active => {
                let default = self.client.default_policy.as_ref();
                let policy = default.filter(|code| one.policies.contains(code));
                let policy = policy.or(one.policies.first());
                Some(self.state_under(policy.map_or("", String::as_str)))
            }
        }
    }

    /// Whether the user is locked under a policy, and how many wrong answers are left.
    fn state_under(&self, code: &str) -> (&'static str, u32) {
        let limits = self.tenant.policy(code);
        let limits = limits.map_or_else(Limits::default, |policy| policy.limits.clone());
        let tally = self
            .standing
            .policies
            .get(code)
            .cloned()
            .unwrap_or_default();
        let is_locked =
            self.standing.locked || lockout::gate(&tally, &limits, self.now) == Gate::Locked;
        if is_locked {
            ("LOCKED", 0)
        } else {
            ("ACTIVE", lockout::attempts_left(&tally, &limits, self.now))
        }
    }
}

fn phone_named(phone: &Device) -> Value {
    let id = phone.id.to_string();
    json!({
        "id": id,
        "serial": id,
        "deviceId": id,
        "product": {"name": PHONE, "method": token::OOBA, "functions": [token::OOBA]},
        "oobDeviceModel": phone.name,
        "oobDeviceType": phone.platform,
    })
}
