//! A change of the directory as a list of statements, the same for both databases.

use std::collections::BTreeSet;

use challenge::audit::chain::Stamp;
use challenge::clock::Timestamp;
use challenge::directory::{ServerSetting, Tenant};
use challenge::id::Id;
use challenge::ports::{Provision, SITE_HOURS_KEPT_S, StandingWrite, StoreError};
use challenge::secret::Sealed;
use challenge::visitor::SiteHour;

use crate::cell::Cell;
use crate::change::{EventRow, StandingRow};
use crate::database::Step;
use crate::{audit, directory, officers, restoring, sql, sql_audit, sql_keys};

/// The statements of a change of the directory. The first one takes the directory's version, so
/// that two changes computed from the same version never both happen.
pub(crate) fn steps(change: &Provision, stamp: Option<&Stamp>) -> Result<Vec<Step>, StoreError> {
    let version = i64::try_from(change.expected_version).map_err(|_| StoreError::Conflict)?;
    let mut steps = vec![exactly(
        1,
        sql::RAISE_DIRECTORY_VERSION,
        vec![version.into()],
    )];
    steps.extend(change.settings.iter().map(setting));
    for tenant in &change.tenants {
        steps.push(exactly(
            1,
            sql::PUT_TENANT,
            directory::tenant_cells(tenant)?,
        ));
    }
    for tenant in &change.removed_tenants {
        let key = vec![Cell::from(tenant.number())];
        steps.push(exactly(1, sql::REMOVE_TENANT, key));
    }
    for client in &change.clients {
        steps.push(exactly(
            1,
            sql::PUT_CLIENT,
            directory::client_cells(client)?,
        ));
    }
    steps.extend(removals(sql::REMOVE_CLIENT, &change.removed_clients));
    for policy in &change.policies {
        steps.push(exactly(
            1,
            sql::PUT_POLICY,
            directory::policy_cells(policy)?,
        ));
    }
    steps.extend(removals(sql::REMOVE_POLICY, &change.removed_policies));
    for site in &change.sites {
        steps.push(exactly(1, sql::PUT_SITE, directory::site_cells(site)?));
    }
    steps.extend(removals(sql::REMOVE_SITE, &change.removed_sites));
    for user in &change.users {
        steps.push(exactly(1, sql::PUT_USER, directory::user_cells(user)?));
    }
    for authenticator in &change.authenticators {
        let cells = directory::authenticator_cells(authenticator)?;
        steps.push(exactly(1, sql::PUT_AUTHENTICATOR, cells));
    }
    for (tenant, write) in &change.standings {
        steps.push(standing(*tenant, write)?);
    }
    steps.extend(officers::steps(&change.officers)?);
    steps.extend(restoring::steps(&change.restored)?);
    for erasure in &change.erasures {
        steps.push(audit::asked(erasure)?);
    }
    for event in &change.events {
        steps.extend(appended(EventRow::of(event, stamp)?));
    }
    Ok(steps)
}

/// That none of these versions of the master key was dropped, which secrets to be written are sealed under: whoever
/// sealed them did not see that it was, and nobody could open what is written.
pub(crate) fn none_dropped(versions: &BTreeSet<u32>) -> impl Iterator<Item = Step> {
    let version = |of: &u32| vec![Cell::from(i64::from(*of))];
    let versions = versions.iter();
    versions.map(move |of| exactly(0, sql_keys::EXPECT_NOT_DROPPED, version(of)))
}

/// The versions of the master key that the change's secrets are sealed under.
pub(crate) fn sealed_under(change: &Provision) -> BTreeSet<u32> {
    let okay = change
        .tenants
        .iter()
        .filter_map(|tenant| tenant.okay.as_ref());
    let okay = okay.flat_map(|okay| [&okay.secret, &okay.callback_standard_secret]);
    let tokens = change.authenticators.iter();
    let tokens = tokens.flat_map(|token| std::iter::once(&token.secret).chain(&token.pin));
    let settings = change.settings.iter().map(|setting| &setting.secret);
    let sites = change.sites.iter().map(|site| &site.secret);
    let all = okay.chain(settings).chain(sites).flatten().chain(tokens);
    let version = |sealed: &Sealed| sealed.as_bytes().first_chunk().copied();
    all.filter_map(version).map(u32::from_be_bytes).collect()
}

fn setting(setting: &ServerSetting) -> Step {
    exactly(
        1,
        sql::PUT_SERVER_SETTING,
        directory::setting_cells(setting),
    )
}

pub(crate) fn standing(tenant: Id<Tenant>, write: &StandingWrite) -> Result<Step, StoreError> {
    let (tenant, user) = (Cell::from(tenant.number()), Cell::from(write.user.number()));
    let next = StandingRow::of(write)?.next;
    Ok(match (write.expected, next) {
        (0, Some(next)) => {
            let cells = vec![tenant, user, next.body.into(), next.failures.into()];
            exactly(1, sql::ADD_STANDING, cells)
        }
        (0, None) => exactly(0, sql::EXPECT_NO_STANDING, vec![tenant, user]),
        (expected, Some(next)) => {
            let (body, failures) = (next.body.into(), next.failures.into());
            let cells = vec![body, failures, tenant, user, expected.into()];
            exactly(1, sql::MOVE_STANDING, cells)
        }
        (expected, None) => exactly(1, sql::EXPECT_STANDING, vec![tenant, user, expected.into()]),
    })
}

