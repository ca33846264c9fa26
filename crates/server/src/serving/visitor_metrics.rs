//! What is counted about visitors, in Prometheus' text format, a site a label.
//!
//! It is read when somebody asks, out of the counts that the domain keeps anyway: nothing is counted
//! twice. The label is the public id, which comes from the operator, never from a stranger.

use std::fmt::Write as _;

use challenge::directory::Site;
use challenge::methods::proof_of_work::Effort;
use challenge::verifier::Verifier;
use challenge::visitor::{BASE_COUNTER_MAX, SiteTotals, TIME_BOUNDS_S, effort_for};

/// What is told of each site: name, type, what it means, how to read it.
type Family = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Site, &SiteTotals) -> String,
);

const FAMILIES: [Family; 7] = [
    (
        "countersign_visitor_challenges_issued_total",
        "counter",
        "Challenges issued to visitors.",
        |_, totals| totals.issued.to_string(),
    ),
    (
        "countersign_visitor_answers_right_total",
        "counter",
        "Challenges that were answered right.",
        |_, totals| totals.right.to_string(),
    ),
    (
        "countersign_visitor_answers_wrong_total",
        "counter",
        "Challenges that were answered wrong.",
        |_, totals| totals.wrong.to_string(),
    ),
    (
        "countersign_visitor_checks_valid_total",
        "counter",
        "Challenges that the site was told to be valid, each once.",
        |_, totals| totals.checked.to_string(),
    ),
    (
        "countersign_visitor_challenges_abandoned_total",
        "counter",
        "Challenges that were not answered in time; counted when they can no longer be.",
        |_, totals| totals.abandoned.to_string(),
    ),
    (
        "countersign_visitor_failures_per_minute",
        "gauge",
        "Wrong and missing answers of the last minute, by which the effort rises.",
        |_, totals| totals.failures_per_minute.to_string(),
    ),
    (
        "countersign_visitor_effort_counter_max",
        "gauge",
        "The highest counter of the next proof of work.",
        |site, totals| effort(site, totals).counter_max().to_string(),
    ),
];

const MEMORY: &str = "countersign_visitor_effort_memory_bytes";
const SECONDS: &str = "countersign_visitor_answer_seconds";

/// All families, a line a site in each, in the order of public ids. Sites that nobody asked anything of
/// yet are left out.
pub(super) fn render(verifier: &Verifier) -> String {
    let now = verifier.now();
    let totals = verifier.visitors.totals(now).into_iter();
    let mut sites: Vec<_> = totals
        .filter_map(|totals| Some((verifier.catalogue.site_by_id(totals.site)?, totals)))
        .collect();
    sites.sort_by(|(left, _), (right, _)| left.public_id.cmp(&right.public_id));
    let mut text = String::new();
    if sites.is_empty() {
        return text;
    }
    for (name, kind, help, value) in FAMILIES {
        head(&mut text, (name, kind, help));
        for (site, totals) in &sites {
            let public_id = &site.public_id;
            line(
                &mut text,
                &format!("{name}{{site=\"{public_id}\"}}"),
                &value(site, totals),
            );
        }
    }
    let help =
        "The memory that each step of the next proof of work takes; 0: PBKDF2, not Argon2id.";
    head(&mut text, (MEMORY, "gauge", help));
    for (site, totals) in &sites {
        let bytes = match effort(site, totals) {
            Effort::Pbkdf2 { .. } => 0,
            Effort::Argon2id { memory_kib, .. } => u64::from(memory_kib) * 1024,
        };
        let name = format!("{MEMORY}{{site=\"{}\"}}", site.public_id);
        line(&mut text, &name, &bytes.to_string());
    }
    let help = "Seconds from a challenge's issue to its answer.";
    head(&mut text, (SECONDS, "histogram", help));
    for (site, totals) in &sites {
        histogram(&mut text, &site.public_id, totals);
    }
    text
}

/// The effort of the site's next proof of work.
fn effort(site: &Site, totals: &SiteTotals) -> Effort {
    let counter_max = site.difficulty.unwrap_or(BASE_COUNTER_MAX);
    effort_for(counter_max, totals.failures_per_minute)
}

fn histogram(text: &mut String, public_id: &str, totals: &SiteTotals) {
    let answers = (totals.right + totals.wrong).to_string();
    for (bound_s, within) in TIME_BOUNDS_S.iter().zip(totals.answered_within) {
        let name = format!("{SECONDS}_bucket{{site=\"{public_id}\",le=\"{bound_s}\"}}");
        line(text, &name, &within.to_string());
    }
    let name = format!("{SECONDS}_bucket{{site=\"{public_id}\",le=\"+Inf\"}}");
    line(text, &name, &answers);
    let (whole, part) = (totals.answer_ms / 1000, totals.answer_ms % 1000);
    let name = format!("{SECONDS}_sum{{site=\"{public_id}\"}}");
    line(text, &name, &format!("{whole}.{part:03}"));
    line(
        text,
        &format!("{SECONDS}_count{{site=\"{public_id}\"}}"),
        &answers,
    );
}

/// What precedes a family: its name, type and meaning.
pub(super) fn head(text: &mut String, (name, kind, help): (&str, &str, &str)) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// A value of a family.
pub(super) fn line(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "{name} {value}");
}
