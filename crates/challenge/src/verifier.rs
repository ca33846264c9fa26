//! The one way in: issue, answer, approve, consume.
//!
//! Every protocol calls these and none goes around them. Each reads what it needs, lets a pure
//! function decide ([`crate::judgement`], [`crate::lifecycle`]), and commits the decision with its
//! audit event in one change; a lost race reads and decides again. What an answer consists of is in
//! `answer`, issuing in `issuance`, the acts of administrators in `administration`, who calls in
//! `callers`.

use std::sync::Arc;

use crate::administration::Actor;
use crate::answer::{Accepted, Answer};
use crate::audit::{Event, EventKind, Outcome};
use crate::clock::{Clock, Timestamp};
use crate::directory::provision::Provisioner;
use crate::directory::{Catalogue, Client, TenantView};
use crate::door::Door;
use crate::id::TimedId;
use crate::judgement::{self, Case};
use crate::lifecycle::{Challenge, Command};
use crate::lockout::{self, Gate};
use crate::methods;
use crate::policy::Limits;
use crate::ports::{ChallengeWrite, Change, StandingWrite, Store, StoreError, Versioned};
use crate::refusal::{Refusal, Why};
use crate::rng::Rng;
use crate::secret::Keyring;
use crate::settlement::Settled;
use crate::standing::Standing;
use crate::turnstile::Turnstiles;
use crate::visitor::{Counters, Mint};
use crate::waiting;
use crate::watching::{Health, Traffic};

/// How often a request that lost a race decides again. Behind the turnstile a request loses only
/// to first comers and to other nodes, so that this many losses in a row do not happen to people.
pub(crate) const TRIES: u32 = 500;

/// What the verifier needs of the outside.
pub struct Ports {
    /// Keeps everything.
    pub store: Arc<dyn Store>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub rng: Arc<dyn Rng>,
    /// Opens and seals.
    pub keyring: Keyring,
    /// Draws proofs of work.
    pub mint: Arc<dyn Mint>,
}

/// Issues challenges, verifies answers, and sees to it that each counts once.
pub struct Verifier {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) keyring: Keyring,
    pub(crate) mint: Arc<dyn Mint>,
    pub(crate) turnstiles: Turnstiles,
    pub(crate) callers: crate::callers::KnownCallers,
    pub(crate) tokens: crate::officers::KnownTokens,
    pub(crate) nearby: crate::approval::Nearby,
    pub(crate) corpora: crate::corpus::Corpora,
    pub(crate) audit: crate::audit::seen::Memory,
    pub(crate) site_secrets: crate::visitor::SiteSecrets,
    /// What is counted about visitors.
    pub visitors: Counters,
    /// What is counted of all that comes in.
    pub traffic: Traffic,
    /// How this process is.
    pub health: Health,
    /// The directory: tenants, clients, policies, users, sites.
    pub catalogue: Catalogue,
}

/// On whose behalf, and over what way, something is asked.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The tenant.
    pub tenant: &'a TenantView,
    /// The calling client, authenticated.
    pub client: &'a Client,
    /// The way in.
    pub door: Door,
    /// The channel that the request named.
    pub channel: Option<&'a str>,
    /// The address the request came from.
    pub address: Option<&'a str>,
    /// The caller's own name for the request.
    pub correlation: Option<&'a str>,
}

/// A user's word on a challenge that asks for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Approve,
    /// No.
    Decline,
}

impl Verifier {
    /// Reads the directory and is ready.
    pub async fn start(ports: Ports) -> Result<Self, StoreError> {
        let Ports {
            store,
            clock,
            rng,
            keyring,
            mint,
        } = ports;
        let catalogue = Catalogue::load(Arc::clone(&store)).await?;
        let stamp = keyring.audit_stamp();
        store.stamp_with(stamp.map_err(|error| StoreError::Unavailable(error.to_string()))?);
        let callers = crate::callers::KnownCallers::default();
        let turnstiles = Turnstiles::new();
        Ok(Self {
            store,
            clock,
            rng,
            keyring,
            mint,
            turnstiles,
            callers,
            tokens: crate::officers::KnownTokens::default(),
            nearby: crate::approval::Nearby::default(),
            corpora: crate::corpus::Corpora::default(),
            audit: crate::audit::seen::Memory::default(),
            site_secrets: crate::visitor::SiteSecrets::default(),
            visitors: Counters::default(),
            traffic: Traffic::default(),
            health: Health::default(),
            catalogue,
        })
    }

