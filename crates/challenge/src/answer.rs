//! An answer on its way in: what was given, and what was asked of whom.
//!
//! What it means is in `judgement`, how that is written in `settlement`, and the loop around all is
//! `verifier::Verifier::answer`.

use std::sync::Arc;

use crate::access::IssuedToken;
use crate::audit::{EventKind, Outcome};
use crate::directory::{Authenticator, Tenant, TenantView, UserKey, UserRecord};
use crate::id::{Id, TimedId};
use crate::judgement::Candidate;
use crate::lifecycle::Challenge;
use crate::methods::{self, Opened, Wanted};
use crate::policy::Policy;
use crate::ports::{Change, StoreError, Versioned};
use crate::refusal::{Refusal, Why};
use crate::transaction::{self, Field};
use crate::verifier::{Context, Verifier};
use crate::waiting;
use crate::which::Which;

/// An answer to be verified.
#[derive(Clone)]
pub struct Answer<'a> {
    /// Who asks.
    pub context: Context<'a>,
    /// Who is said to have answered.
    pub user: UserKey<'a>,
    /// The policy; nothing: the client's default, else the authenticator's first.
    pub policy: Option<&'a str>,
    /// Which of the user's authenticators is said to have given it.
    pub which: Which<'a>,
    /// What was given.
    pub proof: Proof<'a>,
    /// Whether an access token for the user is wanted.
    pub wants_token: bool,
}

/// What was given as a proof. It holds codes, and so has no `Debug`.
#[derive(Clone)]
pub enum Proof<'a> {
    /// A one-time password.
    OneTimePassword(&'a str),
    /// The response to the user's live challenge, computed by an OCRA suite.
    Response(&'a str),
    /// The response to the calling client's own live challenge, computed or read off a grid or card.
    ResponseTo {
        /// The challenge as the client names it: by its question, id or reference. It may be absent
        /// for grids and cards alone. A client that may supply challenges gives the question it made.
        cc: Option<&'a str>,
        /// The response.
        unverified_code: &'a str,
    },
    /// The signature of a transaction.
    Signature {
        /// The transaction's fields, in any order.
        fields: Vec<Field>,
        /// The signature.
        unverified_code: &'a str,
    },
}

/// An answer that was right, and is spent.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Who proved it.
    pub user: Arc<UserRecord>,
    /// With what.
    pub authenticator: Id<Authenticator>,
    /// Under which policy.
    pub policy: Arc<Policy>,
    /// The user's access token, where one was wanted.
    pub token: Option<IssuedToken>,
}

/// What was asked of whom, as far as the directory tells.
pub(crate) struct Asked {
    pub(crate) record: Arc<UserRecord>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) candidates: Vec<Candidate>,
}

/// Why there is nobody to ask, and the user as far as one is known.
pub(crate) type Nobody = (Why, Option<Arc<UserRecord>>);

impl Proof<'_> {
    /// What it is, and the code itself.
    pub(crate) fn parts(&self) -> (Wanted, &str) {
        match self {
            Self::OneTimePassword(code) => (Wanted::OneTimePassword, code),
            Self::Response(code) => (Wanted::Response, code),
            Self::ResponseTo {
                unverified_code, ..
            } => (Wanted::ResponseTo, unverified_code),
            Self::Signature {
                unverified_code, ..
            } => (Wanted::Signature, unverified_code),
        }
    }
}

impl Wanted {
    pub(crate) fn event_kind(self) -> EventKind {
        match self {
            Self::OneTimePassword => EventKind::OneTimePassword,
            Self::Response | Self::ResponseTo => EventKind::Response,
            Self::Signature => EventKind::Signature,
        }
    }

    fn needs(self) -> &'static str {
        match self {
            Self::OneTimePassword => {
                "a one-time password needs an authenticator of kind hotp, totp or on_demand"
            }
            Self::Response => "a response needs an authenticator of kind ocra with a suite",
            Self::ResponseTo => {
                "a response needs an authenticator of kind grid, card, or ocra with a suite"
            }
            Self::Signature => {
                "a signature needs an authenticator of kind ocra with a signature suite"
            }
        }
    }
}

