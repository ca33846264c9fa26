//! A site: what its pages and its server need, to be copied, and what was counted of its visitors.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use challenge::clock::Timestamp;
use challenge::officers::Power;
use protocols::management::shapes::sites::{ReplacementShown, SiteShown, Snippet};
use protocols::management::shapes::statistics::{SiteCountsShown, SiteStatisticsShown};
use protocols::management::{acts, moment};

use super::chart::Chart;
use super::moment::Moment;
use super::page::Page;
use super::place::TenantPlace;
use super::shared::Console;
use super::trouble::Trouble;
use super::visit::Visit;

/// Hours that are shown: those of a day, and the one that it begins in.
const HOURS: u32 = 25;

const HOUR_S: u32 = 3600;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/tenants/{name}/sites/{site}/overview", get(show))
}

/// What a service is called; its name is the same in every language.
pub(super) fn service_name(replacement: &ReplacementShown) -> &'static str {
    match replacement.service.as_str() {
        "recaptcha" => "reCAPTCHA v2",
        "hcaptcha" => "hCaptcha",
        "turnstile" => "Turnstile",
        _ => "ALTCHA",
    }
}

#[derive(Template)]
#[template(path = "console/site.html")]
struct SitePage {
    page: Page,
    tenant: String,
    site: SiteShown,
    snippet: Snippet,
    total: SiteCountsShown,
    /// The hours, oldest first, each with what it is called.
    hours: Vec<(String, Option<SiteCountsShown>)>,
    chart: String,
    may_shape: bool,
}

impl SitePage {
    /// The hours in which something was counted, newest first.
    fn rows(&self) -> impl Iterator<Item = (&str, &SiteCountsShown)> {
        let hours = self.hours.iter().rev();
        hours.filter_map(|(label, counts)| Some((label.as_str(), counts.as_ref()?)))
    }

    /// Seconds from issue to answer, on average.
    fn answer_s(&self) -> String {
        let Some(ms) = self.total.answer_ms else {
            return "–".to_owned();
        };
        let tenths = ms / 100;
        let (whole, tenth) = (tenths / 10, tenths % 10);
        let decimal = self.page.words.language.decimal();
        format!("{}{decimal}{tenth} s", self.page.number(whole))
    }
}

/// Every hour of the day, with its counts where something was counted.
fn hours_of(statistics: &SiteStatisticsShown) -> Vec<(String, Option<SiteCountsShown>)> {
    let at = |text: &str| moment::read("", text).unwrap_or_default();
    let from = at(&statistics.from).unix_ms();
    let first = Timestamp::from_unix_ms(from - from.rem_euclid(i64::from(HOUR_S) * 1000));
    let hour = |step: u32| {
        let from = first.plus_s(step * HOUR_S);
        let mut counted = statistics.hours.iter();
        let counted = counted.find(|hour| at(&hour.from) == from);
        let label = Moment::of(from).text();
        let label = label.get(11..16).unwrap_or_default().to_owned();
        (label, counted.map(|hour| hour.counts.clone()))
    };
    (0..HOURS).map(hour).collect()
}

fn chart_of(hours: &[(String, Option<SiteCountsShown>)]) -> String {
    let line = |value: fn(&SiteCountsShown) -> u64| -> Vec<Option<f64>> {
        let values = hours.iter();
        let values = values.map(|(_, counts)| counts.as_ref().map_or(0, value));
        // Counts of an hour are far below what a float loses.
        values
            .map(|count| Some(u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)))
            .collect()
    };
    let chart = Chart {
        labels: hours.iter().map(|(label, _)| label.clone()).collect(),
        lines: vec![
            line(|counts| counts.issued),
            line(|counts| counts.right),
            line(|counts| counts.wrong),
            line(|counts| counts.abandoned),
            line(|counts| counts.checked),
        ],
        is_whole: true,
    };
    chart.svg()
}

async fn show(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, site)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let (desk, officer) = (&console.desk, visit.officer()?);
    let named = (tenant.as_str(), site.as_str());
    let found = acts::sites::show(desk, officer, named).await?;
    let snippet = acts::sites::snippet(desk, officer, named).await?;
    let statistics = acts::statistics::of_site(desk, officer, named).await?;
    let hours = hours_of(&statistics);
    Ok(visit.show(&SitePage {
        page: visit.tenant_page(&tenant, TenantPlace::Sites),
        site: found.value,
        snippet,
        total: statistics.total,
        chart: chart_of(&hours),
        hours,
        may_shape: officer.may(Power::Shape).is_ok(),
        tenant,
    }))
}
