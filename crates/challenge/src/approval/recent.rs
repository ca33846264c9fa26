//! How often something happened in the last so many seconds: a sliding count that stays small.
//!
//! Few occurrences are kept one by one, so that a small limit is exact; many are kept in parts of
//! the window, and then count a little longer than they must, never shorter.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// Occurrences that are kept one by one.
const EXACT: usize = 16;

/// Parts of the window in which more are kept.
const PARTS: i64 = 32;

/// Occurrences in a window that ends now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Recent(Vec<Several>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Several {
    /// The first of them.
    from: Timestamp,
    /// The last of them, by which they leave the window.
    at: Timestamp,
    count: u32,
}

impl Recent {
    /// How many there were in the `window_s` seconds before `now`. A moment in the future, before
    /// which the clock was set back, counts.
    pub fn count(&self, now: Timestamp, window_s: u32) -> u32 {
        let within = self.0.iter().filter(|one| now < one.at.plus_s(window_s));
        within.fold(0, |sum, one| sum.saturating_add(one.count))
    }

    /// The same with one more, and without those that left the window.
    #[must_use]
    pub fn with_one(&self, now: Timestamp, window_s: u32) -> Self {
        let within = self.0.iter().filter(|one| now < one.at.plus_s(window_s));
        let mut next: Vec<Several> = within.copied().collect();
        let part_ms = i64::from(window_s) * 1000 / PARTS;
        let many = next.len() >= EXACT;
        match next.last_mut() {
            Some(last) if many && (0..part_ms).contains(&(now.unix_ms() - last.from.unix_ms())) => {
                last.count = last.count.saturating_add(1);
                last.at = last.at.max(now);
            }
            _ => next.push(Several {
                from: now,
                at: now,
                count: 1,
            }),
        }
        Self(next)
    }

    /// From when on none of them counts any more.
    pub fn over_at(&self, window_s: u32) -> Option<Timestamp> {
        self.0.iter().map(|one| one.at.plus_s(window_s)).max()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const T0: Timestamp = Timestamp::from_unix_s(1_700_000_000);

    #[test]
    fn few_are_counted_to_the_moment() {
        let recent = (0..3).fold(Recent::default(), |recent, second| {
            recent.with_one(T0.plus_s(second), 300)
        });
        let count_at = |second| recent.count(T0.plus_s(second), 300);
        assert_eq!([2, 299, 300, 301, 302].map(count_at), [3, 3, 2, 1, 0]);
    }

    proptest! {
        #[test]
        fn never_fewer_than_there_were_and_never_many_rows(
            pauses in prop::collection::vec(0_u32..20, 1..400),
        ) {
            let (mut recent, mut now, mut truth) = (Recent::default(), T0, Vec::new());
            for pause in pauses {
                now = now.plus_s(pause);
                recent = recent.with_one(now, 300);
                truth.push(now);
                let exact = truth.iter().filter(|at| now < at.plus_s(300)).count();
                let counted = usize::try_from(recent.count(now, 300)).unwrap();
                let loose = truth.iter().filter(|at| now < at.plus_s(310)).count();
                prop_assert!((exact..=loose).contains(&counted), "{exact} {counted} {loose}");
                prop_assert!(recent.0.len() <= 60);
            }
        }
    }
}
