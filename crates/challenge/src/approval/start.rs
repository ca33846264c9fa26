//! Starting a session: who may be asked, how often, and what is drawn for it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::callback::{CHORES, Chore};
use super::caller::Asking;
use super::decide::limits_of;
use super::judging;
use super::push::About;
use super::recent::Recent;
use super::refused::{Limit, Refused};
use super::session::{Question, Session, SessionKind};
use super::standing::PendingSession;
use super::{ApprovalStanding, ports};
use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::{Client, OkaySettings, PinPlace, Tenant, User, UserKey};
use crate::id::{Id, TimedId};
use crate::lifecycle::State;
use crate::ports::{Change, Message, StandingWrite, StoreError, Versioned};
use crate::rng;
use crate::standing::Standing;
use crate::verifier::{TRIES, Verifier};

/// Seconds in which the starts of a user are counted.
pub(super) const STARTS_WINDOW_S: u32 = 300;

/// Wrong PINs or numbers that a session takes before it is over.
pub const ATTEMPTS: u32 = 3;

/// The longest headline, text or wish for device data, in bytes.
pub const TEXT_MAX: usize = 16 * 1024;

/// A session to be started.
#[derive(Clone, Copy, Debug)]
pub struct ApprovalWish<'a> {
    /// Who asks.
    pub asking: Asking<'a>,
    /// The asker's own name for the user.
    pub user_external_id: &'a str,
    /// What is asked.
    pub question: &'a Question,
    /// The client that has it asked for itself, and alone may use the answer; nothing: whoever knows the
    /// tenant's secret may look at it.
    pub client: Option<&'a Client>,
}

