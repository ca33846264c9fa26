//! The audit log: searched, exported, and one user's part of it.

use std::sync::Arc;

use axum::body::Bytes;
use challenge::audit::{Event, EventKind, Outcome};
use challenge::clock::Timestamp;
use challenge::directory::{Authenticator, AuthenticatorKey, Tenant, TenantView, User, UserKey};
use challenge::door::Door;
use challenge::id::{Id, TimedId};
use challenge::officers::{Officer, Power};
use challenge::ports::StoreError;
use challenge::watching::{Among, Found, LOOK_MAX, Search};
use futures_util::Stream;
use futures_util::stream::try_unfold;

use crate::desk::Desk;
use crate::management::acts::users;
use crate::management::csv;
use crate::management::paging::{LIMIT_MAX, Page, Paging, closed};
use crate::management::refusal::Refusal;
use crate::management::shapes::events::{EventShown, Names};

/// Characters that a text may have which is looked for.
pub const TEXT_MAX: usize = 200;

/// Which events are looked for. All that is said must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// About this user, by id in decimals.
    pub user: Option<String>,
    /// Asked by this client or officer, by name.
    pub client: Option<String>,
    /// Done by this officer, by name.
    pub officer: Option<String>,
    /// Of this kind, by name.
    pub kind: Option<String>,
    /// That ended so, by name.
    pub outcome: Option<String>,
    /// That came in this way, by name.
    pub protocol: Option<String>,
    /// At or after this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// With this text in what they tell.
    pub text: Option<String>,
}

/// How events are written where they are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line.
    Lines,
    /// A table whose cells no spreadsheet takes for formulas.
    Table,
}

impl Format {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Lines => "application/x-ndjson",
            Self::Table => "text/csv; charset=utf-8; header=present",
        }
    }

    /// As what a browser keeps it (RFC 6266).
    pub fn disposition(self) -> &'static str {
        match self {
            Self::Lines => "attachment; filename=\"audit.ndjson\"",
            Self::Table => "attachment; filename=\"audit.csv\"",
        }
    }
}

impl Wanted {
    fn search(&self, paging: &Paging) -> Result<Search, Refusal> {
        let text = self.text.as_ref();
        if text.is_some_and(|text| text.chars().count() > TEXT_MAX) {
            let limit = format!("text: send at most {TEXT_MAX} characters");
            return Err(Refusal::Malformed(limit));
        }
        let user = self.user.as_deref().map(user_id).transpose()?;
        let kind = self.kind.as_deref().map(|name| {
            let known = EventKind::named(name);
            known.ok_or_else(|| Refusal::Malformed(format!("kind: there is no kind {name:?}")))
        });
        let outcome = self.outcome.as_deref().map(|name| {
            let known = Outcome::named(name);
            known.ok_or_else(|| Refusal::Malformed(format!("outcome: there is no {name:?}")))
        });
        let door = self.protocol.as_deref().map(|name| {
            let known = Door::named(name);
            known.ok_or_else(|| Refusal::Malformed(format!("protocol: there is no {name:?}")))
        });
        let after = paging.after.as_deref().map(place).transpose()?;
        Ok(Search {
            user,
            client: self.client.clone(),
            officer: self.officer.clone(),
            kinds: kind.transpose()?.into_iter().collect(),
            outcome: outcome.transpose()?,
            door: door.transpose()?,
            from: self.from,
            to: self.to,
            text: self.text.clone(),
            before: after,
            limit: paging.limit,
            look: LOOK_MAX,
        })
    }
}

/// The events of a tenant within reach, or of the whole server, that fit: newest first.
///
/// No search compares more than [`LOOK_MAX`] events, so that a page can have fewer than were asked
/// for, and a next one all the same.
pub async fn search(
    desk: &Desk,
    officer: &Officer,
    tenant: Option<&str>,
    (wanted, paging): (&Wanted, &Paging),
) -> Result<Page<EventShown>, Refusal> {
    let among = among(desk, officer, tenant)?;
    page(desk, among, &wanted.search(paging)?).await
}

/// Everything that happened to a user, newest first.
pub async fn timeline(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
    paging: &Paging,
) -> Result<Page<EventShown>, Refusal> {
    let found = users::found(desk, officer, named, Power::ReadAudit).await?;
    let wanted = Wanted {
        user: Some(found.user.id.to_string()),
        ..Wanted::default()
    };
    let among = Among::Tenant(found.view.tenant.id);
    page(desk, among, &wanted.search(paging)?).await
}

