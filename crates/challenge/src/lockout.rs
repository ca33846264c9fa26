//! When guessing ends: the one lock-out under every protocol, stage and method.
//!
//! Counts belong to a user under a policy. A lock is not a flag that somebody sets: it follows from
//! the count, the moment of the last failure and the policy, so it opens by itself and follows a
//! changed policy at once. Nothing else in this server counts failures.

use crate::clock::Timestamp;
use crate::policy::Limits;
use crate::standing::{LiveChallenge, Pace, Tally};

/// Challenges that a client may always have issued for one user in a minute, whatever was answered:
/// each replaces the one before, and takes one answer.
pub const ISSUED_PER_MINUTE: u32 = 10;

/// Codes that may be sent to one user in [`SENT_WINDOW_S`] seconds.
pub const SENT_MAX: u32 = 5;

/// The window of [`SENT_MAX`].
pub const SENT_WINDOW_S: u32 = 300;

const MINUTE_S: u32 = 60;

/// Whether answers are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// They are.
    Open,
    /// They are not: too many were wrong.
    Locked,
}

/// Whether a user is locked under a policy at `now`.
pub fn gate(tally: &Tally, limits: &Limits, now: Timestamp) -> Gate {
    if standing_failures(tally, limits, now) >= limits.max_failures {
        Gate::Locked
    } else {
        Gate::Open
    }
}

/// Wrong answers that are left before the user is locked.
pub fn attempts_left(tally: &Tally, limits: &Limits, now: Timestamp) -> u32 {
    limits
        .max_failures
        .saturating_sub(standing_failures(tally, limits, now))
}

/// The tally after one more wrong answer that was evaluated.
pub fn after_failure(tally: &Tally, limits: &Limits, now: Timestamp) -> Tally {
    Tally {
        failures: standing_failures(tally, limits, now).saturating_add(1),
        failed_at: Some(now),
        consecutive_succeeded: 0,
        total_failed: tally.total_failed.saturating_add(1),
        last_failed_at: Some(now),
        ..tally.clone()
    }
}

/// The tally after a right answer: both counts begin anew.
pub fn after_success(tally: &Tally, now: Timestamp) -> Tally {
    Tally {
        total_succeeded: tally.total_succeeded.saturating_add(1),
        consecutive_succeeded: tally.consecutive_succeeded.saturating_add(1),
        succeeded_at: Some(now),
        ..reset(tally)
    }
}

/// The tally `counted` with the failures and open challenges of `before`: after a success that proves
/// too little to clear them.
pub fn keeping_counts(before: &Tally, counted: Tally) -> Tally {
    Tally {
        failures: before.failures,
        failed_at: before.failed_at,
        open_challenges: before.open_challenges,
        challenged_at: before.challenged_at,
        ..counted
    }
}

/// The tally after an administrator, or a right answer, cleared both counts.
pub fn reset(tally: &Tally) -> Tally {
    Tally {
        failures: 0,
        failed_at: None,
        open_challenges: 0,
        challenged_at: None,
        ..tally.clone()
    }
}

/// Whether one more challenge may be issued.
pub fn may_issue(tally: &Tally, limits: &Limits, now: Timestamp) -> bool {
    standing_challenges(tally, limits, now) < limits.max_open_challenges
}

/// Whether one more challenge that is bound to a client may be issued: [`ISSUED_PER_MINUTE`] always
/// may, and more as far as the policy's count allows.
pub fn may_issue_bound(tally: &Tally, limits: &Limits, now: Timestamp) -> bool {
    Pace::count_at(tally.issued_lately, MINUTE_S, now) < ISSUED_PER_MINUTE
        || may_issue(tally, limits, now)
}

/// Whether one more code may be sent to the user.
pub fn may_send(tally: &Tally, now: Timestamp) -> bool {
    Pace::count_at(tally.sent_lately, SENT_WINDOW_S, now) < SENT_MAX
}

/// The tally after one more challenge was issued that is bound to a client.
pub fn after_bound_issue(
    tally: &Tally,
    limits: &Limits,
    fresh: LiveChallenge,
    now: Timestamp,
) -> Tally {
    Tally {
        issued_lately: Some(Pace::after(tally.issued_lately, MINUTE_S, now)),
        ..after_issue(tally, limits, fresh, now)
    }
}

/// The tally after a code was sent that is to be repeated. Sending has a limit of its own, so it does
/// not count as an open challenge.
pub fn after_sending(tally: &Tally, fresh: LiveChallenge, now: Timestamp) -> Tally {
    let mut next = Tally {
        sent_lately: Some(Pace::after(tally.sent_lately, SENT_WINDOW_S, now)),
        ..tally.clone()
    };
    next.live.retain(|live| !live.is_bound_like(&fresh));
    next.live.push(fresh);
    next
}

