//! What comes in and how it ends, counted by tenant and by way in, minute by minute.
//!
//! What ends is counted when its event was committed ([`Traffic::once_written`]), so that the counts
//! are those of the audit log; requests and how long they took are told by whoever serves them. A
//! process that is killed loses what it counted since a worker last stored it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::audit::{Event, EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::Tenant;
use crate::door::Door;
use crate::id::Id;

/// Upper bounds of the classes of latency, in microseconds; what is slower falls into one more class.
pub const LATENCY_BOUNDS_US: [u64; 12] = [
    500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    5_000_000,
];

/// The number of classes of latency.
pub const LATENCY_CLASSES: usize = LATENCY_BOUNDS_US.len() + 1;

/// Seconds for which minutes are kept: 3 hours.
pub const MINUTES_KEPT_S: u32 = 3 * 3600;

/// Seconds for which hours are kept: 400 days, so that a month can be compared to that of last year.
pub const HOURS_KEPT_S: u32 = 400 * 24 * 3600;

/// How long a span of time is over which something was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
}

impl Span {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
        }
    }

    /// The beginning of the span that a moment lies in.
    pub fn beginning(self, moment: Timestamp) -> Timestamp {
        let length_ms = match self {
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
        };
        Timestamp::from_unix_ms(moment.unix_ms().div_euclid(length_ms) * length_ms)
    }
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Challenges issued, codes sent, approvals asked for.
    pub issued: u64,
    /// Answers that were right.
    pub right: u64,
    /// Answers that were wrong, replayed ones included, but for those that locked.
    pub wrong: u64,
    /// Answers that locked, and what was asked of somebody who is locked.
    pub locked: u64,
    /// What was refused without a look at an answer, and what the user declined.
    pub refused: u64,
    /// Requests, whatever they asked for.
    pub requests: u64,
    /// Requests by how long they took until their answer began: the classes of
    /// [`LATENCY_BOUNDS_US`], each without the smaller ones, and the slower ones.
    pub latency: [u64; LATENCY_CLASSES],
}

impl Counts {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.issued += other.issued;
        self.right += other.right;
        self.wrong += other.wrong;
        self.locked += other.locked;
        self.refused += other.refused;
        self.requests += other.requests;
        for (class, more) in self.latency.iter_mut().zip(other.latency) {
            *class += more;
        }
    }

    /// The latency in microseconds that `percent` of the requests do not exceed; nothing where none
    /// was measured. Within a class it is taken as evenly spread, so that it is as exact as the class
    /// is narrow; of what is slower than the last bound, the bound is told.
    pub fn latency_us(&self, percent: u8) -> Option<u64> {
        let total: u64 = self.latency.iter().sum();
        let rank = (u128::from(total) * u128::from(percent))
            .div_ceil(100)
            .max(1);
        let (mut before, mut lower) = (0_u128, 0);
        for (&count, upper) in self.latency.iter().zip(LATENCY_BOUNDS_US) {
            let until = before + u128::from(count);
            if count > 0 && rank <= until {
                let within = u128::from(upper - lower) * (rank - before) / u128::from(count);
                return Some(lower + u64::try_from(within).unwrap_or(upper - lower));
            }
            (before, lower) = (until, upper);
        }
        (total > 0).then_some(lower)
    }

    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What was counted for a tenant and a way in, in one span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrafficRow {
    /// The tenant; [`Id::SERVER`]: all of them together, and what belongs to none.
    pub tenant: Id<Tenant>,
    /// The length of the span.
    pub span: Span,
    /// Its beginning.
    pub from: Timestamp,
    /// The way in.
    pub door: Door,
    /// The counts.
    pub counts: Counts,
}

/// What this process counted and nobody stored yet.
#[derive(Default)]
pub struct Traffic(Mutex<HashMap<(Id<Tenant>, Door), Minutes>>);

type Minutes = BTreeMap<Timestamp, Counts>;

impl Traffic {
    /// Counts a request that was answered after so many microseconds. `tenant` is nothing where it
    /// was nobody's.
    pub fn served(&self, tenant: Option<Id<Tenant>>, door: Door, now: Timestamp, took_us: u64) {
        let class = LATENCY_BOUNDS_US.partition_point(|bound_us| *bound_us < took_us);
        self.count((tenant.unwrap_or(Id::SERVER), door), now, |counts| {
            counts.requests += 1;
            if let Some(class) = counts.latency.get_mut(class) {
                *class += 1;
            }
        });
    }

    /// Counts a challenge that was issued without an event, since issuing it wrote nothing.
    pub(crate) fn issued(&self, tenant: Id<Tenant>, door: Door, now: Timestamp) {
        self.count((tenant, door), now, |counts| counts.issued += 1);
    }

