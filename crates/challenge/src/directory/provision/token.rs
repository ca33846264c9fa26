//! Planning authenticators: enrolled once, and from then on never set back by a blueprint.

use oath::ocra::Suite;
use oath::{Digits, Key, otpauth};
use secrecy::ExposeSecret;

use super::blueprint::{AuthenticatorBlueprint, KeySource};
use super::draft::{Draft, Within};
use super::enrolment::{self, Enrolment, MOBILE_ID};
use super::findings::At;
use super::provisioner::{Generated, GeneratedKey};
use super::sealing::Resealed;
use super::standings::Standings;
use super::{differences, names};
use crate::directory::{Authenticator, AuthenticatorKey, Method, User};
use crate::id::Id;
use crate::policy::Policy;
use crate::ports::StoreError;
use crate::secret::Sealed;
use crate::standing::{Movement, Status};

/// RFC 4226 section 4 (R6) wants at least 128 bits.
const KEY_LENGTH_WISE: usize = 16;

impl Draft<'_> {
    pub(super) async fn plan_token(
        &mut self,
        within: &Within,
        at: &At,
        (user, token, held): (Id<User>, &AuthenticatorBlueprint, &[Authenticator]),
        standings: &mut Standings,
    ) -> Result<(), StoreError> {
        let mut present = held
            .iter()
            .find(|held| held.serial == token.serial)
            .cloned();
        if present.is_none() && within.exists {
            let key = AuthenticatorKey::Serial(&token.serial);
            present = self.context.store.authenticator(within.tenant, key).await?;
        }
        let former = present
            .as_ref()
            .map(|present| present.user)
            .filter(|held| *held != user);
        let policies = self.served_policies(within, at, token);
        self.check_token(at, token);
        let served: Vec<_> = policies
            .iter()
            .filter_map(|code| within.policy(code))
            .collect();
        let Some(enrolment) = enrolment::check(&mut self.found, at, token, &served) else {
            return Ok(());
        };
        let planned = self.planned(within, at, (user, token, &enrolment), present.as_ref());
        let Some((next, key_told)) = planned else {
            return Ok(());
        };
        let next = Authenticator { policies, ..next };

        if let Some(former) = former {
            standings.read(self.context.store, former).await?;
            let movement = standings.take(former, next.id);
            standings.set(user, next.id, movement);
            self.changed(
                within.tenant,
                at,
                "handed on to this user, with what it spent",
            );
        }
        let before = present.as_ref().map(|_| standings.movement(user, next.id));
        let status_told = self.move_on(at, token, (before.as_ref(), key_told), |movement| {
            let method = present.as_ref().map(|present| &present.method);
            standings.set(user, next.id, rescaled(movement, method, &next));
        });
        let told = present.as_ref().map(|present| {
            let mut told = differences::between(present, &next);
            told.extend(key_told.then(|| "secret: changed, enrolled anew".to_owned()));
            let pin = (
                present.pin.is_some(),
                next.pin.is_some(),
                present.pin == next.pin,
            );
            told.extend(match pin {
                (_, _, true) => None,
                (_, false, _) => Some("pin: removed".to_owned()),
                _ => Some("pin: changed".to_owned()),
            });
            told.extend(status_told);
            told
        });
        match told {
            None => self.changed(within.tenant, at, "created"),
            Some(told) if told.is_empty() && former.is_none() => return Ok(()),
            Some(told) if told.is_empty() => {}
            Some(told) => self.changed(within.tenant, at, told.join(", ")),
        }
        self.provision.authenticators.push(next);
        Ok(())
    }

    /// The policies it serves: those named, or all of the tenant's.
    fn served_policies(
        &mut self,
        within: &Within,
        at: &At,
        token: &AuthenticatorBlueprint,
    ) -> Vec<String> {
        let all = || {
            within
                .policies
                .iter()
                .map(|policy: &Policy| policy.code.clone())
                .collect()
        };
        let named: Vec<String> = token.policies.clone().unwrap_or_else(all);
        if named.is_empty() {
            self.found.problem(
                at,
                "policies: it serves none; describe a policy of the tenant",
            );
        }
        for code in named.iter().filter(|code| within.policy(code).is_none()) {
            let known = within.policy_codes();
            self.found.problem(
                at,
                format!("policies: the tenant has no {code}; it has {known}"),
            );
        }
        named
    }

    fn check_token(&mut self, at: &At, token: &AuthenticatorBlueprint) {
        names::check_text(&mut self.found, at, "serial", &token.serial);
        names::check_optional(&mut self.found, at, "device_id", token.device_id.as_ref());
        names::check_optional(&mut self.found, at, "product", token.product.as_ref());
        if let KeySource::Given(key) = &token.key
            && key.as_bytes().len() < KEY_LENGTH_WISE
        {
            let length = key.as_bytes().len();
            self.found.warn(
                at,
                format!("secret: {length} bytes are weak; take {KEY_LENGTH_WISE} or more"),
            );
        }
    }

    /// The row as it is to be, its policies apart, and whether the key is another than before.
    fn planned(
        &mut self,
        within: &Within,
        at: &At,
        (user, token, enrolment): (Id<User>, &AuthenticatorBlueprint, &Enrolment),
        present: Option<&Authenticator>,
    ) -> Option<(Authenticator, bool)> {
        let id = present.map_or_else(|| self.new_id(), |present| present.id);
        let key = self.key(within, at, (token, enrolment), present).ok()?;
        let place = Authenticator::secret_place(within.tenant, id);
        let stored = present.map(|present| &present.secret);
        let secret = self.reseal(
            (at, "secret"),
            &place,
            stored,
            key.as_ref().map(|key| key.as_slice()),
        );
        let is_changed = matches!(secret, Resealed::Changed(_));
        if (is_changed || present.is_none())
            && let Some(key) = &key
        {
            self.check_new(at, &enrolment.method, key);
        }
        let (secret, _) = secret.into_parts();
        let pin = self.pin(within, at, (id, token, enrolment), present);
        let default_product = match &enrolment.method {
            Method::Ocra(_) => Some(MOBILE_ID),
            Method::Grid { .. } => Some("GridGo"),
            Method::Card => Some("GridID"),
            Method::OnDemand { .. } => Some("T-Pass"),
            Method::Hotp { .. } | Method::Totp { .. } => None,
        };
        let next = Authenticator {
            id,
            tenant: within.tenant,
            user,
            enrolment: present.map_or(0, |present| present.enrolment + u32::from(is_changed)),
            serial: token.serial.clone(),
            device_id: token
                .device_id
                .clone()
                .unwrap_or_else(|| token.serial.clone()),
            product: token.product.clone().or(default_product.map(str::to_owned)),
            policies: Vec::new(),
            method: enrolment.method.clone(),
            secret: secret?,
            pin,
        };
        Some((next, is_changed))
    }

    /// The PIN, sealed, for suites that hash one in.
    fn pin(
        &mut self,
        within: &Within,
        at: &At,
        (id, token, enrolment): (Id<Authenticator>, &AuthenticatorBlueprint, &Enrolment),
        present: Option<&Authenticator>,
    ) -> Option<Sealed> {
        if !enrolment.has_pin {
            if token.pin.is_some() && matches!(enrolment.method, Method::Ocra(_)) {
                self.found.warn(at, "pin: not used, since no suite has a P");
            }
            return None;
        }
        let stored = present.and_then(|present| present.pin.as_ref());
        let wanted = token.pin.as_ref().map(ExposeSecret::expose_secret);
        match wanted {
            None if stored.is_none() => {
                self.found
                    .problem(at, "pin: it is missing; a suite with P needs one");
            }
            Some("") => self.found.problem(at, "pin: it is empty"),
            _ => {}
        }
        let place = Authenticator::pin_place(within.tenant, id);
        let sealed = self.reseal((at, "pin"), &place, stored, wanted.map(str::as_bytes));
        sealed.into_parts().0
    }

    /// Where the counters stand after this: as they stood, unless the key is a new one. Gives what
    /// is to be told of the status.
    fn move_on(
        &mut self,
        at: &At,
        token: &AuthenticatorBlueprint,
        (before, key_changed): (Option<&Movement>, bool),
        set: impl FnOnce(Movement),
    ) -> Option<String> {
        let counter = token.counter.unwrap_or(0);
        let began = |status| Movement {
            status,
            next_counter: counter,
            next_signature_counter: counter,
            ..Movement::default()
        };
        let Some(before) = before else {
            set(began(Status::Active));
            return None;
        };
        match (before.status, key_changed) {
            (Status::Revoked, false) => {
                self.found.warn(
                    at,
                    "it was revoked and stays so; a new secret enrols it anew",
                );
            }
            (Status::Revoked, true) => {
                set(began(Status::Active));
                return Some("status: revoked → active".to_owned());
            }
            (_, true) => {
                set(began(before.status));
                return None;
            }
            (_, false) => {}
        }
        set(before.clone());
        None
    }
}

