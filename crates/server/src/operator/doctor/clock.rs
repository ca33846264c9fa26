//! The clock: against the database's, and against what happened.

use challenge::clock::{Clock as _, Timestamp};
use challenge::verifier::Verifier;
use store::Facts;

use super::command::Findings;
use super::finding::Kind;
use crate::cli::{Failure, moment};
use crate::system::SystemClock;

/// Milliseconds by which two clocks may differ.
const APART_MS: u64 = 2_000;

/// Milliseconds by which the newest event may be ahead.
const AHEAD_MS: i64 = 5_000;

/// Compares this clock with the database's, where it has one of its own.
pub(super) fn look(facts: &Facts, found: &mut Findings) {
    let Some((before, theirs, after)) = facts.clock else {
        found.add(
            Kind::ClockUnchecked,
            "an embedded database has no clock of its own",
        );
        return;
    };
    look_at((before, theirs, after), found);
    found.add(Kind::ClockUnchecked, "it was compared with the database's");
}

/// `before` and `after`: this clock around the moment at which the other was read.
fn look_at((before, theirs, after): (Timestamp, Timestamp, Timestamp), found: &mut Findings) {
    let theirs = theirs.unix_ms();
    let apart = if theirs < before.unix_ms() {
        before.unix_ms().abs_diff(theirs)
    } else {
        u64::try_from(theirs - after.unix_ms()).unwrap_or(0)
    };
    if apart > APART_MS {
        found.add(
            Kind::ClockApart,
            format!("they are {apart} milliseconds apart"),
        );
    }
}

/// Looks for events of the future.
pub(super) async fn look_at_events(
    verifier: &Verifier,
    found: &mut Findings,
) -> Result<(), Failure> {
    let now = SystemClock.now();
    let mut newest: Option<Timestamp> = None;
    for rows in verifier.store().tenants().await? {
        let events = verifier.store().events(rows.tenant.id, 1).await?;
        newest = newest.max(events.first().map(|event| event.at));
    }
    if let Some(newest) = newest.filter(|newest| newest.unix_ms() > now.unix_ms() + AHEAD_MS) {
        let (newest, now) = (moment(newest), moment(now));
        found.add(
            Kind::ClockBehind,
            format!("the newest event is of {newest}, now is {now}"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_time_of_asking_does_not_explain_is_apart() {
        let at = Timestamp::from_unix_ms;
        let looked = |before, theirs, after| {
            let mut found = Findings::default();
            look_at((at(before), at(theirs), at(after)), &mut found);
            found.codes()
        };
        assert_eq!(looked(10_000, 12_000, 10_000), Vec::<&str>::new());
        assert_eq!(looked(10_000, 12_001, 10_000), ["clock.apart"]);
        assert_eq!(looked(10_000, 7_999, 10_000), ["clock.apart"]);
        // The answer took ten seconds.
        assert_eq!(looked(10_000, 19_000, 20_000), Vec::<&str>::new());
    }
}
