//! Installing and operating, as their documents and what is in `packaging/` have it.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use crate::documents::text;
use crate::documents_stage::Stage;
use crate::running::PROGRAM;

#[test]
fn what_the_install_guide_sets_up_serves_as_the_unit_says() {
    let stage = Stage::new();
    stage.write("bank.toml", "[[tenant]]\nname = \"BANK\"\n");
    let told = stage.types_all("docs/install.md");
    assert!(told[0].starts_with("countersign "), "{}", told[0]);
    assert!(told[2].contains("/console/"), "a sign-in link: {}", told[2]);
    assert_eq!(told[3], "ready\n");
    assert!(told[4].contains("BANK"), "{}", told[4]);
    let served = stage.types("countersign tenant list --config /etc/countersign/countersign.toml");
    assert!(served.contains("BANK"), "{served}");
}

#[test]
fn the_commands_about_operating_tell_that_the_server_is_well() {
    let stage = Stage::new();
    stage.types("countersign init --data /var/lib/countersign");
    let told = stage.types_all("docs/operations.md");
    let (health, metrics) = told[0].split_once("ready\n").unwrap();
    assert_eq!(health, "alive\n");
    assert!(
        metrics.starts_with("countersign_build_info{version="),
        "{metrics}"
    );
}

/// The rows of the first table behind a heading of a document, as the texts of their cells.
pub(crate) fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let text = text(document);
    let (_, rest) = text
        .split_once(&format!("\n{heading}\n"))
        .expect("the heading");
    let lines = rest.lines().skip_while(|line| !line.starts_with('|'));
    let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| -> Vec<String> {
        let cells = line.trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

/// The texts between backticks.
pub(crate) fn quoted(cell: &str) -> Vec<String> {
    let pieces = cell.split('`').skip(1).step_by(2);
    pieces.map(str::to_owned).collect()
}

#[test]
fn every_setting_of_the_server_stands_in_the_table_and_no_other() {
    let rows = table("docs/operations.md", "## Settings");
    let known = |column: usize, prefix: &str| -> BTreeSet<String> {
        let cells = rows.iter().flat_map(|row| quoted(&row[column]));
        cells.filter(|name| name.starts_with(prefix)).collect()
    };
    let mut read = BTreeSet::new();
    for file in ["settings", "tls"] {
        let source = text(&format!("crates/server/src/config/{file}.rs"));
        let shipped = source.split("#[cfg(test)]").next().unwrap();
        let marks = ["get(\"", "flag(\""];
        let found = marks.iter().flat_map(|mark| shipped.split(mark).skip(1));
        let names = found.filter_map(|rest| rest.split('"').next());
        let names =
            names.filter(|name| *name == name.to_uppercase() && *name != "COUNTERSIGN_CONFIG");
        read.extend(names.map(|name| format!("COUNTERSIGN_{name}")));
    }
    assert!(read.len() > 10, "{read:?}");
    assert_eq!(known(1, "COUNTERSIGN_"), read);
    let help = Command::new(PROGRAM)
        .args(["serve", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let words = help
        .split_whitespace()
        .filter(|word| word.starts_with("--"));
    let general = ["--config", "--json", "--help", "--version"];
    let options: BTreeSet<_> = words
        .map(|word| word.trim_end_matches([',', '.', ':', ']']).to_owned())
        .filter(|word| !general.contains(&word.as_str()))
        .collect();
    assert_eq!(known(2, "--"), options);
}

/// The lines of the unit's section `[Service]` that set this.
fn unit(key: &str) -> Vec<String> {
    let unit = text("packaging/countersign.service");
    let lines = unit.lines().filter_map(|line| line.split_once('='));
    lines
        .filter(|(name, _)| *name == key)
        .map(|(_, value)| value.to_owned())
        .collect()
}

#[test]
fn the_unit_gives_the_server_its_own_user_and_folder_and_time_to_drain() {
    assert_eq!(unit("User"), ["countersign"]);
    assert_eq!(unit("StateDirectory"), ["countersign"]);
    assert!(text("packaging/countersign.toml").contains("data = \"/var/lib/countersign\""));
    assert!(text("packaging/countersign.sysusers").starts_with("u countersign "));
    assert!(text("packaging/countersign.tmpfiles").starts_with("d /var/lib/countersign 0700 "));
    assert_eq!(unit("ProtectSystem"), ["strict"]);
    assert_eq!(unit("NoNewPrivileges"), ["yes"]);
    assert_eq!(unit("CapabilityBoundingSet"), [""]);
    let stop_s: u32 = unit("TimeoutStopSec")[0].parse().unwrap();
    assert!(stop_s > 15, "the server drains for 15 seconds at most");
    let files: u32 = unit("LimitNOFILE")[0].parse().unwrap();
    assert!(files > 2 * 16_384, "each of 16,384 connections is a file");
}

#[test]
fn systemd_takes_the_unit_where_it_is_installed() {
    let here = Command::new("systemd-analyze")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if here.is_err() {
        return; // a machine without systemd; the other test has read the unit
    }
    let folder = tempfile::TempDir::with_prefix("countersign-unit-").unwrap();
    let path = folder.path().join("countersign.service");
    let unit = text("packaging/countersign.service");
    std::fs::write(&path, unit.replace("/usr/local/bin/countersign", PROGRAM)).unwrap();
    let output = Command::new("systemd-analyze")
        .arg("verify")
        .arg(&path)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let of_ours = told
        .lines()
        .filter(|line| line.contains("countersign.service"));
    assert_eq!(of_ours.collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(output.status.success(), "{told}");
}

#[test]
fn the_image_is_built_of_files_that_are_there() {
    let file = text("packaging/Containerfile");
    let copied: BTreeSet<_> = file
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "))
        .filter(|line| !line.starts_with("--from"))
        .flat_map(|line| {
            line.split_whitespace()
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .skip(1)
        })
        .collect();
    assert!(
        copied.contains("crates") && copied.contains("web"),
        "{copied:?}"
    );
    for name in copied {
        assert!(crate::documents::repository().join(name).exists(), "{name}");
    }
    assert!(file.contains("\nUSER "), "it must not run as root");
}
