//! The port's part about watching, written once for both databases.
//!
//! A search reads along one index, a chunk at a time, and compares what the index does not know; it
//! never holds more than a chunk, and never looks at more than it was allowed to.

use async_trait::async_trait;
use challenge::approval::{Device, EVIDENCE_S, Session};
use challenge::audit::Outcome;
use challenge::clock::Timestamp;
use challenge::directory::Tenant;
use challenge::door::Door;
use challenge::id::{Id, TimedId};
use challenge::lifecycle::Challenge;
use challenge::ports::{StoreError, Versioned};
use challenge::visitor::Visit;
use challenge::watching::ports::{
    ChallengePage, DevicePage, Kept, KeptPage, SessionPage, Watching,
};
use challenge::watching::{
    Counts, Found, HOURS_KEPT_S, LATENCY_CLASSES, MINUTES_KEPT_S, Search, Span, TrafficRow,
};

use crate::cell::{Cell, Row, RowReader};
use crate::database::{Database, PATIENCE, Step};
use crate::engine::Engine;
use crate::shelf::{self, Shelf};
use crate::sieve::Sieve;
use crate::{moving, provision, sql_watching as sql};

/// Events read at once where each has still to be compared: of a search the first ones, and of each further
/// reading so many times more, since on a busy machine it is the readings that take long.
const CHUNK: u32 = 1000;
const GROWTH: u32 = 3;

/// The index that a search reads along, and the key in it.
struct Way {
    sql: &'static str,
    key: Option<Cell>,
    /// Whether every event on it is looked for.
    is_exact: bool,
}

impl Way {
    /// The way that narrows most: a user's events are few, an officer's too, then what went wrong.
    fn of(search: &Search) -> Self {
        let Search {
            user,
            client,
            officer,
            kinds,
            outcome,
            door,
            text,
            ..
        } = search;
        let wrong = outcome.filter(|outcome| *outcome != Outcome::Done);
        let (sql, key): (_, Option<Cell>) = if let Some(user) = user {
            (sql::EVENTS_OF_USER, Some(user.number().into()))
        } else if let Some(officer) = officer {
            (sql::EVENTS_OF_OFFICER, Some(officer.as_str().into()))
        } else if let Some(outcome) = wrong {
            (sql::EVENTS_OF_OUTCOME, Some(outcome.name().into()))
        } else if let [kind] = kinds[..] {
            (sql::EVENTS_OF_KIND, Some(kind.name().into()))
        } else {
            (sql::EVENTS_OF_TENANT, None)
        };
        let asked = [
            user.is_some(),
            client.is_some(),
            officer.is_some(),
            !kinds.is_empty(),
            outcome.is_some(),
            door.is_some(),
            text.is_some(),
        ];
        let conditions = asked.iter().filter(|asked| **asked).count();
        Self {
            sql,
            is_exact: conditions == usize::from(key.is_some()) && kinds.len() < 2,
            key,
        }
    }
}

impl<D: Database> Engine<D> {
    async fn look(&self, tenant: Id<Tenant>, search: &Search) -> Result<Found, StoreError> {
        let way = Way::of(search);
        let limit = usize::try_from(search.limit).unwrap_or(usize::MAX);
        let look = search.look.max(search.limit);
        let (mut below, at_least) = (search.below(), search.at_least());
        let (mut events, mut looked) = (Vec::new(), 0);
        let mut sieve = search.text.as_deref().map(Sieve::of);
        let mut wanted = if way.is_exact { search.limit } else { CHUNK };
        loop {
            let chunk = wanted.min(look - looked);
            wanted = wanted.saturating_mul(GROWTH);
            let mut cells = vec![
                tenant.number().into(),
                below.as_bytes().as_slice().into(),
                at_least.as_bytes().as_slice().into(),
            ];
            cells.extend(way.key.clone());
            cells.push(i64::from(chunk).into());
            let rows = self.database().fetch(way.sql, cells).await?;
            let read = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            for row in rows {
                if let Some(id) = sieve.as_mut().and_then(|sieve| sieve.passes_over(&row)) {
                    below = id;
                    continue;
                }
                let event = moving::event(row)?;
                below = event.id;
                if search.fits(&event) {
                    events.push(event);
                }
                if events.len() >= limit {
                    return Ok(Found {
                        events,
                        came_to: Some(below),
                    });
                }
            }
            looked += read;
            if read < chunk || looked >= look {
                let came_to = (read >= chunk).then_some(below);
                return Ok(Found { events, came_to });
            }
        }
    }
}

