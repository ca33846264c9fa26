//! Issuing: a challenge is drawn, bound and counted, and takes the place of an older one.

use std::sync::Arc;

use oath::ocra::Suite;

use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::{Authenticator, UserKey, UserRecord};
use crate::id::TimedId;
use crate::lifecycle::{Challenge, Command, Purpose, State};
use crate::lockout;
use crate::methods::{self, Opened, OpenedMethod, Wanted};
use crate::policy::Policy;
use crate::ports::{ChallengeWrite, Change, StandingWrite, StoreError, Versioned};
use crate::refusal::Refusal;
use crate::standing::{LiveChallenge, Standing, Status};
use crate::verifier::{Context, TRIES, Verifier};

/// Seconds in which a right answer may be used, where a protocol uses it later.
pub(crate) const CONSUME_S: u32 = 600;

/// A challenge to be issued.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Who asks.
    pub context: Context<'a>,
    /// Who is to answer.
    pub user: UserKey<'a>,
    /// The policy; nothing: the client's default, else the authenticator's first.
    pub policy: Option<&'a str>,
    /// The one device that may answer; nothing: any fitting one of the user.
    pub device_id: Option<&'a str>,
    /// What is asked for.
    pub purpose: Purpose,
}

/// What may answer a challenge, and what it will show.
struct Bound {
    record: Arc<UserRecord>,
    policy: Arc<Policy>,
    /// The authenticators that fit, each with the suite that it responds by, if it does.
    fitting: Vec<(Arc<Authenticator>, Option<Suite>)>,
    to_device: bool,
}

