//! Following a token again that ran ahead or whose clock is off, by two consecutive codes.
//!
//! It is no way to guess around the lock: wrong codes count here as everywhere, once a request
//! however many tokens a device has. The search itself is in `methods`.

use std::sync::Arc;

use crate::administration::{Acted, Actor, Subject, Told};
use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::{Authenticator, TenantView};
use crate::lockout::{self, Gate};
use crate::methods::{self, Opened};
use crate::policy::Limits;
use crate::refusal::{Refusal, Why};
use crate::standing::{Standing, Status};
use crate::verifier::Verifier;

/// How far a resynchronisation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resynchronised {
    /// The token is followed again.
    Done,
    /// The first of two consecutive codes was found; the next one finishes it.
    Awaiting,
}

impl Verifier {
    /// Follows one of a device's tokens again by two consecutive codes, given at once or one after
    /// the other.
    ///
    /// Tokens of another user than the first one's are left alone. A wrong code counts as one failure under the first one's
    /// first policy.
    pub async fn resynchronise(
        &self,
        actor: &Actor<'_>,
        tenant: &TenantView,
        tokens: &[Arc<Authenticator>],
        codes: (&str, Option<&str>),
    ) -> Result<Resynchronised, Refusal> {
        self.follow(actor, tenant, tokens, (codes, None)).await
    }

    /// Follows a token again that counts its responses or signatures, by two consecutive responses to one
    /// question. It must be a new one: what was answered before proves nothing.
    pub async fn resynchronise_by_question(
        &self,
        actor: &Actor<'_>,
        tenant: &TenantView,
        token: &Arc<Authenticator>,
        (question, codes): (&str, (&str, &str)),
    ) -> Result<Resynchronised, Refusal> {
        let tokens = std::slice::from_ref(token);
        let given = ((codes.0, Some(codes.1)), Some(question));
        self.follow(actor, tenant, tokens, given).await
    }

    async fn follow(
        &self,
        actor: &Actor<'_>,
        tenant: &TenantView,
        tokens: &[Arc<Authenticator>],
        given: Given<'_>,
    ) -> Result<Resynchronised, Refusal> {
        let first = tokens.first().ok_or(Refusal::NotFound("authenticator"))?;
        let of_one_user = tokens.iter().filter(|one| one.user == first.user);
        let opened = of_one_user.map(|one| Opened::open(one, &self.keyring));
        let opened = opened.collect::<Result<Vec<_>, _>>()?;
        let code = first
            .policies
            .first()
            .map(String::as_str)
            .unwrap_or_default();
        let limits = tenant
            .policy(code)
            .map(|policy| policy.limits.clone())
            .unwrap_or_default();
        let subject = Subject {
            policy: Some(code),
            ..Subject::of_authenticator(first, EventKind::Resynchronise)
        };
        let search = Search {
            tokens: &opened,
            code,
            limits: &limits,
            given,
        };
        let verdict = self
            .act(actor, &subject, |standing| {
                search.run(standing, self.clock.now())
            })
            .await?;
        verdict.map_err(Refusal::NotVerified)
    }
}

/// Codes, the second one perhaps later, and the question that they answer, if they do.
type Given<'a> = ((&'a str, Option<&'a str>), Option<&'a str>);

/// What is looked for, and where.
struct Search<'a> {
    tokens: &'a [Opened],
    code: &'a str,
    limits: &'a Limits,
    given: Given<'a>,
}

impl Search<'_> {
    fn run(&self, standing: &Standing, now: Timestamp) -> Acted<Result<Resynchronised, Why>> {
        let tally = standing
            .policies
            .get(self.code)
            .cloned()
            .unwrap_or_default();
        let movement = |token: &Opened| {
            standing
                .movement(&token.enrolled)
                .cloned()
                .unwrap_or_default()
        };
        let held = self
            .tokens
            .iter()
            .filter(|token| standing.status(&token.enrolled) != Status::Revoked);
        let held: Vec<_> = held.collect();
        if held.is_empty() {
            return Err(Refusal::NotFound("authenticator"));
        }
        let active = held
            .into_iter()
            .filter(|token| standing.status(&token.enrolled).is_active());
        let active: Vec<_> = active.collect();
        // All are searched before the lock is looked at, so that the time does not tell.
        let found: Vec<_> = active
            .iter()
            .filter_map(|token| {
                let moved =
                    methods::resynchronise(token, &movement(token), self.limits, self.given, now)?;
                Some((token.enrolled.id, moved))
            })
            .collect();
        let locked = standing.locked || lockout::gate(&tally, self.limits, now) == Gate::Locked;
        if locked || active.is_empty() {
            return Ok((standing.clone(), Err(Why::Locked)));
        }
        let mut next = standing.clone();
        let Some((_, first)) = found.first() else {
            let failed = lockout::after_failure(&tally, self.limits, now);
            let attempts_left = lockout::attempts_left(&failed, self.limits, now);
            next.policies.insert(self.code.to_owned(), failed);
            return Ok((next, Err(Why::Wrong { attempts_left })));
        };
        let reached = match first.awaited {
            Some(_) => Resynchronised::Awaiting,
            None => Resynchronised::Done,
        };
        // Tokens that share a key move together, or a code spent for one would be good for another.
        next.authenticators.extend(found);
        Ok((next, Ok(reached)))
    }
}

impl<T> Told for Result<T, Why> {
    fn outcome(&self) -> Outcome {
        match self {
            Ok(_) => Outcome::Done,
            Err(Why::Locked) => Outcome::Locked,
            Err(Why::UnknownUser | Why::NoAuthenticator | Why::NoChallenge { .. }) => {
                Outcome::NotFound
            }
            Err(Why::Wrong { attempts_left: 0 }) => Outcome::WrongAndLocked,
            Err(Why::Wrong { .. }) => Outcome::Wrong,
        }
    }
}
