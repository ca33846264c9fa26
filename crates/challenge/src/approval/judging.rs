//! What a decision means: a pure function from what was read and what was given to what is written.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::device::Capabilities;
use super::refused::Refused;
use super::session::{Answered, Digits, Session, SessionKind, Verdict};
use crate::audit::Outcome;
use crate::clock::Timestamp;
use crate::directory::PinPlace;
use crate::lifecycle::{Command, State};
use crate::lockout::{self, Gate};
use crate::policy::Limits;
use crate::standing::Standing;

/// The code of the policy under which wrong PINs and numbers are counted; a tenant without a policy
/// of this code has the default limits.
pub const POLICY: &str = "OKAY";

/// Everything that a judgement rests on.
pub(super) struct Case<'a> {
    pub(super) session: &'a Session,
    pub(super) standing: &'a Standing,
    pub(super) limits: &'a Limits,
    pub(super) verdict: Verdict,
    /// The number that was typed.
    pub(super) unverified_number: Option<&'a str>,
    /// What became of the PIN that was typed.
    pub(super) pin: &'a PinFact,
    pub(super) user_verified: bool,
    pub(super) capabilities: Capabilities,
    /// Seconds for which "this was not me" pauses.
    pub(super) pause_s: u32,
}

/// What is known about the PIN that came with a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PinFact {
    /// None came.
    Absent,
    /// It is the user's.
    Right,
    /// It is not.
    Wrong,
    /// The tenant verifies it: here it is sealed.
    Sealed(Digits),
    /// It is a new one: its hash, sealed.
    New(String),
}

/// What was decided, and what is written.
pub(super) struct Judged {
    /// The session after it.
    pub(super) session: Session,
    /// The standing after it.
    pub(super) standing: Standing,
    /// What was answered; nothing: it was wrong.
    pub(super) answer: Option<Answered>,
    /// How the audit log tells it.
    pub(super) outcome: Outcome,
}

/// Judges a decision. An error: nothing is written but, where the user is locked, an event.
pub(super) fn judge(case: &Case<'_>, now: Timestamp) -> Result<Judged, Refused> {
    match case.verdict {
        Verdict::Approve => approve(case, now),
        Verdict::Decline => decline(case, Answered::Declined, now),
        Verdict::NotMe => {
            let mut judged = decline(case, Answered::Declined, now)?;
            judged.standing.approval.paused_until = Some(now.plus_s(case.pause_s));
            Ok(judged)
        }
        Verdict::ForgotPin if case.session.question.kind.proves_pin() => {
            decline(case, Answered::PinForgotten { asked: false }, now)
        }
        Verdict::FallBack if case.session.question.kind == SessionKind::BiometricOk => {
            decline(case, Answered::FellBack, now)
        }
        Verdict::ForgotPin => Err(misfit("forgot_pin: the session asks for no PIN")),
        Verdict::FallBack => Err(misfit("fall_back: the session asks for no biometrics")),
    }
}

fn decline(case: &Case<'_>, answer: Answered, now: Timestamp) -> Result<Judged, Refused> {
    let session = case.session.after(Command::Decline, now)?;
    let mut standing = case.standing.clone();
    standing.approval.close(session.id);
    Ok(Judged {
        session,
        standing,
        answer: Some(answer),
        outcome: Outcome::Declined,
    })
}

fn approve(case: &Case<'_>, now: Timestamp) -> Result<Judged, Refused> {
    let session = case.session.after(Command::Approve, now)?;
    if is_locked(case.standing, case.limits, now) {
        return Err(Refused::Locked);
    }
    let kind = session.question.kind;
    if kind.needs_pin() && *case.pin == PinFact::Absent {
        return Err(misfit("pin: the session asks for one"));
    }
    if kind == SessionKind::BiometricOk && !case.user_verified {
        return Err(misfit(
            "user_verified: the session asks the device to make sure who holds it; or fall back",
        ));
    }
    let number_is_right = match (&session.number, case.unverified_number) {
        (None, _) => true,
        (Some(_), None) => return Err(misfit("number: the session asks for one")),
        (Some(shown), Some(typed)) => {
            verify_slices_are_equal(shown.as_bytes(), typed.as_bytes()).is_ok()
        }
    };
    if !number_is_right || *case.pin == PinFact::Wrong {
        return wrong(case, now);
    }
    let mut standing = case.standing.clone();
    standing.approval.close(session.id);
    // Only what proved as much as the failures tried to guess begins the count anew: the holder of a
    // stolen phone must not get more guesses at the PIN by approving what needs none.
    let proved_pin = *case.pin == PinFact::Right;
    let proved_number = session.number.is_some() && standing.approval.pin.is_none();
    if (proved_pin || proved_number)
        && let Some(tally) = standing.policies.get_mut(POLICY)
    {
        *tally = lockout::after_success(tally, now);
    }
    match (kind, case.pin) {
        (SessionKind::SetPin, PinFact::New(hash)) => standing.approval.pin = Some(hash.clone()),
        (SessionKind::UserForgotPin, _) => standing.approval.pin = None,
        _ => {}
    }
    Ok(Judged {
        answer: Some(answered(case, kind)),
        session,
        standing,
        outcome: Outcome::Done,
    })
}

fn answered(case: &Case<'_>, kind: SessionKind) -> Answered {
    let digits = match case.pin {
        PinFact::Sealed(digits) => Some(digits.clone()),
        _ => None,
    };
    match kind {
        SessionKind::Ok => Answered::Approved,
        SessionKind::BiometricOk => Answered::UserVerified,
        SessionKind::Pin | SessionKind::PinTan | SessionKind::Fallback => Answered::Pin(digits),
        SessionKind::DeviceInfo => Answered::DeviceInfo {
            biometrics: case.capabilities.biometrics,
            push: case.capabilities.push,
        },
        SessionKind::SetPin => Answered::PinSet(digits),
        SessionKind::UserForgotPin => Answered::PinForgotten { asked: true },
    }
}

/// A wrong PIN or number: counted by the one lock-out, and one attempt of the session less.
fn wrong(case: &Case<'_>, now: Timestamp) -> Result<Judged, Refused> {
    let wrong = Command::Answer { right: false };
    let mut session = case.session.after(wrong, now)?;
    let mut standing = case.standing.clone();
    let tally = standing.policies.entry(POLICY.to_owned()).or_default();
    *tally = lockout::after_failure(tally, case.limits, now);
    let locks = lockout::gate(tally, case.limits, now) == Gate::Locked;
    if !matches!(session.state, State::Open { .. }) {
        standing.approval.close(session.id);
        session.end_told = true;
    }
    Ok(Judged {
        session,
        standing,
        answer: None,
        outcome: if locks {
            Outcome::WrongAndLocked
        } else {
            Outcome::Wrong
        },
    })
}

/// Whether the user may approve nothing now.
pub(super) fn is_locked(standing: &Standing, limits: &Limits, now: Timestamp) -> bool {
    let tally = standing.policies.get(POLICY);
    standing.locked || tally.is_some_and(|tally| lockout::gate(tally, limits, now) == Gate::Locked)
}

/// Whether this server verifies the PIN of a session.
pub(super) fn is_verified_here(session: &Session) -> bool {
    session.question.kind.proves_pin() && session.pin == PinPlace::Server
}

fn misfit(problem: &str) -> Refused {
    Refused::DoesNotFit(problem.to_owned())
}
