//! The overview: what was issued and answered, and how fast, by protocol, in the last hour, day or month.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use challenge::officers::Reach;
use protocols::management::acts;
use protocols::management::acts::statistics::Range;
use protocols::management::shapes::statistics::{CountsShown, PointShown, ProtocolShown};

use super::chart::Chart;
use super::form::Form;
use super::moment::Moment;
use super::page::Page;
use super::place::Place;
use super::shared::Console;
use super::trouble::Trouble;
use super::visit::Visit;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    let without_slash = async || Redirect::permanent("/console/").into_response();
    Router::new()
        .route("/console/", get(show))
        .route("/console", get(without_slash))
}

#[derive(Template)]
#[template(path = "console/overview.html")]
struct OverviewPage {
    page: Page,
    range: Range,
    protocols: Vec<Shown>,
}

/// A protocol, as the page shows it.
struct Shown {
    name: &'static str,
    counts: ProtocolShown,
    /// What stands in the first column of its table, by point.
    labels: Vec<String>,
    answers: String,
    latency: String,
}

impl Shown {
    fn of(protocol: ProtocolShown, range: Range) -> Self {
        let labels: Vec<_> = protocol.points.iter().map(|p| label(p, range)).collect();
        let line = |value: fn(&CountsShown) -> Option<f64>| -> Vec<Option<f64>> {
            protocol
                .points
                .iter()
                .map(|point| value(&point.counts))
                .collect()
        };
        let answers = Chart {
            labels: labels.clone(),
            lines: vec![
                line(|counts| Some(count(counts.issued))),
                line(|counts| Some(count(counts.right))),
                line(|counts| Some(count(counts.wrong))),
                line(|counts| Some(count(counts.locked))),
                line(|counts| Some(count(counts.refused))),
            ],
            is_whole: true,
        };
        let latency = Chart {
            labels: labels.clone(),
            lines: vec![
                line(|counts| counts.p50_ms),
                line(|counts| counts.p95_ms),
                line(|counts| counts.p99_ms),
            ],
            is_whole: false,
        };
        Self {
            name: name_of(&protocol.protocol),
            answers: answers.svg(),
            latency: latency.svg(),
            counts: protocol,
            labels,
        }
    }

    fn is_quiet(&self) -> bool {
        self.counts.total == CountsShown::default()
    }

    /// The points in which something was counted, newest first, each with its label.
    fn rows(&self) -> Vec<(&str, &CountsShown)> {
        let points = self.counts.points.iter().map(|point| &point.counts);
        let rows = self.labels.iter().map(String::as_str).zip(points);
        let rows = rows.filter(|(_, counts)| **counts != CountsShown::default());
        let mut rows: Vec<_> = rows.collect();
        rows.reverse();
        rows
    }
}

/// What a protocol is called; its names are the same in every language.
fn name_of(protocol: &str) -> &'static str {
    match protocol {
        "ocapi" => "Ocapi",
        "activid" => "ActivID",
        "dualshield" => "DualShield",
        "okay" => "Okay",
        "device" => "Device API",
        _ => "Management API",
    }
}

/// What is written below a point: the time of the day, or the day.
fn label(point: &PointShown, range: Range) -> String {
    let text = Moment::told(&point.from).text();
    let part = match range {
        Range::Hour | Range::Day => text.get(11..16),
        Range::Month => text.get(5..10),
    };
    part.unwrap_or_default().to_owned()
}

/// A count as a height. Counts of a minute, an hour or a day are far below what a float loses.
fn count(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

impl OverviewPage {
    fn ranges(&self) -> [(Range, &'static str, bool); 3] {
        Range::ALL.map(|range| {
            let key = match range {
                Range::Hour => "overview.hour",
                Range::Day => "overview.day",
                Range::Month => "overview.month",
            };
            (range, self.page.t(key), range == self.range)
        })
    }

    /// The protocols over which something was asked.
    fn busy(&self) -> impl Iterator<Item = &Shown> {
        self.protocols
            .iter()
            .filter(|protocol| !protocol.is_quiet())
    }

    /// The names of the others.
    fn quiet(&self) -> String {
        let quiet = self.protocols.iter().filter(|protocol| protocol.is_quiet());
        let names: Vec<_> = quiet.map(|protocol| protocol.name).collect();
        names.join(", ")
    }

    /// Milliseconds, or a dash where there were no requests.
    fn ms(&self, ms: Option<&f64>) -> String {
        let written = match ms {
            None => return "–".to_owned(),
            Some(ms) if *ms < 10.0 => format!("{ms:.1}"),
            Some(ms) => format!("{ms:.0}"),
        };
        let decimal = self.page.words.language.decimal();
        written.replace('.', &decimal.to_string())
    }
}

async fn show(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let range = Range::named(form.given("range"))?;
    // An officer of one tenant sees that tenant's.
    let tenant = match officer.reach {
        Reach::Server => None,
        Reach::Tenant(_) => acts::me::show(&console.desk, officer).tenant,
    };
    let found = acts::statistics::show(&console.desk, officer, tenant.as_deref(), range).await?;
    let protocols = found.protocols.into_iter();
    Ok(visit.show(&OverviewPage {
        page: visit.page(Place::Overview),
        range,
        protocols: protocols
            .map(|protocol| Shown::of(protocol, range))
            .collect(),
    }))
}