    /// The present moment, by the verifier's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What brings the directory to what somebody describes.
    pub fn provisioner(&self) -> Provisioner<'_> {
        Provisioner {
            store: &*self.store,
            keyring: &self.keyring,
            rng: &*self.rng,
            clock: &*self.clock,
        }
    }

    /// Commits a change, and counts what its event tells. All that moves is written by this.
    pub(crate) async fn commit(&self, change: Change) -> Result<(), StoreError> {
        let counting = self.traffic.once_written(&change.event);
        let committed = self.store.commit(change).await;
        if committed.is_err() {
            counting.forget();
        }
        committed
    }

    /// The version of the master key that seals.
    pub fn key_version(&self) -> u32 {
        self.keyring.version()
    }

    /// The store, for reading.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The keys.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Verifies an answer and spends it.
    ///
    /// Of any number of requests that carry the same right answer, exactly one is accepted, on this
    /// node and on all others. Whatever the outcome, an event is on disk before this returns.
    pub async fn answer(&self, answer: &Answer<'_>) -> Result<Accepted, Refusal> {
        let (wanted, unverified_code) = answer.proof.parts();
        let asked = match self.asked(answer, wanted).await? {
            Ok(asked) => asked,
            Err((why, user)) => {
                self.read_as_if_known(answer, wanted).await?;
                methods::verify_nothing(wanted, &Limits::default(), unverified_code);
                return self.refuse_unknown(answer, user.as_deref(), why).await;
            }
        };
        let user = asked.record.user.id;
        let (mut turn, mut already_spent) = (None, false);
        for _ in 0..TRIES {
            let Some(standing) = self.store.standing(answer.tenant_id(), user).await? else {
                return Err(Refusal::Unavailable(format!("user {user} has no standing")));
            };
            let live = waiting::live_challenges(
                &standing.value,
                &asked.policy.code,
                (wanted, answer.context.client.id),
                &asked.candidates,
            );
            let challenge = self.waiting(answer, wanted, &live).await?;
            let case = Case {
                user,
                policy: &asked.policy,
                wanted,
                unverified_code,
                candidates: &asked.candidates,
                standing: &standing,
                challenge: challenge.as_ref(),
                client: answer.context.client,
                cc: answer.cc(),
                already_spent,
            };
            let judgement = judgement::judge(&case, self.clock.now());
            match self.settle(answer, &asked, judgement, already_spent).await {
                Err(Settled::Again(StoreError::Conflict)) if turn.is_none() => {
                    turn = self.turnstiles.pass(user.number()).await;
                }
                Err(Settled::Again(StoreError::Conflict)) => {}
                Err(Settled::Again(StoreError::AlreadySpent)) => already_spent = true,
                Err(Settled::Again(error)) => return Err(error.into()),
                Err(Settled::Refused(refusal)) => return Err(refusal),
                Ok(accepted) => return Ok(accepted),
            }
        }
        Err(Refusal::Unavailable(format!(
            "user {user}: {TRIES} lost races"
        )))
    }

    /// Takes a user's decision on a challenge that asks for one.
    ///
    /// The caller has made sure that it is the user's: by the device's signature over what was shown.
    pub async fn approve(
        &self,
        context: &Context<'_>,
        id: TimedId,
        decision: Decision,
    ) -> Result<Challenge, Refusal> {
        let (command, outcome) = match decision {
            Decision::Approve => (Command::Approve, Outcome::Done),
            Decision::Decline => (Command::Decline, Outcome::Declined),
        };
        let told = |kind, outcome| self.event(context, kind, outcome);
        let what = (command, EventKind::Decision, outcome);
        self.command((context.tenant, &told), id, what).await
    }

    /// Uses what a challenge has proved. Exactly one of any number of callers gets it.
    pub async fn consume(&self, context: &Context<'_>, id: TimedId) -> Result<Challenge, Refusal> {
        let told = |kind, outcome| self.event(context, kind, outcome);
        let what = (Command::Consume, EventKind::Consume, Outcome::Done);
        self.command((context.tenant, &told), id, what).await
    }

    /// Withdraws a challenge.
    pub async fn cancel(&self, context: &Context<'_>, id: TimedId) -> Result<Challenge, Refusal> {
        let told = |kind, outcome| self.event(context, kind, outcome);
        self.command((context.tenant, &told), id, CANCEL).await
    }

    /// Withdraws a challenge in an officer's name.
    pub async fn cancel_for(
        &self,
        actor: &Actor<'_>,
        tenant: &TenantView,
        id: TimedId,
    ) -> Result<Challenge, Refusal> {
        let told = |kind, outcome| self.event_of_actor(actor, tenant.tenant.id, (kind, outcome));
        self.command((tenant, &told), id, CANCEL).await
    }

    /// Has `lifecycle` decide on a command, and commits what it says.
    async fn command(
        &self,
        (view, told): (&TenantView, ToldBy<'_>),
        id: TimedId,
        (command, kind, outcome): (Command, EventKind, Outcome),
    ) -> Result<Challenge, Refusal> {
        let tenant = view.tenant.id;
        let mut turn = None;
        for _ in 0..TRIES {
            let found = self.store.challenge(tenant, id).await?;
            let found = found.ok_or(Refusal::NotFound("challenge"))?;
            let now = self.clock.now();
            let next = found
                .value
                .after(command, now)
                .map_err(Refusal::OutOfTurn)?;
            let standing = self.store.standing(tenant, next.user).await?;
            let standing = standing.ok_or(Refusal::NotFound("user"))?;
            if command == Command::Approve && is_locked(&standing.value, &next, view, now) {
                let event = told(EventKind::Decision, Outcome::Locked);
                self.commit(Change::telling(about(event, &next))).await?;
                return Err(Refusal::NotVerified(Why::Locked));
            }
            let closed = close_in_standing(&standing, &next, command, now);
            let event = about(told(kind, outcome), &next);
            let expected = found.version;
            let change = Change {
                standing: Some(closed),
                challenges: vec![ChallengeWrite {
                    id,
                    expected,
                    next: Some(next.clone()),
                }],
                ..Change::telling(event)
            };
            match self.commit(change).await {
                Ok(()) => return Ok(next),
                Err(StoreError::Conflict) if turn.is_none() => {
                    turn = self.turnstiles.pass(next.user.number()).await;
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refusal::Unavailable(format!(
            "challenge {id}: {TRIES} lost races"
        )))
    }
}

/// Withdrawing, whoever does it.
const CANCEL: (Command, EventKind, Outcome) = (Command::Cancel, EventKind::Cancel, Outcome::Done);

/// How the audit log tells what somebody did: the event, with who and by which way.
type ToldBy<'a> = &'a (dyn Fn(EventKind, Outcome) -> Event + Sync);

/// The event, about a challenge.
fn about(mut event: Event, challenge: &Challenge) -> Event {
    event.user = Some(challenge.user);
    event.detail.policy = Some(challenge.policy.clone());
    event.detail.challenge = Some(challenge.id);
    event
}

/// Whether the user may approve nothing now: the lock holds for decisions as for codes.
fn is_locked(
    standing: &Standing,
    challenge: &Challenge,
    tenant: &TenantView,
    now: Timestamp,
) -> bool {
    let tally = standing
        .policies
        .get(&challenge.policy)
        .cloned()
        .unwrap_or_default();
    let limits = tenant
        .policy(&challenge.policy)
        .map(|policy| &policy.limits);
    let by_policy = limits.is_none_or(|limits| lockout::gate(&tally, limits, now) == Gate::Locked);
    standing.locked || by_policy
}

/// The user's standing once a challenge does not wait for an answer any more; an approval counts as
/// the right answer that it is. Where nothing changes it still must be as it was read.
fn close_in_standing(
    read: &Versioned<Standing>,
    challenge: &Challenge,
    command: Command,
    now: Timestamp,
) -> StandingWrite {
    let mut standing = read.value.clone();
    if let Some(tally) = standing.policies.get_mut(&challenge.policy) {
        if command == Command::Approve {
            *tally = lockout::after_success(tally, now);
        }
        tally.live.retain(|live| live.id != challenge.id);
    }
    let next = (standing != read.value).then_some(standing);
    StandingWrite {
        user: challenge.user,
        expected: read.version,
        next,
    }
}
