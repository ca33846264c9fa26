//! Issuing: a challenge is drawn, bound and counted, and takes the place of an older one.

use std::sync::Arc;

use oath::ocra::Suite;

use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::{Method, UserKey, UserRecord};
use crate::id::TimedId;
use crate::lifecycle::{Challenge, Command, Purpose, State};
use crate::lockout::{self, Gate};
use crate::methods::grid::Grid;
use crate::methods::{self, Opened, OpenedMethod, Wanted, card};
use crate::policy::Policy;
use crate::ports::{ChallengeWrite, Change, Message, StandingWrite, StoreError, Versioned};
use crate::refusal::{Refusal, Why};
use crate::standing::{LiveChallenge, Movement, Standing, Status};
use crate::verifier::{Context, TRIES, Verifier};
use crate::which::Which;

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
    /// Which of the user's authenticators may answer.
    pub which: Which<'a>,
    /// What is asked for.
    pub purpose: Purpose,
    /// What is asked.
    pub asked: Asked<'a>,
    /// Whether one authenticator alone may answer, and the calling client alone have it answered. Such
    /// challenges are paced by the minute before the policy's count is looked at.
    pub to_one: bool,
}

/// What is asked of an authenticator that computes its response.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// Something random.
    Drawn,
    /// This text, which a person can compare with what is to be done, such as digits of an account. Since
    /// the same may be asked again, its answer serves once: per counter or time step of the suite, or for
    /// ever where the suite has neither.
    Text(&'a str),
    /// Decimal digits that stand for these bytes and for this challenge alone.
    Derived(&'a [u8]),
}

/// What may answer a challenge, and what it will show.
struct Bound {
    record: Arc<UserRecord>,
    policy: Arc<Policy>,
    /// The authenticators that fit.
    fitting: Vec<Opened>,
}

/// A challenge as drawn, and what is to be sent with it.
struct Drawn {
    challenge: Challenge,
    message: Option<Message>,
}

impl Verifier {
    /// Issues a challenge: counted, replacing an older one that is bound alike, and on disk.
    ///
    /// A locked user gets a challenge as anybody does, so that asking for one tells nothing; but no
    /// code is sent to one. Where a code is to be sent, its message is on disk too.
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
            if let Err((refusal, outcome)) = may_issue(wish, &bound.policy, &standing.value, now) {
                self.tell_not_issued(wish, &bound, outcome).await?;
                return Err(refusal);
            }
            let drawn = self.drawn(wish, &bound, &standing.value, now)?;
            self.check_unanswered(&bound, (&standing.value, &drawn.challenge))
                .await?;
            let change = self
                .issue_change(wish, &bound, (&standing, &drawn), now)
                .await?;
            match self.commit(change).await {
                Ok(()) => {
                    if drawn.message.is_some() {
                        self.bell().ring_codes();
                    }
                    return Ok(drawn.challenge);
                }
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
        let mut fitting = wish.which.among(&record.authenticators);
        fitting.retain(|one| wish.fits(&one.method));
        let named = wish.policy.or(context.client.default_policy.as_deref());
        let first = fitting
            .iter()
            .find_map(|one| one.policies.first())
            .map(String::as_str);
        let code = named.or(first).ok_or(Refusal::NotFound("authenticator"))?;
        let policy = context.policy(code)?;
        let serving = fitting
            .into_iter()
            .filter(|one| one.policies.contains(&policy.code));
        let fitting = serving
            .map(|one| Opened::open(one, &self.keyring))
            .collect::<Result<_, _>>()?;
        Ok(Bound {
            record,
            policy,
            fitting,
        })
    }

    fn drawn(
        &self,
        wish: &Wish<'_>,
        bound: &Bound,
        standing: &Standing,
        now: Timestamp,
    ) -> Result<Drawn, Refusal> {
        // A revoked authenticator neither answers nor shapes the question; a locked one may be asked.
        let mut askable = bound.fitting.iter().collect::<Vec<_>>();
        askable.retain(|one| standing.status(&one.enrolled) != Status::Revoked);
        let first = *askable.first().ok_or(Refusal::NotFound("authenticator"))?;
        let device = &first.enrolled.device_id;
        let is_elsewhere = |one: &&Opened| one.enrolled.device_id != *device;
        if wish.to_one && !wish.which.names_one() && askable.iter().any(is_elsewhere) {
            return Err(Refusal::Ambiguous("name one by its serial number"));
        }
        let id = TimedId::random(now, &*self.rng);
        let limits = &bound.policy.limits;
        let mut challenge = Challenge {
            id,
            tenant: wish.context.tenant.tenant.id,
            purpose: wish.purpose,
            user: bound.record.user.id,
            policy: bound.policy.code.clone(),
            authenticator: wish.binds().then_some(first.enrolled.id),
            client: wish.context.client.id,
            question: String::new(),
            is_repeatable: matches!(wish.asked, Asked::Text(_)),
            issued_at: now,
            answer_by: now.plus_s(limits.challenge_s),
            consume_s: CONSUME_S,
            state: State::Open {
                attempts_left: limits.challenge_attempts,
            },
        };
        let mut message = None;
        challenge.question = match wish.purpose {
            Purpose::Respond if wish.to_one => self.question_to(first, wish, &challenge)?,
            Purpose::Respond => {
                let suites: Vec<_> = askable.iter().filter_map(|one| one.suite()).collect();
                let drawn = methods::draw_question(&suites, &*self.rng);
                drawn.ok_or(Refusal::NotFound("authenticator"))?
            }
            Purpose::Approve => String::new(),
            Purpose::Repeat => {
                let (kept, sent) = self.code_to(first, &bound.record.user, &challenge)?;
                message = Some(sent);
                kept
            }
            Purpose::Person => {
                let text = "a user is not asked to prove to be a person; visitors are";
                return Err(Refusal::DoesNotFit(text.to_owned()));
            }
        };
        Ok(Drawn { challenge, message })
    }

    /// Refuses to ask for an answer that was accepted before and would be the same again.
    async fn check_unanswered(
        &self,
        bound: &Bound,
        (standing, challenge): (&Standing, &Challenge),
    ) -> Result<(), Refusal> {
        let is_bound = |one: &&Opened| challenge.authenticator == Some(one.enrolled.id);
        let opened = bound.fitting.iter().find(is_bound);
        let opened = opened.filter(|_| challenge.is_repeatable);
        let mark = |one| methods::mark_of_question(one, &challenge.question);
        let Some(mark) = opened.and_then(mark) else {
            return Ok(());
        };
        let (tenant, now) = (challenge.tenant, challenge.issued_at);
        let movement = opened.and_then(|one| standing.movement(&one.enrolled));
        let is_lost = movement.is_some_and(Movement::texts_are_lost);
        if is_lost || self.store.is_spent(tenant, &mark, now).await? {
            let text = "this authenticator answered the same text (or may have, before a restore) and would \
                answer the same; have the question derived (mode hmac), or enrol a suite with a counter or time";
            return Err(Refusal::DoesNotFit(text.to_owned()));
        }
        Ok(())
    }

    /// What is asked of the one authenticator that may answer.
    fn question_to(
        &self,
        opened: &Opened,
        wish: &Wish<'_>,
        challenge: &Challenge,
    ) -> Result<String, Refusal> {
        let text = match (&opened.method, wish.asked) {
            (OpenedMethod::Grid { .. }, Asked::Drawn) => Grid::draw(&*self.rng).to_wire(),
            (OpenedMethod::Card { .. }, Asked::Drawn) => {
                card::draw_coordinates(&*self.rng, card::COORDINATES)
            }
            (OpenedMethod::Grid { .. } | OpenedMethod::Card { .. }, _) => {
                let text = "a grid or card signs no transaction; ask an authenticator of kind ocra";
                return Err(Refusal::DoesNotFit(text.to_owned()));
            }
            (_, asked) => {
                let suite = opened.suite().ok_or(Refusal::NotFound("authenticator"))?;
                match asked {
                    Asked::Drawn => {
                        let drawn = methods::draw_question(&[suite], &*self.rng);
                        drawn.ok_or(Refusal::NotFound("authenticator"))?
                    }
                    Asked::Text(text) => checked(&suite, text)?,
                    Asked::Derived(bytes) => {
                        let key = self.keyring.question_key(challenge.tenant.number())?;
                        let bound = [challenge.id.as_bytes(), bytes].concat();
                        methods::derive_question(&suite, &key, &bound)
                    }
                }
            }
        };
        Ok(text)
    }

    /// The change that issues a challenge and closes the one whose place it takes.
    async fn issue_change(
        &self,
        wish: &Wish<'_>,
        bound: &Bound,
        (standing, drawn): (&Versioned<Standing>, &Drawn),
        now: Timestamp,
    ) -> Result<Change, StoreError> {
        let (code, challenge) = (&bound.policy.code, &drawn.challenge);
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
            client: (wish.to_one || wish.purpose == Purpose::Repeat).then_some(challenge.client),
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
        let limits = &bound.policy.limits;
        let after = match wish.purpose {
            Purpose::Repeat => lockout::after_sending(&tally, fresh, now),
            _ if wish.to_one => lockout::after_bound_issue(&tally, limits, fresh, now),
            _ => lockout::after_issue(&tally, limits, fresh, now),
        };
        next.policies.insert(code.clone(), after);
        let mut event = self.event(&wish.context, wish.event_kind(), Outcome::Done);
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
            messages: drawn.message.clone().into_iter().collect(),
            ..Change::telling(event)
        })
    }

    async fn tell_not_issued(
        &self,
        wish: &Wish<'_>,
        bound: &Bound,
        outcome: Outcome,
    ) -> Result<(), StoreError> {
        let mut event = self.event(&wish.context, wish.event_kind(), outcome);
        event.user = Some(bound.record.user.id);
        event.detail.policy = Some(bound.policy.code.clone());
        self.commit(Change::telling(event)).await
    }
}

