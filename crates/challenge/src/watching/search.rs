//! Looking for events: by what they are about, and by a text in what they tell.
//!
//! A search never walks a whole log: what it narrows most is looked up by an index, and of the rest at
//! most [`LOOK_MAX`] events are compared in one go. It then says how far it came, so that whoever asks
//! goes on from there.

use crate::audit::{Event, EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::{Tenant, User};
use crate::door::Door;
use crate::id::{Id, TimedId};
use crate::ports::StoreError;
use crate::verifier::Verifier;

/// Events that are compared in one go, of all tenants together.
pub const LOOK_MAX: u32 = 10_000;

/// Events that are compared of each tenant at least, where many are searched.
const LOOK_MIN: u32 = 200;

/// What is looked for. What is not said fits everything.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// About this user.
    pub user: Option<Id<User>>,
    /// Asked by this client or officer, by name.
    pub client: Option<String>,
    /// Done by this officer, by name.
    pub officer: Option<String>,
    /// Of one of these kinds; empty: any.
    pub kinds: Vec<EventKind>,
    /// That ended so.
    pub outcome: Option<Outcome>,
    /// That came in this way.
    pub door: Option<Door>,
    /// At or after this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// With this text in what they tell, whatever the case of its letters.
    pub text: Option<String>,
    /// Older than this one: where the last page ended.
    pub before: Option<TimedId>,
    /// The most of them.
    pub limit: u32,
    /// The most that are compared.
    pub look: u32,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The events, newest first.
    pub events: Vec<Event>,
    /// Where to go on: everything from here on is among the events, older ones were not looked at.
    /// Nothing: the search came to the end of the log.
    pub came_to: Option<TimedId>,
}

/// Whose events are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// One tenant's.
    Tenant(Id<Tenant>),
    /// All tenants', removed ones too, and those that belong to none.
    Server,
}

impl Search {
    /// Whether an event is looked for.
    pub fn fits(&self, event: &Event) -> bool {
        let detail = &event.detail;
        let is_named = |wanted: Option<&str>, name: Option<&str>| {
            wanted.is_none_or(|wanted| name == Some(wanted))
        };
        self.user.is_none_or(|user| event.user == Some(user))
            && is_named(self.client.as_deref(), detail.client.as_deref())
            && is_named(self.officer.as_deref(), event.officer())
            && (self.kinds.is_empty() || self.kinds.contains(&event.kind))
            && self.outcome.is_none_or(|outcome| event.outcome == outcome)
            && self.door.is_none_or(|door| detail.door == Some(door))
            && self
                .from
                .is_none_or(|from| event.id >= TimedId::first_at(from))
            && self.to.is_none_or(|to| event.id < TimedId::first_at(to))
            && self.before.is_none_or(|before| event.id < before)
            && self
                .text
                .as_ref()
                .is_none_or(|text| event.detail.tells(text))
    }

    /// Ids that are too large for what is looked for begin here.
    pub fn below(&self) -> TimedId {
        let ends = [self.before, self.to.map(TimedId::first_at)];
        let least = ends.into_iter().flatten().min();
        least.unwrap_or(TimedId::from_bytes([0xff; 16]))
    }

    /// The least id of what is looked for.
    pub fn at_least(&self) -> TimedId {
        let from = self.from.map(TimedId::first_at);
        from.unwrap_or(TimedId::from_bytes([0; 16]))
    }
}

impl Verifier {
    /// Looks for events, newest first.
    ///
    /// Ids of events sort by time whatever their tenant, so that a page of the whole server's ends where
    /// the first of its tenants was not looked at any further.
    pub async fn search_events(&self, among: Among, search: &Search) -> Result<Found, StoreError> {
        let tenants = match among {
            Among::Tenant(tenant) => vec![tenant],
            // Not those of the catalogue: what happened on a tenant outlives it.
            Among::Server => self.store.tenants_with_events().await?,
        };
        let shared = u32::try_from(tenants.len()).unwrap_or(u32::MAX).max(1);
        let part = Search {
            // One more than asked for tells whether there are more.
            limit: search.limit.saturating_add(1),
            look: (LOOK_MAX / shared)
                .max(LOOK_MIN)
                .max(search.limit.min(LOOK_MAX) + 1),
            ..search.clone()
        };
        let mut found = Found {
            events: Vec::new(),
            came_to: None,
        };
        for tenant in tenants {
            let more = self.store.search(tenant, &part).await?;
            found = merged(found, more, part.limit);
        }
        Ok(cut(found, search.limit))
    }
}

