//! The acts of administrators on what moves: lock, unlock, reset, revoke; and printing a card, which
//! moves nothing and is told all the same.
//!
//! They go through the same compare-and-set and the same audit log as answers do, so that an act
//! and an answer that race each other end in an order.

use std::sync::Arc;

use crate::audit::{Detail, Event, EventKind, Outcome};
use crate::directory::{Authenticator, Tenant, User};
use crate::door::Door;
use crate::id::{Id, TimedId};
use crate::lockout;
use crate::methods::card::Card;
use crate::methods::{Opened, OpenedMethod};
use crate::ports::{Change, StandingWrite, StoreError};
use crate::refusal::Refusal;
use crate::standing::{Movement, Standing, Status};
use crate::verifier::{Context, TRIES, Verifier};

/// Who acts, for the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor<'a> {
    /// The client, or `operator` for the command line.
    pub name: &'a str,
    /// The way in.
    pub door: Door,
    /// The address the request came from.
    pub address: Option<&'a str>,
    /// The caller's own name for the request.
    pub correlation: Option<&'a str>,
}

impl<'a> Actor<'a> {
    /// The client that asks.
    pub(crate) fn of(context: &Context<'a>) -> Self {
        Self {
            name: &context.client.name,
            door: context.door,
            address: context.address,
            correlation: context.correlation,
        }
    }
}

/// What an act does to a standing, how it is told, and what it found out.
pub(crate) type Acted<T> = Result<(Standing, T), Refusal>;

impl Verifier {
    /// Locks a user under every policy until unlocked.
    pub async fn lock_user(&self, actor: &Actor<'_>, user: &User) -> Result<(), Refusal> {
        let subject = Subject::of_user(user, EventKind::Lock);
        self.act(actor, &subject, |standing| {
            Ok((
                Standing {
                    locked: true,
                    ..standing.clone()
                },
                (),
            ))
        })
        .await
    }

    /// Unlocks a user: the administrator's lock is taken away and all counts begin anew.
    pub async fn unlock_user(&self, actor: &Actor<'_>, user: &User) -> Result<(), Refusal> {
        let subject = Subject::of_user(user, EventKind::Unlock);
        self.act(actor, &subject, |standing| {
            let mut next = Standing {
                locked: false,
                ..standing.clone()
            };
            for tally in next.policies.values_mut() {
                *tally = lockout::reset(tally);
            }
            Ok((next, ()))
        })
        .await
    }

    /// Resets the counts of a user under one policy; an administrator's lock stays.
    pub async fn reset(&self, actor: &Actor<'_>, user: &User, policy: &str) -> Result<(), Refusal> {
        let subject = Subject {
            policy: Some(policy),
            ..Subject::of_user(user, EventKind::Reset)
        };
        self.act(actor, &subject, |standing| {
            let mut next = standing.clone();
            if let Some(tally) = next.policies.get_mut(policy) {
                *tally = lockout::reset(tally);
            }
            Ok((next, ()))
        })
        .await
    }

    /// Locks an authenticator until unlocked. A revoked one stays revoked, and is refused.
    pub async fn lock_authenticator(
        &self,
        actor: &Actor<'_>,
        authenticator: &Authenticator,
    ) -> Result<(), Refusal> {
        self.set_status(actor, authenticator, Status::Locked, EventKind::Lock)
            .await
    }

    /// Unlocks an authenticator. A revoked one stays revoked, and is refused.
    pub async fn unlock_authenticator(
        &self,
        actor: &Actor<'_>,
        authenticator: &Authenticator,
    ) -> Result<(), Refusal> {
        self.set_status(actor, authenticator, Status::Active, EventKind::Unlock)
            .await
    }

    /// Revokes an authenticator for good; what it spent stays spent.
    pub async fn revoke_authenticator(
        &self,
        actor: &Actor<'_>,
        authenticator: &Authenticator,
    ) -> Result<(), Refusal> {
        self.set_status(actor, authenticator, Status::Revoked, EventKind::Revoke)
            .await
    }

    /// Opens a card to be printed: what is on it is its secret, so the audit log tells of it.
    ///
    /// What is no card, or a revoked one, is refused.
    pub async fn print_card(
        &self,
        actor: &Actor<'_>,
        authenticator: &Arc<Authenticator>,
    ) -> Result<Card, Refusal> {
        let opened = Opened::open(authenticator, &self.keyring)?;
        let OpenedMethod::Card { card } = opened.method else {
            let kind = authenticator.method.kind();
            return Err(Refusal::DoesNotFit(format!(
                "only an authenticator of kind card is printed, and this one is of kind {kind}"
            )));
        };
        let subject = Subject::of_authenticator(authenticator, EventKind::PrintCard);
        self.act(actor, &subject, |standing| {
            match movement_of(standing, authenticator.id).status {
                Status::Revoked => Err(Refusal::DoesNotFit(
                    "a revoked card is not printed; enrol a new one".to_owned(),
                )),
                Status::Active | Status::Locked => Ok((standing.clone(), ())),
            }
        })
        .await?;
        Ok(card)
    }

