//! Marking a database as restored. It is the same for a file that was copied back and for a database that was
//! restored by its own means.

use super::forgetting::{session_after, standing_after};
use super::moment::{RestoreMoment, latest_event};
use super::ports::{Ends, RestoreWrites};
use crate::administration::Actor;
use crate::approval::ports::Write;
use crate::approval::{CALLBACKS, PUSHES, RESULT_S};
use crate::audit::{Detail, Event, EventKind, Outcome};
use crate::clock::{Clock, Timestamp};
use crate::delivery::Way;
use crate::directory::Tenant;
use crate::id::{Id, TimedId};
use crate::officers::CONSOLE;
use crate::officers::ports::OfficerWrites;
use crate::ports::{Provision, StandingWrite, Store, StoreError};
use crate::rng::Rng;
use crate::watching::ports::SessionPage;

/// Rows read at a time.
const PAGE: u32 = 500;

/// Seconds by which clocks may have been apart when a session was started: a day.
const CLOCKS_S: u32 = 86_400;

/// What is told of a callback that was waiting when the backup was taken.
pub const RESTORED: &str = "the database was restored from a backup; this may have been delivered: send it again by hand if not";

/// Under which name the log tells why the replaced database could not be read.
const UNREAD: &str = "the replaced database could not be read";

/// How a database is marked.
pub struct Marking<'a> {
    /// The database.
    pub store: &'a dyn Store,
    /// When it happens.
    pub clock: &'a dyn Clock,
    /// Where ids come from.
    pub rng: &'a dyn Rng,
    /// Who acts, for the audit log.
    pub actor: Actor<'a>,
    /// What the database told that this one replaces.
    pub replaced: Replaced<'a>,
    /// Whether answers to texts without counter and time are taken although it is not known which were.
    pub texts_may_repeat: bool,
}

/// What is known of the database that a restore replaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replaced<'a> {
    /// The latest moment that it told of: its newest event, or the moment of its own restore. The restore is not
    /// before it. Nothing: it told of none, or there was no such database.
    pub latest: Option<Timestamp>,
    /// Why it, or a part of it, could not be read: what it would have told is not known then.
    pub unread: Option<&'a str>,
}

/// What was marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The moment up to which nothing counts.
    pub at: Timestamp,
    /// When the newest event that the database told of happened.
    pub latest_event: Option<Timestamp>,
    /// Users whose standing was marked.
    pub users: u64,
    /// Approval sessions that were ended.
    pub sessions: u64,
    /// Administrators whose sessions, sign-in links and recovery codes were ended.
    pub administrators: u64,
}

/// Marks a database as restored at this moment; `progress` is told the users so far.
///
/// It is written page by page, and until the last one is no server starts on the database
/// ([`RestoreMoment::is_finished`]). Whatever stops it, it can be run again.
///
/// [`StoreError::Conflict`] where somebody else writes into it: it has to be run again then.
pub async fn mark(
    marking: &Marking<'_>,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Marked, StoreError> {
    let store = marking.store;
    let latest = latest_event(store).await?;
    let before = RestoreMoment::among(&store.server_settings().await?)?;
    let known = latest.into_iter().chain(marking.replaced.latest);
    let moment = RestoreMoment::next(before, marking.clock.now(), known);
    let tenants = store.tenants().await?;
    let console = tenants.iter().find(|rows| rows.tenant.name == CONSOLE);
    let mut pen = Pen {
        marking,
        moment,
        told_to: console.map_or(Id::SERVER, |rows| rows.tenant.id),
        marked: Marked {
            at: moment.at,
            latest_event: latest,
            users: 0,
            sessions: 0,
            administrators: 0,
        },
        progress,
    };
    pen.begin().await?;
    for rows in &tenants {
        pen.standings(rows.tenant.id).await?;
        pen.sessions(rows.tenant.id).await?;
    }
    pen.administrators().await?;
    pen.finish().await?;
    Ok(pen.marked)
}

fn minus_s(moment: Timestamp, seconds: u32) -> Timestamp {
    Timestamp::from_unix_ms(moment.unix_ms().saturating_sub(i64::from(seconds) * 1000))
}

/// Writes the marks.
struct Pen<'a> {
    marking: &'a Marking<'a>,
    moment: RestoreMoment,
    /// The tenant in whose log it is told.
    told_to: Id<Tenant>,
    marked: Marked,
    progress: &'a mut (dyn FnMut(u64) + Send),
}