    /// Something that counts once its event is written; see [`Counting`].
    pub(crate) fn once_written(&self, event: &Event) -> Counting<'_> {
        let counted = event.detail.door.zip(Class::of(event.kind, event.outcome));
        Counting {
            traffic: self,
            counted: counted.map(|(door, class)| (event.tenant, door, event.at, class)),
        }
    }

    fn count(&self, key: (Id<Tenant>, Door), now: Timestamp, count: impl FnOnce(&mut Counts)) {
        let mut all = self.lock();
        let minutes = all.entry(key).or_default();
        count(minutes.entry(Span::Minute.beginning(now)).or_default());
    }

    /// Takes the minutes that wait to be stored; who cannot store them puts them
    /// [back](Self::put_back).
    pub fn take(&self) -> Vec<TrafficRow> {
        let taken = std::mem::take(&mut *self.lock());
        let rows = taken.into_iter().flat_map(|((tenant, door), minutes)| {
            minutes.into_iter().map(move |(from, counts)| TrafficRow {
                tenant,
                span: Span::Minute,
                from,
                door,
                counts,
            })
        });
        rows.filter(|row| !row.counts.is_nothing()).collect()
    }

    /// Takes minutes back that could not be stored.
    pub fn put_back(&self, minutes: &[TrafficRow]) {
        let mut all = self.lock();
        for row in minutes {
            let kept = all.entry((row.tenant, row.door)).or_default();
            kept.entry(row.from).or_default().add(&row.counts);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Id<Tenant>, Door), Minutes>> {
        // A panic while the lock was held can have left a count short, which harms nobody.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What minutes add to what is stored: to their own rows, to their hours, and both again to those of
/// the whole server. In key order, so that two nodes that add at once wait for each other in turn.
pub fn spread(minutes: &[TrafficRow]) -> Vec<TrafficRow> {
    let mut sums: BTreeMap<(Id<Tenant>, Span, Timestamp, Door), Counts> = BTreeMap::new();
    for row in minutes {
        let own = (row.tenant != Id::SERVER).then_some(row.tenant);
        for tenant in own.into_iter().chain([Id::SERVER]) {
            for span in [Span::Minute, Span::Hour] {
                let key = (tenant, span, span.beginning(row.from), row.door);
                sums.entry(key).or_default().add(&row.counts);
            }
        }
    }
    let row = |((tenant, span, from, door), counts)| TrafficRow {
        tenant,
        span,
        from,
        door,
        counts,
    };
    sums.into_iter().map(row).collect()
}

/// Counts when it is dropped, unless it was told that nothing was written.
///
/// Whoever hangs up has the request dropped in the middle of a commit, which goes on without it. So
/// what is under way counts as written until the store says otherwise.
pub(crate) struct Counting<'a> {
    traffic: &'a Traffic,
    counted: Option<(Id<Tenant>, Door, Timestamp, Class)>,
}

impl Counting<'_> {
    /// Nothing was written, and nothing is counted.
    pub(crate) fn forget(mut self) {
        self.counted = None;
    }
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        let Some((tenant, door, at, class)) = self.counted.take() else {
            return;
        };
        self.traffic.count((tenant, door), at, |counts| {
            *match class {
                Class::Issued => &mut counts.issued,
                Class::Right => &mut counts.right,
                Class::Wrong => &mut counts.wrong,
                Class::Locked => &mut counts.locked,
                Class::Refused => &mut counts.refused,
            } += 1;
        });
    }
}

/// As what an event counts: as one thing, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Issued,
    Right,
    Wrong,
    Locked,
    Refused,
}

