//! A file as the rules see it, what they find in it, and the walk that collects the workspace's files.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A text file: its path from the root of the workspace, with `/`, and what it holds.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The syntax tree, or a finding that says why there is none.
    pub(crate) fn parse(&self) -> Result<syn::File, Finding> {
        syn::parse_file(&self.text).map_err(|error| {
            self.at(
                error.span().start().line,
                format!("does not parse ({error}); run cargo check"),
            )
        })
    }

    /// The syntax tree, or an empty one: a file that does not parse is one finding, not one a rule.
    pub(crate) fn tree(&self) -> syn::File {
        let empty = || syn::parse_file("").expect("an empty file is Rust");
        self.parse().unwrap_or_else(|_| empty())
    }

    /// A finding in this file.
    pub(crate) fn at(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding {
            path: self.path.clone(),
            line,
            what: what.into(),
        }
    }

    /// Whether the file is compiled for tests or benchmarks alone.
    pub(crate) fn is_test(&self) -> bool {
        let folders = ["/tests/", "/benches/"];
        self.path.ends_with("/tests.rs") || folders.iter().any(|folder| self.path.contains(folder))
    }

    /// The path below this folder, if it is there.
    pub(crate) fn below(&self, folder: &str) -> Option<&str> {
        self.path.strip_prefix(folder)?.strip_prefix('/')
    }
}

/// Where a rule is broken, and what to do instead.
#[derive(Debug)]
pub(crate) struct Finding {
    path: String,
    pub(crate) line: usize,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// What others wrote, kept as they wrote it: a test of the app compares it with what they publish. What says where it is from is ours.
const VENDORED: &str = "web/authenticator/vendor";
const ORIGIN: &str = "/SOURCE.txt";

/// Every text file of the workspace, in the order of their paths; nothing that was built or fetched.
pub(crate) fn workspace() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    let files = paths.iter().filter_map(|path| read(&root, path));
    files
        .filter(|file| file.below(VENDORED).is_none() || file.path.ends_with(ORIGIN))
        .collect()
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    // A folder may go while others work beside this test: then it has no files.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let built = ["target", "node_modules", "__pycache__"].contains(&name.as_ref());
        if built || (name.starts_with('.') && name != ".ci") {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path(), into),
            Ok(kind) if kind.is_file() => into.push(entry.path()),
            _ => {} // a symbolic link leads to what is walked anyway
        }
    }
}

/// The file, unless it is an image, a sound or the like.
fn read(root: &Path, path: &Path) -> Option<Source> {
    let relative = path.strip_prefix(root).ok()?.to_str()?.replace('\\', "/");
    let text = String::from_utf8(fs::read(path).ok()?).ok()?;
    Some(Source {
        path: relative,
        text,
    })
}

/// Asserts that a rule finds exactly these lines in a text: how each rule shows that it can fail.
pub(crate) fn assert_found(
    rule: fn(&Source) -> Vec<Finding>,
    path: &str,
    text: &str,
    lines: &[usize],
) {
    let found = rule(&Source::new(path, text));
    let found_lines: Vec<usize> = found.iter().map(|finding| finding.line).collect();
    assert_eq!(found_lines, lines, "in {path}:\n{text}\nfound: {found:#?}");
}

#[test]
fn a_text_that_is_no_rust_is_found() {
    let rule = |file: &Source| file.parse().err().into_iter().collect();
    assert_found(rule, "crates/a/src/lib.rs", "//! Doc.\nfn f( {}\n", &[2]);
    assert_found(rule, "crates/a/src/lib.rs", "//! Doc.\nfn f() {}\n", &[]);
}

#[test]
fn a_finding_tells_path_line_and_what() {
    let finding = Source::new("a.rs", "").at(3, "too long; split it");
    assert_eq!(finding.to_string(), "a.rs:3: too long; split it");
}

#[test]
fn the_walk_finds_this_file_and_nothing_built() {
    let files = workspace();
    assert!(
        files
            .iter()
            .any(|file| file.path == "crates/server/tests/tidy/source.rs")
    );
    assert!(!files.iter().any(|file| file.path.starts_with("target/")));
    let vendored: Vec<_> = files
        .iter()
        .filter_map(|file| file.below(VENDORED))
        .collect();
    assert_eq!(vendored, ["qr/SOURCE.txt"]);
}
