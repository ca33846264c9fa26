//! The rule that every Rust file is a module: what no `mod` reaches is neither compiled nor tested.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Expr, Item, ItemMod, Lit, Meta};

use crate::source::{Finding, Source};

/// Rust files that Cargo compiles none of whose roots leads to.
pub(crate) fn orphans(files: &[Source]) -> Vec<Finding> {
    let rust = files.iter().filter(|file| in_a_target(&file.path));
    let by_path: BTreeMap<&str, &Source> = rust.map(|file| (file.path.as_str(), file)).collect();
    let mut reached = BTreeSet::new();
    let mut next: Vec<String> = by_path
        .keys()
        .filter(|path| is_root(path))
        .map(ToString::to_string)
        .collect();
    while let Some(path) = next.pop() {
        let Some(file) = by_path.get(path.as_str()) else {
            continue;
        };
        if reached.insert(path) {
            next.extend(declared(file));
        }
    }
    let what = "no `mod` reaches this file; declare it where it belongs, or delete it";
    by_path
        .values()
        .filter(|file| !reached.contains(&file.path))
        .map(|file| file.at(1, what))
        .collect()
}

const TARGETS: [&str; 4] = ["src", "tests", "benches", "examples"];

/// `["src", "a", "b.rs"]` of `crates/x/src/a/b.rs`.
fn parts_in_crate(path: &str) -> Option<Vec<&str>> {
    let (_, inside) = path.strip_prefix("crates/")?.split_once('/')?;
    Some(inside.split('/').collect())
}

fn in_a_target(path: &str) -> bool {
    let is_rust = matches!(path.rsplit_once('.'), Some((_, "rs")));
    is_rust && parts_in_crate(path).is_some_and(|parts| TARGETS.contains(&parts[0]))
}

/// Whether Cargo finds the file by itself.
fn is_root(path: &str) -> bool {
    match parts_in_crate(path).unwrap_or_default()[..] {
        ["src", "lib.rs" | "main.rs"] | ["src", "bin", _] | ["src", "bin", _, "main.rs"] => true,
        ["src", ..] => false,
        [_, _] | [_, _, "main.rs"] => true,
        _ => false,
    }
}

/// The files that the modules of this one may be in.
fn declared(file: &Source) -> Vec<String> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let own = if is_root(&file.path) || name == "mod.rs" {
        folder.to_owned()
    } else {
        file.path.trim_end_matches(".rs").to_owned()
    };
    let mut found = Vec::new();
    declared_in(&file.tree().items, &own, folder, &mut found);
    found
}

/// `own` is the folder of the modules that are declared here; `beside` is where a `#[path]` starts.
fn declared_in(items: &[Item], own: &str, beside: &str, into: &mut Vec<String>) {
    for item in items {
        let Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        let name = name.trim_start_matches("r#");
        if let Some((_, items)) = &module.content {
            let inner = format!("{own}/{name}");
            declared_in(items, &inner, &inner, into);
        } else if let Some(path) = path_attribute(module) {
            into.push(normal(&format!("{beside}/{path}")));
        } else {
            into.push(format!("{own}/{name}.rs"));
            into.push(format!("{own}/{name}/mod.rs"));
        }
    }
}

fn path_attribute(module: &ItemMod) -> Option<String> {
    module.attrs.iter().find_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        let Expr::Lit(value) = &pair.value else {
            return None;
        };
        let Lit::Str(text) = &value.lit else {
            return None;
        };
        pair.path.is_ident("path").then(|| text.value())
    })
}

/// `a/c` of `a/b/../c`.
fn normal(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn a_file_that_no_mod_reaches_is_found() {
    let files = [
        (
            "src/lib.rs",
            "pub mod a; mod b { mod c; #[path = \"x.rs\"] mod d; }\n#[path = \"odd/e.rs\"] mod e;",
        ),
        ("src/a.rs", "mod deep;"),
        ("src/a/deep.rs", ""),
        ("src/b/c.rs", ""),
        ("src/b/x.rs", ""),
        ("src/odd/e.rs", "mod f;"),
        ("src/odd/e/f.rs", ""),
        ("src/bin/tool.rs", ""),
        ("src/orphan.rs", "mod child;"),
        ("src/orphan/child.rs", ""),
        ("src/deep.rs", ""),
        ("tests/it/main.rs", "mod a;"),
        ("tests/it/a.rs", ""),
        ("tests/it/forgotten.rs", ""),
        (
            "tests/tidy.rs",
            "#[path = \"tidy/./x/../shape.rs\"] mod shape;",
        ),
        ("tests/tidy/shape.rs", ""),
        ("build.rs", ""),
    ];
    let sources = files.map(|(path, text)| Source::new(&format!("crates/x/{path}"), text));
    let found: Vec<String> = orphans(&sources).iter().map(ToString::to_string).collect();
    let paths: Vec<&str> = found
        .iter()
        .filter_map(|finding| finding.split(':').next())
        .collect();
    let expected = [
        "src/deep.rs",
        "src/orphan.rs",
        "src/orphan/child.rs",
        "tests/it/forgotten.rs",
    ];
    assert_eq!(paths, expected.map(|path| format!("crates/x/{path}")));
}
