//! The file as a whole.

use std::fmt;
use std::path::{Path, PathBuf};

use challenge::directory::SignUp;
use challenge::directory::provision::Blueprint;

use super::{delivery, tenant};
use crate::config::Environment;
use crate::config::section::{Reading, Section};

/// What a file describes.
#[derive(Debug)]
pub struct Described {
    /// The directory as it is to be.
    pub blueprint: Blueprint,
    /// What the file says that this version does not use.
    pub warnings: Vec<String>,
}

/// A file that cannot be read; every problem that was found, at least one.
#[derive(Debug)]
pub struct Unreadable(pub Vec<String>);

impl std::error::Error for Unreadable {}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join("; "))
    }
}

/// Reads a file; other files that it names are looked up from its folder.
pub fn read(path: &Path, environment: &Environment) -> Result<Described, Unreadable> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Unreadable(vec![error.to_string()]))?;
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    describe(&text, Reading::of(folder, environment))
}

/// Reads a text that names no files and no variables.
pub fn parse(text: &str) -> Result<Blueprint, Unreadable> {
    let environment = Environment::fixed([]);
    Ok(describe(text, Reading::of(PathBuf::new(), &environment))?.blueprint)
}

fn describe(text: &str, reading: Reading<'_>) -> Result<Described, Unreadable> {
    let table = Reading::parse(text).map_err(|error| Unreadable(vec![error]))?;
    let mut section = Section::new(&reading, "", table);
    let mut warnings = Vec::new();
    // It describes a process, and there may be several on one directory.
    if section.take("tls").is_some() {
        let fate = "`countersign serve --config FILE` reads it, not `apply`";
        warnings.push(format!("tls: {fate}"));
    }
    let delivery = section.table("delivery").and_then(delivery::read);
    let sign_up = section.table("sign_up").map(sign_up);
    let tenants = section
        .tables("tenant", "name")
        .into_iter()
        .filter_map(tenant::read)
        .collect();
    section.finish();
    let problems = reading.into_problems();
    if problems.is_empty() {
        Ok(Described {
            blueprint: Blueprint {
                delivery,
                sign_up,
                tenants,
                ..Blueprint::default()
            },
            warnings,
        })
    } else {
        Err(Unreadable(problems))
    }
}

/// `[sign_up]`: whether visitors may open accounts. What it does not name is as by default.
fn sign_up(mut section: Section<'_>) -> SignUp {
    let usual = SignUp::default();
    let wanted = SignUp {
        open: section.flag("open").unwrap_or(usual.open),
        trial_days: section.number("trial_days").unwrap_or(usual.trial_days),
    };
    section.finish();
    wanted
}