/// Appends an event, to be sealed where it is marked.
fn appended(event: EventRow) -> Vec<Step> {
    let waits = event.mark.map(|mark| {
        let cells = vec![
            event.id.as_slice().into(),
            event.tenant.into(),
            mark.tag.as_slice().into(),
        ];
        exactly(1, sql_audit::ADD_UNSEALED, cells)
    });
    let added = exactly(1, sql::ADD_EVENT, event_cells(event));
    std::iter::once(added).chain(waits).collect()
}

fn event_cells(event: EventRow) -> Vec<Cell> {
    vec![
        event.tenant.into(),
        event.id.as_slice().into(),
        event.at.into(),
        event.kind.into(),
        event.outcome.into(),
        event.user.into(),
        event.officer.into(),
        event.detail.into(),
        event
            .mark
            .map(|mark| Cell::Bytes(mark.salt.to_vec()))
            .into(),
    ]
}

/// What finds the keys of rows that serve nobody any more, each with the statement that removes
/// one. What has ended stays ended, so they need not be one transaction; and a row is removed by
/// its key, since SQLite walks the whole tenant for a list of keys.
pub(crate) fn ended(
    before: Timestamp,
    limit: u32,
) -> [(&'static str, Vec<Cell>, &'static str); 12] {
    let (moment, limit) = (before.unix_ms(), i64::from(limit));
    let first_kept = directory::first_id_after(before);
    let first_hour = moment - i64::from(SITE_HOURS_KEPT_S) * 1000;
    let by_end = || vec![moment.into(), limit.into()];
    [
        (
            sql::ENDED_TOKENS,
            vec![moment.into(), limit.into()],
            sql::REMOVE_TOKEN,
        ),
        (
            sql::ENDED_MARKS,
            vec![moment.into(), limit.into()],
            sql::REMOVE_MARK,
        ),
        (
            sql::ENDED_CHALLENGES,
            vec![first_kept.as_slice().into(), moment.into(), limit.into()],
            sql::REMOVE_CHALLENGE,
        ),
        (sql::ENDED_DEVICES, by_end(), sql::REMOVE_DEVICE),
        (sql::ENDED_SESSIONS, by_end(), sql::REMOVE_SESSION),
        (sql::ENDED_CODES, by_end(), sql::REMOVE_CODE),
        (sql::ENDED_GUESSES, by_end(), sql::REMOVE_GUESSES),
        (
            sql::ENDED_OFFICER_TOKENS,
            by_end(),
            sql::REMOVE_OFFICER_TOKEN,
        ),
        (
            sql::ENDED_CONSOLE_SESSIONS,
            by_end(),
            sql::REMOVE_CONSOLE_SESSION,
        ),
        (sql::ENDED_SIGN_UPS, by_end(), sql::REMOVE_SIGN_UP),
        (sql::ENDED_KEPT_REQUESTS, by_end(), sql::REMOVE_KEPT_REQUEST),
        (
            sql::ENDED_SITE_HOURS,
            vec![first_hour.into(), limit.into()],
            sql::REMOVE_SITE_HOUR,
        ),
    ]
}

/// Adds the counts of an hour to those that are stored.
pub(crate) fn site_hour(hour: &SiteHour) -> Result<Step, StoreError> {
    let count = |count: u64| {
        i64::try_from(count).map(Cell::from).map_err(|_| {
            let row = hour.site.to_string();
            let problem = format!("{count} is too large a count");
            let table = "site_hour";
            StoreError::Inconsistent {
                table,
                row,
                problem,
            }
        })
    };
    let cells = vec![
        hour.tenant.number().into(),
        hour.site.number().into(),
        hour.from.unix_ms().into(),
        count(hour.issued)?,
        count(hour.right)?,
        count(hour.wrong)?,
        count(hour.checked)?,
        count(hour.answer_ms)?,
    ];
    Ok(exactly(1, sql::ADD_SITE_HOUR, cells))
}

fn removals<Of>(sql: &'static str, removed: &[(Id<Tenant>, Id<Of>)]) -> impl Iterator<Item = Step> {
    let key =
        |(tenant, id): &(Id<Tenant>, Id<Of>)| vec![tenant.number().into(), id.number().into()];
    removed.iter().map(move |of| any(sql, key(of)))
}

/// A statement that may touch any number of rows.
pub(crate) fn any(sql: &'static str, cells: Vec<Cell>) -> Step {
    Step {
        sql,
        cells,
        rows: None,
    }
}

/// A statement that must touch this number of rows.
pub(crate) fn exactly(rows: u64, sql: &'static str, cells: Vec<Cell>) -> Step {
    Step {
        sql,
        cells,
        rows: Some(rows),
    }
}