#[async_trait]
impl<D: Database> Watching for Engine<D> {
    fn durability_problem(&self) -> Option<String> {
        self.database().problem()
    }

    async fn search(&self, tenant: Id<Tenant>, search: &Search) -> Result<Found, StoreError> {
        self.look(tenant, search).await
    }

    async fn tenants_with_events(&self) -> Result<Vec<Id<Tenant>>, StoreError> {
        let rows = self
            .database()
            .fetch(sql::TENANTS_OF_EVENTS, Vec::new())
            .await?;
        rows.into_iter().map(|row| row.of("event").id()).collect()
    }

    async fn challenges(
        &self,
        tenant: Id<Tenant>,
        page: &ChallengePage,
    ) -> Result<KeptPage, StoreError> {
        let mut below = page.before.unwrap_or(TimedId::from_bytes([0xff; 16]));
        let at_least = page.from.map(TimedId::first_at);
        let at_least = at_least.unwrap_or(TimedId::from_bytes([0; 16]));
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let (look, mut looked) = (page.look.max(page.limit), 0);
        let mut found = Vec::new();
        loop {
            let wanted = page.open_at.map_or(page.limit, |_| CHUNK);
            let chunk = wanted.min(look - looked);
            let cells = vec![
                tenant.number().into(),
                below.as_bytes().as_slice().into(),
                at_least.as_bytes().as_slice().into(),
                i64::from(chunk).into(),
            ];
            let rows = self.database().fetch(sql::CHALLENGES, cells).await?;
            let read = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            for row in rows {
                let one = kept(tenant, row)?;
                below = one.id();
                if page.open_at.is_none_or(|moment| one.is_open(moment)) {
                    found.push(one);
                }
                if found.len() >= limit {
                    return Ok(KeptPage {
                        kept: found,
                        came_to: Some(below),
                    });
                }
            }
            looked += read;
            if read < chunk || looked >= look {
                let came_to = (read >= chunk).then_some(below);
                return Ok(KeptPage {
                    kept: found,
                    came_to,
                });
            }
        }
    }

    async fn kept(&self, tenant: Id<Tenant>, id: TimedId) -> Result<Option<Kept>, StoreError> {
        let key = vec![tenant.number().into(), id.as_bytes().as_slice().into()];
        let row = self.first(sql::KEPT, key).await?;
        row.map(|row| kept(tenant, row)).transpose()
    }

    async fn sessions(
        &self,
        tenant: Id<Tenant>,
        page: &SessionPage,
    ) -> Result<Vec<Versioned<Session>>, StoreError> {
        // The table knows until when a session is kept, which is as long after each one's end.
        let ends_at = |answer_by: Timestamp| answer_by.plus_s(EVIDENCE_S).unix_ms();
        let (before, name) = match page.after {
            None => (i64::MAX, String::new()),
            Some((answer_by, id)) => (ends_at(answer_by), id.to_string()),
        };
        let cells = vec![
            tenant.number().into(),
            before.into(),
            name.into(),
            page.answer_after.map_or(0, ends_at).into(),
            i64::from(page.limit).into(),
        ];
        let rows = self.database().fetch(sql::SESSIONS, cells).await?;
        let read = |row| shelf::read(Shelf::Session, row);
        rows.into_iter().map(read).collect()
    }

    async fn devices(
        &self,
        tenant: Id<Tenant>,
        page: &DevicePage,
    ) -> Result<Vec<Device>, StoreError> {
        let after = page.after.map(|id| id.to_string()).unwrap_or_default();
        let sql = if page.linked_only {
            sql::LINKED_DEVICES
        } else {
            sql::DEVICES
        };
        let limit = i64::from(page.limit);
        let cells = vec![tenant.number().into(), after.into(), limit.into()];
        let rows = self.database().fetch(sql, cells).await?;
        let read = |row| shelf::read::<Device>(Shelf::Device, row).map(|row| row.value);
        rows.into_iter().map(read).collect()
    }

