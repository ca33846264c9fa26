//! What an answer means: a pure function from what was read and what was given to what is written.
//!
//! It opens no row and commits nothing; `verifier` does both around it. The order of the checks is
//! the order of [`judge`]: everything is computed first, then the lock has the first word.

use crate::audit::Outcome;
use crate::clock::Timestamp;
use crate::directory::{Authenticator, Client, User};
use crate::id::{Id, TimedId};
use crate::lifecycle::{Challenge, Command, State};
use crate::lockout::{self, Gate};
use crate::methods::{self, Given, Opened, Spend, Wanted};
use crate::policy::Policy;
use crate::ports::{ChallengeWrite, SpentMark, StandingWrite, Versioned};
use crate::refusal::Why;
use crate::standing::{Movement, Standing, Status, Tally};
use crate::waiting::{
    answer_it, gone, is_meant, is_sent, is_supplied, is_tried, may_repeat, open_challenge,
};

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
    if is_lost(case, now) {
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

/// Whether nothing that could be given now would be taken, because of a restore: what an authenticator gives that
/// has to be followed again first, or that comes before the restore's moment, is not looked at, and so not counted.
fn is_lost(case: &Case<'_>, now: Timestamp) -> bool {
    let standing = &case.standing.value;
    let lost = |one: &Candidate| {
        let movement = standing.movement(&one.opened.enrolled);
        movement.is_some_and(|movement| methods::is_lost(&one.opened, movement, case.wanted, now))
    };
    // Nor is there a code that was not sent.
    let unsent = |one: &Candidate| is_sent(one) && open_challenge(case, now).is_none();
    let is_active = |one: &&Candidate| standing.status(&one.opened.enrolled).is_active();
    let active = || case.candidates.iter().filter(is_active);
    active().any(lost) && active().all(|one| lost(one) || unsent(one))
}

/// The candidates for which the answer is right: more than one where tokens share a key, and then it
/// is spent for each. All are computed, whatever comes out.
fn hits<'a>(case: &'a Case<'_>, now: Timestamp) -> Vec<(&'a Opened, Spend)> {
    let challenge = open_challenge(case, now);
    let supplied = is_supplied(case, now);
    let question = challenge.map_or(NO_QUESTION, |challenge| &challenge.value.question);
    let nothing = Movement::default();
    let may_repeat = may_repeat(case, now);
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
            Wanted::ResponseTo => bound == Some(opened.enrolled.id),
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
        // Whether this text was answered before a restore is not known.
        let was_perhaps = |spend: &Spend| {
            matches!(spend, Spend::Response(None, Some(mark)) if mark.keep_until.is_none())
                && may_repeat
                && movement.texts_are_lost()
        };
        let spend = spend.filter(|spend| usable && !was_perhaps(spend));
        hits.extend(spend.map(|spend| (opened, spend)));
    }
    hits
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
    let waiting = open_challenge(case, now).filter(|_| is_tried(case));
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
        .filter(|challenge| is_meant(case, &challenge.value));
    if let Some(challenge) = own.filter(|_| is_tried(case)) {
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
