//! What was counted for a site in one hour.

use crate::clock::Timestamp;
use crate::directory::{Site, Tenant};
use crate::id::Id;

/// Seconds in an hour.
const HOUR_S: i64 = 3600;

/// Counts of one site's challenges, by the hour in which they were issued.
///
/// Answers and checks count for the hour of their challenge's issue, not for their own. So
/// [`SiteHour::abandoned`] is a plain difference, right on any number of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteHour {
    /// The tenant.
    pub tenant: Id<Tenant>,
    /// The site.
    pub site: Id<Site>,
    /// The beginning of the hour.
    pub from: Timestamp,
    /// Challenges issued.
    pub issued: u64,
    /// Answered right.
    pub right: u64,
    /// Answered wrong.
    pub wrong: u64,
    /// Told to be valid, each once.
    pub checked: u64,
    /// Milliseconds from issue to answer, of all answers together.
    pub answer_ms: u64,
}

impl SiteHour {
    /// Nothing counted yet, for the hour that `moment` lies in.
    pub fn of(tenant: Id<Tenant>, site: Id<Site>, moment: Timestamp) -> Self {
        Self {
            tenant,
            site,
            from: hour_of(moment),
            issued: 0,
            right: 0,
            wrong: 0,
            checked: 0,
            answer_ms: 0,
        }
    }

    /// Challenges that nobody answered. Those of the last minutes may still be.
    pub fn abandoned(&self) -> u64 {
        self.issued.saturating_sub(self.right + self.wrong)
    }

    /// Adds the counts of the same site and hour.
    pub fn add(&mut self, other: &Self) {
        self.issued += other.issued;
        self.right += other.right;
        self.wrong += other.wrong;
        self.checked += other.checked;
        self.answer_ms += other.answer_ms;
    }
}

/// The beginning of the hour that a moment lies in.
pub(super) fn hour_of(moment: Timestamp) -> Timestamp {
    let hour = moment.unix_ms().div_euclid(HOUR_S * 1000);
    Timestamp::from_unix_s(hour * HOUR_S)
}
