//! `tenant`, `client`, `policy`: what stands still, listed and shown. Never a secret.

use challenge::directory::{Client, Tenant};
use challenge::policy::Policy;
use challenge::ports::TenantRows;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::desk::{tenants as read_tenants, the_one};
use crate::cli::{Failure, ListCommand, Row};
use crate::operator::Desk;

const TENANT: &[&str] = &["NAME", "DISPLAY NAME", "CLIENTS", "POLICIES", "SITES"];
const CLIENT: &[&str] = &["TENANT", "ID", "GRANTS", "PROTOCOLS", "SCOPES", "TOKEN_S"];
const POLICY: &[&str] = &["TENANT", "CODE", "MAX FAILURES", "LOCK_S"];

/// `tenant list|show`
pub async fn tenants(desk: &Desk, command: &ListCommand) -> Result<(), Failure> {
    answer(desk, ("tenant", TENANT), command, |rows| {
        vec![(rows.tenant.name.clone(), of_tenant(rows))]
    })
    .await
}

/// `client list|show`
pub async fn clients(desk: &Desk, command: &ListCommand) -> Result<(), Failure> {
    answer(desk, ("client", CLIENT), command, |rows| {
        let mut clients: Vec<_> = rows.clients.iter().collect();
        clients.sort_by(|left, right| left.name.cmp(&right.name));
        let row = |client: &Client| (client.name.clone(), of_client(&rows.tenant, client));
        clients.into_iter().map(row).collect()
    })
    .await
}

/// `policy list|show`
pub async fn policies(desk: &Desk, command: &ListCommand) -> Result<(), Failure> {
    answer(desk, ("policy", POLICY), command, |rows| {
        let mut policies: Vec<_> = rows.policies.iter().collect();
        policies.sort_by(|left, right| left.code.cmp(&right.code));
        let row = |policy: &Policy| (policy.code.clone(), of_policy(&rows.tenant, policy));
        policies.into_iter().map(row).collect()
    })
    .await
}

/// Lists, or shows one as it is listed.
pub(super) async fn answer(
    desk: &Desk,
    (what, head): (&str, &[&str]),
    command: &ListCommand,
    rows_of: impl Fn(&TenantRows) -> Vec<(String, Row)>,
) -> Result<(), Failure> {
    let store = desk.store().await?;
    match command {
        ListCommand::List(option) => {
            let tenants = read_tenants(&*store, option.tenant.as_deref()).await?;
            let rows: Vec<_> = tenants
                .iter()
                .flat_map(rows_of)
                .map(|(_, row)| row)
                .collect();
            desk.output.list(head, &rows)
        }
        ListCommand::Show(named) => {
            let tenants = read_tenants(&*store, named.tenant.as_deref()).await?;
            let found = tenants.iter().flat_map(|rows| {
                let tenant = rows.tenant.name.clone();
                let fitting = rows_of(rows)
                    .into_iter()
                    .filter(|(name, _)| *name == named.name);
                fitting.map(move |(_, row)| (tenant.clone(), row))
            });
            desk.output
                .one(&the_one(what, &named.name, found.collect())?)
        }
    }
}

fn of_tenant(rows: &TenantRows) -> Row {
    let Tenant {
        id,
        name,
        display_name,
        okay,
    } = &rows.tenant;
    let counts = [rows.clients.len(), rows.policies.len(), rows.sites.len()];
    let [clients, policies, sites] = counts;
    let shown = json!({
        "id": id, "name": name, "display_name": display_name, "okay": okay,
        "clients": clients, "policies": policies, "sites": sites,
    });
    let [clients, policies, sites] = counts.map(|count| count.to_string());
    let cells = vec![name.clone(), display_name.clone(), clients, policies, sites];
    Row {
        value: shown,
        cells,
    }
}

fn of_client(tenant: &Tenant, client: &Client) -> Row {
    let mut members = members(tenant, client);
    members.insert("has_secret".to_owned(), client.secret.is_some().into());
    let cells = vec![
        tenant.name.clone(),
        client.name.clone(),
        words(&client.grants),
        if client.protocols.is_empty() {
            "all".to_owned()
        } else {
            client.protocols.join(" ")
        },
        words(&client.scopes),
        client.token_s.to_string(),
    ];
    Row {
        value: Value::Object(members),
        cells,
    }
}

fn of_policy(tenant: &Tenant, policy: &Policy) -> Row {
    let limits = &policy.limits;
    let numbers = [limits.max_failures.to_string(), limits.lock_s.to_string()];
    let [max_failures, lock_s] = numbers;
    let cells = vec![
        tenant.name.clone(),
        policy.code.clone(),
        max_failures,
        lock_s,
    ];
    Row {
        value: Value::Object(members(tenant, policy)),
        cells,
    }
}

/// A row's plain members (secrets are none of them), with the tenant by name.
pub(super) fn members(tenant: &Tenant, row: &impl Serialize) -> Map<String, Value> {
    let mut members = match serde_json::to_value(row) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    members.insert("tenant".to_owned(), tenant.name.clone().into());
    members
}

/// Words of an enumeration, as files spell them.
fn words(list: &[impl Serialize]) -> String {
    let values = list
        .iter()
        .filter_map(|word| serde_json::to_value(word).ok());
    let words: Vec<_> = values
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect();
    words.join(" ")
}
