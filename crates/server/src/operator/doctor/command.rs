//! The command: everything looked at in its order, and what was found told.

use serde_json::json;

use super::finding::{Finding, Kind, Severity};
use super::{clock, database, directory, key, machine, network, settings};
use crate::cli::{DoctorArguments, Failure, Output};
use crate::operator::Desk;

/// The exit code where there are warnings, and nothing worse.
const WARNINGS: u8 = 3;

/// What was found so far.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    /// The codes of what was found, in their order.
    #[cfg(test)]
    pub(super) fn codes(&self) -> Vec<&'static str> {
        let codes = self.0.iter();
        codes.map(|finding| finding.kind.described().code).collect()
    }

    /// Adds one; what it is about is told in one line.
    pub(super) fn add(&mut self, kind: Kind, about: impl std::fmt::Display) {
        let about = about.to_string().replace(['\n', '\r'], " ");
        self.0.push(Finding { kind, about });
    }
}

/// `doctor`
pub async fn run(desk: &Desk, arguments: &DoctorArguments) -> Result<(), Failure> {
    let mut found = Findings::default();
    if let Err(refusal) = look(desk, &mut found, arguments.offline).await {
        // What was found before that is told all the same.
        found.add(Kind::CutShort, refusal);
    }
    tell(desk.output, found)
}

async fn look(desk: &Desk, found: &mut Findings, offline: bool) -> Result<(), Failure> {
    settings::look(desk, found);
    key::look(desk, found);
    machine::look(desk, found);
    network::look(desk, found, offline).await;
    // Opened as a reader, without bringing its schema up to date.
    let Some(facts) = database::look(desk, found).await else {
        return Ok(());
    };
    clock::look(&facts, found);
    // What is below needs the right keys, and a database that is not changed by being opened.
    if facts.opens_as_it_is()
        && let Some(verifier) = key::opened(desk, found).await?
    {
        clock::look_at_events(&verifier, found).await?;
        directory::look(&verifier, found, offline).await?;
    }
    Ok(())
}

/// Settings that cannot be read, told as everything else.
pub fn unreadable(output: Output, problem: &str) -> Result<(), Failure> {
    let mut found = Findings::default();
    found.add(Kind::SettingsUnreadable, problem);
    tell(output, found)
}

/// The worst first; then the exit code says how bad it is.
fn tell(output: Output, Findings(mut found): Findings) -> Result<(), Failure> {
    found.sort_by_key(|finding| std::cmp::Reverse(finding.kind.described().severity));
    let count = |severity| {
        let of = |finding: &&Finding| finding.kind.described().severity == severity;
        found.iter().filter(of).count()
    };
    let (errors, warnings, notes) = (
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Note),
    );
    if output.json {
        let values: Vec<_> = found.iter().map(Finding::value).collect();
        output.value(&json!({
            "errors": errors, "warnings": warnings, "notes": notes, "findings": values,
        }))?;
    } else {
        let mut lines: Vec<_> = found.iter().flat_map(Finding::lines).collect();
        lines.push(match (errors, warnings) {
            (0, 0) => "nothing is wrong".to_owned(),
            _ => format!("{errors} errors, {warnings} warnings, {notes} notes"),
        });
        output.lines(&lines)?;
    }
    match (errors, warnings) {
        (0, 0) => Ok(()),
        (0, warnings) => {
            let failure = Failure::new(format!("{warnings} warnings; see above"));
            Err(failure.ending_with(WARNINGS))
        }
        (errors, _) => Err(Failure::new(format!("{errors} errors; see above"))),
    }
}
