//! `user`: listed, shown, locked, unlocked, erased. Never a secret.

use challenge::clock::{Clock as _, Timestamp};
use challenge::directory::{Authenticator, User, UserKey};
use challenge::lockout::{self, Gate};
use challenge::ports::{Store, TenantRows};
use challenge::standing::Standing;
use serde_json::{Value, json};

use super::desk::{OPERATOR, tenants, the_one};
use super::rows::members;
use crate::cli::{Failure, Named, Row, UserCommand};
use crate::operator::Desk;
use crate::system::SystemClock;

/// Users read at a time.
pub(super) const PAGE: u32 = 500;

const HEAD: &[&str] = &[
    "TENANT",
    "LOGIN NAME",
    "EXTERNAL ID",
    "STATUS",
    "AUTHENTICATORS",
];

/// `user list|show|lock|unlock|erase`
pub async fn run(desk: &Desk, command: &UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::List(option) => {
            let store = desk.store().await?;
            let mut rows = Vec::new();
            for tenant in tenants(&*store, option.tenant.as_deref()).await? {
                list(&*store, &tenant, &mut rows).await?;
            }
            desk.output.list(HEAD, &rows)
        }
        UserCommand::Show(named) => {
            let store = desk.store().await?;
            let found = find(&*store, &named.name, named.tenant.as_deref()).await?;
            desk.output
                .one(&row(&*store, &found.0, &found.1, &found.2).await?)
        }
        UserCommand::Lock(named) => {
            let verifier = desk.verifier().await?;
            let store = verifier.store();
            let (_, user, _) = find(&**store, &named.name, named.tenant.as_deref()).await?;
            verifier.lock_user(&OPERATOR, &user).await?;
            desk.output
                .done(&format!("user {}: locked", user.login_name))
        }
        UserCommand::Unlock(named) => {
            let verifier = desk.verifier().await?;
            let store = verifier.store();
            let (_, user, _) = find(&**store, &named.name, named.tenant.as_deref()).await?;
            verifier.unlock_user(&OPERATOR, &user).await?;
            desk.output
                .done(&format!("user {}: unlocked", user.login_name))
        }
        UserCommand::Erase(named) => erase(desk, named).await,
    }
}

async fn erase(desk: &Desk, named: &Named) -> Result<(), Failure> {
    let verifier = desk.verifier().await?;
    let found = find(&**verifier.store(), &named.name, named.tenant.as_deref());
    let (rows, user, authenticators) = found.await?;
    let view = verifier.catalogue.tenant(&rows.tenant.name);
    let view = view.ok_or_else(|| Failure::new("the tenant was just removed"))?;
    let person = (&user, authenticators.as_slice());
    verifier.erase_user(&OPERATOR, &view, person).await?;
    // A server that runs would do it as well, and does it once more when nothing can come any more.
    let (mut events, mut goes_on) = (0, true);
    while goes_on {
        let turn = verifier.erase_events().await.map_err(Failure::new)?;
        (events, goes_on) = (events + turn.events, turn.goes_on);
    }
    desk.output.done(&format!(
        "user {}: erased, and the texts of {events} events with it",
        user.id
    ))
}

type Found = (TenantRows, User, Vec<Authenticator>);

async fn find(store: &dyn Store, login_name: &str, tenant: Option<&str>) -> Result<Found, Failure> {
    let mut found = Vec::new();
    for rows in tenants(store, tenant).await? {
        let key = UserKey::LoginName(login_name);
        if let Some((user, authenticators)) = store.user(rows.tenant.id, key).await? {
            found.push((rows.tenant.name.clone(), (rows, user, authenticators)));
        }
    }
    the_one("user", login_name, found)
}

async fn list(store: &dyn Store, tenant: &TenantRows, rows: &mut Vec<Row>) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let page = store.users(tenant.tenant.id, after, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(last.id);
        for (user, authenticators) in &page {
            rows.push(row(store, tenant, user, authenticators).await?);
        }
    }
}

async fn row(
    store: &dyn Store,
    tenant: &TenantRows,
    user: &User,
    authenticators: &[Authenticator],
) -> Result<Row, Failure> {
    let standing = store.standing(user.tenant, user.id).await?;
    let standing = standing.map(|row| row.value).unwrap_or_default();
    let locked_policies = locked_policies(tenant, &standing, SystemClock.now());
    let serials: Vec<_> = authenticators
        .iter()
        .map(|one| one.serial.as_str())
        .collect();

    let mut members = members(&tenant.tenant, user);
    members.remove("password_hash");
    members.insert(
        "has_password".to_owned(),
        user.password_hash.is_some().into(),
    );
    members.insert("locked".to_owned(), standing.locked.into());
    members.insert("locked_policies".to_owned(), json!(locked_policies));
    members.insert("policies".to_owned(), counts(&standing));
    members.insert("authenticators".to_owned(), json!(serials));

    let status = match (standing.locked, locked_policies.is_empty()) {
        (true, _) => "locked".to_owned(),
        (false, false) => format!("locked under {}", locked_policies.join(" ")),
        (false, true) => "active".to_owned(),
    };
    let external_id = user.external_id.clone().unwrap_or_else(|| "-".to_owned());
    let name = tenant.tenant.name.clone();
    let cells = vec![
        name,
        user.login_name.clone(),
        external_id,
        status,
        serials.join(" "),
    ];
    Ok(Row {
        value: Value::Object(members),
        cells,
    })
}

/// The policies under which too many answers were wrong.
fn locked_policies(tenant: &TenantRows, standing: &Standing, now: Timestamp) -> Vec<String> {
    let locked = standing.policies.iter().filter(|(code, tally)| {
        let policy = tenant.policies.iter().find(|policy| policy.code == **code);
        policy.is_some_and(|policy| lockout::gate(tally, &policy.limits, now) == Gate::Locked)
    });
    locked.map(|(code, _)| code.clone()).collect()
}

fn counts(standing: &Standing) -> Value {
    let counted = standing.policies.iter().map(|(code, tally)| {
        let count = json!({
            "failures": tally.failures,
            "open_challenges": tally.open_challenges,
            "total_succeeded": tally.total_succeeded,
            "total_failed": tally.total_failed,
        });
        (code.clone(), count)
    });
    Value::Object(counted.collect())
}
