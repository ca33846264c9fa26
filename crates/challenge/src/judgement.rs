//! What an answer means: a pure function from what was read and what was given to what is written.
//!
//! It opens no row and commits nothing; `verifier` does both around it. The order of the checks is
//! the order of [`judge`]: everything is computed first, then the lock has the first word.

use crate::audit::Outcome;
use crate::clock::Timestamp;
use crate::directory::Authenticator;
use crate::directory::User;
use crate::id::{Id, TimedId};
use crate::lifecycle::{Challenge, Command, Phase, Purpose, State};
use crate::lockout::{self, Gate};
use crate::methods::{self, Given, Opened, Spend, Wanted};
use crate::policy::Policy;
use crate::ports::{ChallengeWrite, SpentMark, StandingWrite, Versioned};
use crate::refusal::Why;
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
    /// The live challenge, as read; for responses.
    pub challenge: Option<&'a Versioned<Challenge>>,
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

/// The newest challenge that one of these authenticators may answer.
pub fn live_challenge(
    standing: &Standing,
    policy: &str,
    candidates: &[Candidate],
) -> Option<TimedId> {
    let tally = standing.policies.get(policy)?;
    let mut fitting = tally.live.iter().filter(|live| {
        live.purpose == Purpose::Respond
            && live.authenticator.is_none_or(|bound| {
                candidates
                    .iter()
                    .any(|candidate| candidate.opened.enrolled.id == bound)
            })
    });
    // The newest stands last. Its id may be smaller than an older one's: clocks are set back.
    fitting.next_back().map(|live| live.id)
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
    let waiting = case.wanted != Wanted::Response || open_challenge(case, now).is_some();
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
    let nothing = Movement::default();
    let mut hits = Vec::new();
    for candidate in case.candidates {
        let opened = &candidate.opened;
        let bound = challenge.and_then(|challenge| challenge.value.authenticator);
        let asked = bound.is_none_or(|bound| bound == opened.enrolled.id);
        let movement = case.standing.value.movement(&opened.enrolled);
        let usable = asked && movement.is_some_and(|movement| movement.status.is_active());
        let movement = movement.unwrap_or(&nothing);
        let code = case.unverified_code;
        let given = match case.wanted {
            Wanted::OneTimePassword => Given::OneTimePassword(code),
            Wanted::Response => Given::Response {
                question: challenge.map_or(NO_QUESTION, |challenge| &challenge.value.question),
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
            && challenge.purpose == Purpose::Respond
            && matches!(challenge.phase_at(now), Phase::Is(State::Open { .. }))
    };
    case.challenge.filter(|challenge| is_open(&challenge.value))
}

fn right(case: &Case<'_>, tally: &Tally, hits: &[(&Opened, Spend)], now: Timestamp) -> Judgement {
    let answered = if case.wanted == Wanted::Response {
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
    standing.policies.insert(case.policy.code.clone(), next);
    let mut marks = Vec::new();
    for (opened, spend) in hits {
        let movement = standing
            .authenticators
            .entry(opened.enrolled.id)
            .or_default();
        *movement = methods::spend_into(movement, spend);
        if let Spend::Signature(_, Some(mark)) = spend
            && !marks.contains(mark)
        {
            marks.push(mark.clone());
        }
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

/// A wrong answer is counted, and uses up the challenge it was given to.
fn wrong(case: &Case<'_>, tally: &Tally, now: Timestamp) -> Judgement {
    let limits = &case.policy.limits;
    let mut next = lockout::after_failure(tally, limits, now);
    let waiting = open_challenge(case, now);
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
    if let Some(challenge) = case.challenge {
        let stays = touched.as_ref().and_then(|touched| touched.next.as_ref());
        let stays = stays.is_some_and(|next| matches!(next.state, State::Open { .. }));
        next.live
            .retain(|live| stays || live.id != challenge.value.id);
    }
    let attempts_left = lockout::attempts_left(&next, limits, now);
    let locked = attempts_left == 0;
    let without_challenge = case.wanted == Wanted::Response && waiting.is_none();
    let mut standing = case.standing.value.clone();
    standing.policies.insert(case.policy.code.clone(), next);
    Judgement {
        verdict: Err(match (locked, without_challenge) {
            (true, _) => Why::Locked,
            (false, true) => Why::NoChallenge { attempts_left },
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