    async fn add_traffic(&self, rows: Vec<TrafficRow>) -> Result<(), StoreError> {
        let steps: Result<Vec<_>, _> = rows.iter().map(added).collect();
        self.database().run(steps?, PATIENCE).await?;
        Ok(())
    }

    async fn traffic(
        &self,
        tenant: Id<Tenant>,
        span: Span,
        from: Timestamp,
    ) -> Result<Vec<TrafficRow>, StoreError> {
        let cells = vec![
            tenant.number().into(),
            span.name().into(),
            from.unix_ms().into(),
        ];
        let rows = self.database().fetch(sql::TRAFFIC, cells).await?;
        rows.into_iter().map(|row| traffic(span, row)).collect()
    }

    async fn sweep_traffic(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut steps = Vec::new();
        for (span, kept_s) in [(Span::Minute, MINUTES_KEPT_S), (Span::Hour, HOURS_KEPT_S)] {
            let before = now.unix_ms() - i64::from(kept_s) * 1000;
            let cells = vec![span.name().into(), before.into(), i64::from(limit).into()];
            let keys = self.database().fetch(sql::ENDED_TRAFFIC, cells).await?;
            let removed = |Row(key)| provision::any(sql::REMOVE_TRAFFIC, key);
            steps.extend(keys.into_iter().map(removed));
        }
        if steps.is_empty() {
            return Ok(0);
        }
        self.database().run(steps, PATIENCE).await
    }
}

/// A challenge by what its body is about: a user's names one, a visitor's a site.
fn kept(tenant: Id<Tenant>, row: Row) -> Result<Kept, StoreError> {
    let mut row = row.of("challenge");
    let id = row.timed_id()?;
    let state = row.text()?;
    let body = row.text()?;
    let value: serde_json::Value = row.json(&body)?;
    if value.get("site").is_some() {
        let visit: Visit = row.json(&body)?;
        row.agrees(visit.id == id && visit.tenant == tenant && visit.state.name() == state)?;
        return Ok(Kept::Visitor(visit));
    }
    let challenge: Challenge = row.json(&body)?;
    let agrees = challenge.id == id && challenge.tenant == tenant;
    row.agrees(agrees && challenge.state.name() == state)?;
    Ok(Kept::User(challenge))
}

/// Adds the counts of a row to those that are stored.
fn added(row: &TrafficRow) -> Result<Step, StoreError> {
    let Counts {
        issued,
        right,
        wrong,
        locked,
        refused,
        requests,
        latency,
    } = row.counts;
    let mut cells = vec![
        row.tenant.number().into(),
        row.span.name().into(),
        row.from.unix_ms().into(),
        row.door.name().into(),
    ];
    let counts = [issued, right, wrong, locked, refused, requests];
    for count in counts.into_iter().chain(latency) {
        let count = i64::try_from(count).map_err(|_| StoreError::Inconsistent {
            table: "traffic",
            row: row.tenant.to_string(),
            problem: format!("{count} is too large a count"),
        })?;
        cells.push(count.into());
    }
    Ok(provision::any(sql::ADD_TRAFFIC, cells))
}

fn traffic(span: Span, row: Row) -> Result<TrafficRow, StoreError> {
    let mut row = row.of("traffic");
    let tenant = row.id()?;
    row.text()?;
    let from = Timestamp::from_unix_ms(row.int()?);
    let door = row.text()?;
    let door = Door::named(&door).ok_or_else(|| row.fault("there is no such way in"))?;
    let mut counts = Counts {
        issued: count(&mut row)?,
        right: count(&mut row)?,
        wrong: count(&mut row)?,
        locked: count(&mut row)?,
        refused: count(&mut row)?,
        requests: count(&mut row)?,
        latency: [0; LATENCY_CLASSES],
    };
    for class in &mut counts.latency {
        *class = count(&mut row)?;
    }
    Ok(TrafficRow {
        tenant,
        span,
        from,
        door,
        counts,
    })
}

fn count(row: &mut RowReader) -> Result<u64, StoreError> {
    let count = row.int()?;
    u64::try_from(count).map_err(|_| row.fault("a count is negative"))
}
