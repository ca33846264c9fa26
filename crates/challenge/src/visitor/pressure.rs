//! How hard a site is pressed: challenges that failed or were left unanswered within a minute.
//!
//! Pure counting in a ring of short spans; memory does not grow with the traffic. Every node counts what
//! passes through it.

use std::ops::Range;

use crate::clock::Timestamp;

/// Milliseconds of one span.
const SPAN_MS: i64 = 5_000;

/// Spans in the ring: more than the time a challenge can be answered in.
const SPANS: usize = 72;

/// Spans that make a minute.
const MINUTE: i64 = 60_000 / SPAN_MS;

/// Spans after which a challenge without an answer counts as left: browsers answer within seconds.
const PATIENCE: i64 = 30_000 / SPAN_MS;

/// Challenges left without an answer that are put down to people, for each right answer of the last
/// minute: nine of ten who see a form may leave it. A flood is left by all.
const LEFT_PER_RIGHT: u32 = 9;

/// Counts of the last minutes.
#[derive(Clone, Debug)]
pub(super) struct Pressure {
    spans: [Span; SPANS],
    /// Challenges whose span left the ring without an answer.
    abandoned: i64,
    /// The most that were: answers to challenges of other nodes must not take anything back.
    abandoned_most: u64,
}

/// What was counted in five seconds. A span's number is the time divided by its length.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    number: i64,
    /// Challenges issued in it.
    issued: u32,
    /// Of the challenges issued in it, those that were answered, whenever.
    answered: u32,
    /// Right answers given in it, whenever the challenge was issued.
    right: u32,
    /// Wrong answers given in it, whenever the challenge was issued.
    wrong: u32,
}

impl Default for Pressure {
    fn default() -> Self {
        Self {
            spans: [Span::default(); SPANS],
            abandoned: 0,
            abandoned_most: 0,
        }
    }
}

impl Pressure {
    /// Counts a challenge issued now.
    pub(super) fn issued(&mut self, now: Timestamp) {
        if let Some(span) = self.span(number(now)) {
            span.issued = span.issued.saturating_add(1);
        }
    }

    /// Counts an answer given now.
    pub(super) fn answered(&mut self, issued_at: Timestamp, now: Timestamp, right: bool) {
        if let Some(span) = self.span(number(issued_at)) {
            span.answered = span.answered.saturating_add(1);
        }
        if let Some(span) = self.span(number(now)) {
            let count = if right {
                &mut span.right
            } else {
                &mut span.wrong
            };
            *count = count.saturating_add(1);
        }
    }

    /// Wrong answers of the last minute, and challenges of the minute before the last half that are
    /// without an answer, as far as they are more than [`LEFT_PER_RIGHT`] allows.
    pub(super) fn failures_per_minute(&self, now: Timestamp) -> u32 {
        let now = number(now);
        let sum = |ages: Range<i64>, count: fn(&Span) -> u32| {
            let spans = self.spans.iter();
            let counts = spans.filter(|span| ages.contains(&(now - span.number)));
            counts.map(count).fold(0, u32::saturating_add)
        };
        let wrong = sum(0..MINUTE, |span| span.wrong);
        let right = sum(0..MINUTE, |span| span.right);
        let left = sum(PATIENCE..PATIENCE + MINUTE, Span::left);
        wrong.saturating_add(left.saturating_sub(right.saturating_mul(LEFT_PER_RIGHT)))
    }

    /// Challenges that can no longer be answered, and were not.
    pub(super) fn abandoned(&self) -> u64 {
        self.abandoned_most
    }