impl<'a> Answer<'a> {
    pub(crate) fn tenant_id(&self) -> Id<Tenant> {
        self.context.tenant.tenant.id
    }

    /// Whether it is to a challenge that the client does not name.
    fn is_unnamed(&self) -> bool {
        matches!(self.proof, Proof::ResponseTo { cc: None, .. })
    }

    /// The challenge as the client names it.
    pub(crate) fn cc(&self) -> Option<&'a str> {
        match self.proof {
            Proof::ResponseTo { cc, .. } => cc,
            _ => None,
        }
    }
}

/// The kinds whose responses are read off something, by their names in files.
const READ_OFF: &[&str] = &["grid", "card"];

/// What is told where a challenge has to be named and is not.
const NEEDS_NAME: &str = "a response that is computed needs its challenge too; send it as cc";

impl Verifier {
    /// Finds out who is asked, under which policy, and which authenticators may have answered.
    ///
    /// What is wrong with the request itself, whoever the user is, is refused before the user is
    /// looked at.
    pub(crate) async fn asked(
        &self,
        answer: &Answer<'_>,
        wanted: Wanted,
    ) -> Result<Result<Asked, Nobody>, Refusal> {
        let context = &answer.context;
        let named = answer.policy.or(context.client.default_policy.as_deref());
        let named = named.map(|code| context.policy(code)).transpose()?;
        if let (Proof::Signature { fields, .. }, Some(policy)) = (&answer.proof, &named) {
            transaction::in_order(fields.clone(), &policy.limits)?;
        }
        let Some(record) = self.catalogue.user(answer.tenant_id(), answer.user).await? else {
            return Ok(Err((Why::UnknownUser, None)));
        };
        let mut held = answer.which.among(&record.authenticators);
        if answer.is_unnamed() {
            // What was computed from a question must say from which.
            let computes = held.iter().any(|one| methods::fits(&one.method, wanted));
            held.retain(|one| READ_OFF.contains(&one.method.kind()));
            if held.is_empty() && computes {
                let event = self.event_of(answer, wanted, Outcome::DoesNotFit, Some(&record));
                self.commit(Change::telling(event)).await?;
                return Err(Refusal::DoesNotFit(NEEDS_NAME.to_owned()));
            }
        }
        let policy = match named {
            Some(policy) => policy,
            None => match first_policy(&held, wanted) {
                Some(code) => context.policy(code)?,
                None => return Ok(Err((Why::NoAuthenticator, Some(record)))),
            },
        };
        let serving: Vec<_> = held
            .into_iter()
            .filter(|one| one.policies.contains(&policy.code))
            .collect();
        if serving.is_empty() {
            return Ok(Err((Why::NoAuthenticator, Some(record))));
        }
        let fitting: Vec<_> = serving
            .iter()
            .filter(|one| methods::fits(&one.method, wanted))
            .collect();
        if fitting.is_empty() {
            let refusal = does_not_fit(wanted, &policy, &serving);
            let event = self.event_of(answer, wanted, Outcome::DoesNotFit, Some(&record));
            self.commit(Change::telling(event)).await?;
            return Err(refusal);
        }
        let candidates = self.open_candidates(answer, &policy, &fitting)?;
        Ok(Ok(Asked {
            record,
            policy,
            candidates,
        }))
    }

