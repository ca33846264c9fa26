//! Rules about the documents that describe the code: a wrong map is worse than none.

use std::collections::BTreeSet;

use crate::source::{Finding, Source};

/// The folder of each crate, and each folder of its sources that holds something.
pub(crate) fn folders(files: &[Source]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files {
        let parts: Vec<&str> = file.path.split('/').collect();
        if parts[0] != "crates" || parts.len() < 3 {
            continue;
        }
        found.insert(parts[..2].join("/"));
        if parts[2] == "src" {
            // The last part is the file itself, and `src` needs no line of its own.
            found.extend((4..parts.len()).map(|depth| parts[..depth].join("/")));
        }
    }
    found
}

/// Folders that the map does not name by their path.
pub(crate) fn unnamed_folders(map: &Source, folders: &BTreeSet<String>) -> Vec<Finding> {
    let unnamed = folders.iter().filter(|folder| !names(&map.text, folder));
    let what = |folder: &String| format!("does not name `{folder}/`; say in a line what it holds");
    unnamed.map(|folder| map.at(1, what(folder))).collect()
}

fn names(text: &str, folder: &str) -> bool {
    let of_a_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(folder)
        .any(|(at, _)| !text[at + folder.len()..].starts_with(of_a_name))
}

/// Paths below `crates/`, written in backticks, of which there is no file and no folder.
pub(crate) fn ghosts(document: &Source, files: &[Source]) -> Vec<Finding> {
    let exists = |path: &str| {
        files
            .iter()
            .any(|file| file.path == path || file.below(path).is_some())
    };
    let mut found = Vec::new();
    for (line, path) in named_paths(&document.text) {
        if !exists(&path) {
            let what = format!("names `{path}`, which does not exist; correct the map");
            found.push(document.at(line, what));
        }
    }
    found
}

/// Line and path of each `crates/...` in backticks, less what follows the file's name; patterns
/// such as `crates/*/src` name no one file.
fn named_paths(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for span in line.split('`').skip(1).step_by(2) {
            for word in span
                .split_whitespace()
                .filter(|word| word.starts_with("crates/"))
            {
                if !word.contains(['*', '<', '…']) {
                    let path = word.split([':', '#', ',']).next().unwrap_or(word);
                    found.push((index + 1, path.trim_end_matches('/').to_owned()));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(found: &[Finding]) -> Vec<usize> {
        found.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_folder_that_the_map_forgets_is_found() {
        let paths = [
            "crates/a/src/lib.rs",
            "crates/a/src/b/c/d.rs",
            "crates/a/tests/it/e.rs",
            "web/f.js",
        ];
        let folders = folders(&paths.map(|path| Source::new(path, "")));
        assert_eq!(
            folders.iter().collect::<Vec<_>>(),
            ["crates/a", "crates/a/src/b", "crates/a/src/b/c"]
        );
        for (text, missing) in [
            ("`crates/a/`, `crates/a/src/b/` and `crates/a/src/b/c/`", 0),
            ("`crates/a/src/b/c/`", 0),
            ("`crates/a/src/b/`", 1),
            ("`crates/a/src/b2`", 2),
            ("`crates/ab`", 3),
            ("", 3),
        ] {
            let map = Source::new("ARCHITECTURE.md", text);
            assert_eq!(unnamed_folders(&map, &folders).len(), missing, "{text}");
        }
    }

    #[test]
    fn a_path_that_does_not_exist_is_found() {
        let files = [Source::new("crates/a/src/b/c.rs", "")];
        for (text, expected) in [
            (
                "See `crates/a`, `crates/a/src/b/` and `crates/a/src/b/c.rs::answer`.",
                &[][..],
            ),
            (
                "`crates/a/src/b/c.rs:12` `crates/a/src/b/c.rs#L12` `crates/*/tests` `cargo test`",
                &[],
            ),
            ("not in backticks: crates/gone", &[]),
            ("```\ncrates/gone `crates/gone`\n```\n`crates/gone`", &[4]),
            ("See\n`crates/a/src/b/d.rs`", &[2]),
            ("`crates/a/src/b/c`", &[1]),
            ("`cargo run --manifest-path crates/gone/Cargo.toml`", &[1]),
        ] {
            let document = Source::new("README.md", text);
            assert_eq!(lines(&ghosts(&document, &files)), expected, "{text}");
        }
    }
}