    /// The span of this number, taken into the ring; nothing where the ring is past it.
    fn span(&mut self, number: i64) -> Option<&mut Span> {
        let place = usize::try_from(number.rem_euclid(i64::try_from(SPANS).ok()?)).ok()?;
        let span = self.spans.get_mut(place)?;
        // Further ahead than the ring is long: the clock was set back, and that span is of no use now.
        let is_stale = span.number - number >= i64::try_from(SPANS).ok()?;
        if span.number > number && !is_stale {
            return None;
        }
        if span.number != number {
            // Answers that came through this node to challenges of another make it negative here.
            self.abandoned += i64::from(span.issued) - i64::from(span.answered);
            let abandoned = u64::try_from(self.abandoned).unwrap_or(0);
            self.abandoned_most = self.abandoned_most.max(abandoned);
            *span = Span {
                number,
                ..Span::default()
            };
        }
        Some(span)
    }
}

impl Span {
    fn left(&self) -> u32 {
        self.issued.saturating_sub(self.answered)
    }
}

fn number(moment: Timestamp) -> i64 {
    moment.unix_ms().div_euclid(SPAN_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_unix_s(1_800_000_000);

    #[test]
    fn a_challenge_without_an_answer_counts_from_half_a_minute_on_for_one_minute() {
        let mut pressure = Pressure::default();
        pressure.issued(START);
        let failures = |s| pressure.failures_per_minute(START.plus_s(s));
        assert_eq!([0, 29, 30, 89, 90].map(failures), [0, 0, 1, 1, 0]);
    }

    #[test]
    fn a_wrong_answer_counts_at_once_for_one_minute_and_a_right_one_never() {
        let mut pressure = Pressure::default();
        for right in [true, false] {
            pressure.issued(START);
            pressure.answered(START, START.plus_s(2), right);
        }
        let failures = |s| pressure.failures_per_minute(START.plus_s(s));
        assert_eq!([2, 40, 59, 60, 80].map(failures), [1, 1, 1, 0, 0]);
    }

    #[test]
    fn a_late_answer_takes_its_challenge_back() {
        let mut pressure = Pressure::default();
        pressure.issued(START);
        let late = START.plus_s(45);
        assert_eq!(pressure.failures_per_minute(late), 1);
        pressure.answered(START, late, true);
        assert_eq!(pressure.failures_per_minute(late), 0);
    }

    #[test]
    fn a_busy_site_that_nine_of_ten_leave_is_not_attacked_and_a_flood_beside_it_is() {
        let mut pressure = Pressure::default();
        for s in 0..120 {
            for visitor in 0..10 {
                pressure.issued(START.plus_s(s));
                if visitor == 0 && s >= 20 {
                    pressure.answered(START.plus_s(s - 20), START.plus_s(s), true);
                }
            }
        }
        let now = START.plus_s(119);
        assert_eq!(pressure.failures_per_minute(now), 0);
        for _ in 0..1000 {
            pressure.issued(START.plus_s(60));
        }
        assert!(pressure.failures_per_minute(now) > 900);
    }

    #[test]
    fn what_was_never_answered_is_abandoned_once_it_cannot_be() {
        let mut pressure = Pressure::default();
        for _ in 0..3 {
            pressure.issued(START);
        }
        pressure.answered(START, START.plus_s(1), false);
        pressure.issued(START.plus_s(300));
        assert_eq!(pressure.abandoned(), 0);
        pressure.issued(START.plus_s(360));
        assert_eq!(pressure.abandoned(), 2);
    }

    #[test]
    fn a_clock_set_back_does_not_stop_the_counting() {
        let mut pressure = Pressure::default();
        for s in (0..400).step_by(5) {
            pressure.issued(START.plus_s(3600 + s));
        }
        for _ in 0..7 {
            pressure.issued(START);
        }
        assert_eq!(pressure.failures_per_minute(START.plus_s(45)), 7);
    }

    #[test]
    fn an_answer_older_than_the_ring_is_passed_over() {
        let mut pressure = Pressure::default();
        pressure.issued(START.plus_s(1000));
        pressure.answered(START, START.plus_s(1000), false);
        assert_eq!(pressure.failures_per_minute(START.plus_s(1040)), 2);
    }
}