impl Pen<'_> {
    /// From now on no server starts, and those that run see that they must not go on.
    async fn begin(&self) -> Result<(), StoreError> {
        let settings = vec![self.moment.to_row()?];
        self.write(Provision {
            settings,
            ..Provision::default()
        })
        .await
    }

    async fn write(&self, change: Provision) -> Result<(), StoreError> {
        let expected_version = self.marking.store.directory_version().await?;
        let change = Provision {
            expected_version,
            ..change
        };
        self.marking.store.provision(change).await
    }

    async fn standings(&mut self, tenant: Id<Tenant>) -> Result<(), StoreError> {
        let (at, texts_may_repeat) = (self.moment.at, self.marking.texts_may_repeat);
        let mut after = None;
        loop {
            let page = self.marking.store.standings(tenant, after, PAGE).await?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = Some(*last);
            self.marked.users += page.len() as u64;
            (self.progress)(self.marked.users);
            let writes = page.into_iter().map(|(user, read)| {
                let write = StandingWrite {
                    user,
                    expected: read.version,
                    next: Some(standing_after(&read.value, at, texts_may_repeat)),
                };
                (tenant, write)
            });
            let standings = writes.collect();
            self.write(Provision {
                standings,
                ..Provision::default()
            })
            .await?;
        }
    }

    /// Ends the sessions of which something may be made yet: those that end within a day of the newest
    /// event, and their results another day after. An event of a clock that was far ahead does not hide those
    /// that the present clock knows to be open.
    async fn sessions(&mut self, tenant: Id<Tenant>) -> Result<(), StoreError> {
        let now = self.marking.clock.now();
        let latest = self.marked.latest_event.map(|latest| latest.min(now));
        let answer_after = latest.map(|latest| minus_s(latest, RESULT_S + CLOCKS_S));
        let store = self.marking.store;
        let mut after = None;
        loop {
            let page = SessionPage {
                after,
                answer_after,
                limit: PAGE,
            };
            let page = store.sessions(tenant, &page).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some((last.value.answer_by, last.value.id));
            let ended = page.into_iter().filter_map(|read| {
                let write = Write {
                    key: read.value.id,
                    expected: read.version,
                    next: Some(session_after(&read.value, self.moment.at)?),
                };
                Some((tenant, write))
            });
            let sessions: Vec<_> = ended.collect();
            self.marked.sessions += sessions.len() as u64;
            let restored = RestoreWrites {
                sessions,
                ends: None,
            };
            self.write(Provision {
                restored,
                ..Provision::default()
            })
            .await?;
        }
    }

    async fn administrators(&mut self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.marking.store.administrators(after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.value.id);
            self.marked.administrators += page.len() as u64;
            let administrators = page.into_iter().map(|read| Write {
                key: read.value.id,
                expected: read.version,
                next: Some(read.value.without_openings()),
            });
            let officers = OfficerWrites {
                administrators: administrators.collect(),
                ..OfficerWrites::default()
            };
            self.write(Provision {
                officers,
                ..Provision::default()
            })
            .await?;
        }
    }

    /// What is said once: that all is marked, what ends, and the event that tells it.
    async fn finish(&self) -> Result<(), StoreError> {
        let ends = Ends {
            at: self.moment.at,
            given_up: CALLBACKS,
            trouble: RESTORED,
            removed: vec![PUSHES, Way::Email.kind(), Way::Sms.kind()],
        };
        let restored = RestoreWrites {
            sessions: Vec::new(),
            ends: Some(ends),
        };
        self.write(Provision {
            settings: vec![self.moment.finished().to_row()?],
            restored,
            events: vec![self.event()],
            ..Provision::default()
        })
        .await
    }

    fn event(&self) -> Event {
        let actor = &self.marking.actor;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        // By the clock, as all events are; the moment up to which nothing counts may be later.
        let now = self.marking.clock.now();
        let mut fields = vec![("up to".to_owned(), shown(self.moment.at))];
        let latest = self.marked.latest_event;
        fields.extend(latest.map(|latest| ("the backup's newest event".to_owned(), shown(latest))));
        let unread = self.marking.replaced.unread;
        fields.extend(unread.map(|problem| (UNREAD.to_owned(), problem.to_owned())));
        Event {
            id: TimedId::random(now, self.marking.rng),
            at: now,
            tenant: self.told_to,
            kind: EventKind::Restore,
            outcome: Outcome::Done,
            user: None,
            detail: Detail {
                door: Some(actor.door),
                client: Some(actor.name.to_owned()),
                address: owned(actor.address),
                correlation: owned(actor.correlation),
                fields,
                ..Detail::default()
            },
        }
    }
}

/// A moment as it is told: milliseconds since the epoch.
fn shown(moment: Timestamp) -> String {
    moment.unix_ms().to_string()
}