/// The tally after one more challenge was issued; it takes the place of one bound alike.
pub fn after_issue(tally: &Tally, limits: &Limits, fresh: LiveChallenge, now: Timestamp) -> Tally {
    let mut next = Tally {
        open_challenges: standing_challenges(tally, limits, now).saturating_add(1),
        challenged_at: Some(now),
        ..tally.clone()
    };
    next.live.retain(|live| !live.is_bound_like(&fresh));
    next.live.push(fresh);
    next
}

/// Failures that count at `now`: none once a lock has run its time.
fn standing_failures(tally: &Tally, limits: &Limits, now: Timestamp) -> u32 {
    let over = tally.failures >= limits.max_failures && has_run_out(tally.failed_at, limits, now);
    if over { 0 } else { tally.failures }
}

/// Open challenges that count at `now`: none once the refusal has run its time.
fn standing_challenges(tally: &Tally, limits: &Limits, now: Timestamp) -> u32 {
    let over = tally.open_challenges >= limits.max_open_challenges
        && has_run_out(tally.challenged_at, limits, now);
    if over { 0 } else { tally.open_challenges }
}

fn has_run_out(since: Option<Timestamp>, limits: &Limits, now: Timestamp) -> bool {
    limits.lock_s > 0 && since.is_some_and(|since| now >= since.plus_s(limits.lock_s))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const T0: Timestamp = Timestamp::from_unix_s(1_700_000_000);

    fn limits(max_failures: u32, lock_s: u32) -> Limits {
        Limits {
            max_failures,
            lock_s,
            ..Limits::default()
        }
    }

    fn failed(times: u32, limits: &Limits, at: Timestamp) -> Tally {
        (0..times).fold(Tally::default(), |tally, _| {
            after_failure(&tally, limits, at)
        })
    }

    #[test]
    fn the_last_allowed_failure_locks_and_the_one_before_does_not() {
        let limits = limits(5, 1800);
        assert_eq!(gate(&failed(4, &limits, T0), &limits, T0), Gate::Open);
        assert_eq!(attempts_left(&failed(4, &limits, T0), &limits, T0), 1);
        assert_eq!(gate(&failed(5, &limits, T0), &limits, T0), Gate::Locked);
    }

    #[test]
    fn a_lock_opens_after_its_time_and_counts_from_nothing() {
        let limits = limits(3, 60);
        let tally = failed(3, &limits, T0);
        let late = T0.plus_s(60);
        assert_eq!(
            gate(&tally, &limits, Timestamp::from_unix_ms(late.unix_ms() - 1)),
            Gate::Locked
        );
        assert_eq!(gate(&tally, &limits, late), Gate::Open);
        assert_eq!(after_failure(&tally, &limits, late).failures, 1);
    }

    #[test]
    fn a_lock_of_zero_seconds_opens_only_by_hand() {
        let limits = limits(3, 0);
        let tally = failed(3, &limits, T0);
        assert_eq!(gate(&tally, &limits, T0.plus_s(u32::MAX)), Gate::Locked);
        assert_eq!(gate(&reset(&tally), &limits, T0), Gate::Open);
    }

    #[test]
    fn a_clock_set_back_opens_nothing() {
        let limits = limits(3, 60);
        let tally = failed(3, &limits, T0);
        assert_eq!(
            gate(&tally, &limits, Timestamp::from_unix_s(0)),
            Gate::Locked
        );
    }

    #[test]
    fn a_right_answer_resets_both_counts_and_keeps_the_totals() {
        let limits = limits(5, 1800);
        let tally = Tally {
            open_challenges: 3,
            ..failed(4, &limits, T0)
        };
        let after = after_success(&tally, T0);
        assert_eq!((after.failures, after.open_challenges), (0, 0));
        assert_eq!((after.total_failed, after.total_succeeded), (4, 1));
    }

    proptest! {
        #[test]
        fn failures_never_unlock(times in 0_u32..20, max in 1_u32..10, lock_s in 1_u32..100) {
            let limits = limits(max, lock_s);
            let tally = failed(times, &limits, T0);
            prop_assert_eq!(gate(&tally, &limits, T0) == Gate::Locked, times >= max);
        }

        #[test]
        fn challenges_beyond_the_limit_are_refused_until_the_time_has_run(
            max in 1_u32..10, lock_s in 1_u32..100,
        ) {
            let limits = Limits { max_open_challenges: max, lock_s, ..Limits::default() };
            let mut tally = Tally::default();
            for _ in 0..max {
                prop_assert!(may_issue(&tally, &limits, T0));
                tally = Tally {
                    open_challenges: tally.open_challenges + 1,
                    challenged_at: Some(T0),
                    ..tally
                };
            }
            prop_assert!(!may_issue(&tally, &limits, T0));
            prop_assert!(may_issue(&tally, &limits, T0.plus_s(lock_s)));
        }
    }
}
