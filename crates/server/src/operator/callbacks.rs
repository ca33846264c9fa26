//! `callback`: what waits to be delivered or was given up, and sending one again. Never what a
//! callback says: it may hold PIN digits.

use std::time::Duration;

use challenge::approval::Refused;
use challenge::approval::ports::Waiting;
use challenge::directory::Tenant;
use challenge::id::{Id, TimedId};
use challenge::verifier::Verifier;
use serde_json::json;

use super::desk::tenants;
use crate::cli::{CallbackCommand, Failure, Row, TenantOption, moment};
use crate::operator::Desk;

const HEAD: &[&str] = &["ID", "TENANT", "TRIES", "NEXT TRY", "GIVEN UP", "TROUBLE"];

/// The longest that a server takes to honour a change of the directory.
const HONOURED_WITHIN: Duration = Duration::from_secs(1);

/// Callbacks read at once.
const PAGE: u32 = 500;

/// `callback list|dead|redeliver`
pub async fn run(desk: &Desk, command: &CallbackCommand) -> Result<(), Failure> {
    match command {
        CallbackCommand::List(option) => list(desk, option, false).await,
        CallbackCommand::Dead(option) => list(desk, option, true).await,
        CallbackCommand::Redeliver(arguments) => redeliver(desk, &arguments.id).await,
    }
}

async fn list(desk: &Desk, option: &TenantOption, dead_only: bool) -> Result<(), Failure> {
    let verifier = desk.verifier().await?;
    let tenant = match &option.tenant {
        Some(name) => {
            let found = tenants(&**verifier.store(), Some(name)).await?;
            found.first().map(|rows| rows.tenant.id)
        }
        None => None,
    };
    let waiting = all(&verifier, tenant, dead_only).await?;
    let rows: Vec<_> = waiting.iter().map(|one| row(&verifier, one)).collect();
    desk.output.list(HEAD, &rows)
}

async fn redeliver(desk: &Desk, id: &str) -> Result<(), Failure> {
    let unknown = || {
        Failure::new(format!(
            "there is no callback {id}; see `countersign callback list`"
        ))
    };
    let wanted: TimedId = id.parse().map_err(|_| unknown())?;
    let verifier = desk.verifier().await?;
    let waiting = all(&verifier, None, false).await?;
    let found = waiting.iter().find(|one| one.message.id == wanted);
    let tenant = found.map(|one| one.message.tenant).ok_or_else(unknown)?;
    let view = verifier.catalogue.tenant_by_id(tenant);
    let okay = view.as_ref().and_then(|view| view.tenant.okay.as_ref());
    if okay.is_some_and(|okay| okay.callback_stopped_at.is_some()) {
        verifier.resume_callbacks(tenant).await?;
        // A server that does not know yet would give the callback up again at once.
        tokio::time::sleep(HONOURED_WITHIN).await;
    }
    if !verifier.redeliver(tenant, wanted).await? {
        // It was delivered between the look and the act.
        return Err(unknown());
    }
    desk.output.done(&format!("callback {id} leaves now"))
}

/// All that wait or are dead, page by page.
async fn all(
    verifier: &Verifier,
    tenant: Option<Id<Tenant>>,
    dead_only: bool,
) -> Result<Vec<Waiting>, Refused> {
    let mut all: Vec<Waiting> = Vec::new();
    loop {
        let after = all.last().map(|one| one.message.id);
        let page = verifier
            .waiting_callbacks(tenant, dead_only, (after, PAGE))
            .await?;
        let last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}

fn row(verifier: &Verifier, waiting: &Waiting) -> Row {
    let message = &waiting.message;
    let view = verifier.catalogue.tenant_by_id(message.tenant);
    let tenant = view.map_or_else(
        || message.tenant.to_string(),
        |view| view.tenant.name.clone(),
    );
    let next_try_at = waiting.dead_at.is_none().then(|| moment(message.due_at));
    let dead_at = waiting.dead_at.map(moment);
    let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let cells = vec![
        message.id.to_string(),
        tenant.clone(),
        waiting.failed_tries.to_string(),
        shown(&next_try_at),
        shown(&dead_at),
        shown(&waiting.trouble),
    ];
    let value = json!({
        "id": message.id.to_string(),
        "tenant": tenant,
        "failed_tries": waiting.failed_tries,
        "next_try_at": next_try_at,
        "dead_at": dead_at,
        "trouble": waiting.trouble,
    });
    Row { value, cells }
}
