//! What the documents show works as they show it.

use std::path::Path;

use crate::running::Home;

/// The first block of this language in a document of the repository.
pub(crate) fn block(document: &str, language: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(document);
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text
        .split_once(&format!("```{language}\n"))
        .expect("there is such a block");
    rest.split_once("\n```")
        .expect("the block ends")
        .0
        .to_owned()
}

/// All blocks of this language in a document of the repository, in their order.
pub(crate) fn blocks(document: &str, language: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(document);
    let text = std::fs::read_to_string(path).unwrap();
    let fence = format!("```{language}\n");
    let mut blocks = text.split(&fence);
    blocks.next();
    let blocks = blocks.map(|rest| rest.split_once("\n```").expect("the block ends").0);
    blocks.map(str::to_owned).collect()
}

#[test]
fn the_file_with_every_key_applies_twice_and_needs_nothing_the_second_time() {
    let home = Home::sqlite();
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), block("docs/provisioning.md", "toml")).unwrap();
    let path = file.path().to_str().unwrap();
    let first = home.done(["apply", path]);
    assert!(first.contains("myTestUser1"), "{first}");
    let second = home.done(["apply", path]);
    assert!(!second.contains("myTestUser1"), "{second}");
}
