//! What an answer means: a pure function from what was read and what was given to what is written.
//!
//! It opens no row and commits nothing; `verifier` does both around it. The order of the checks is
//! the order of [`judge`]: everything is computed first, then the lock has the first word.

use crate::audit::Outcome;
use crate::clock::Timestamp;
use crate::directory::{Authenticator, Client, User};
use crate::id::{Id, TimedId};
use crate::lifecycle::{Challenge, Command, Phase, Purpose, State};
use crate::lockout::{self, Gate};
use crate::methods::{self, Given, Opened, OpenedMethod, Spend, Wanted};
use crate::policy::Policy;
use crate::ports::{ChallengeWrite, SpentMark, StandingWrite, Versioned};
use crate::refusal::{Gone, Why};
use crate::standing::{Movement, Standing, Status, Tally};

/// A question that stands for nothing: what is computed where no challenge waits.
const NO_QUESTION: &str = "00000000";

/// An authenticator that may have given the answer.
pub struct Candidate {
    /// The authenticator.
    pub opened: Opened,
    /// For a signature: the question that the transaction's fields become under its suite.
    pub question: Option<String>,
}

/// Everything that a judgement rests on.
pub struct Case<'a> {
    /// Who is asked.
    pub user: Id<User>,
    /// Under which policy.
    pub policy: &'a Policy,
    /// What is wanted.
    pub wanted: Wanted,
    /// What was given.
    pub unverified_code: &'a str,
    /// Who may have computed it.
    pub candidates: &'a [Candidate],
    /// The user's standing, as read.
    pub standing: &'a Versioned<Standing>,
    /// The live challenge, or one that was closed lately, as read; for responses and delivered codes.
    pub challenge: Option<&'a Versioned<Challenge>>,
    /// The client that asks.
    pub client: &'a Client,
    /// The challenge as that client names it.
    pub cc: Option<&'a str>,
    /// Whether the store told that what this answer spends was spent before.
    pub already_spent: bool,
}

/// What was decided, and the writes that make it so.
#[derive(Debug)]
pub struct Judgement {
    /// The authenticator that proved it, or what was missing.
    pub verdict: Result<Id<Authenticator>, Why>,
    /// How the audit log tells it.
    pub outcome: Outcome,
    /// The user's standing.
    pub standing: StandingWrite,
    /// The challenge, where it was touched.
    pub challenge: Option<ChallengeWrite>,
    /// What may be spent once.
    pub spent: Vec<SpentMark>,
}

/// The newest challenge that one of these authenticators may answer; for clients with challenges of
/// their own, else the one that was closed last.
pub fn live_challenge(
    standing: &Standing,
    policy: &str,
    (wanted, client): (Wanted, Id<Client>),
    candidates: &[Candidate],
) -> Option<TimedId> {
    let purpose = purpose_of(wanted)?;
    let tally = standing.policies.get(policy)?;
    let mut fitting = tally.live.iter().filter(|live| {
        let is_among = |bound| {
            let mut candidates = candidates.iter();
            candidates.any(|candidate| candidate.opened.enrolled.id == bound)
        };
        live.purpose == purpose
            && live.client == (wanted != Wanted::Response).then_some(client)
            && live.authenticator.is_none_or(is_among)
    });
    // The newest stands last. Its id may be smaller than an older one's: clocks are set back.
    let newest = fitting.next_back().map(|live| live.id);
    match wanted {
        Wanted::ResponseTo => newest.or(tally.closed),
        // A code may have been delivered; without an authenticator for that, none is looked for.
        Wanted::OneTimePassword if candidates.iter().any(is_sent) => newest.or(tally.closed),
        Wanted::OneTimePassword => None,
        Wanted::Response | Wanted::Signature => newest,
    }
}

