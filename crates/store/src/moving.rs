//! Rows of what moves, parsed once.

use challenge::access::{AccessToken, TokenKey, TokenUser};
use challenge::audit::{Event, EventKind, Outcome};
use challenge::clock::Timestamp;
use challenge::directory::Tenant;
use challenge::id::{Id, TimedId};
use challenge::lifecycle::Challenge;
use challenge::ports::{StoreError, Versioned};
use challenge::standing::Standing;
use challenge::visitor::{SiteHour, Visit};
use serde::de::DeserializeOwned;

use crate::cell::{Row, RowReader};

pub(crate) fn standing(row: Row) -> Result<Versioned<Standing>, StoreError> {
    let mut row = row.of("standing");
    let version = row.int()?;
    let body = row.text()?;
    Ok(Versioned {
        version,
        value: row.json(&body)?,
    })
}

pub(crate) fn challenge(
    (tenant, id): (Id<Tenant>, TimedId),
    row: Row,
) -> Result<Versioned<Challenge>, StoreError> {
    let mut row = row.of("challenge");
    let version = row.int()?;
    let state = row.text()?;
    let body = row.text()?;
    let value: Challenge = row.json(&body)?;
    row.agrees(value.id == id && value.tenant == tenant && value.state.name() == state)?;
    Ok(Versioned { version, value })
}

pub(crate) fn visit(
    (tenant, id): (Id<Tenant>, TimedId),
    row: Row,
) -> Result<Versioned<Visit>, StoreError> {
    let mut row = row.of("challenge");
    let version = row.int()?;
    let state = row.text()?;
    let body = row.text()?;
    let value: Visit = row.json(&body)?;
    row.agrees(value.id == id && value.tenant == tenant && value.state.name() == state)?;
    Ok(Versioned { version, value })
}

pub(crate) fn site_hour(row: Row) -> Result<SiteHour, StoreError> {
    let mut row = row.of("site_hour");
    let (tenant, site) = (row.int()?, row.int()?);
    let from = Timestamp::from_unix_ms(row.int()?);
    let mut count = || -> Result<u64, StoreError> {
        let count = row.int()?;
        u64::try_from(count).map_err(|_| row.fault("a count is negative"))
    };
    let [issued, right, wrong, checked, answer_ms] =
        [count()?, count()?, count()?, count()?, count()?];
    Ok(SiteHour {
        tenant: row.id_of(tenant)?,
        site: row.id_of(site)?,
        from,
        issued,
        right,
        wrong,
        checked,
        answer_ms,
    })
}

pub(crate) fn access_token(
    (tenant, key): (Id<Tenant>, TokenKey),
    row: Row,
) -> Result<AccessToken, StoreError> {
    let mut row = row.of("access_token");
    let client = row.int()?;
    let user = match (row.int_or_null()?, row.text_or_null()?) {
        (None, None) => None,
        (Some(id), Some(login_name)) => Some(TokenUser {
            id: row.id_of(id)?,
            login_name,
        }),
        (Some(_), None) | (None, Some(_)) => return Err(row.fault("half a user")),
    };
    Ok(AccessToken {
        key,
        tenant,
        client: row.id_of(client)?,
        user,
        expires_at: Timestamp::from_unix_ms(row.int()?),
        revoked: row.int()? != 0,
    })
}

pub(crate) fn event(row: Row) -> Result<Event, StoreError> {
    event_of(&mut row.of("event"))
}

/// An event, of a row that may go on.
pub(crate) fn event_of(row: &mut RowReader) -> Result<Event, StoreError> {
    let id = row.timed_id()?;
    let tenant = row.int()?;
    let at = Timestamp::from_unix_ms(row.int()?);
    let kind = row.text()?;
    let outcome = row.text()?;
    let user = row.int_or_null()?;
    let detail = row.text()?;
    Ok(Event {
        id,
        at,
        tenant: row.id_of(tenant)?,
        kind: named::<EventKind>(row, &kind)?,
        outcome: named::<Outcome>(row, &outcome)?,
        user: user.map(|user| row.id_of(user)).transpose()?,
        detail: row.json(&detail)?,
    })
}

/// A variant by the name that serde gives it, which is the one the domain's `name()` tells.
fn named<T: DeserializeOwned>(row: &RowReader, name: &str) -> Result<T, StoreError> {
    let name = serde_json::Value::String(name.to_owned());
    serde_json::from_value(name).map_err(|error| row.fault(&error.to_string()))
}