/// All events that fit, as a stream that never holds more than a page of them. Where it fails half-way
/// it ends with the error, so that nobody takes a part for the whole.
pub fn export(
    desk: &Arc<Desk>,
    officer: &Officer,
    tenant: Option<&str>,
    (wanted, format): (&Wanted, Format),
) -> Result<impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static, Refusal> {
    let among = among(desk, officer, tenant)?;
    let paging = Paging {
        limit: LIMIT_MAX,
        after: None,
    };
    let search = wanted.search(&paging)?;
    let start = match format {
        Format::Lines => String::new(),
        Format::Table => csv::head(),
    };
    let desk = Arc::clone(desk);
    Ok(try_unfold(
        (Some(search), start),
        move |(search, mut text)| {
            let desk = Arc::clone(&desk);
            async move {
                let Some(mut search) = search else {
                    return Ok(None);
                };
                let found = desk.verifier.search_events(among, &search).await?;
                for event in &found.events {
                    let shown = shown(&desk, event).await?;
                    match format {
                        Format::Lines => {
                            // What is shown has text keys: it can be written.
                            text += &serde_json::to_string(&shown).unwrap_or_default();
                            text.push('\n');
                        }
                        Format::Table => text += &csv::row(&shown),
                    }
                }
                search.before = found.came_to;
                let next = found.came_to.is_some().then_some(search);
                Ok(Some((Bytes::from(text), (next, String::new()))))
            }
        },
    ))
}

fn among(desk: &Desk, officer: &Officer, tenant: Option<&str>) -> Result<Among, Refusal> {
    let Some(name) = tenant else {
        officer.server(Power::ReadAudit)?;
        return Ok(Among::Server);
    };
    let view = officer.tenant(&desk.verifier.catalogue, name, Power::ReadAudit)?;
    Ok(Among::Tenant(view.tenant.id))
}

async fn page(desk: &Desk, among: Among, search: &Search) -> Result<Page<EventShown>, Refusal> {
    let found = desk.verifier.search_events(among, search).await?;
    let mut items = Vec::with_capacity(found.events.len());
    for event in &found.events {
        items.push(shown(desk, event).await?);
    }
    let next = found.came_to.map(|id| closed(&id.to_string()));
    Ok(Page { items, next })
}

async fn shown(desk: &Desk, event: &Event) -> Result<EventShown, StoreError> {
    let catalogue = &desk.verifier.catalogue;
    let tenant = catalogue.tenant_by_id(event.tenant);
    let login_name = match (&tenant, event.user) {
        (Some(view), Some(id)) => {
            let found = catalogue.user(view.tenant.id, UserKey::Id(id)).await?;
            found.map(|record| record.user.login_name.clone())
        }
        _ => None,
    };
    let named = (event.user, event.detail.authenticator);
    let names = Names {
        login_name,
        serial: match &tenant {
            Some(view) => serial(desk, view.tenant.id, named).await?,
            None => None,
        },
        tenant: tenant.map(|view| view.tenant.name.clone()),
    };
    Ok(EventShown::of(event, names))
}

/// The serial number of an authenticator that is named by its id, and by whoever held it then: it may have
/// been handed on.
pub(super) async fn serial(
    desk: &Desk,
    tenant: Id<Tenant>,
    (user, authenticator): (Option<Id<User>>, Option<Id<Authenticator>>),
) -> Result<Option<String>, StoreError> {
    let Some(id) = authenticator else {
        return Ok(None);
    };
    if let Some(user) = user {
        let holder = desk
            .verifier
            .catalogue
            .user(tenant, UserKey::Id(user))
            .await?;
        let held = holder.as_ref().map(|holder| holder.authenticators.iter());
        if let Some(one) = held.and_then(|mut held| held.find(|one| one.id == id)) {
            return Ok(Some(one.serial.clone()));
        }
    }
    let found = desk
        .verifier
        .store()
        .authenticator(tenant, AuthenticatorKey::Id(id))
        .await?;
    Ok(found.map(|one| one.serial))
}

/// Reads out of an event what it names.
type Reads<T> = fn(&Event) -> Option<T>;

/// What a user's events of some kinds name, newest first, each once; and where to go on.
pub(super) async fn named_by_events<T: PartialEq>(
    desk: &Desk,
    (view, user): (&TenantView, Id<User>),
    (kinds, take): (&[EventKind], Reads<T>),
    paging: &Paging,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let search = Search {
        user: Some(user),
        kinds: kinds.to_vec(),
        before: paging.after.as_deref().map(place).transpose()?,
        limit: paging.limit,
        look: LOOK_MAX,
        ..Search::default()
    };
    let among = Among::Tenant(view.tenant.id);
    let Found { events, came_to } = desk.verifier.search_events(among, &search).await?;
    let mut named = Vec::new();
    for one in events.iter().filter_map(take) {
        if !named.contains(&one) {
            named.push(one);
        }
    }
    Ok((named, came_to.map(|id| closed(&id.to_string()))))
}

/// The id of a user that is asked about in a query.
pub(super) fn user_id(text: &str) -> Result<Id<User>, Refusal> {
    let parsed = text.parse();
    parsed.map_err(|_| Refusal::Malformed("user: send the user's id, in decimals".to_owned()))
}

/// A place in a list that is sorted by ids with time in them.
pub(super) fn place(cursor: &str) -> Result<TimedId, Refusal> {
    let wrong = |_| Refusal::Malformed("after: send what `next` of the page before was".to_owned());
    cursor.parse().map_err(wrong)
}