/// Whether the authenticator's codes are sent to the user.
fn is_sent(candidate: &Candidate) -> bool {
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

/// Judges an answer.
pub fn judge(case: &Case<'_>, now: Timestamp) -> Judgement {
    let standing = &case.standing.value;
    let tally = standing
        .policies
        .get(&case.policy.code)
        .cloned()
        .unwrap_or_default();
    let hits = hits(case, now);
    let statuses: Vec<_> = case
        .candidates
        .iter()
        .map(|one| standing.status(&one.opened.enrolled))
        .collect();
    if standing.locked || lockout::gate(&tally, &case.policy.limits, now) == Gate::Locked {
        return untouched(case, Why::Locked, Outcome::Locked);
    }
    if !statuses.contains(&Status::Active) {
        return if statuses.contains(&Status::Locked) {
            untouched(case, Why::Locked, Outcome::Locked)
        } else {
            untouched(case, Why::NoAuthenticator, Outcome::NotFound)
        };
    }
    let waiting = match case.wanted {
        Wanted::Response => open_challenge(case, now).is_some(),
        Wanted::ResponseTo => is_supplied(case, now) || open_challenge(case, now).is_some(),
        Wanted::OneTimePassword | Wanted::Signature => true,
    };
    if hits.is_empty() || !waiting || case.already_spent {
        wrong(case, &tally, now)
    } else {
        right(case, &tally, &hits, now)
    }
}

/// The candidates for which the answer is right: more than one where tokens share a key, and then it
/// is spent for each. All are computed, whatever comes out.
fn hits<'a>(case: &'a Case<'_>, now: Timestamp) -> Vec<(&'a Opened, Spend)> {
    let challenge = open_challenge(case, now);
    let supplied = is_supplied(case, now);
    let named = challenge.is_some_and(|challenge| is_named(case, &challenge.value));
    let question = challenge.map_or(NO_QUESTION, |challenge| &challenge.value.question);
    let nothing = Movement::default();
    let mut hits = Vec::new();
    for candidate in case.candidates {
        let opened = &candidate.opened;
        let bound = challenge.and_then(|challenge| challenge.value.authenticator);
        let is_sent = is_sent(candidate);
        let asked = match case.wanted {
            Wanted::OneTimePassword if is_sent => bound == Some(opened.enrolled.id),
            Wanted::OneTimePassword | Wanted::Signature => true,
            Wanted::Response => bound.is_none_or(|bound| bound == opened.enrolled.id),
            Wanted::ResponseTo if supplied => true,
            Wanted::ResponseTo => bound == Some(opened.enrolled.id) && named,
        };
        let movement = case.standing.value.movement(&opened.enrolled);
        let usable = asked && movement.is_some_and(|movement| movement.status.is_active());
        let movement = movement.unwrap_or(&nothing);
        let code = case.unverified_code;
        let given = match case.wanted {
            Wanted::OneTimePassword if is_sent => Given::Delivered {
                question,
                unverified_code: code,
            },
            Wanted::OneTimePassword => Given::OneTimePassword(code),
            Wanted::ResponseTo if supplied => Given::Supplied {
                question: case.cc.unwrap_or(NO_QUESTION),
                unverified_code: code,
            },
            Wanted::Response | Wanted::ResponseTo => Given::Response {
                question,
                unverified_code: code,
            },
            Wanted::Signature => Given::Signature {
                question: candidate.question.as_deref().unwrap_or(NO_QUESTION),
                unverified_code: code,
            },
        };
        let spend = methods::verify(opened, movement, &case.policy.limits, given, now);
        hits.extend(spend.filter(|_| usable).map(|spend| (opened, spend)));
    }
    hits
}

/// The challenge that waits for this answer, if it still does.
fn open_challenge<'a>(case: &Case<'a>, now: Timestamp) -> Option<&'a Versioned<Challenge>> {
    let is_open = |challenge: &Challenge| {
        challenge.user == case.user
            && challenge.policy == case.policy.code
            && is_askers(case, challenge)
            && matches!(challenge.phase_at(now), Phase::Is(State::Open { .. }))
    };
    case.challenge.filter(|challenge| is_open(&challenge.value))
}

/// Whether a challenge asks for what is wanted, on behalf of whoever may have it answered: a challenge
/// that is bound to a client is that client's alone.
fn is_askers(case: &Case<'_>, challenge: &Challenge) -> bool {
    Some(challenge.purpose) == purpose_of(case.wanted)
        && (case.wanted == Wanted::Response || challenge.client == case.client.id)
}

/// Whether the client names this challenge, or names none.
fn is_named(case: &Case<'_>, challenge: &Challenge) -> bool {
    case.cc.is_none_or(|cc| {
        cc == challenge.question || cc == challenge.id.to_string() || cc == challenge.reference()
    })
}

/// Whether the client made the question by itself: it may, and no live challenge is named so.
fn is_supplied(case: &Case<'_>, now: Timestamp) -> bool {
    let live = open_challenge(case, now);
    case.wanted == Wanted::ResponseTo
        && case.client.caller_supplied_challenge
        && case.cc.is_some()
        && !live.is_some_and(|live| is_named(case, &live.value))
}

