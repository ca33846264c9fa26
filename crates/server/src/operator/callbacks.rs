//! `callback`: what waits to be delivered or was given up, and sending one again. Never what a
//! callback says: it may hold PIN digits. The acts are those of the management API.

use challenge::officers::Officer;
use protocols::desk::Desk as Management;
use protocols::management::acts::callbacks::{self, Wanted};
use protocols::management::paging::{LIMIT_MAX, Paging};
use protocols::management::refusal::Refusal;
use protocols::management::shapes::moving::CallbackShown;
use serde_json::json;

use super::desk::tenants;
use crate::cli::{CallbackCommand, Failure, Row, TenantOption};
use crate::operator::Desk;

const HEAD: &[&str] = &["ID", "TENANT", "TRIES", "NEXT TRY", "GIVEN UP", "TROUBLE"];

/// `callback list|dead|redeliver`
pub async fn run(desk: &Desk, command: &CallbackCommand) -> Result<(), Failure> {
    match command {
        CallbackCommand::List(option) => list(desk, option, false).await,
        CallbackCommand::Dead(option) => list(desk, option, true).await,
        CallbackCommand::Redeliver(arguments) => redeliver(desk, &arguments.id).await,
    }
}

async fn list(desk: &Desk, option: &TenantOption, dead: bool) -> Result<(), Failure> {
    let management = desk.management().await?;
    if let Some(name) = &option.tenant {
        // Says which tenants there are, where there is none of this name.
        tenants(&**management.verifier.store(), Some(name)).await?;
    }
    let waiting = all(&management, option.tenant.as_deref(), dead).await?;
    let rows: Vec<_> = waiting.iter().map(row).collect();
    desk.output.list(HEAD, &rows)
}

async fn redeliver(desk: &Desk, id: &str) -> Result<(), Failure> {
    let management = desk.management().await?;
    let officer = Officer::command_line();
    match callbacks::redeliver(&management, &officer, (None, id)).await {
        Ok(()) => desk.output.done(&format!("callback {id} leaves now")),
        Err(Refusal::Denied(_)) => Err(Failure::new(format!(
            "there is no callback {id}; see `countersign callback list`"
        ))),
        Err(refusal) => Err(failed(&refusal)),
    }
}

/// All that wait or are dead, page by page.
async fn all(
    management: &Management,
    tenant: Option<&str>,
    dead: bool,
) -> Result<Vec<CallbackShown>, Failure> {
    let officer = Officer::command_line();
    let wanted = Wanted {
        dead,
        ..Wanted::default()
    };
    let mut paging = Paging {
        limit: LIMIT_MAX,
        after: None,
    };
    let mut all = Vec::new();
    loop {
        let page = callbacks::list(management, &officer, tenant, (&wanted, &paging)).await;
        let page = page.map_err(|refusal| failed(&refusal))?;
        all.extend(page.items);
        let Some(next) = page.next else {
            return Ok(all);
        };
        let after = Paging::after(Some(&next)).map_err(|refusal| failed(&refusal))?;
        paging.after = after.after;
    }
}

fn failed(refusal: &Refusal) -> Failure {
    Failure::new(refusal.to_wire().detail)
}

fn row(waiting: &CallbackShown) -> Row {
    let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let cells = vec![
        waiting.id.clone(),
        shown(&waiting.tenant),
        waiting.failed_tries.to_string(),
        shown(&waiting.next_try_at),
        shown(&waiting.dead_at),
        shown(&waiting.trouble),
    ];
    let value = json!({
        "id": waiting.id,
        "tenant": waiting.tenant,
        "failed_tries": waiting.failed_tries,
        "next_try_at": waiting.next_try_at,
        "dead_at": waiting.dead_at,
        "trouble": waiting.trouble,
    });
    Row { value, cells }
}
