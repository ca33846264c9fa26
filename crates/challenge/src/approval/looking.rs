//! Looking at sessions: for whoever asked, and for the phone that is asked.

use zeroize::Zeroizing;

use super::caller::{Asking, DeviceCaller};
use super::refused::Refused;
use super::session::{Answered, Digits, RESULT_S, Session};
use crate::directory::Tenant;
use crate::id::Id;
use crate::lifecycle::{Phase, State};
use crate::secret::{Place, Sealed};
use crate::verifier::Verifier;

/// What whoever asked may know of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The user has not decided yet.
    Pending,
    /// The user decided. Digits are in clear here.
    Answered(Answered),
}

impl Verifier {
    /// What came of a session. One that expired, was cancelled or guessed at, was answered more than
    /// a day ago, or never was, is [`Refused::SessionNotFound`].
    ///
    /// That a session expired is written before it is told: a decision that was judged in time and is
    /// committed later either comes first, and is told, or is judged again and refused.
    pub async fn check_approval(
        &self,
        asking: &Asking<'_>,
        unverified_session: &str,
    ) -> Result<Checked, Refused> {
        self.may_ask(&asking.tenant.tenant)?;
        let id: Id<Session> = unverified_session
            .parse()
            .map_err(|_| Refused::SessionNotFound)?;
        let mut session = self.approval(asking.tenant.tenant.id, id).await?;
        let now = self.clock.now();
        if session.expires_untold(now) {
            self.tell_expiry(asking.tenant, id, now).await?;
            session = self.approval(asking.tenant.tenant.id, id).await?;
        }
        match (session.phase_at(now), &session.answer) {
            (Phase::Is(State::Open { .. }), _) => Ok(Checked::Pending),
            (Phase::Is(State::Accepted { at } | State::Declined { at }), Some(answer))
                if now < at.plus_s(RESULT_S) =>
            {
                Ok(Checked::Answered(self.opened(&session, answer)?))
            }
            _ => Err(Refused::SessionNotFound),
        }
    }

    /// A session as it is stored, for whoever may see all: with the device's signature under it.
    pub async fn approval(&self, tenant: Id<Tenant>, id: Id<Session>) -> Result<Session, Refused> {
        let found = self.store.session(tenant, id).await?;
        Ok(found.ok_or(Refused::SessionNotFound)?.value)
    }

    /// The sessions that wait for this device's decision, oldest first.
    pub async fn pending_approvals(&self, caller: &DeviceCaller) -> Result<Vec<Session>, Refused> {
        let device = &caller.device;
        let standing = self.store.standing(device.tenant, device.user).await?;
        let approval = standing
            .map(|row| row.value.approval)
            .filter(|approval| approval.device == Some(device.id))
            .ok_or(Refused::UnknownDevice)?;
        let now = self.clock.now();
        let mut pending = Vec::new();
        for waiting in approval.pending {
            let found = self.store.session(device.tenant, waiting.id).await?;
            let session = found.map(|row| row.value);
            pending.extend(session.filter(|session| is_open_for(session, caller, now)));
        }
        Ok(pending)
    }

    /// An answer with its digits in clear.
    pub(super) fn opened(&self, session: &Session, answer: &Answered) -> Result<Answered, Refused> {
        self.opened_answer((session.tenant, session.id), answer)
    }

    pub(super) fn opened_answer(
        &self,
        of: (Id<Tenant>, Id<Session>),
        answer: &Answered,
    ) -> Result<Answered, Refused> {
        Ok(match answer {
            Answered::Pin(Some(digits)) => Answered::Pin(Some(self.open_digits(of, digits)?)),
            Answered::PinSet(Some(digits)) => Answered::PinSet(Some(self.open_digits(of, digits)?)),
            other => other.clone(),
        })
    }

    fn open_digits(
        &self,
        (tenant, session): (Id<Tenant>, Id<Session>),
        digits: &Digits,
    ) -> Result<Digits, Refused> {
        let Digits::Sealed(text) = digits else {
            return Ok(digits.clone());
        };
        let damaged = || Refused::Unavailable(format!("session {session}: damaged digits"));
        let sealed = data_encoding::BASE64
            .decode(text.as_bytes())
            .map_err(|_| damaged())?;
        let place = digits_place(tenant, session);
        let plain = self.keyring.open(&place, &Sealed::from_bytes(sealed))?;
        let digits = std::str::from_utf8(&plain).map_err(|_| damaged())?;
        Ok(Digits::Clear(Zeroizing::new(digits.to_owned())))
    }
}

fn is_open_for(session: &Session, caller: &DeviceCaller, now: crate::clock::Timestamp) -> bool {
    session.device == caller.device.id
        && matches!(session.phase_at(now), Phase::Is(State::Open { .. }))
}

/// Where digits stand, in a session's row as in the callback that tells them.
pub(crate) fn digits_place(tenant: Id<Tenant>, session: Id<Session>) -> Place<'static> {
    Place {
        table: "approval_session",
        column: "digits",
        tenant: tenant.number(),
        row: session.number(),
    }
}