/// What became of the challenge that was waited for, as far as its client may know.
fn gone(case: &Case<'_>, now: Timestamp) -> Gone {
    let known = case.challenge.map(|challenge| &challenge.value);
    let known = known.filter(|challenge| {
        let bound = |one: &Candidate| challenge.authenticator == Some(one.opened.enrolled.id);
        case.wanted != Wanted::Response
            && challenge.user == case.user
            && is_askers(case, challenge)
            && is_named(case, challenge)
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
fn may_repeat(case: &Case<'_>, now: Timestamp) -> bool {
    let live = open_challenge(case, now);
    is_supplied(case, now) || live.is_some_and(|live| live.value.is_repeatable)
}

/// Whether these hits answer the challenge, rather than something else that was wanted.
fn answer_it(case: &Case<'_>, hits: &[(&Opened, Spend)], now: Timestamp) -> bool {
    match case.wanted {
        Wanted::Response => true,
        Wanted::ResponseTo => !is_supplied(case, now),
        Wanted::OneTimePassword => hits.iter().any(|(_, spend)| *spend == Spend::Challenge),
        Wanted::Signature => false,
    }
}

fn right(case: &Case<'_>, tally: &Tally, hits: &[(&Opened, Spend)], now: Timestamp) -> Judgement {
    let answered = if answer_it(case, hits, now) {
        // The response is used by the request that brought it: answered and consumed in one.
        let consumed = open_challenge(case, now).and_then(|challenge| {
            let accepted = challenge
                .value
                .after(Command::Answer { right: true }, now)
                .ok()?;
            Some((
                challenge.version,
                accepted.after(Command::Consume, now).ok()?,
            ))
        });
        let Some((expected, next)) = consumed else {
            return wrong(case, tally, now);
        };
        Some(ChallengeWrite {
            id: next.id,
            expected,
            next: Some(next),
        })
    } else {
        None
    };
    let mut standing = case.standing.value.clone();
    let mut next = lockout::after_success(tally, now);
    next.live.retain(|live| {
        answered
            .as_ref()
            .is_none_or(|answered| answered.id != live.id)
    });
    next.closed = closed(case, answered.as_ref().map(|write| write.id)).or(next.closed);
    standing.policies.insert(case.policy.code.clone(), next);
    let may_repeat = may_repeat(case, now);
    let mut marks: Vec<SpentMark> = Vec::new();
    for (opened, spend) in hits {
        let movement = standing
            .authenticators
            .entry(opened.enrolled.id)
            .or_default();
        *movement = methods::spend_into(movement, spend);
        let mark = match spend {
            Spend::Signature(_, mark) => mark.as_ref(),
            Spend::Response(_, mark) => mark
                .as_ref()
                .filter(|mark| may_repeat || mark.keep_until.is_some()),
            Spend::Counter(_) | Spend::Step { .. } | Spend::Passcode(_) | Spend::Challenge => None,
        };
        marks.extend(mark.filter(|mark| !marks.contains(mark)).cloned());
    }
    let Some((first, _)) = hits.first() else {
        return wrong(case, tally, now);
    };
    Judgement {
        verdict: Ok(first.enrolled.id),
        outcome: Outcome::Done,
        standing: write(case, Some(standing)),
        challenge: answered,
        spent: marks,
    }
}

/// What is kept of a challenge that ended, where its client may be told of it later.
fn closed(case: &Case<'_>, ended: Option<TimedId>) -> Option<TimedId> {
    ended.filter(|_| case.wanted != Wanted::Response)
}

/// A wrong answer is counted, and uses up the challenge it was given to.
fn wrong(case: &Case<'_>, tally: &Tally, now: Timestamp) -> Judgement {
    let limits = &case.policy.limits;
    let mut next = lockout::after_failure(tally, limits, now);
    let supplied = is_supplied(case, now);
    let waiting = open_challenge(case, now).filter(|_| !supplied);
    let touched = waiting.and_then(|challenge| {
        let after = challenge
            .value
            .after(Command::Answer { right: false }, now)
            .ok()?;
        Some(ChallengeWrite {
            id: after.id,
            expected: challenge.version,
            next: Some(after),
        })
    });
    let own = case
        .challenge
        .filter(|challenge| is_askers(case, &challenge.value));
    if let Some(challenge) = own.filter(|_| !supplied) {
        let stays = touched.as_ref().and_then(|touched| touched.next.as_ref());
        let stays = stays.is_some_and(|next| matches!(next.state, State::Open { .. }));
        let id = challenge.value.id;
        next.live.retain(|live| stays || live.id != id);
        next.closed = closed(case, (!stays).then_some(id)).or(next.closed);
    }
    let attempts_left = lockout::attempts_left(&next, limits, now);
    let locked = attempts_left == 0;
    let without_challenge = match case.wanted {
        Wanted::Response | Wanted::ResponseTo => !supplied && waiting.is_none(),
        Wanted::OneTimePassword => waiting.is_none() && case.candidates.iter().all(is_sent),
        Wanted::Signature => false,
    };
    let because = gone(case, now);
    let mut standing = case.standing.value.clone();
    standing.policies.insert(case.policy.code.clone(), next);
    Judgement {
        verdict: Err(match (locked, without_challenge) {
            (true, _) => Why::Locked,
            (false, true) => Why::NoChallenge {
                attempts_left,
                because,
            },
            (false, false) => Why::Wrong { attempts_left },
        }),
        outcome: match (locked, case.already_spent) {
            (true, _) => Outcome::WrongAndLocked,
            (false, true) => Outcome::Replayed,
            (false, false) => Outcome::Wrong,
        },
        standing: write(case, Some(standing)),
        challenge: touched,
        spent: Vec::new(),
    }
}

/// Nothing changes but the audit log; yet it must rest on what was read.
fn untouched(case: &Case<'_>, why: Why, outcome: Outcome) -> Judgement {
    Judgement {
        verdict: Err(why),
        outcome,
        standing: write(case, None),
        challenge: None,
        spent: Vec::new(),
    }
}

fn write(case: &Case<'_>, next: Option<Standing>) -> StandingWrite {
    StandingWrite {
        user: case.user,
        expected: case.standing.version,
        next,
    }
}
