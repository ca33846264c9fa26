//! `authenticator`: listed, shown, locked, unlocked, resynchronised, revoked. Never a secret, but for
//! a card that is to be printed.

use std::sync::Arc;

use challenge::directory::{Authenticator, AuthenticatorKey, User, UserKey};
use challenge::methods::Lost;
use challenge::ports::{Store, TenantRows};
use challenge::resynchronisation::Resynchronised;
use challenge::standing::{Movement, Status};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::card;
use super::desk::{OPERATOR, tenants, the_one};
use super::rows::members;
use super::users::PAGE;
use crate::cli::{AuthenticatorCommand, Failure, Row, moment};
use crate::operator::Desk;

const HEAD: &[&str] = &[
    "TENANT", "SERIAL", "KIND", "USER", "DEVICE", "POLICIES", "STATUS",
];

/// `authenticator list|show|lock|unlock|revoke|resync|card`
pub async fn run(desk: &Desk, command: &AuthenticatorCommand) -> Result<(), Failure> {
    match command {
        AuthenticatorCommand::List(option) => {
            let store = desk.store().await?;
            let mut rows = Vec::new();
            for tenant in tenants(&*store, option.tenant.as_deref()).await? {
                list(&*store, &tenant, &mut rows).await?;
            }
            desk.output.list(HEAD, &rows)
        }
        AuthenticatorCommand::Show(named) => {
            let store = desk.store().await?;
            let (tenant, one) = find(&*store, &named.name, named.tenant.as_deref()).await?;
            let user = store.user(one.tenant, UserKey::Id(one.user)).await?;
            let Some((user, _)) = user else {
                return Err(Failure::new(
                    "its user is not there: the database is damaged",
                ));
            };
            desk.output
                .one(&row(&tenant, &user, &one, &movement(&*store, &one).await?))
        }
        AuthenticatorCommand::Card(arguments) => card::print(desk, arguments).await,
        command => act(desk, command).await,
    }
}

/// What changes how an authenticator stands.
async fn act(desk: &Desk, command: &AuthenticatorCommand) -> Result<(), Failure> {
    let named = match command {
        AuthenticatorCommand::List(_) | AuthenticatorCommand::Card(_) => return Ok(()),
        AuthenticatorCommand::Show(named)
        | AuthenticatorCommand::Lock(named)
        | AuthenticatorCommand::Unlock(named)
        | AuthenticatorCommand::Revoke(named) => named,
        AuthenticatorCommand::Resync(arguments) => &arguments.named,
    };
    let verifier = desk.verifier().await?;
    let store = verifier.store();
    let (tenant, one) = find(&**store, &named.name, named.tenant.as_deref()).await?;
    let done = match command {
        AuthenticatorCommand::List(_)
        | AuthenticatorCommand::Show(_)
        | AuthenticatorCommand::Card(_) => return Ok(()),
        AuthenticatorCommand::Lock(_) => {
            verifier.lock_authenticator(&OPERATOR, &one).await?;
            "locked"
        }
        AuthenticatorCommand::Unlock(_) => {
            verifier.unlock_authenticator(&OPERATOR, &one).await?;
            "unlocked"
        }
        AuthenticatorCommand::Revoke(_) => {
            verifier.revoke_authenticator(&OPERATOR, &one).await?;
            "revoked"
        }
        AuthenticatorCommand::Resync(arguments) => {
            let Some(view) = verifier.catalogue.tenant(&tenant.tenant.name) else {
                return Err(Failure::new("the tenant went away; try again"));
            };
            let second = arguments.second.expose_secret();
            let (first, token) = (arguments.first.expose_secret(), Arc::new(one.clone()));
            let followed = if let Some(question) = &arguments.question {
                let given = (question.as_str(), (first, second));
                verifier
                    .resynchronise_by_question(&OPERATOR, &view, &token, given)
                    .await
            } else {
                let codes = (first, Some(second));
                verifier
                    .resynchronise(&OPERATOR, &view, &[token], codes)
                    .await
            };
            match followed? {
                Resynchronised::Done => "resynchronised",
                Resynchronised::Awaiting => "awaiting the next code",
            }
        }
    };
    desk.output
        .done(&format!("authenticator {}: {done}", one.serial))
}

pub(super) async fn find(
    store: &dyn Store,
    serial: &str,
    tenant: Option<&str>,
) -> Result<(TenantRows, Authenticator), Failure> {
    let mut found = Vec::new();
    for rows in tenants(store, tenant).await? {
        let key = AuthenticatorKey::Serial(serial);
        if let Some(one) = store.authenticator(rows.tenant.id, key).await? {
            found.push((rows.tenant.name.clone(), (rows, one)));
        }
    }
    the_one("authenticator", serial, found)
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
            if authenticators.is_empty() {
                continue;
            }
            let standing = store.standing(user.tenant, user.id).await?;
            let standing = standing.map(|row| row.value).unwrap_or_default();
            for one in authenticators {
                let movement = standing
                    .authenticators
                    .get(&one.id)
                    .cloned()
                    .unwrap_or_default();
                rows.push(row(tenant, user, one, &movement));
            }
        }
    }
}

async fn movement(store: &dyn Store, one: &Authenticator) -> Result<Movement, Failure> {
    let standing = store.standing(one.tenant, one.user).await?;
    let moved = standing.and_then(|row| row.value.authenticators.get(&one.id).cloned());
    Ok(moved.unwrap_or_default())
}

fn row(tenant: &TenantRows, user: &User, one: &Authenticator, movement: &Movement) -> Row {
    let status = match movement.status {
        Status::Active => "active",
        Status::Locked => "locked",
        Status::Revoked => "revoked",
    };
    let mut members = members(&tenant.tenant, one);
    members.insert("user".to_owned(), user.login_name.clone().into());
    members.insert("status".to_owned(), status.into());
    members.insert("next_counter".to_owned(), movement.next_counter.into());
    members.insert(
        "next_signature_counter".to_owned(),
        movement.next_signature_counter.into(),
    );
    members.insert("last_step".to_owned(), json!(movement.last_step));
    members.insert("drift_steps".to_owned(), movement.drift_steps.into());
    let restored = movement.restored;
    members.insert(
        "restored_at".to_owned(),
        json!(restored.map(|restored| moment(restored.at))),
    );
    let lost = Lost::of(&one.method, movement);
    members.insert("counter_is_lost".to_owned(), lost.counter.into());
    members.insert(
        "signature_counter_is_lost".to_owned(),
        lost.signature_counter.into(),
    );
    members.insert("texts_are_lost".to_owned(), lost.texts.into());
    members.insert("has_pin".to_owned(), one.pin.is_some().into());
    let cells = vec![
        tenant.tenant.name.clone(),
        one.serial.clone(),
        one.method.kind().to_owned(),
        user.login_name.clone(),
        one.device_id.clone(),
        one.policies.join(" "),
        status.to_owned(),
    ];
    Row {
        value: Value::Object(members),
        cells,
    }
}
