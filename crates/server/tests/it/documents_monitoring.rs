//! What Prometheus and Grafana are given in `packaging/monitoring/`: it names what the server tells, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::documents::{blocks, repository, text};
use crate::documents_operating::{quoted, table};
use crate::documents_stage::Stage;

const OPERATIONS: &str = "docs/operations.md";
const RULES: &str = "packaging/monitoring/prometheus-rules.yaml";
const DASHBOARD: &str = "packaging/monitoring/grafana-dashboard.json";

/// Labels that Prometheus adds by itself, and the one of every histogram.
const COMMON: [&str; 3] = ["instance", "job", "le"];

/// The metrics of the document's table, with their labels.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let rows = table(OPERATIONS, "### Metrics");
    let mut found = BTreeMap::new();
    for row in rows {
        for name in quoted(&row[0]) {
            let labels = quoted(&row[1]).into_iter().collect();
            assert!(found.insert(name.clone(), labels).is_none(), "{name} twice");
        }
    }
    found
}

/// The names in a text that begin as those of metrics do.
fn names_in(text: &str) -> BTreeSet<String> {
    let pieces = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let names = pieces.filter(|piece| piece.starts_with("countersign_"));
    names.map(str::to_owned).collect()
}

/// The metrics that the code of a folder tells.
fn told_by(folder: &str, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(repository().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            told_by(&name, into);
        } else if Path::new(&name).extension().is_some_and(|end| end == "rs") {
            let source = text(&name);
            let shipped = source.split("#[cfg(test)]").next().unwrap();
            let quotes = shipped.split('"').skip(1).step_by(2);
            let names = quotes.filter(|piece| names_in(piece).contains(*piece));
            into.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn every_metric_of_the_code_stands_in_the_table_and_no_other() {
    let mut told = BTreeSet::new();
    for folder in ["crates/server/src", "crates/protocols/src"] {
        told_by(folder, &mut told);
    }
    let documented: BTreeSet<_> = documented().into_keys().collect();
    assert_eq!(documented, told);
}

/// The expressions of the rules, and of the dashboard.
fn expressions() -> Vec<String> {
    let rules = text(RULES);
    let lines = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "));
    let mut found: Vec<_> = lines.map(str::to_owned).collect();
    let dashboard: Value = serde_json::from_str(&text(DASHBOARD)).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        let Some(targets) = panel["targets"].as_array() else {
            continue;
        };
        assert!(!targets.is_empty(), "{panel}");
        found.extend(
            targets
                .iter()
                .map(|target| target["expr"].as_str().unwrap().to_owned()),
        );
    }
    found
}

/// Whether brackets close in the order in which they open, outside of quotation marks.
fn is_balanced(expression: &str) -> bool {
    let mut open = Vec::new();
    let mut quoted = false;
    for letter in expression.chars() {
        match letter {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' if open.pop() != Some(letter) => return false,
            _ => {}
        }
    }
    open.is_empty() && !quoted
}

/// The metrics of an expression, each with the labels that are matched in it.
fn matched(expression: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (at, _) in expression.match_indices("countersign_") {
        let rest = &expression[at..];
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
        let matchers = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let labels = matchers.map_or_else(Vec::new, |(matchers, _)| {
            // Every second piece is a value.
            let names = matchers.split('"').step_by(2);
            let trimmed = names.map(|name| name.trim_matches([',', ' ', '=', '!', '~']).to_owned());
            trimmed.filter(|name| !name.is_empty()).collect()
        });
        found.push((name.to_owned(), labels));
    }
    found
}

/// The labels by which an expression sums.
fn grouped(expression: &str) -> Vec<String> {
    let groups = expression.split(" by (").skip(1);
    let lists = groups.filter_map(|rest| rest.split_once(')'));
    lists
        .flat_map(|(list, _)| list.split(',').map(|label| label.trim().to_owned()))
        .collect()
}

#[test]
fn rules_and_dashboard_ask_for_metrics_and_labels_that_the_server_tells() {
    let documented = documented();
    let expressions = expressions();
    assert!(expressions.len() > 40, "{}", expressions.len());
    let mut asked = BTreeSet::new();
    for expression in &expressions {
        assert!(is_balanced(expression), "{expression}");
        let mut labels: BTreeSet<_> = COMMON.map(str::to_owned).into();
        for (name, matchers) in matched(expression) {
            let parts = ["_bucket", "_sum", "_count"];
            let family = parts.iter().find_map(|part| name.strip_suffix(part));
            let family = family
                .filter(|family| documented.contains_key(*family))
                .unwrap_or(&name);
            let known = documented.get(family);
            let known = known.unwrap_or_else(|| panic!("nobody tells {name}: {expression}"));
            labels.extend(known.iter().cloned());
            for label in matchers {
                let fits = known.contains(&label) || COMMON.contains(&label.as_str());
                assert!(fits, "{name} has no label {label}: {expression}");
            }
            asked.insert(family.to_owned());
        }
        for label in grouped(expression) {
            assert!(
                labels.contains(&label),
                "there is no label {label}: {expression}"
            );
        }
        assert!(
            expression.contains("countersign"),
            "about something else: {expression}"
        );
    }
    let unused: Vec<_> = documented
        .keys()
        .filter(|name| !asked.contains(*name))
        .collect();
    assert!(unused.is_empty(), "neither rule nor panel shows {unused:?}");
}

#[test]
fn brackets_that_do_not_close_are_found() {
    for wrong in ["sum(a", "a)", "a{b=\"c\"", "(a]", "a{b=\"c}"] {
        assert!(!is_balanced(wrong), "{wrong}");
    }
    assert!(is_balanced("sum by (a) (rate(b{c=~\"d(\"}[5m]))"));
}

#[test]
fn every_alert_says_what_to_do_and_no_other_is_told_of() {
    let rules = text(RULES);
    let alerts = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let alerts: BTreeSet<_> = alerts.map(str::to_owned).collect();
    let rows = table(OPERATIONS, "### Alerts");
    let told: BTreeSet<_> = rows.iter().flat_map(|row| quoted(&row[0])).collect();
    assert_eq!(told, alerts);
    assert_eq!(rules.matches("severity: ").count(), alerts.len());
    assert_eq!(rules.matches("summary: ").count(), alerts.len());
}

#[test]
fn a_server_tells_what_the_table_says() {
    let documented = documented();
    let stage = Stage::new();
    stage.typed(&blocks("docs/start-activid.md", "sh"));
    // The first look at a worker is a quarter of a second after the start; sealing begins with it.
    let told = stage.types(
        "for _ in {1..900}; do\n\
         curl -sS http://127.0.0.1:8080/metrics >told\n\
         grep -q 'worker_well{worker=\"audit\"} 1' told && break; sleep 0.1; done; cat told",
    );
    let lines = told
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    for line in lines {
        for (name, labels) in matched(line) {
            let parts = ["_bucket", "_sum", "_count"];
            let family = parts
                .iter()
                .find_map(|part| name.strip_suffix(part))
                .unwrap_or(&name);
            let known = documented.get(family).or_else(|| documented.get(&name));
            let known = known.unwrap_or_else(|| panic!("not in the table: {line}"));
            let strange = labels
                .iter()
                .find(|label| *label != "le" && !known.contains(*label));
            assert_eq!(strange, None, "{line}");
        }
    }
    for line in [
        "countersign_answers_total{protocol=\"activid\",method=\"synchronous\",outcome=\"accepted\"} 2",
        "countersign_answers_total{protocol=\"activid\",method=\"synchronous\",outcome=\"not_verified\"} 1",
        "countersign_worker_well{worker=\"audit\"} 1",
    ] {
        assert!(told.lines().any(|told| told == line), "{line}\n{told}");
    }
    assert!(told.contains("countersign_build_info{version=\""), "{told}");
}

#[test]
fn prometheus_takes_the_rules_where_it_is_installed() {
    let check = Command::new("promtool")
        .args(["check", "rules"])
        .arg(repository().join(RULES))
        .output();
    // Elsewhere the other tests have read them.
    if let Ok(output) = check {
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
    }
}
