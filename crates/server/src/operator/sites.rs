//! `site`: websites, what to put into their pages, and what was counted of their visitors.

use challenge::clock::{Clock as _, Timestamp};
use challenge::directory::{Site, Tenant};
use challenge::ports::TenantRows;
use challenge::visitor::SiteHour;
use protocols::ocapi::widget;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::desk::{tenants as read_tenants, the_one};
use super::rows;
use crate::cli::{Failure, ListCommand, Named, Row};
use crate::operator::Desk;
use crate::system::SystemClock;

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

/// How far back statistics are shown.
const SHOWN_S: i64 = 24 * 3600;

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
    let now = SystemClock.now().unix_ms();
    let from = Timestamp::from_unix_ms(now - SHOWN_S * 1000);
    let hours = store.site_hours(site.tenant, site.id, from).await?;
    let mut all = SiteHour::of(site.tenant, site.id, from);
    for hour in &hours {
        all.add(hour);
    }
    let mut row = of_site(tenant, site);
    let snippet = snippet(desk, site);
    if desk.output.json {
        row.value["snippet"] = snippet.join("\n").into();
        row.value["last_24_hours"] = counts(&all);
        let hours = hours.iter().map(|hour| {
            let mut counts = counts(hour);
            counts["from"] = rfc3339(hour.from).into();
            counts
        });
        row.value["hours"] = hours.collect();
        return desk.output.one(&row);
    }
    desk.output.one(&row)?;
    desk.output
        .lines(&[advice(desk), snippet.join("\n"), String::new()])?;
    let mut lines: Vec<_> = hours
        .iter()
        .map(|hour| of_hour(rfc3339(hour.from), hour))
        .collect();
    lines.push(of_hour("last 24 hours".to_owned(), &all));
    desk.output.list(HOUR, &lines)
}

/// What a page loads and holds.
fn snippet(desk: &Desk, site: &Site) -> [String; 2] {
    let settings = &desk.settings;
    let base = settings.public_url.clone();
    let base = base.unwrap_or_else(|| format!("http://{}", settings.listen));
    let (version, integrity) = (widget::version(), widget::integrity());
    [
        format!(
            "<script src=\"{base}/ocapi/{version}/ocapi.js\" integrity=\"{integrity}\" \
             crossorigin=\"anonymous\" defer></script>"
        ),
        format!(
            "<ocapi-challenge public-id=\"{}\"></ocapi-challenge>",
            site.public_id
        ),
    ]
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

fn counts(hour: &SiteHour) -> Value {
    json!({
        "issued": hour.issued, "right": hour.right, "wrong": hour.wrong,
        "abandoned": hour.abandoned(), "checked": hour.checked,
        "answer_ms": mean_ms(hour),
    })
}

fn of_hour(name: String, hour: &SiteHour) -> Row {
    let ms = mean_ms(hour);
    let took = ms.map_or_else(
        || "-".to_owned(),
        |ms| format!("{}.{}", ms / 1000, ms % 1000 / 100),
    );
    let counted = [
        hour.issued,
        hour.right,
        hour.wrong,
        hour.abandoned(),
        hour.checked,
    ];
    let counted = counted.iter().map(u64::to_string);
    Row {
        value: counts(hour),
        cells: std::iter::once(name).chain(counted).chain([took]).collect(),
    }
}

/// The mean time from issue to answer in milliseconds; nothing where nobody answered.
fn mean_ms(hour: &SiteHour) -> Option<u64> {
    hour.answer_ms.checked_div(hour.right + hour.wrong)
}

fn rfc3339(moment: Timestamp) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(moment.unix_ms() / 1000).ok();
    let text = moment.and_then(|moment| moment.format(&Rfc3339).ok());
    text.unwrap_or_default()
}
