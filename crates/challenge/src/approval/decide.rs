//! Taking a user's decision from the device: verified against what was displayed, judged, and told.

use std::ops::RangeInclusive;

use data_encoding::BASE64;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::callback::{Chore, Told};
use super::caller::DeviceCaller;
use super::device::Capabilities;
use super::ending::session_write;
use super::judging::{self, Case, Judged, PinFact};
use super::linking::{lost_races, no_standing};
use super::looking::digits_place;
use super::pin::{self, PinHasher};
use super::ports::ApprovalWrites;
use super::refused::Refused;
use super::session::{Answered, Digits, Proof, RESULT_S, Session, Verdict};
use super::signed::{self, DecisionText};
use crate::audit::{EventKind, Outcome};
use crate::directory::{PinPlace, Tenant, TenantView, User};
use crate::id::Id;
use crate::lifecycle::{Phase, State};
use crate::policy::Limits;
use crate::ports::{Change, StandingWrite, StoreError, Versioned};
use crate::secret::{Place, Sealed};
use crate::standing::Standing;
use crate::verifier::{TRIES, Verifier};

/// A decision as it came from an authenticated device.
#[derive(Clone, Copy, Debug)]
pub struct UnverifiedDecision<'a> {
    /// The session it is about.
    pub session: Id<Session>,
    /// The decision.
    pub verdict: Verdict,
    /// What goes with it.
    pub evidence: Evidence<'a>,
    /// Milliseconds since the epoch, by the device's clock.
    pub time_ms: i64,
    /// The signature under [`signed::decision`]: r and s, 64 bytes.
    pub unverified_signature: &'a [u8],
}

/// What goes with a decision.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence<'a> {
    /// The PIN that was typed: 4 to 12 digits.
    pub pin: Option<&'a SecretString>,
    /// The number that was typed.
    pub number: Option<&'a str>,
    /// Whether the device made sure who holds it.
    pub user_verified: bool,
    /// For device information: what it can do; nothing: as it said last.
    pub capabilities: Option<Capabilities>,
}

/// A PIN against one hash, compared once however often the rest is decided again.
struct Compared {
    sealed: String,
    right: bool,
}

/// What was read for one try.
struct Read {
    standing: Versioned<Standing>,
    session: Versioned<Session>,
}

impl Verifier {
    /// Takes a decision: exactly one of any number that race each other, and nothing after expiry.
    ///
    /// The signature must be over exactly what the session displays. A wrong PIN or number is counted
    /// and committed before anybody is told; the session is over after [`super::start::ATTEMPTS`].
    /// Whoever asked is told by a callback in the same commit.
    pub async fn decide(
        &self,
        caller: &DeviceCaller,
        decision: &UnverifiedDecision<'_>,
        hasher: &dyn PinHasher,
    ) -> Result<Session, Refused> {
        self.may_decide(caller, (decision.verdict, decision.time_ms))?;
        let user = caller.device.user;
        let (mut turn, mut compared, mut new_pin) = (None, None, None);
        for _ in 0..TRIES {
            let read = self.read_for(caller, decision.session).await?;
            let session = &read.session.value;
            let proof = self.proved(caller, decision, session).await?;
            let limits = limits_of(&caller.tenant);
            // Who is not asked any more, or locked, gets no hash computed.
            let is_open = matches!(
                session.phase_at(self.clock.now()),
                Phase::Is(State::Open { .. })
            );
            let standing = &read.standing.value;
            let evaluated = is_open && !judging::is_locked(standing, &limits, self.clock.now());
            let pin = if evaluated && decision.verdict == Verdict::Approve {
                let facts = (&mut compared, &mut new_pin);
                let digits = digits_allowed(&caller.tenant, session);
                check_pin(decision.evidence.pin, session, &digits)?;
                self.pin_fact(decision, &read, hasher, facts).await?
            } else {
                PinFact::Absent
            };
            let case = Case {
                session,
                standing: &read.standing.value,
                limits: &limits,
                verdict: decision.verdict,
                unverified_number: decision.evidence.number,
                pin: &pin,
                user_verified: decision.evidence.user_verified,
                capabilities: decision
                    .evidence
                    .capabilities
                    .unwrap_or(caller.device.capabilities),
                pause_s: pause_s(&caller.tenant),
            };
            let judged = match judging::judge(&case, self.clock.now()) {
                Ok(judged) => judged,
                Err(refused) => {
                    self.tell_refused(caller, decision, &refused).await?;
                    return Err(refused);
                }
            };
            let (change, verdict) =
                self.decided_change(caller, decision, &read, (judged, proof))?;
            match self.commit(change).await {
                Ok(()) => {
                    self.nearby.bell.ring(user);
                    self.nearby.bell.ring_outbox();
                    return verdict;
                }
                Err(StoreError::Conflict) if turn.is_none() => {
                    turn = self.turnstiles.pass(user.number()).await;
                }
                Err(StoreError::Conflict) => {}
                Err(StoreError::AlreadySpent) => return Err(Refused::Replayed),
                Err(error) => return Err(error.into()),
            }
        }
        Err(lost_races(user))
    }

