//! The borders between the crates: what each may depend on, and what its code may name.
//!
//! Cargo holds most of them as long as the manifests do; so the manifests are looked at too. What is
//! compiled for tests alone may use what the machine has, but never a crate of ours from above.

use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

use crate::mentions;
use crate::source::{Finding, Source};

/// What one crate may not use.
struct Border {
    folder: &'static str,
    /// Crates of ours, forbidden in tests too.
    ours: &'static [&'static str],
    /// Crates and modules of others, forbidden in what is shipped.
    others: &'static [&'static str],
    instead: &'static str,
}

const BORDERS: [Border; 5] = [
    Border {
        folder: "crates/oath",
        ours: &["challenge", "import", "store", "protocols", "countersign"],
        others: &["std::fs", "std::env", "std::net", "std::process", "tokio"],
        instead: "oath is pure functions that stand alone; take the value as a parameter",
    },
    Border {
        folder: "crates/challenge",
        ours: &["import", "store", "protocols", "countersign"],
        others: &[
            "tokio",
            "axum",
            "hyper",
            "hyper_util",
            "tower",
            "tower_http",
            "http",
            "reqwest",
            "rusqlite",
            "tokio_postgres",
            "deadpool",
            "deadpool_postgres",
            "refinery",
            "std::fs",
            "std::env",
            "std::net",
            "std::process",
        ],
        instead: "the domain does no I/O; ask for it through a trait in challenge::ports",
    },
    Border {
        folder: "crates/import",
        ours: &["store", "protocols", "countersign"],
        others: &[
            "tokio",
            "axum",
            "rusqlite",
            "tokio_postgres",
            "reqwest",
            "std::fs",
            "std::env",
            "std::net",
            "std::process",
        ],
        instead: "a reader takes what is to be read as a parameter; open it in the server",
    },
    Border {
        folder: "crates/store",
        ours: &["import", "protocols", "countersign"],
        others: &["axum", "hyper", "reqwest"],
        instead: "a store keeps what the domain hands it; move this to the server or to a protocol",
    },
    Border {
        folder: "crates/protocols",
        ours: &["countersign"],
        // The tests of a protocol hold whole conversations, and those need a real store.
        others: &[
            "store",
            "rusqlite",
            "tokio_postgres",
            "deadpool",
            "deadpool_postgres",
            "refinery",
        ],
        instead: "a protocol translates; ask the domain through challenge",
    },
];

fn border(file: &Source) -> Option<&'static Border> {
    BORDERS
        .iter()
        .find(|border| file.below(border.folder).is_some())
}

/// Dependencies that a manifest may not have.
pub(crate) fn forbidden_dependencies(file: &Source) -> Vec<Finding> {
    let Some(border) = border(file) else {
        return Vec::new();
    };
    let manifest = match toml::Table::from_str(&file.text) {
        Ok(manifest) => manifest,
        Err(error) => return vec![file.at(1, format!("does not parse: {}", error.message()))],
    };
    let mut found = Vec::new();
    for (section, name) in dependencies(&manifest) {
        let crate_name = name.replace('-', "_");
        let shipped = section != "dev-dependencies";
        let banned = border.ours.contains(&crate_name.as_str())
            || shipped && border.others.contains(&crate_name.as_str());
        if banned {
            let what = format!("{section} on `{name}`; {}", border.instead);
            found.push(file.at(line_of(&file.text, &name), what));
        }
    }
    found
}

/// Section and name of each dependency, those of a `[target]` too, renamed ones by both names.
fn dependencies(manifest: &toml::Table) -> Vec<(&'static str, String)> {
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let of_targets = targets.into_iter().flat_map(toml::Table::values);
    let tables = of_targets
        .filter_map(toml::Value::as_table)
        .chain([manifest]);
    let mut found = Vec::new();
    for table in tables {
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            let list = table.get(section).and_then(toml::Value::as_table);
            for (name, value) in list.into_iter().flatten() {
                found.push((section, name.clone()));
                let package = value.get("package").and_then(toml::Value::as_str);
                found.extend(package.map(|package| (section, package.to_owned())));
            }
        }
    }
    found
}

fn line_of(text: &str, name: &str) -> usize {
    let at =
        |line: &str| line.trim_start().starts_with(name) || line.contains(&format!("\"{name}\""));
    text.lines().position(at).map_or(1, |index| index + 1)
}

/// Paths that a crate's code may not name.
pub(crate) fn forbidden_paths(file: &Source) -> Vec<Finding> {
    let Some(border) = border(file) else {
        return Vec::new();
    };
    let tree = file.tree();
    let shipped = if file.is_test() {
        Vec::new()
    } else {
        mentions::shipped(&tree)
    };
    let mut found = Vec::new();
    for (mentions, banned) in [
        (mentions::all(&tree), border.ours),
        (shipped, border.others),
    ] {
        for mention in mentions {
            if let Some(path) = banned.iter().find(|path| mention.leads_to(path)) {
                let what = format!("names `{path}`; {}", border.instead);
                found.push(file.at(mention.line, what));
            }
        }
    }
    found
}

/// What decides in the domain decides at once, so that it can be tested without a runtime.
const PURE: [&str; 7] = [
    "lifecycle",
    "policy",
    "lockout",
    "methods",
    "judgement",
    "standing",
    "transaction",
];