impl Verifier {
    /// Issues a challenge: counted, replacing an older one that is bound alike, and on disk.
    ///
    /// A locked user gets a challenge as anybody does, so that asking for one tells nothing.
    pub async fn issue(&self, wish: &Wish<'_>) -> Result<Challenge, Refusal> {
        let bound = self.bound(wish).await?;
        let tenant = wish.context.tenant.tenant.id;
        let user = bound.record.user.id;
        let mut turn = None;
        for _ in 0..TRIES {
            let Some(standing) = self.store.standing(tenant, user).await? else {
                return Err(Refusal::Unavailable(format!("user {user} has no standing")));
            };
            let now = self.clock.now();
            let tally = standing.value.policies.get(&bound.policy.code);
            let limits = &bound.policy.limits;
            if tally.is_some_and(|tally| !lockout::may_issue(tally, limits, now)) {
                self.tell_too_many(wish, &bound).await?;
                return Err(Refusal::TooManyChallenges);
            }
            let challenge = self.drawn(wish, &bound, &standing.value, now)?;
            let change = self
                .issue_change(wish, &bound, (&standing, &challenge), now)
                .await?;
            match self.store.commit(change).await {
                Ok(()) => return Ok(challenge),
                Err(StoreError::Conflict) if turn.is_none() => {
                    turn = self.turnstiles.pass(user.number()).await;
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refusal::Unavailable(format!(
            "user {user}: {TRIES} lost races"
        )))
    }

    /// Who may answer, by the directory.
    async fn bound(&self, wish: &Wish<'_>) -> Result<Bound, Refusal> {
        let context = &wish.context;
        let found = self
            .catalogue
            .user(context.tenant.tenant.id, wish.user)
            .await?;
        let record = found.ok_or(Refusal::NotFound("user"))?;
        let fits = |one: &&Arc<Authenticator>| {
            wish.device_id.is_none_or(|device| one.device_id == device)
                && (wish.purpose == Purpose::Approve
                    || methods::fits(&one.method, Wanted::Response))
        };
        let fitting: Vec<_> = record.authenticators.iter().filter(fits).collect();
        let named = wish.policy.or(context.client.default_policy.as_deref());
        let first = fitting
            .iter()
            .find_map(|one| one.policies.first())
            .map(String::as_str);
        let code = named.or(first).ok_or(Refusal::NotFound("authenticator"))?;
        let policy = context.policy(code)?;
        let mut parsed = Vec::new();
        for one in fitting
            .into_iter()
            .filter(|one| one.policies.contains(&policy.code))
        {
            let opened = Opened::open(one, &self.keyring)?;
            let suite = match opened.method {
                OpenedMethod::Ocra { suite, .. } => suite,
                OpenedMethod::Hotp { .. } | OpenedMethod::Totp { .. } => None,
            };
            parsed.push((Arc::clone(one), suite));
        }
        let to_device = wish.device_id.is_some();
        Ok(Bound {
            record,
            policy,
            fitting: parsed,
            to_device,
        })
    }

    fn drawn(
        &self,
        wish: &Wish<'_>,
        bound: &Bound,
        standing: &Standing,
        now: Timestamp,
    ) -> Result<Challenge, Refusal> {
        // A revoked authenticator neither answers nor shapes the question; a locked one may be asked.
        let askable = bound
            .fitting
            .iter()
            .filter(|(one, _)| standing.status(one) != Status::Revoked);
        let askable: Vec<_> = askable.collect();
        let first = askable
            .first()
            .ok_or(Refusal::NotFound("authenticator"))?
            .0
            .id;
        let question = match wish.purpose {
            Purpose::Respond => {
                let suites: Vec<_> = askable
                    .iter()
                    .filter_map(|(_, suite)| suite.clone())
                    .collect();
                let drawn = methods::draw_question(&suites, &*self.rng);
                drawn.ok_or(Refusal::NotFound("authenticator"))?
            }
            Purpose::Approve => String::new(),
            Purpose::Person => {
                let text = "a user is not asked to prove to be a person; visitors are";
                return Err(Refusal::DoesNotFit(text.to_owned()));
            }
        };
        let limits = &bound.policy.limits;
        Ok(Challenge {
            id: TimedId::random(now, &*self.rng),
            tenant: wish.context.tenant.tenant.id,
            purpose: wish.purpose,
            user: bound.record.user.id,
            policy: bound.policy.code.clone(),
            authenticator: bound.to_device.then_some(first),
            client: wish.context.client.id,
            question,
            issued_at: now,
            answer_by: now.plus_s(limits.challenge_s),
            consume_s: CONSUME_S,
            state: State::Open {
                attempts_left: limits.challenge_attempts,
            },
        })
    }

    /// The change that issues a challenge and closes the one whose place it takes.
    async fn issue_change(
        &self,
        wish: &Wish<'_>,
        bound: &Bound,
        (standing, challenge): (&Versioned<Standing>, &Challenge),
        now: Timestamp,
    ) -> Result<Change, StoreError> {
        let code = &bound.policy.code;
        let tally = standing
            .value
            .policies
            .get(code)
            .cloned()
            .unwrap_or_default();
        let fresh = LiveChallenge {
            id: challenge.id,
            purpose: challenge.purpose,
            authenticator: challenge.authenticator,
        };
        let mut challenges = vec![ChallengeWrite {
            id: challenge.id,
            expected: 0,
            next: Some(challenge.clone()),
        }];
        for older in tally.live.iter().filter(|live| live.is_bound_like(&fresh)) {
            let Some(found) = self.store.challenge(challenge.tenant, older.id).await? else {
                continue;
            };
            if let Ok(replaced) = found.value.after(Command::Replace, now) {
                let expected = found.version;
                challenges.push(ChallengeWrite {
                    id: older.id,
                    expected,
                    next: Some(replaced),
                });
            }
        }
        let mut next = standing.value.clone();
        let after = lockout::after_issue(&tally, &bound.policy.limits, fresh, now);
        next.policies.insert(code.clone(), after);
        let mut event = self.event(&wish.context, EventKind::Issue, Outcome::Done);
        event.user = Some(challenge.user);
        event.detail.policy = Some(code.clone());
        event.detail.challenge = Some(challenge.id);
        event.detail.authenticator = challenge.authenticator;
        let expected = standing.version;
        Ok(Change {
            standing: Some(StandingWrite {
                user: challenge.user,
                expected,
                next: Some(next),
            }),
            challenges,
            ..Change::telling(event)
        })
    }

    async fn tell_too_many(&self, wish: &Wish<'_>, bound: &Bound) -> Result<(), StoreError> {
        let mut event = self.event(&wish.context, EventKind::Issue, Outcome::TooMany);
        event.user = Some(bound.record.user.id);
        event.detail.policy = Some(bound.policy.code.clone());
        self.store.commit(Change::telling(event)).await
    }
}
