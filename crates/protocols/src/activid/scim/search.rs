//! Finding users: by name, by device, or by looking at all of them, as far as that goes.

use std::sync::Arc;

use challenge::directory::{AuthenticatorKey, User, UserKey, UserRecord};
use challenge::id::Id;
use serde_json::Value;

use crate::activid::discovery;
use crate::activid::refusal::Refused;
use crate::activid::request::Call;
use crate::activid::scim::filter::Filter;
use crate::activid::scim::page::Page;
use crate::activid::scim::query::Query;
use crate::activid::scim::resource::{self, View};
use crate::desk::Desk;

/// Users that one search looks at, where no name narrows it.
pub(super) const USERS_LOOKED_AT_MAX: usize = 20_000;

/// Users read at once.
const USERS_AT_ONCE: u32 = 500;

/// The kinds of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A user.
    User,
    /// A user under one policy.
    Authenticator,
    /// What shares a device id.
    Device,
}

/// A search for resources of one kind.
pub(super) async fn find(
    desk: &Desk,
    call: &Call,
    kind: Kind,
    query: &Query,
) -> Result<Value, Refused> {
    let mut page = Page::new(query);
    let narrowed = match &query.filter {
        Some(filter) => narrowed(desk, call, kind, filter).await?,
        None => None,
    };
    if let Some(records) = narrowed {
        for record in records {
            look_at(desk, call, kind, &record, &mut page, query).await?;
        }
        return Ok(page.into_list());
    }
    let (tenant, mut after, mut looked_at) = (call.tenant.tenant.id, None, 0);
    loop {
        let users = desk
            .verifier
            .store()
            .users(tenant, after, USERS_AT_ONCE)
            .await?;
        let Some((last, _)) = users.last() else {
            return Ok(page.into_list());
        };
        after = Some(last.id);
        looked_at += users.len();
        if looked_at > USERS_LOOKED_AT_MAX {
            return Err(Refused::TooMany);
        }
        for (user, authenticators) in users {
            let authenticators = authenticators.into_iter().map(Arc::new).collect();
            let record = UserRecord {
                user,
                authenticators,
            };
            look_at(desk, call, kind, &record, &mut page, query).await?;
        }
    }
}

/// One user's resources, of this kind and id. An empty list where there are none.
pub(super) async fn resources(
    desk: &Desk,
    call: &Call,
    kind: Kind,
    record: &UserRecord,
) -> Result<Vec<Value>, Refused> {
    let tenant = call.tenant.tenant.id;
    let standing = desk
        .verifier
        .store()
        .standing(tenant, record.user.id)
        .await?;
    // A user who was removed a moment ago has no standing any more.
    let Some(standing) = standing else {
        return Ok(Vec::new());
    };
    let base = discovery::scim_base(desk, &call.tenant.tenant);
    let view = View {
        base: &base,
        tenant: &call.tenant,
        record,
        standing: &standing.value,
        now: desk.verifier.now(),
    };
    Ok(match kind {
        Kind::User => vec![view.user()],
        Kind::Authenticator => view.authenticators(),
        Kind::Device => view.devices(),
    })
}

async fn look_at(
    desk: &Desk,
    call: &Call,
    kind: Kind,
    record: &UserRecord,
    page: &mut Page<'_>,
    query: &Query,
) -> Result<(), Refused> {
    for resource in resources(desk, call, kind, record).await? {
        if query
            .filter
            .as_ref()
            .is_none_or(|filter| filter.matches(&resource))
        {
            page.push(resource);
        }
    }
    Ok(())
}

/// The only users that can match, where the filter names them; nothing where it does not.
async fn narrowed(
    desk: &Desk,
    call: &Call,
    kind: Kind,
    filter: &Filter,
) -> Result<Option<Vec<Arc<UserRecord>>>, Refused> {
    for (path, value) in filter.required() {
        let found = match (kind, path.as_str()) {
            (Kind::User, "id") | (Kind::Authenticator | Kind::Device, "owner.value" | "owner") => {
                by_id(desk, call, value).await?.into_iter().collect()
            }
            (Kind::Authenticator, "id") => {
                let id = value.split_once('.').map_or(value, |(id, _)| id);
                by_id(desk, call, id).await?.into_iter().collect()
            }
            (Kind::User, "username") => by(desk, call, UserKey::LoginName(value))
                .await?
                .into_iter()
                .collect(),
            (Kind::User | Kind::Authenticator, "externalid")
            | (Kind::Authenticator | Kind::Device, "owner.display") => {
                by_external_id(desk, call, value).await?
            }
            (Kind::Device, "id") => holders(desk, call, value).await?,
            (Kind::Device, "externalid") => {
                let tenant = call.tenant.tenant.id;
                let key = AuthenticatorKey::Serial(value);
                match desk.verifier.store().authenticator(tenant, key).await? {
                    Some(found) => by(desk, call, UserKey::Id(found.user))
                        .await?
                        .into_iter()
                        .collect(),
                    None => Vec::new(),
                }
            }
            _ => continue,
        };
        return Ok(Some(found));
    }
    Ok(None)
}

/// The users who hold something on a device.
pub(super) async fn holders(
    desk: &Desk,
    call: &Call,
    device_id: &str,
) -> Result<Vec<Arc<UserRecord>>, Refused> {
    let tenant = call.tenant.tenant.id;
    let on = desk
        .verifier
        .store()
        .authenticators_on(tenant, device_id)
        .await?;
    let mut users: Vec<_> = on.iter().map(|one| one.user).collect();
    users.sort_unstable();
    users.dedup();
    let mut records = Vec::new();
    for user in users {
        records.extend(by(desk, call, UserKey::Id(user)).await?);
    }
    Ok(records)
}

/// The users that callers know by this name: by external id, else by login name.
async fn by_external_id(
    desk: &Desk,
    call: &Call,
    name: &str,
) -> Result<Vec<Arc<UserRecord>>, Refused> {
    let mut found: Vec<_> = by(desk, call, UserKey::ExternalId(name))
        .await?
        .into_iter()
        .collect();
    let namesake = by(desk, call, UserKey::LoginName(name)).await?;
    found.extend(namesake.filter(|record| resource::external_id(record) == name));
    found.dedup_by_key(|record| record.user.id);
    Ok(found)
}

/// A user by id, as it is spelled in resources.
pub(super) async fn by_id(
    desk: &Desk,
    call: &Call,
    id: &str,
) -> Result<Option<Arc<UserRecord>>, Refused> {
    match id.parse::<Id<User>>() {
        Ok(id) => by(desk, call, UserKey::Id(id)).await,
        Err(_) => Ok(None),
    }
}

/// A user by any name.
pub(super) async fn by(
    desk: &Desk,
    call: &Call,
    key: UserKey<'_>,
) -> Result<Option<Arc<UserRecord>>, Refused> {
    Ok(desk
        .verifier
        .catalogue
        .user(call.tenant.tenant.id, key)
        .await?)
}
