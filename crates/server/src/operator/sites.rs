//! `site`: websites, what to put into their pages, and what was counted of their visitors.

use challenge::directory::{Site, Tenant};
use challenge::officers::Officer;
use challenge::ports::TenantRows;
use protocols::management::acts::statistics;
use protocols::management::shapes::statistics::SiteCountsShown;
use protocols::widget;
use serde_json::{Value, json};

use super::desk::{tenants as read_tenants, the_one};
use super::rows;
use crate::cli::{Failure, ListCommand, Named, Row};
use crate::operator::Desk;

const SITE: &[&str] = &["TENANT", "PUBLIC ID", "KINDS"];
const HOUR: &[&str] = &[
    "HOUR FROM",
    "ISSUED",
    "RIGHT",
    "WRONG",
    "ABANDONED",
    "CHECKED",
    "SECONDS TO ANSWER",
];

/// `site list|show`
pub async fn run(desk: &Desk, command: &ListCommand) -> Result<(), Failure> {
    match command {
        ListCommand::List(_) => rows::answer(desk, ("site", SITE), command, of_sites).await,
        ListCommand::Show(named) => show(desk, named).await,
    }
}

fn of_sites(rows: &TenantRows) -> Vec<(String, Row)> {
    let mut sites: Vec<_> = rows.sites.iter().collect();
    sites.sort_by(|left, right| left.public_id.cmp(&right.public_id));
    let row = |site: &Site| (site.public_id.clone(), of_site(&rows.tenant, site));
    sites.into_iter().map(row).collect()
}

fn of_site(tenant: &Tenant, site: &Site) -> Row {
    let cells = vec![
        tenant.name.clone(),
        site.public_id.clone(),
        site.kinds.join(" "),
    ];
    Row {
        value: Value::Object(rows::members(tenant, site)),
        cells,
    }
}

async fn show(desk: &Desk, named: &Named) -> Result<(), Failure> {
    let store = desk.store().await?;
    let tenants = read_tenants(&*store, named.tenant.as_deref()).await?;
    let found = tenants.iter().flat_map(|rows| {
        let sites = rows.sites.iter();
        let fitting = sites.filter(|site| site.public_id == named.name);
        fitting.map(|site| (rows.tenant.name.clone(), (&rows.tenant, site)))
    });
    let (tenant, site) = the_one("site", &named.name, found.collect())?;
    let management = desk.management().await?;
    let named = (tenant.name.as_str(), site.public_id.as_str());
    let counted = statistics::of_site(&management, &Officer::command_line(), named).await;
    let counted = counted.map_err(|refusal| Failure::new(refusal.to_wire().detail))?;
    let mut row = of_site(tenant, site);
    let snippet = snippet(desk, site);
    if desk.output.json {
        row.value["snippet"] = snippet.join("\n").into();
        row.value["last_24_hours"] = json!(counted.total);
        row.value["hours"] = json!(counted.hours);
        return desk.output.one(&row);
    }
    desk.output.one(&row)?;
    desk.output
        .lines(&[advice(desk), snippet.join("\n"), String::new()])?;
    let hours = counted.hours.iter();
    let mut lines: Vec<_> = hours
        .map(|hour| of_hour(&hour.from, &hour.counts))
        .collect();
    lines.push(of_hour("last 24 hours", &counted.total));
    desk.output.list(HOUR, &lines)
}

/// What a page loads and holds.
fn snippet(desk: &Desk, site: &Site) -> [String; 2] {
    let settings = &desk.settings;
    let base = settings.public_url.clone();
    let base = base.unwrap_or_else(|| format!("http://{}", settings.listen));
    widget::snippet(&base, &site.public_id)
}

fn advice(desk: &Desk) -> String {
    let known = desk.settings.public_url.is_some();
    let address = if known {
        ""
    } else {
        " (set public_url to the address that browsers see)"
    };
    format!("\nput the first line into the page's head{address}, the second into the form:")
}

fn of_hour(name: &str, counts: &SiteCountsShown) -> Row {
    let took = counts.answer_ms.map_or_else(
        || "-".to_owned(),
        |ms| format!("{}.{}", ms / 1000, ms % 1000 / 100),
    );
    let counted = [
        counts.issued,
        counts.right,
        counts.wrong,
        counts.abandoned,
        counts.checked,
    ];
    let counted = counted.iter().map(u64::to_string);
    let cells = std::iter::once(name.to_owned())
        .chain(counted)
        .chain([took]);
    Row {
        value: json!(counts),
        cells: cells.collect(),
    }
}
