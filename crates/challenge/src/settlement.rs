//! An answer on its way out: its judgement is committed with the event that tells it, and only then
//! is anybody told.
//!
//! Nothing is decided here; that is `judgement`'s.

use std::sync::Arc;

use crate::access::{self, IssuedToken, TokenUser};
use crate::answer::{Accepted, Answer, Asked, Proof};
use crate::audit::{Detail, Event, EventKind, Outcome, named_user};
use crate::directory::{UserKey, UserRecord};
use crate::id::TimedId;
use crate::judgement::Judgement;
use crate::methods::Wanted;
use crate::ports::{Change, StoreError};
use crate::refusal::{Gone, Refusal, Why};
use crate::verifier::{Context, Verifier};

/// A judgement that did not become an acceptance.
pub(crate) enum Settled {
    /// The store did not take it: read again and judge again, if it is worth it.
    Again(StoreError),
    /// It was a refusal, and is on disk.
    Refused(Refusal),
}

impl Verifier {
    /// Commits a judgement with its event and, where it is an acceptance, the user's token.
    pub(crate) async fn settle(
        &self,
        answer: &Answer<'_>,
        asked: &Asked,
        judgement: Judgement,
        already_spent: bool,
    ) -> Result<Accepted, Settled> {
        let (wanted, _) = answer.proof.parts();
        let mut event = self.event_of(answer, wanted, judgement.outcome, Some(&asked.record));
        event.detail.policy = Some(asked.policy.code.clone());
        event.detail.authenticator = judgement.verdict.as_ref().ok().copied();
        event.detail.challenge = judgement.challenge.as_ref().map(|write| write.id);
        let drawn = match judgement.verdict {
            Ok(_) if answer.wants_token => Some(self.draw_user_token(answer, asked)),
            _ => None,
        };
        let (issued, stored) = drawn.unzip();
        let change = Change {
            standing: Some(judgement.standing),
            challenges: judgement.challenge.into_iter().collect(),
            spent: judgement.spent,
            token: stored,
            ..Change::telling(event)
        };
        self.commit(change).await.map_err(Settled::Again)?;
        match judgement.verdict {
            Ok(authenticator) => Ok(Accepted {
                user: Arc::clone(&asked.record),
                authenticator,
                policy: Arc::clone(&asked.policy),
                token: issued,
            }),
            Err(Why::Wrong { .. }) if already_spent && wanted == Wanted::Signature => {
                Err(Settled::Refused(Refusal::AlreadySigned))
            }
            Err(Why::Wrong { attempts_left }) if already_spent => {
                let because = Gone::Used;
                Err(Settled::Refused(Refusal::NotVerified(Why::NoChallenge {
                    attempts_left,
                    because,
                })))
            }
            Err(why) => Err(Settled::Refused(Refusal::NotVerified(why))),
        }
    }

    fn draw_user_token(
        &self,
        answer: &Answer<'_>,
        asked: &Asked,
    ) -> (IssuedToken, access::AccessToken) {
        let user = TokenUser {
            id: asked.record.user.id,
            login_name: asked.record.user.login_name.clone(),
        };
        let client = answer.context.client;
        let holder = access::Holder {
            tenant: answer.tenant_id(),
            client: client.id,
            user: Some(user),
        };
        access::draw(holder, client.user_token_s, self.clock.now(), &*self.rng)
    }

    /// Tells the audit log that nobody could be asked, and refuses.
    pub(crate) async fn refuse_unknown(
        &self,
        answer: &Answer<'_>,
        user: Option<&UserRecord>,
        why: Why,
    ) -> Result<Accepted, Refusal> {
        let (wanted, _) = answer.proof.parts();
        let event = self.event_of(answer, wanted, Outcome::NotFound, user);
        self.commit(Change::telling(event)).await?;
        Err(Refusal::NotVerified(why))
    }

    pub(crate) fn event_of(
        &self,
        answer: &Answer<'_>,
        wanted: Wanted,
        outcome: Outcome,
        user: Option<&UserRecord>,
    ) -> Event {
        let mut event = self.event(&answer.context, wanted.event_kind(), outcome);
        event.user = user.map(|record| record.user.id);
        event.detail.policy = answer.policy.map(str::to_owned);
        if let (None, UserKey::LoginName(name) | UserKey::ExternalId(name)) = (user, answer.user) {
            event.detail.named_user = Some(named_user(name));
        }
        if let Proof::Signature { fields, .. } = &answer.proof {
            let audited = fields.iter().filter(|field| field.audited);
            event.detail.fields = audited
                .map(|field| (field.name.clone(), field.value.clone()))
                .collect();
        }
        event
    }

    /// An event about a request, with what its context tells.
    pub(crate) fn event(&self, context: &Context<'_>, kind: EventKind, outcome: Outcome) -> Event {
        let at = self.clock.now();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let detail = Detail {
            door: Some(context.door),
            client: Some(context.client.name.clone()),
            channel: owned(context.channel),
            address: owned(context.address),
            correlation: owned(context.correlation),
            ..Detail::default()
        };
        let id = TimedId::random(at, &*self.rng);
        Event {
            id,
            at,
            tenant: context.tenant.tenant.id,
            kind,
            outcome,
            user: None,
            detail,
        }
    }
}