    /// The challenge that waits for this answer: of those given the one that the client names, else the
    /// first. One is looked for even where none waits, so that the time taken does not tell.
    pub(crate) async fn waiting(
        &self,
        answer: &Answer<'_>,
        wanted: Wanted,
        live: &[TimedId],
    ) -> Result<Option<Versioned<Challenge>>, StoreError> {
        let tenant = answer.tenant_id();
        let nothing = TimedId::from_bytes([0; 16]);
        let first = match wanted {
            Wanted::Response | Wanted::ResponseTo => live.first().unwrap_or(&nothing),
            // Few one-time passwords are delivered ones, and whether there are any is no secret.
            Wanted::OneTimePassword => match live.first() {
                Some(first) => first,
                None => return Ok(None),
            },
            Wanted::Signature => return Ok(None),
        };
        let newest = self.store.challenge(tenant, *first).await?;
        let Some(cc) = answer.cc() else {
            return Ok(newest);
        };
        let is_named = |one: &Versioned<Challenge>| waiting::is_named(cc, &one.value);
        if newest.as_ref().is_some_and(is_named) {
            return Ok(newest);
        }
        for id in live.iter().skip(1) {
            let older = self.store.challenge(tenant, *id).await?;
            if older.as_ref().is_some_and(is_named) {
                return Ok(older);
            }
        }
        Ok(newest)
    }

    /// Reads what would be read about a user who is known, so that the time taken does not tell.
    pub(crate) async fn read_as_if_known(
        &self,
        answer: &Answer<'_>,
        wanted: Wanted,
    ) -> Result<(), StoreError> {
        let nobody = Id::random(&*self.rng);
        self.store.standing(answer.tenant_id(), nobody).await?;
        self.waiting(answer, wanted, &[]).await?;
        Ok(())
    }

    /// Opens each authenticator, and for a signature makes the question that it signed.
    fn open_candidates(
        &self,
        answer: &Answer<'_>,
        policy: &Policy,
        fitting: &[&&Arc<Authenticator>],
    ) -> Result<Vec<Candidate>, Refusal> {
        let opened = fitting.iter().map(|one| Opened::open(one, &self.keyring));
        let Proof::Signature { fields, .. } = &answer.proof else {
            let plain = |opened| Candidate {
                opened,
                question: None,
            };
            return opened.map(|opened| opened.map(plain)).collect();
        };
        let fields = transaction::in_order(fields.clone(), &policy.limits)?;
        let (mut candidates, mut misfit) = (Vec::new(), None);
        for opened in opened {
            let opened = opened?;
            match opened.signature_question(&fields, policy.limits.sign_format) {
                Ok(question) => candidates.push(Candidate {
                    opened,
                    question: Some(question),
                }),
                Err(error) => misfit = Some(error),
            }
        }
        match misfit {
            Some(error) if candidates.is_empty() => Err(error.into()),
            _ => Ok(candidates),
        }
    }
}

impl Context<'_> {
    /// The policy with this code, if it may be used over the request's channel.
    pub(crate) fn policy(&self, code: &str) -> Result<Arc<Policy>, Refusal> {
        let tenant: &TenantView = self.tenant;
        let Some(policy) = tenant.policy(code) else {
            return Err(Refusal::UnknownPolicy(code.to_owned()));
        };
        let channel = self.channel.or(self.client.default_channel.as_deref());
        let allowed = &policy.limits.channels;
        match channel {
            Some(channel) if !allowed.is_empty() && !allowed.iter().any(|one| one == channel) => {
                Err(Refusal::ChannelNotAllowed {
                    policy: code.to_owned(),
                    channel: channel.to_owned(),
                })
            }
            _ => Ok(Arc::clone(policy)),
        }
    }
}

/// The default policy of the first authenticator that can give what is wanted, else of the first.
fn first_policy<'a>(held: &[&'a Arc<Authenticator>], wanted: Wanted) -> Option<&'a str> {
    let fitting = held.iter().filter(|one| methods::fits(&one.method, wanted));
    let first = fitting
        .chain(held.iter())
        .find_map(|one| one.policies.first());
    first.map(String::as_str)
}

fn does_not_fit(wanted: Wanted, policy: &Policy, serving: &[&Arc<Authenticator>]) -> Refusal {
    let mut kinds: Vec<_> = serving.iter().map(|one| one.method.kind()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let text = format!(
        "{}; the user's under {} are: {}",
        wanted.needs(),
        policy.code,
        kinds.join(", ")
    );
    Refusal::DoesNotFit(text)
}