    async fn set_status(
        &self,
        actor: &Actor<'_>,
        authenticator: &Authenticator,
        status: Status,
        kind: EventKind,
    ) -> Result<(), Refusal> {
        let subject = Subject::of_authenticator(authenticator, kind);
        self.act(actor, &subject, |standing| {
            let movement = movement_of(standing, authenticator.id);
            if movement.status == Status::Revoked && status != Status::Revoked {
                return Err(Refusal::DoesNotFit(
                    "a revoked authenticator stays revoked; enrol a new one".to_owned(),
                ));
            }
            let mut next = standing.clone();
            next.authenticators
                .insert(authenticator.id, Movement { status, ..movement });
            Ok((next, ()))
        })
        .await
    }

    /// Reads a user's standing, has `change` decide, and commits; again after a lost race.
    pub(crate) async fn act<T: Told>(
        &self,
        actor: &Actor<'_>,
        subject: &Subject<'_>,
        change: impl Fn(&Standing) -> Acted<T> + Send,
    ) -> Result<T, Refusal> {
        let mut turn = None;
        for _ in 0..TRIES {
            let read = self.store.standing(subject.tenant, subject.user).await?;
            let read = read.ok_or(Refusal::NotFound("user"))?;
            let (next, found) = change(&read.value)?;
            let write = StandingWrite {
                user: subject.user,
                expected: read.version,
                next: (next != read.value).then_some(next),
            };
            let mut told = Change::telling(self.event_of_act(actor, subject, found.outcome()));
            told.standing = Some(write);
            match self.commit(told).await {
                Ok(()) => return Ok(found),
                Err(StoreError::Conflict) if turn.is_none() => {
                    turn = self.turnstiles.pass(subject.user.number()).await;
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refusal::Unavailable(format!(
            "user {}: {TRIES} lost races",
            subject.user
        )))
    }

    fn event_of_act(&self, actor: &Actor<'_>, subject: &Subject<'_>, outcome: Outcome) -> Event {
        let mut event = self.event_of_actor(actor, subject.tenant, (subject.kind, outcome));
        event.user = Some(subject.user);
        event.detail.authenticator = subject.authenticator;
        event.detail.policy = subject.policy.map(str::to_owned);
        event
    }

    /// An event about what somebody did, with what is known of who that is.
    pub(crate) fn event_of_actor(
        &self,
        actor: &Actor<'_>,
        tenant: Id<Tenant>,
        (kind, outcome): (EventKind, Outcome),
    ) -> Event {
        let at = self.clock.now();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Event {
            id: TimedId::random(at, &*self.rng),
            at,
            tenant,
            kind,
            outcome,
            user: None,
            detail: Detail {
                door: Some(actor.door),
                client: Some(actor.name.to_owned()),
                address: owned(actor.address),
                correlation: owned(actor.correlation),
                ..Detail::default()
            },
        }
    }
}

/// Whom an act is about.
pub(crate) struct Subject<'a> {
    pub(crate) tenant: Id<Tenant>,
    pub(crate) user: Id<User>,
    pub(crate) authenticator: Option<Id<Authenticator>>,
    pub(crate) policy: Option<&'a str>,
    pub(crate) kind: EventKind,
}

impl Subject<'_> {
    pub(crate) fn of_user(user: &User, kind: EventKind) -> Self {
        Self {
            tenant: user.tenant,
            user: user.id,
            authenticator: None,
            policy: None,
            kind,
        }
    }

    pub(crate) fn of_authenticator(authenticator: &Authenticator, kind: EventKind) -> Self {
        let Authenticator {
            tenant, user, id, ..
        } = *authenticator;
        Self {
            tenant,
            user,
            authenticator: Some(id),
            policy: None,
            kind,
        }
    }
}

/// How the audit log tells what an act found out.
pub(crate) trait Told {
    fn outcome(&self) -> Outcome;
}

impl Told for () {
    fn outcome(&self) -> Outcome {
        Outcome::Done
    }
}

fn movement_of(standing: &Standing, id: Id<Authenticator>) -> Movement {
    standing
        .authenticators
        .get(&id)
        .cloned()
        .unwrap_or_default()
}
