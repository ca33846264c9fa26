//! Rules about the documents for people: links lead somewhere, every document is found from the table of contents,
//! and a test that is named as proof is one.

use std::collections::BTreeSet;
use std::path::Path;

use crate::source::{Finding, Source};

/// The table of contents.
const CONTENTS: &str = "docs/README.md";

/// The document whose table names tests.
const PROOFS: &str = "docs/security.md";

/// Whether it is a document for people.
pub(crate) fn is_guide(file: &Source) -> bool {
    let at_root = !file.path.contains('/') || file.below("docs").is_some();
    at_root && ends_in(file, "md")
}

/// Whether the name of a file ends in this, behind a point.
fn ends_in(file: &Source, ending: &str) -> bool {
    Path::new(&file.path)
        .extension()
        .is_some_and(|end| end == ending)
}

/// The lines of a document outside of its blocks, with their numbers.
fn prose(file: &Source) -> Vec<(usize, &str)> {
    let mut inside = false;
    let lines = (1..).zip(file.text.lines());
    lines
        .filter(|(_, line)| {
            let is_fence = line.trim_start().starts_with("```");
            inside ^= is_fence;
            !inside && !is_fence
        })
        .collect()
}

/// Where the links of a document lead, but for those to other hosts.
fn links(file: &Source) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in prose(file) {
        let targets = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        let here =
            targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
        found.extend(here.map(|target| (number, target)));
    }
    found
}

/// The path that a link of a document leads to, from the root.
fn target(from: &Source, path: &str) -> String {
    let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// What a heading is called in links: small letters, digits, hyphens.
fn anchor(heading: &str) -> String {
    let letters = heading.trim().trim_start_matches('#').trim().to_lowercase();
    let kept = letters.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        letter => letter.is_alphanumeric().then_some(letter),
    });
    kept.collect()
}

/// Links of a document to files or headings that there are not.
pub(crate) fn dead_links(file: &Source, files: &[Source]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, link) in links(file) {
        let (path, heading) = link.split_once('#').unwrap_or((link, ""));
        let path = if path.is_empty() {
            file.path.clone()
        } else {
            target(file, path)
        };
        let Some(there) = files.iter().find(|other| other.path == path) else {
            let is_folder = files.iter().any(|other| other.below(&path).is_some());
            if !is_folder {
                found.push(file.at(number, format!("links to {path}, which is not there")));
            }
            continue;
        };
        let headings = prose(there).into_iter().map(|(_, line)| line);
        let mut headings = headings.filter(|line| line.starts_with('#'));
        if !heading.is_empty() && !headings.any(|line| anchor(line) == heading) {
            let what = format!("links to #{heading}, which {path} does not have");
            found.push(file.at(number, what));
        }
    }
    found
}

/// Documents that the table of contents does not link to.
pub(crate) fn left_out(files: &[Source]) -> Vec<Finding> {
    let Some(contents) = files.iter().find(|file| file.path == CONTENTS) else {
        return Vec::new();
    };
    let linked: BTreeSet<_> = links(contents)
        .into_iter()
        .map(|(_, link)| target(contents, link.split('#').next().unwrap_or(link)))
        .collect();
    let guides = files
        .iter()
        .filter(|file| file.below("docs").is_some() && is_guide(file));
    let missing = guides.filter(|file| file.path != CONTENTS && !linked.contains(&file.path));
    missing
        .map(|file| {
            file.at(
                1,
                format!("is not linked from {CONTENTS}; say there who reads it"),
            )
        })
        .collect()
}

/// The names of the tests of a file: functions with an attribute that says so, or in the list of a suite.
fn tests_of(file: &Source) -> Vec<&str> {
    if !ends_in(file, "rs") {
        return Vec::new();
    }
    let is_suite = file.text.contains("on_both!");
    let mut before = "";
    let mut found = Vec::new();
    for piece in file.text.split("fn ") {
        let name = piece.split('(').next().unwrap_or_default();
        let attributes = before.rsplit("\n\n").next().unwrap_or_default();
        let is_test = attributes.contains("#[test]") || attributes.contains("::test");
        if is_test || (is_suite && file.text.matches(name).count() > 1) {
            found.push(name);
        }
        before = piece;
    }
    found
}

/// Tests that the security model names and that there are not.
pub(crate) fn unproved(files: &[Source]) -> Vec<Finding> {
    let Some(document) = files.iter().find(|file| file.path == PROOFS) else {
        return Vec::new();
    };
    let tests: BTreeSet<_> = files.iter().flat_map(tests_of).collect();
    let mut found = Vec::new();
    for (number, line) in prose(document) {
        let quoted = line.split('`').skip(1).step_by(2);
        // A name of four words or more is one of a test; shorter ones are settings, options and files.
        let names = quoted.filter(|name| {
            let of_a_name = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '_');
            name.matches('_').count() > 2 && name.chars().all(of_a_name)
        });
        let missing = names.filter(|name| !tests.contains(name));
        found.extend(
            missing.map(|name| {
                document.at(number, format!("names {name}, and there is no such test"))
            }),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_nothing_is_found() {
        let there = Source::new(
            "docs/b.md",
            "# B\n\n## What it *is*\n\n```sh\n# no heading\n```\n",
        );
        let text = "[b](b.md) [h](b.md#what-it-is) [out](https://x.example/y)\n\
                    [gone](c.md)\n[gone](b.md#no-heading)\n[up](../README.md)\n```\n[no](link)\n```\n";
        let file = Source::new("docs/a.md", text);
        let found = dead_links(&file, &[there, Source::new("docs/a.md", text)]);
        let lines: Vec<_> = found.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [2, 3, 4]);
    }

    #[test]
    fn a_document_that_nobody_finds_is_found() {
        let contents = Source::new(CONTENTS, "[a](a.md#x) [root](../README.md)\n");
        let files = ["docs/a.md", "docs/sub/b.md", "README.md"].map(|path| Source::new(path, ""));
        let files: Vec<_> = files.into_iter().chain([contents]).collect();
        assert_eq!(left_out(&files).len(), 1);
    }

    #[test]
    fn a_test_that_is_not_there_is_found() {
        let proofs = "`a_code_is_good_once`, `max_failures`, `it_is_not_there`, `on_a_list_of_two`\n\
                      `only_a_function_here`\n";
        let tests = "#[test]\nfn a_code_is_good_once() {}\n\nfn only_a_function_here() {}\n";
        let suite = "on_both!(on_a_list_of_two);\n\nasync fn on_a_list_of_two(place: &Place) {}\n";
        let files = [
            Source::new(PROOFS, proofs),
            Source::new("crates/a/tests/it/b.rs", tests),
            Source::new("crates/a/tests/it/c.rs", suite),
        ];
        let lines: Vec<_> = unproved(&files)
            .iter()
            .map(|finding| finding.line)
            .collect();
        assert_eq!(lines, [1, 2]);
    }
}