    /// The standing first, then the session: who writes a session writes the standing too.
    async fn read_for(&self, caller: &DeviceCaller, id: Id<Session>) -> Result<Read, Refused> {
        let device = &caller.device;
        let standing = self.store.standing(device.tenant, device.user).await?;
        let standing = standing.ok_or_else(|| no_standing(device.user))?;
        if standing.value.approval.device != Some(device.id) {
            return Err(Refused::UnknownDevice);
        }
        let session = self.store.session(device.tenant, id).await?;
        let session = session
            .filter(|row| row.value.device == device.id && row.value.user == device.user)
            .ok_or(Refused::SessionNotFound)?;
        Ok(Read { standing, session })
    }

    /// The device's signature over what was displayed and decided.
    async fn proved(
        &self,
        caller: &DeviceCaller,
        decision: &UnverifiedDecision<'_>,
        session: &Session,
    ) -> Result<Proof, Refused> {
        let id = session.id.to_string();
        let text = signed::decision(&DecisionText {
            displayed: session.displayed(&id),
            verdict: decision.verdict,
            number: decision.evidence.number.unwrap_or_default(),
            pin_given: decision.evidence.pin.is_some(),
            user_verified: decision.evidence.user_verified,
            time_ms: decision.time_ms,
        });
        let key = &caller.device.public_key;
        if !key.verifies(text.as_bytes(), decision.unverified_signature) {
            let refused = Refused::NotWhatWasDisplayed;
            self.tell_refused(caller, decision, &refused).await?;
            return Err(refused);
        }
        Ok(Proof {
            public_key: key.to_string(),
            signed: text,
            signature: BASE64.encode(decision.unverified_signature),
        })
    }

    /// What the PIN that came with an approval is worth. Hashing is the hasher's, off this task.
    async fn pin_fact(
        &self,
        decision: &UnverifiedDecision<'_>,
        read: &Read,
        hasher: &dyn PinHasher,
        (compared, new_pin): (&mut Option<Compared>, &mut Option<String>),
    ) -> Result<PinFact, Refused> {
        let session = &read.session.value;
        let (Some(typed), true) = (decision.evidence.pin, session.question.kind.needs_pin()) else {
            return Ok(PinFact::Absent);
        };
        if session.pin == PinPlace::Tenant {
            let sealed = self.sealed_digits(session, typed.expose_secret())?;
            return Ok(PinFact::Sealed(Digits::Sealed(sealed)));
        }
        let user = (session.tenant, session.user);
        if !judging::is_verified_here(session) {
            if let Some(sealed) = new_pin {
                return Ok(PinFact::New(sealed.clone()));
            }
            let hash = hasher.hash(typed.clone()).await.map_err(cannot_hash)?;
            let sealed = self
                .keyring
                .seal(&*self.rng, &pin_place(user), hash.as_bytes())?;
            let sealed = BASE64.encode(sealed.as_bytes());
            *new_pin = Some(sealed.clone());
            return Ok(PinFact::New(sealed));
        }
        let sealed = read.standing.value.approval.pin.as_ref();
        let sealed = sealed.ok_or(Refused::NoPin)?;
        if compared
            .as_ref()
            .is_none_or(|compared| compared.sealed != *sealed)
        {
            let hash = self.open_pin(user, sealed)?;
            let right = hasher.matches(hash.to_string(), typed.clone()).await;
            *compared = Some(Compared {
                sealed: sealed.clone(),
                right: right.map_err(cannot_hash)?,
            });
        }
        Ok(match compared {
            Some(Compared { right: true, .. }) => PinFact::Right,
            _ => PinFact::Wrong,
        })
    }

    fn open_pin(
        &self,
        user: (Id<Tenant>, Id<User>),
        sealed: &str,
    ) -> Result<Zeroizing<String>, Refused> {
        let damaged = || Refused::Unavailable(format!("user {}: damaged PIN", user.1));
        let bytes = BASE64.decode(sealed.as_bytes()).map_err(|_| damaged())?;
        let plain = self
            .keyring
            .open(&pin_place(user), &Sealed::from_bytes(bytes))?;
        let hash = std::str::from_utf8(&plain).map_err(|_| damaged())?;
        Ok(Zeroizing::new(hash.to_owned()))
    }

    fn sealed_digits(&self, session: &Session, digits: &str) -> Result<String, Refused> {
        let place = digits_place(session.tenant, session.id);
        let sealed = self.keyring.seal(&*self.rng, &place, digits.as_bytes())?;
        Ok(BASE64.encode(sealed.as_bytes()))
    }

