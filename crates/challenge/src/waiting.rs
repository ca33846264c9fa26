//! Which challenge an answer is to: found among those that are live, named by the client or not, and what
//! became of one that is not live any more. Pure; what the answer is worth is `judgement`'s.

use crate::clock::Timestamp;
use crate::directory::Client;
use crate::id::{Id, TimedId};
use crate::judgement::{Candidate, Case};
use crate::lifecycle::{Challenge, Phase, Purpose, State};
use crate::methods::{Opened, OpenedMethod, Spend, Wanted};
use crate::ports::Versioned;
use crate::refusal::Gone;
use crate::standing::Standing;

/// The challenges that one of these authenticators may answer, the newest first; for clients with
/// challenges of their own the one that was closed last comes after them.
pub fn live_challenges(
    standing: &Standing,
    policy: &str,
    (wanted, client): (Wanted, Id<Client>),
    candidates: &[Candidate],
) -> Vec<TimedId> {
    let (Some(purpose), Some(tally)) = (purpose_of(wanted), standing.policies.get(policy)) else {
        return Vec::new();
    };
    // A code may have been delivered; without an authenticator for that, none is looked for.
    if wanted == Wanted::OneTimePassword && !candidates.iter().any(is_sent) {
        return Vec::new();
    }
    let fitting = tally.live.iter().filter(|live| {
        let is_among = |bound| {
            let mut candidates = candidates.iter();
            candidates.any(|candidate| candidate.opened.enrolled.id == bound)
        };
        live.purpose == purpose
            && live.client == (wanted != Wanted::Response).then_some(client)
            && live.authenticator.is_none_or(is_among)
    });
    // The newest stands last. Its id may be smaller than an older one's: clocks are set back.
    let newest_first = fitting.rev().map(|live| live.id);
    let closed = tally.closed.filter(|_| wanted != Wanted::Response);
    newest_first.chain(closed).collect()
}

/// Whether the authenticator's codes are sent to the user.
pub(crate) fn is_sent(candidate: &Candidate) -> bool {
    matches!(candidate.opened.method, OpenedMethod::OnDemand { .. })
}

/// What a challenge asks for that is answered by what is wanted.
fn purpose_of(wanted: Wanted) -> Option<Purpose> {
    match wanted {
        Wanted::OneTimePassword => Some(Purpose::Repeat),
        Wanted::Response | Wanted::ResponseTo => Some(Purpose::Respond),
        Wanted::Signature => None,
    }
}

/// Whether a client that says `cc` means this challenge: by its question, id or reference.
pub(crate) fn is_named(cc: &str, challenge: &Challenge) -> bool {
    cc == challenge.question || cc == challenge.id.to_string() || cc == challenge.reference()
}

/// The challenge that waits for this answer, if it still does. One that the client does not mean, or
/// that is bound to another client, does not.
pub(crate) fn open_challenge<'a>(
    case: &Case<'a>,
    now: Timestamp,
) -> Option<&'a Versioned<Challenge>> {
    let is_open = |challenge: &Challenge| {
        challenge.policy == case.policy.code
            && is_meant(case, challenge)
            && matches!(challenge.phase_at(now), Phase::Is(State::Open { .. }))
    };
    case.challenge.filter(|challenge| is_open(&challenge.value))
}

/// Whether a challenge asks this user for what is wanted, on behalf of whoever may have it answered, and
/// is the one that the client names, if it names one.
pub(crate) fn is_meant(case: &Case<'_>, challenge: &Challenge) -> bool {
    challenge.user == case.user
        && Some(challenge.purpose) == purpose_of(case.wanted)
        && (case.wanted == Wanted::Response || challenge.client == case.client.id)
        && case.cc.is_none_or(|cc| is_named(cc, challenge))
}

/// Whether the client made the question by itself: it may, and no live challenge is named so.
pub(crate) fn is_supplied(case: &Case<'_>, now: Timestamp) -> bool {
    case.wanted == Wanted::ResponseTo
        && case.client.caller_supplied_challenge
        && case.cc.is_some()
        && open_challenge(case, now).is_none()
}

/// What became of the challenge that was waited for, as far as its client may know.
pub(crate) fn gone(case: &Case<'_>, now: Timestamp) -> Gone {
    let known = case.challenge.map(|challenge| &challenge.value);
    let known = known.filter(|challenge| {
        let bound = |one: &Candidate| challenge.authenticator == Some(one.opened.enrolled.id);
        case.wanted != Wanted::Response
            && is_meant(case, challenge)
            && case.candidates.iter().any(bound)
    });
    match known.map(|challenge| challenge.phase_at(now)) {
        Some(Phase::Expired) => Gone::Expired,
        Some(Phase::Is(State::Consumed { .. } | State::Refused { .. })) => Gone::Used,
        Some(Phase::Is(_)) | None => Gone::Unknown,
    }
}

/// Whether the question that was answered may be asked again: then its answer is spent for itself.
///
/// Answers with a time step in them are spent for themselves whoever asked: a client that may supply
/// questions could otherwise give one again after its challenge was used.
pub(crate) fn may_repeat(case: &Case<'_>, now: Timestamp) -> bool {
    let live = open_challenge(case, now);
    is_supplied(case, now) || live.is_some_and(|live| live.value.is_repeatable)
}

/// Whether these hits answer the challenge, rather than something else that was wanted.
pub(crate) fn answer_it(case: &Case<'_>, hits: &[(&Opened, Spend)], now: Timestamp) -> bool {
    match case.wanted {
        Wanted::Response => true,
        Wanted::ResponseTo => !is_supplied(case, now),
        Wanted::OneTimePassword => hits.iter().any(|(_, spend)| *spend == Spend::Challenge),
        Wanted::Signature => false,
    }
}

/// Whether a wrong answer was given to the challenge, so that it is used up. One to several authenticators
/// at once may have been meant for another than the one that a code was sent for.
pub(crate) fn is_tried(case: &Case<'_>) -> bool {
    case.wanted != Wanted::OneTimePassword || case.candidates.iter().all(is_sent)
}