impl Class {
    fn of(kind: EventKind, outcome: Outcome) -> Option<Self> {
        let when_done = match kind {
            EventKind::Issue | EventKind::Send | EventKind::Start => Self::Issued,
            EventKind::Password
            | EventKind::OneTimePassword
            | EventKind::Response
            | EventKind::Signature
            | EventKind::Decision => Self::Right,
            // The user's word that it was somebody else.
            EventKind::NotMe => Self::Refused,
            _ => return None,
        };
        Some(match outcome {
            Outcome::Done => when_done,
            Outcome::Wrong | Outcome::Replayed => Self::Wrong,
            Outcome::WrongAndLocked | Outcome::Locked => Self::Locked,
            Outcome::NotFound
            | Outcome::TooMany
            | Outcome::DoesNotFit
            | Outcome::Declined
            | Outcome::Undelivered => Self::Refused,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Detail;
    use crate::id::TimedId;

    const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_059);

    fn tenant(number: i64) -> Id<Tenant> {
        Id::from_number(number).unwrap()
    }

    fn event(door: Option<Door>, kind: EventKind, outcome: Outcome) -> Event {
        Event {
            id: TimedId::from_bytes([1; 16]),
            at: NOW,
            tenant: tenant(40),
            kind,
            outcome,
            user: None,
            detail: Detail {
                door,
                ..Detail::default()
            },
        }
    }

    fn counted(door: Option<Door>, kind: EventKind, outcome: Outcome) -> Vec<TrafficRow> {
        let traffic = Traffic::default();
        drop(traffic.once_written(&event(door, kind, outcome)));
        traffic.take()
    }

    #[test]
    fn an_event_counts_once_for_its_tenant_minute_and_door() {
        let rows = counted(
            Some(Door::Activid),
            EventKind::OneTimePassword,
            Outcome::Done,
        );
        let [row] = rows[..] else {
            panic!("{rows:?}");
        };
        assert_eq!(
            (row.tenant, row.door, row.span),
            (tenant(40), Door::Activid, Span::Minute)
        );
        assert_eq!(row.from, Timestamp::from_unix_s(1_800_000_000));
        assert_eq!((row.counts.right, row.counts.requests), (1, 0));
    }

    #[test]
    fn every_outcome_of_an_answer_counts_as_one_thing() {
        let class = |outcome| {
            let rows = counted(Some(Door::Okay), EventKind::Decision, outcome);
            let counts = rows[0].counts;
            [
                counts.issued,
                counts.right,
                counts.wrong,
                counts.locked,
                counts.refused,
            ]
        };
        assert_eq!(class(Outcome::Done), [0, 1, 0, 0, 0]);
        assert_eq!(class(Outcome::Wrong), [0, 0, 1, 0, 0]);
        assert_eq!(class(Outcome::Replayed), [0, 0, 1, 0, 0]);
        assert_eq!(class(Outcome::WrongAndLocked), [0, 0, 0, 1, 0]);
        assert_eq!(class(Outcome::Locked), [0, 0, 0, 1, 0]);
        assert_eq!(class(Outcome::Declined), [0, 0, 0, 0, 1]);
    }

    #[test]
    fn what_no_door_is_known_of_and_what_answers_nothing_is_not_counted() {
        assert_eq!(counted(None, EventKind::Response, Outcome::Done), []);
        assert_eq!(
            counted(Some(Door::Okay), EventKind::Consume, Outcome::Done),
            []
        );
    }

    #[test]
    fn what_was_not_written_is_not_counted() {
        let traffic = Traffic::default();
        let event = event(Some(Door::Okay), EventKind::Start, Outcome::Done);
        traffic.once_written(&event).forget();
        assert_eq!(traffic.take(), []);
    }

    #[test]
    fn what_could_not_be_stored_is_added_to_what_came_meanwhile() {
        let traffic = Traffic::default();
        traffic.served(Some(tenant(40)), Door::Okay, NOW, 700);
        let taken = traffic.take();
        traffic.served(Some(tenant(40)), Door::Okay, NOW, 700);
        traffic.put_back(&taken);
        assert_eq!(traffic.take()[0].counts.requests, 2);
    }

    #[test]
    fn minutes_add_to_their_hours_and_to_the_whole_server_once() {
        let traffic = Traffic::default();
        traffic.served(Some(tenant(40)), Door::Okay, NOW, 1);
        traffic.served(Some(tenant(40)), Door::Okay, NOW.plus_s(60), 1);
        traffic.served(None, Door::Okay, NOW, 1);
        let rows = spread(&traffic.take());
        let of = |tenant: Id<Tenant>, span| -> Vec<u64> {
            let rows = rows
                .iter()
                .filter(|row| row.tenant == tenant && row.span == span);
            rows.map(|row| row.counts.requests).collect()
        };
        assert_eq!(of(tenant(40), Span::Minute), [1, 1]);
        assert_eq!(of(tenant(40), Span::Hour), [2]);
        assert_eq!(of(Id::SERVER, Span::Minute), [2, 1]);
        assert_eq!(of(Id::SERVER, Span::Hour), [3]);
    }

    #[test]
    fn a_latency_falls_into_the_class_whose_bound_it_does_not_exceed() {
        let traffic = Traffic::default();
        for took_us in [0, 500, 501, 5_000_000, 5_000_001] {
            traffic.served(None, Door::Device, NOW, took_us);
        }
        let counts = traffic.take()[0].counts;
        assert_eq!(counts.latency, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    }

    #[test]
    fn percentiles_lie_in_the_class_of_their_rank() {
        let mut counts = Counts::default();
        assert_eq!(counts.latency_us(50), None);
        counts.latency[0] = 98;
        counts.latency[3] = 1;
        counts.latency[12] = 1;
        assert_eq!(counts.latency_us(50), Some(255));
        assert_eq!(counts.latency_us(98), Some(500));
        assert_eq!(counts.latency_us(99), Some(5_000));
        assert_eq!(counts.latency_us(100), Some(5_000_000));
    }
}