    /// The change that a judgement asks for, and what the device is told when it is on disk.
    fn decided_change(
        &self,
        caller: &DeviceCaller,
        decision: &UnverifiedDecision<'_>,
        read: &Read,
        (judged, proof): (Judged, Proof),
    ) -> Result<(Change, Result<Session, Refused>), Refused> {
        let kind = match decision.verdict {
            Verdict::NotMe => EventKind::NotMe,
            _ => EventKind::Decision,
        };
        let mut event = self.event_of_device(caller, kind, judged.outcome);
        // Counted where it was asked: who looks at a protocol sees what came of its questions.
        event.detail.door = judged.session.door.or(event.detail.door);
        event.detail.session = Some(judged.session.id);
        event.detail.policy = Some(judging::POLICY.to_owned());
        let session = Session {
            proof: judged.answer.is_some().then_some(proof),
            answer: judged.answer.clone(),
            ..judged.session
        };
        let user = (session.user, session.user_external_id.as_str());
        let id = session.id;
        let mut messages = Vec::new();
        let told = match (&session.answer, session.state) {
            (Some(answer), _) => Some(Told::Answered {
                session: id,
                answer: answer.clone(),
            }),
            (None, State::Open { .. }) => None,
            (None, _) => Some(Told::Ended { session: id }),
        };
        if let Some(told) = told {
            messages.extend(self.callback(&caller.tenant, user, told)?);
        }
        if let Some(Answered::Pin(Some(_)) | Answered::PinSet(Some(_))) = session.answer {
            let due_at = self.clock.now().plus_s(RESULT_S);
            messages.push(self.chore(
                session.tenant,
                Chore::ForgetDigits { session: id },
                due_at,
            )?);
        }
        let change = Change {
            standing: Some(StandingWrite {
                user: session.user,
                expected: read.standing.version,
                next: Some(judged.standing),
            }),
            approvals: ApprovalWrites {
                sessions: vec![session_write(&read.session, session.clone())],
                ..ApprovalWrites::default()
            },
            spent: vec![caller.nonce.clone()],
            messages,
            ..Change::telling(event)
        };
        let verdict = match (&session.answer, session.state) {
            (Some(_), _) => Ok(session),
            (None, State::Open { attempts_left }) => Err(Refused::Wrong { attempts_left }),
            (None, _) => Err(Refused::Wrong { attempts_left: 0 }),
        };
        Ok((change, verdict))
    }

    /// Tells the audit log of a decision that was not taken, where that says something.
    async fn tell_refused(
        &self,
        caller: &DeviceCaller,
        decision: &UnverifiedDecision<'_>,
        refused: &Refused,
    ) -> Result<(), StoreError> {
        let outcome = match refused {
            Refused::Locked => Outcome::Locked,
            Refused::NotWhatWasDisplayed => Outcome::DoesNotFit,
            _ => return Ok(()),
        };
        let mut event = self.event_of_device(caller, EventKind::Decision, outcome);
        event.detail.session = Some(decision.session);
        self.commit(Change::telling(event)).await
    }
}

/// The limits that wrong PINs and numbers count under.
pub(super) fn limits_of(tenant: &TenantView) -> Limits {
    let policy = tenant.policy(judging::POLICY);
    policy.map_or_else(Limits::default, |policy| policy.limits.clone())
}

/// Where a user's PIN stands.
pub(crate) fn pin_place((tenant, user): (Id<Tenant>, Id<User>)) -> Place<'static> {
    Place {
        table: "standing",
        column: "pin",
        tenant: tenant.number(),
        row: user.number(),
    }
}

fn pause_s(tenant: &TenantView) -> u32 {
    tenant.tenant.okay.as_ref().map_or(0, |okay| okay.pause_s)
}

/// How many digits a PIN may have. A tenant that verifies PINs itself and wants `NO` for a decline is the
/// published Keycloak plugin, which takes any other answer than four digits for a yes without a PIN.
pub fn digits_allowed(tenant: &TenantView, session: &Session) -> RangeInclusive<usize> {
    let okay = tenant.tenant.okay.as_ref();
    let says_no = okay.is_some_and(|okay| okay.decline_word == "NO");
    if session.pin == PinPlace::Tenant && says_no {
        return pin::DIGITS_MIN..=pin::DIGITS_MIN;
    }
    pin::DIGITS_MIN..=pin::DIGITS_MAX
}

fn check_pin(
    typed: Option<&SecretString>,
    session: &Session,
    allowed: &RangeInclusive<usize>,
) -> Result<(), Refused> {
    let Some(typed) = typed.filter(|_| session.question.kind.needs_pin()) else {
        return Ok(());
    };
    let typed = typed.expose_secret();
    if pin::is_pin(typed) && allowed.contains(&typed.len()) {
        return Ok(());
    }
    let (fewest, most) = (allowed.start(), allowed.end());
    Err(Refused::DoesNotFit(if fewest == most {
        format!("pin: exactly {fewest} digits are allowed")
    } else {
        format!("pin: {fewest} to {most} digits are allowed")
    }))
}

fn cannot_hash(error: pin::CannotHash) -> Refused {
    Refused::Unavailable(error.to_string())
}
