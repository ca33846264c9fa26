//! Static passwords: verified under the same lock-out as everything else, and never spent.
//!
//! They prove knowledge alone, and only where a policy says `static_password`. Hashing is in
//! `directory::provision`, off the async threads through [`PinHasher`].

use std::sync::Arc;

use secrecy::SecretString;

use crate::administration::{Actor, Subject};
use crate::approval::pin::{CannotHash, PinHasher};
use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::{TenantView, UserKey, UserRecord};
use crate::lockout::{self, Gate};
use crate::policy::Policy;
use crate::ports::Change;
use crate::refusal::{Refusal, Why};
use crate::standing::Standing;
use crate::verifier::{Context, Verifier};

/// The most bytes of a password; protocols refuse longer ones.
pub const LENGTH_MAX: usize = 1024;

/// What is compared with where there is no password: the hash of a text that nobody knows, with the
/// cost of all others.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$Y291bnRlcnNpZ24tZGVjb3k$\
    0000000000000000000000000000000000000000000";

/// A password to be verified.
#[derive(Clone, Copy)]
pub struct PasswordAnswer<'a> {
    /// Who asks.
    pub context: Context<'a>,
    /// Whose it is said to be.
    pub user: UserKey<'a>,
    /// The policy; nothing: the client's default, else the first that takes passwords.
    pub policy: Option<&'a str>,
    /// The password.
    pub unverified_password: &'a SecretString,
}

impl Verifier {
    /// Verifies a static password; gives who has it.
    ///
    /// The hash is computed whoever the user is, before the lock is looked at.
    pub async fn answer_password(
        &self,
        answer: &PasswordAnswer<'_>,
        hasher: &dyn PinHasher,
    ) -> Result<Arc<UserRecord>, Refusal> {
        let context = &answer.context;
        let policy = policy_for(context, answer.policy)?;
        let tenant = context.tenant.tenant.id;
        let record = self.catalogue.user(tenant, answer.user).await?;
        let hash = record
            .as_ref()
            .and_then(|record| record.user.password_hash.clone());
        let has_password = hash.is_some();
        let right = hasher
            .matches(
                hash.unwrap_or_else(|| NOBODYS.to_owned()),
                answer.unverified_password.clone(),
            )
            .await
            .map_err(|CannotHash| Refusal::Unavailable(CannotHash.to_string()))?;
        let (why, record) = match record {
            Some(record) if has_password => {
                let subject = Subject {
                    policy: Some(&policy.code),
                    ..Subject::of_user(&record.user, EventKind::Password)
                };
                let actor = Actor::of(context);
                let mut tokens = record.authenticators.iter();
                let alone = !tokens.any(|one| one.policies.contains(&policy.code));
                let judged = self.act(&actor, &subject, |standing| {
                    Ok(judge(&policy, standing, (right, alone), self.clock.now()))
                });
                return match judged.await? {
                    Ok(()) => Ok(record),
                    // The one that locks is told as locked, like every answer.
                    Err(Why::Wrong { attempts_left: 0 }) => Err(Refusal::NotVerified(Why::Locked)),
                    Err(why) => Err(Refusal::NotVerified(why)),
                };
            }
            Some(record) => (Why::NoAuthenticator, Some(record)),
            None => (Why::UnknownUser, None),
        };
        let mut event = self.event(context, EventKind::Password, Outcome::NotFound);
        event.user = record.map(|record| record.user.id);
        event.detail.policy = Some(policy.code.clone());
        self.commit(Change::telling(event)).await?;
        Err(Refusal::NotVerified(why))
    }
}

const NOT_TAKEN: &str = "no policy of this tenant takes static passwords; set static_password = true \
    in the policy that is meant";

/// The first policy of a tenant, by code, that takes passwords.
fn first_policy(tenant: &TenantView) -> Option<Arc<Policy>> {
    let taking = tenant.policies();
    let taking = taking.filter(|policy| policy.limits.static_password);
    taking
        .min_by(|one, other| one.code.cmp(&other.code))
        .cloned()
}

/// The policy that a password is given under: the one named, else the client's default, else the first
/// that takes passwords.
fn policy_for(context: &Context<'_>, named: Option<&str>) -> Result<Arc<Policy>, Refusal> {
    let policy = match named.or(context.client.default_policy.as_deref()) {
        Some(code) => context.policy(code)?,
        None => first_policy(context.tenant).ok_or(Refusal::DoesNotFit(NOT_TAKEN.to_owned()))?,
    };
    if !policy.limits.static_password {
        return Err(Refusal::DoesNotFit(NOT_TAKEN.to_owned()));
    }
    Ok(policy)
}

/// Whether a password that names no policy is taken from this client.
pub fn takes_passwords(context: &Context<'_>) -> bool {
    policy_for(context, None).is_ok()
}

/// The user's standing after a password, and what was wrong with it.
///
/// Where the user has a token under the same policy (not `alone`), a right password leaves what was
/// counted as it was: else whoever knows it could guess the token's codes without end.
fn judge(
    policy: &Policy,
    standing: &Standing,
    (right, alone): (bool, bool),
    now: Timestamp,
) -> (Standing, Result<(), Why>) {
    let limits = &policy.limits;
    let mut next = standing.clone();
    let tally = next.policies.entry(policy.code.clone()).or_default();
    if standing.locked || lockout::gate(tally, limits, now) == Gate::Locked {
        return (standing.clone(), Err(Why::Locked));
    }
    if right {
        let counted = lockout::after_success(tally, now);
        *tally = if alone {
            counted
        } else {
            lockout::keeping_counts(tally, counted)
        };
        return (next, Ok(()));
    }
    *tally = lockout::after_failure(tally, limits, now);
    let attempts_left = lockout::attempts_left(tally, limits, now);
    (next, Err(Why::Wrong { attempts_left }))
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordVerifier;
    use argon2::password_hash::phc::PasswordHash;

    use super::*;

    /// A decoy that does not parse would cost nothing, and tell by that who has no password.
    #[test]
    fn the_decoy_costs_as_much_as_a_password() {
        let decoy = PasswordHash::new(NOBODYS).unwrap();
        let real = crate::directory::provision::password::hash(
            &crate::rng::DangerCountingRng::default(),
            &SecretString::from("correct horse"),
        );
        let real = real.unwrap();
        let real = PasswordHash::new(&real).unwrap();
        assert_eq!(decoy.algorithm, real.algorithm);
        assert_eq!(decoy.params, real.params);
        assert_eq!(
            decoy.hash.map(|hash| hash.len()),
            real.hash.map(|hash| hash.len())
        );
        assert!(
            argon2::Argon2::default()
                .verify_password(b"correct horse", NOBODYS)
                .is_err()
        );
    }
}