impl Wish<'_> {
    /// Whether an authenticator of this method can answer.
    fn fits(&self, method: &Method) -> bool {
        match self.purpose {
            Purpose::Respond if self.to_one => methods::fits(method, Wanted::ResponseTo),
            Purpose::Respond => methods::fits(method, Wanted::Response),
            Purpose::Repeat => matches!(method, Method::OnDemand { .. }),
            Purpose::Approve | Purpose::Person => true,
        }
    }

    /// Whether one authenticator alone may answer.
    fn binds(&self) -> bool {
        self.to_one || self.purpose == Purpose::Repeat || self.which.device_id.is_some()
    }

    fn event_kind(&self) -> EventKind {
        if self.purpose == Purpose::Repeat {
            EventKind::Send
        } else {
            EventKind::Issue
        }
    }
}

/// Whether the user may be asked once more, by what was asked before.
fn may_issue(
    wish: &Wish<'_>,
    policy: &Policy,
    standing: &Standing,
    now: Timestamp,
) -> Result<(), (Refusal, Outcome)> {
    let tally = standing.policies.get(&policy.code);
    let tally = tally.cloned().unwrap_or_default();
    let limits = &policy.limits;
    let too_many = Err((Refusal::TooManyChallenges, Outcome::TooMany));
    match wish.purpose {
        Purpose::Repeat => {
            let gate = lockout::gate(&tally, limits, now);
            if standing.locked || gate == Gate::Locked {
                return Err((Refusal::NotVerified(Why::Locked), Outcome::Locked));
            }
            if !lockout::may_send(&tally, now) {
                return Err((Refusal::TooManySent, Outcome::TooMany));
            }
            Ok(())
        }
        _ if wish.to_one && !lockout::may_issue_bound(&tally, limits, now) => too_many,
        _ if !wish.to_one && !lockout::may_issue(&tally, limits, now) => too_many,
        _ => Ok(()),
    }
}

/// A text that the caller wants to be asked, if the suite takes it.
fn checked(suite: &Suite, text: &str) -> Result<String, Refusal> {
    match suite.question(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(Refusal::DoesNotFit(format!("{suite}: {error}"))),
    }
}
