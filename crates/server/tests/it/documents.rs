//! The documents of the repository as texts: which there are, and the blocks in them. What is run of them is
//! in the tests that take blocks out; `documents_commands` sees to it that no block is left over.

use std::fs;
use std::path::{Path, PathBuf};

use crate::running::Home;

/// A block between fences.
#[derive(Debug)]
pub(crate) struct Block {
    /// The word behind the fence that opens it.
    pub(crate) language: String,
    /// What stands in it.
    pub(crate) text: String,
    /// The number of its first line in the document.
    pub(crate) line: usize,
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The text of a file of the repository.
pub(crate) fn text(document: &str) -> String {
    fs::read_to_string(repository().join(document))
        .unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// README.md and every document below docs, in the order of their names.
pub(crate) fn documents() -> Vec<String> {
    let mut found = vec!["README.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(repository().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(name);
            } else if Path::new(&name).extension().is_some_and(|end| end == "md") {
                found.push(name);
            }
        }
    }
    found.sort();
    found
}

/// All blocks of a document, in their order.
pub(crate) fn all_blocks(document: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in (1..).zip(text(document).lines()) {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(language)) => {
                open = Some(Block {
                    language: language.trim().to_owned(),
                    text: String::new(),
                    line: number + 1,
                });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{document}: its last block does not end");
    found
}

/// The texts of a document's blocks of one language, in their order.
pub(crate) fn blocks(document: &str, language: &str) -> Vec<String> {
    let all = all_blocks(document).into_iter();
    all.filter(|block| block.language == language)
        .map(|block| block.text)
        .collect()
}

/// The first block of this language in a document.
pub(crate) fn block(document: &str, language: &str) -> String {
    let first = blocks(document, language).into_iter().next();
    let text = first.unwrap_or_else(|| panic!("{document} has no block of {language}"));
    text.trim_end_matches('\n').to_owned()
}

#[test]
fn the_file_with_every_key_applies_twice_and_needs_nothing_the_second_time() {
    let home = Home::sqlite();
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    fs::write(file.path(), block("docs/provisioning.md", "toml")).unwrap();
    let path = file.path().to_str().unwrap();
    let first = home.done(["apply", path]);
    assert!(first.contains("myTestUser1"), "{first}");
    let second = home.done(["apply", path]);
    assert!(!second.contains("myTestUser1"), "{second}");
}