/// The movement of this enrolment, with the last spent step in the numbers of its clock: time steps
/// are counted by their length.
fn rescaled(mut movement: Movement, before: Option<&Method>, next: &Authenticator) -> Movement {
    movement.enrolment = next.enrolment;
    let (
        Some(&Method::Totp {
            period_s: old_s,
            t0: old_t0,
            ..
        }),
        &Method::Totp { period_s, t0, .. },
    ) = (before, &next.method)
    else {
        return movement;
    };
    if (old_s, old_t0) == (period_s, t0) {
        return movement;
    }
    let end_of =
        |last: u64| old_t0.saturating_add(last.saturating_add(1).saturating_mul(u64::from(old_s)));
    movement.last_step = movement.last_step.and_then(|last| {
        let elapsed_s = end_of(last).saturating_sub(1).checked_sub(t0)?;
        elapsed_s.checked_div(u64::from(period_s))
    });
    (movement.drift_steps, movement.awaited) = (0, None);
    movement
}

/// A generated key in the form in which a person can pass it on.
pub(super) fn handed_over(
    within: &Within,
    token: &AuthenticatorBlueprint,
    enrolment: &Enrolment,
    key: &Key,
) -> Option<Generated> {
    let tenant = within.name.clone();
    let uri = |kind, algorithm, digits| {
        let uri = otpauth::Uri {
            kind,
            issuer: Some(tenant.clone()),
            account: token.serial.clone(),
            key: key.clone(),
            algorithm,
            digits,
        };
        GeneratedKey::Uri(Box::new(uri))
    };
    let key = match &enrolment.method {
        Method::Hotp {
            algorithm, digits, ..
        } => {
            let kind = otpauth::Kind::Hotp {
                counter: token.counter.unwrap_or(0),
            };
            uri(kind, *algorithm, Digits::new(*digits).ok()?)
        }
        Method::Totp {
            algorithm,
            digits,
            period_s,
            ..
        } => {
            let period_s = std::num::NonZeroU32::new(*period_s)?;
            uri(
                otpauth::Kind::Totp { period_s },
                *algorithm,
                Digits::new(*digits).ok()?,
            )
        }
        Method::Ocra(suites) => {
            let counter = token.counter.unwrap_or(0);
            let suite = |text: &Option<String>| Suite::parse(text.as_deref()?).ok();
            let signing = &enrolment.signing;
            GeneratedKey::Ocra(Box::new(otpauth::OcraUri {
                issuer: Some(tenant.clone()),
                account: token.serial.clone(),
                key: key.clone(),
                response: suite(&suites.suite).map(|suite| otpauth::Response { suite, counter }),
                signature: suite(&suites.signature_suite).map(|suite| otpauth::Signature {
                    suite,
                    counter,
                    format: signing.format,
                    fields: signing.fields.clone(),
                }),
            }))
        }
        // A card is printed, a path is chosen, and what a code is kept under is nobody's to know.
        Method::Grid { .. } | Method::Card | Method::OnDemand { .. } => return None,
    };
    Some(Generated {
        tenant,
        serial: token.serial.clone(),
        key,
    })
}