impl Verifier {
    /// Starts a session: counted, bound to the user's linked phone, and on disk with the promise to
    /// tell its end and the push that tells the phone.
    ///
    /// One user has at most `max_pending` sessions open and `starts_per_5_min` started in five
    /// minutes, on all nodes together. What is refused is in the audit log, and does not count.
    pub async fn start_approval(&self, wish: &ApprovalWish<'_>) -> Result<Session, Refused> {
        let tenant = &wish.asking.tenant.tenant;
        let okay = self.may_ask(tenant)?;
        check_question(wish.question)?;
        self.nearby.meter.take(tenant.id, okay, self.clock.now())?;
        let user = self.user_called(tenant.id, wish.user_external_id).await?;
        let user = user.ok_or(Refused::NotLinked)?;
        let mut turn = None;
        for _ in 0..TRIES {
            let standing = self.store.standing(tenant.id, user.id).await?;
            let standing = standing.ok_or(Refused::NotLinked)?;
            let now = self.clock.now();
            if let Err(refused) = may_start(wish, okay, &standing.value, now) {
                self.tell_not_started(wish, &user, &refused).await?;
                return Err(refused);
            }
            let session = self.drawn_session(wish, (&user, okay), &standing.value, now);
            let Some(session) = session.await? else {
                continue;
            };
            let mut change = self.start_change(wish, &standing, &session)?;
            let push = self.push_about(About::Asked, &session).await?;
            let pushes = push.is_some();
            change.messages.extend(push);
            match self.commit(change).await {
                Ok(()) => {
                    self.nearby.bell.ring(user.id);
                    self.nearby.bell.ring_pushes(pushes);
                    return Ok(session);
                }
                Err(StoreError::Conflict) if turn.is_none() => {
                    turn = self.turnstiles.pass(user.id.number()).await;
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refused::Unavailable(format!(
            "user {}: {TRIES} lost races",
            user.id
        )))
    }

    /// A session of its own id; nothing where the id is taken, which does not happen to people.
    async fn drawn_session(
        &self,
        wish: &ApprovalWish<'_>,
        (user, okay): (&User, &OkaySettings),
        standing: &Standing,
        now: Timestamp,
    ) -> Result<Option<Session>, Refused> {
        let tenant = &wish.asking.tenant.tenant;
        let device = standing.approval.device.ok_or(Refused::NotLinked)?;
        let id: Id<Session> = Id::random(&*self.rng);
        let name = id.to_string();
        let taken = self.store.session(tenant.id, id).await?.is_some();
        // The signature of a link equals that of a look at a session where they have one name.
        let is_a_user = self
            .store
            .user(tenant.id, UserKey::ExternalId(&name))
            .await?;
        if taken || is_a_user.is_some() {
            return Ok(None);
        }
        let kind = wish.question.kind;
        let matched = kind == SessionKind::PinTan || (okay.number_matching && kind.is_matched());
        let number = matched.then(|| (10 + rng::below(&*self.rng, 90)).to_string());
        Ok(Some(Session {
            id,
            tenant: tenant.id,
            tenant_number: okay.id,
            tenant_name: tenant.display_name.clone(),
            user: user.id,
            user_external_id: wish.user_external_id.to_owned(),
            device,
            question: wish.question.clone(),
            client: wish.client.map(|client| client.id),
            door: Some(wish.asking.door),
            pin: okay.pin,
            number,
            issued_at: now,
            answer_by: now.plus_s(okay.pending_s),
            state: State::Open {
                attempts_left: ATTEMPTS,
            },
            answer: None,
            proof: None,
            end_told: false,
        }))
    }

    fn start_change(
        &self,
        wish: &ApprovalWish<'_>,
        standing: &Versioned<Standing>,
        session: &Session,
    ) -> Result<Change, Refused> {
        let now = session.issued_at;
        let mut next = standing.value.clone();
        let approval: &mut ApprovalStanding = &mut next.approval;
        approval.drop_expired(now);
        approval.pending.push(PendingSession {
            id: session.id,
            answer_by: session.answer_by,
        });
        approval.starts = approval.starts.with_one(now, STARTS_WINDOW_S);
        approval.paused_until = approval.paused_until.filter(|until| now < *until);
        let mut event = self.event_of_asking(&wish.asking, EventKind::Start, Outcome::Done);
        event.user = Some(session.user);
        event.detail.client = wish.client.map(|client| client.name.clone());
        event.detail.session = Some(session.id);
        event.detail.device = Some(session.device);
        let chore = Chore::TellExpiry {
            session: session.id,
            user: session.user,
        };
        Ok(Change {
            standing: Some(StandingWrite {
                user: session.user,
                expected: standing.version,
                next: Some(next),
            }),
            approvals: ports::ApprovalWrites {
                sessions: vec![ports::Write {
                    key: session.id,
                    expected: 0,
                    next: Some(session.clone()),
                }],
                ..ports::ApprovalWrites::default()
            },
            messages: vec![self.chore(session.tenant, chore, session.answer_by)?],
            ..Change::telling(event)
        })
    }

    async fn tell_not_started(
        &self,
        wish: &ApprovalWish<'_>,
        user: &User,
        refused: &Refused,
    ) -> Result<(), StoreError> {
        let outcome = match refused {
            Refused::Locked => Outcome::Locked,
            Refused::NotLinked => Outcome::NotFound,
            Refused::NoPin => Outcome::DoesNotFit,
            _ => Outcome::TooMany,
        };
        let mut event = self.event_of_asking(&wish.asking, EventKind::Start, outcome);
        event.user = Some(user.id);
        event.detail.client = wish.client.map(|client| client.name.clone());
        self.commit(Change::telling(event)).await
    }

    /// A message that the server owes itself.
    pub(super) fn chore(
        &self,
        tenant: Id<Tenant>,
        chore: Chore,
        due_at: Timestamp,
    ) -> Result<Message, Refused> {
        let body = serde_json::to_string(&chore)
            .map_err(|error| Refused::Unavailable(error.to_string()))?;
        Ok(Message {
            id: TimedId::random(self.clock.now(), &*self.rng),
            tenant,
            kind: CHORES.to_owned(),
            line: None,
            body,
            due_at,
        })
    }
}

/// Whether the user may be asked now.
fn may_start(
    wish: &ApprovalWish<'_>,
    okay: &OkaySettings,
    standing: &Standing,
    now: Timestamp,
) -> Result<(), Refused> {
    let approval = &standing.approval;
    if approval.device.is_none() {
        return Err(Refused::NotLinked);
    }
    let limits = limits_of(wish.asking.tenant);
    if judging::is_locked(standing, &limits, now) {
        return Err(Refused::Locked);
    }
    if approval.paused_until.is_some_and(|until| now < until) {
        return Err(Refused::LimitReached(Limit::Paused));
    }
    let pending = approval
        .pending
        .iter()
        .filter(|pending| now < pending.answer_by);
    if pending.count() >= usize::try_from(okay.max_pending).unwrap_or(usize::MAX) {
        return Err(Refused::AlreadyPending);
    }
    if approval.starts.count(now, STARTS_WINDOW_S) >= okay.starts_per_5_min {
        return Err(Refused::LimitReached(Limit::Starts));
    }
    let kind = wish.question.kind;
    if kind.proves_pin() && okay.pin == PinPlace::Server && approval.pin.is_none() {
        return Err(Refused::NoPin);
    }
    Ok(())
}

fn check_question(question: &Question) -> Result<(), Refused> {
    let device_data = question.device_data.as_deref().unwrap_or_default();
    for (name, text) in [
        ("guiHeader", question.header.as_str()),
        ("guiText", &question.text),
        ("deviceData", device_data),
    ] {
        if text.len() > TEXT_MAX {
            let length = text.len();
            return Err(Refused::DoesNotFit(format!(
                "{name}: {length} bytes are too long; {TEXT_MAX} are allowed"
            )));
        }
    }
    Ok(())
}

/// Starts of each tenant in the last minute, on this node. It protects the other tenants from one
/// that runs wild, so it need not be exact over nodes.
#[derive(Default)]
pub(super) struct Meter(Mutex<HashMap<Id<Tenant>, Recent>>);

impl Meter {
    pub(super) fn take(
        &self,
        tenant: Id<Tenant>,
        okay: &OkaySettings,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let Some(most) = okay.starts_per_min else {
            return Ok(());
        };
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = tenants.entry(tenant).or_default();
        if recent.count(now, 60) >= most {
            return Err(Refused::LimitReached(Limit::Tenant));
        }
        *recent = recent.with_one(now, 60);
        Ok(())
    }
}
