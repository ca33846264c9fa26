//! Rules about what stands beside the code: Cargo's manifests and the two folders of migrations.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::source::{Finding, Source};

/// Manifests of crates that set lints of their own, or none.
pub(crate) fn lints_not_inherited(file: &Source) -> Vec<Finding> {
    if file.below("crates").is_none() {
        return Vec::new();
    }
    let manifest = toml::Table::from_str(&file.text).unwrap_or_default();
    let inherits = manifest
        .get("lints")
        .and_then(|lints| lints.get("workspace"));
    if inherits.and_then(toml::Value::as_bool) == Some(true) {
        return Vec::new();
    }
    vec![file.at(
        1,
        "does not inherit the lints; add `[lints]` with `workspace = true`",
    )]
}

const SQLITE: &str = "crates/store/migrations/sqlite";
const POSTGRES: &str = "crates/store/migrations/postgres";

/// Migrations that one store has and the other has not.
pub(crate) fn unpaired_migrations(files: &[Source]) -> Vec<Finding> {
    let names = |folder: &str| -> BTreeSet<String> {
        files
            .iter()
            .filter_map(|file| file.below(folder))
            .map(str::to_owned)
            .collect()
    };
    let mut found = Vec::new();
    for (folder, other) in [(SQLITE, POSTGRES), (POSTGRES, SQLITE)] {
        for name in names(folder).difference(&names(other)) {
            let what = format!("has no twin {other}/{name}; both stores count the same versions");
            found.push(Source::new(&format!("{folder}/{name}"), "").at(1, what));
        }
    }
    found
}

#[test]
fn a_crate_with_lints_of_its_own_is_found() {
    for (text, lines) in [
        ("[lints]\nworkspace = true\n", &[][..]),
        ("[lints]\nworkspace = false\n", &[1]),
        ("[lints.rust]\nunsafe_code = \"allow\"\n", &[1]),
        ("[package]\nname = \"a\"\n", &[1]),
    ] {
        crate::source::assert_found(lints_not_inherited, "crates/a/Cargo.toml", text, lines);
    }
}

#[test]
fn a_migration_without_its_twin_is_found() {
    use std::slice;

    let with = |paths: &[String]| {
        let files: Vec<Source> = paths.iter().map(|path| Source::new(path, "")).collect();
        unpaired_migrations(&files)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let (sqlite, postgres) = (
        format!("{SQLITE}/V1__a.sql"),
        format!("{POSTGRES}/V1__a.sql"),
    );
    assert!(with(&[sqlite.clone(), postgres.clone()]).is_empty());
    assert!(with(slice::from_ref(&sqlite))[0].starts_with(&sqlite));
    assert!(with(slice::from_ref(&postgres))[0].starts_with(&postgres));
    assert_eq!(with(&[sqlite, format!("{POSTGRES}/V1__b.sql")]).len(), 2);
}