/// `async` and `await` in the pure part of the domain.
pub(crate) fn async_in_pure_code(file: &Source) -> Vec<Finding> {
    let Some(path) = file.below("crates/challenge/src") else {
        return Vec::new();
    };
    let first = path.split('/').next().unwrap_or(path);
    if !PURE.contains(&first.trim_end_matches(".rs")) {
        return Vec::new();
    }
    let mut lines = Vec::new();
    async_lines(
        TokenStream::from_str(&file.text).unwrap_or_default(),
        &mut lines,
    );
    let what =
        "waits in the pure part of the domain; load in verifier.rs, and decide here on values";
    lines.into_iter().map(|line| file.at(line, what)).collect()
}

fn async_lines(tokens: TokenStream, into: &mut Vec<usize>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => async_lines(group.stream(), into),
            TokenTree::Ident(name)
                if name == "async" || name == "await" || name == "async_trait" =>
            {
                into.push(name.span().start().line);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::assert_found;

    #[test]
    fn a_dependency_across_a_border_is_found() {
        for (folder, text, lines) in [
            ("oath", "[dependencies]\nhmac.workspace = true\n", &[][..]),
            ("oath", "[dependencies]\nchallenge.workspace = true\n", &[2]),
            (
                "oath",
                "[dev-dependencies]\nstore = { path = \"../store\" }\n",
                &[2],
            ),
            ("challenge", "[dependencies]\ntokio = \"1\"\n", &[2]),
            (
                "challenge",
                "[dependencies]\nasync-lock = \"3\"\ntokio-postgres = \"1\"\n",
                &[3],
            ),
            (
                "challenge",
                "[target.'cfg(unix)'.dependencies]\nreqwest = \"1\"\n",
                &[2],
            ),
            ("challenge", "[build-dependencies]\ntokio = \"1\"\n", &[2]),
            ("challenge", "[dev-dependencies]\ntokio = \"1\"\n", &[]),
            ("store", "[dependencies]\naxum = \"1\"\n", &[2]),
            (
                "store",
                "[dev-dependencies]\nprotocols.workspace = true\n",
                &[2],
            ),
            (
                "protocols",
                "[dependencies]\ndb = { package = \"rusqlite\", version = \"1\" }\n",
                &[2],
            ),
            (
                "protocols",
                "[dependencies]\nstore.workspace = true\n",
                &[2],
            ),
            (
                "protocols",
                "[dev-dependencies]\nstore.workspace = true\n",
                &[],
            ),
            (
                "server",
                "[dependencies]\nstore.workspace = true\ntokio = \"1\"\n",
                &[],
            ),
            ("store", "[dependencies\n", &[1]),
        ] {
            let path = format!("crates/{folder}/Cargo.toml");
            assert_found(forbidden_dependencies, &path, text, lines);
        }
    }

    #[test]
    fn a_path_across_a_border_is_found() {
        for (path, text, lines) in [
            ("oath/src/a.rs", "use challenge::Id;", &[1][..]),
            ("oath/src/a.rs", "fn f() {\n std::env::var(\"A\");\n}", &[2]),
            ("challenge/src/a.rs", "use std::{fs, fmt};", &[1]),
            (
                "challenge/src/a.rs",
                "fn f() {\n tokio::spawn(g());\n}",
                &[2],
            ),
            (
                "challenge/src/a.rs",
                "fn f() { println!(\"{:?}\", std::net::lookup()); }",
                &[1],
            ),
            (
                "challenge/src/a.rs",
                "use std::sync::Arc; use async_lock::Mutex;",
                &[],
            ),
            (
                "challenge/src/a.rs",
                "fn f(store: &dyn Store) { store.commit(); }",
                &[],
            ),
            (
                "challenge/src/a.rs",
                "#[cfg(test)]\nmod tests { use std::fs; }",
                &[],
            ),
            (
                "challenge/src/a.rs",
                "#[cfg(test)]\nmod tests { use store::Sqlite; }",
                &[2],
            ),
            ("challenge/tests/it/a.rs", "use std::fs;", &[]),
            ("challenge/tests/it/a.rs", "use protocols::okay;", &[1]),
            ("store/src/a.rs", "use axum::Router;", &[1]),
            (
                "store/src/a.rs",
                "use std::fs; use rusqlite::Connection;",
                &[],
            ),
            ("protocols/src/a.rs", "use store::Sqlite;", &[1]),
            (
                "protocols/src/a.rs",
                "use challenge::ports::Store; use axum::Router;",
                &[],
            ),
            (
                "protocols/src/a.rs",
                "fn f(e: tokio_postgres::Error) {}",
                &[1],
            ),
            ("server/src/a.rs", "use store::Sqlite; use std::env;", &[]),
        ] {
            assert_found(forbidden_paths, &format!("crates/{path}"), text, lines);
        }
    }

    #[test]
    fn waiting_in_pure_code_is_found() {
        let text = "fn a() {}\nasync fn b() {}\nfn c() {\n d(async { e().await });\n}\n";
        for path in [
            "lifecycle.rs",
            "policy.rs",
            "lockout.rs",
            "methods/hotp.rs",
            "methods/mod.rs",
        ] {
            let path = format!("crates/challenge/src/{path}");
            assert_found(async_in_pure_code, &path, text, &[2, 4, 4]);
            assert_found(
                async_in_pure_code,
                &path,
                "/// No async here.\nfn a() {}\n",
                &[],
            );
        }
        assert_found(
            async_in_pure_code,
            "crates/challenge/src/verifier.rs",
            text,
            &[],
        );
    }
}