/// Two tenants' findings as one: what is older than where either ended is left for later.
fn merged(mut one: Found, other: Found, limit: u32) -> Found {
    one.events.extend(other.events);
    one.events
        .sort_unstable_by_key(|event| std::cmp::Reverse(event.id));
    one.came_to = one.came_to.max(other.came_to);
    if let Some(came_to) = one.came_to {
        one.events.retain(|event| event.id >= came_to);
    }
    cut(one, limit)
}

/// At most so many events; what is cut off is where to go on.
fn cut(mut found: Found, limit: u32) -> Found {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if found.events.len() > limit {
        found.events.truncate(limit);
        found.came_to = found.events.last().map(|event| event.id);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Detail;

    fn event(tenant: i64, second: i64) -> Event {
        let at = Timestamp::from_unix_s(1_800_000_000 + second);
        let mut id = *TimedId::first_at(at).as_bytes();
        id[15] = u8::try_from(tenant).unwrap();
        Event {
            id: TimedId::from_bytes(id),
            at,
            tenant: Id::from_number(tenant).unwrap(),
            kind: EventKind::Issue,
            outcome: Outcome::Done,
            user: None,
            detail: Detail::default(),
        }
    }

    /// What a store finds of one tenant: at most so many, and where it ended.
    fn of_tenant(log: &[Event], tenant: i64, before: Option<TimedId>, limit: usize) -> Found {
        let tenant = Id::from_number(tenant).unwrap();
        let fits = |event: &&Event| {
            event.tenant == tenant && before.is_none_or(|before| event.id < before)
        };
        let mut events: Vec<Event> = log.iter().filter(fits).cloned().collect();
        events.sort_unstable_by_key(|event| std::cmp::Reverse(event.id));
        events.truncate(limit);
        let came_to = (events.len() == limit).then(|| events[limit - 1].id);
        Found { events, came_to }
    }

    #[test]
    fn pages_of_the_whole_server_put_together_are_all_logs_in_the_order_of_time() {
        // Tenant 2 is busy, tenant 3 was busy long ago, tenant 4 did one thing in between.
        let mut log: Vec<Event> = (50..80).map(|second| event(2, second)).collect();
        log.extend((0..20).map(|second| event(3, second)));
        log.push(event(4, 30));
        let mut newest_first = log.clone();
        newest_first.sort_unstable_by_key(|event| std::cmp::Reverse(event.id));
        for limit in [1_u32, 3, 7, 50, 51, 100] {
            let (mut seen, mut before) = (Vec::new(), None);
            loop {
                let part = limit + 1;
                let mut found = Found {
                    events: Vec::new(),
                    came_to: None,
                };
                for tenant in [3, 2, 4, 5] {
                    let more = of_tenant(&log, tenant, before, usize::try_from(part).unwrap());
                    found = merged(found, more, part);
                }
                let page = cut(found, limit);
                assert!(page.events.len() <= usize::try_from(limit).unwrap());
                seen.extend(page.events);
                before = page.came_to;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(seen, newest_first, "{limit}");
        }
    }

    #[test]
    fn what_one_tenant_was_not_looked_at_for_is_left_for_later() {
        let (newer, older) = (event(2, 60), event(2, 10));
        let found = Found {
            events: vec![newer.clone(), older],
            came_to: None,
        };
        let looked_enough = Found {
            events: Vec::new(),
            came_to: Some(event(3, 30).id),
        };
        let both = merged(found, looked_enough, 10);
        assert_eq!(both.events, [newer]);
        assert_eq!(both.came_to, Some(event(3, 30).id));
    }
}
