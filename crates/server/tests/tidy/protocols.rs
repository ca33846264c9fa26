//! Rules about the protocol folders: none names another, and all have the same files.

use std::collections::BTreeSet;

use crate::mentions::{self, Mention};
use crate::source::{Finding, Source};

const FOLDER: &str = "crates/protocols/src";
const PROTOCOLS: [&str; 6] = [
    "ocapi",
    "activid",
    "dualshield",
    "okay",
    "device",
    "management",
];
const FILES: [&str; 4] = ["routes.rs", "request.rs", "response.rs", "refusal.rs"];

/// The protocol that a file belongs to, and the module that the file is, from the crate's root.
fn protocol_and_module(file: &Source) -> Option<(&'static str, Vec<String>)> {
    let path = file.below(FOLDER)?.trim_end_matches(".rs");
    let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
    let protocol = PROTOCOLS.into_iter().find(|name| *name == module[0])?;
    if module.last().is_some_and(|name| name == "mod") {
        module.pop();
    }
    Some((protocol, module))
}

/// Paths that lead from one protocol's folder into another's.
pub(crate) fn foreign_protocols(file: &Source) -> Vec<Finding> {
    let Some((protocol, module)) = protocol_and_module(file) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for mention in mentions::all(&file.tree()) {
        let Some(absolute) = from_root(&mention, &module) else {
            continue;
        };
        let what = match absolute.first().map(String::as_str) {
            Some(other) if other != protocol && PROTOCOLS.contains(&other) => format!(
                "{protocol} names the protocol {other}; what both need belongs in challenge, \
                 or in a file beside the protocols' folders"
            ),
            None | Some("*" | "self") if mention.imported => {
                "imports the crate's root, and with it every protocol; import what you need"
                    .to_owned()
            }
            _ => continue,
        };
        found.push(file.at(mention.line, what));
    }
    found
}

/// The path from the crate's root, for those that begin with `crate`, `self` or `super`.
fn from_root(mention: &Mention, module: &[String]) -> Option<Vec<String>> {
    let mut place: Vec<String> = module.iter().chain(&mention.inside).cloned().collect();
    let mut rest = mention.segments.as_slice();
    match rest.first()?.as_str() {
        "crate" => {
            place.clear();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        "super" => {}
        _ => return None,
    }
    while rest.first().is_some_and(|name| name == "super") {
        place.pop();
        rest = &rest[1..];
    }
    place.extend_from_slice(rest);
    Some(place)
}

/// Files that a protocol's folder should have: you learn one, you know them all.
pub(crate) fn missing_files(files: &[Source]) -> Vec<Finding> {
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut found = Vec::new();
    for protocol in PROTOCOLS {
        let folder = format!("{FOLDER}/{protocol}");
        if !files.iter().any(|file| file.below(&folder).is_some()) {
            continue; // not written yet
        }
        for name in FILES {
            let path = format!("{folder}/{name}");
            if !paths.contains(path.as_str()) {
                let what = "is missing; every protocol has routes, request, response and refusal";
                found.push(Source::new(&path, "").at(1, what));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::assert_found;

    #[test]
    fn a_path_into_another_protocol_is_found() {
        for (path, text, lines) in [
            (
                "okay/routes.rs",
                "use crate::ocapi::request::Request;",
                &[1][..],
            ),
            (
                "okay/routes.rs",
                "use crate::{okay::request, device::routes};",
                &[1],
            ),
            (
                "okay/routes.rs",
                "fn f() {\n super::super::device::g();\n}",
                &[2],
            ),
            ("okay/mod.rs", "use super::device;", &[1]),
            ("okay/a/b.rs", "use super::super::super::activid::c;", &[1]),
            ("okay.rs", "use super::activid;", &[1]),
            (
                "okay/routes.rs",
                "mod m {\n use super::super::super::activid;\n}",
                &[2],
            ),
            (
                "okay/routes.rs",
                "#[cfg(test)]\nmod tests {\n use crate::device::a;\n}",
                &[3],
            ),
            ("okay/routes.rs", "use crate::*;", &[1]),
            ("okay/routes.rs", "use super::super as root;", &[1]),
            (
                "okay/routes.rs",
                "use crate::okay::request; use super::response; use self::a;",
                &[],
            ),
            (
                "okay/routes.rs",
                "use crate::bearer::Bearer; use challenge::directory::device;",
                &[],
            ),
            ("okay/routes.rs", "mod device; fn f() { device::g(); }", &[]),
            ("okay/a/b.rs", "use super::super::device;", &[]),
            (
                "okay/mod.rs",
                "pub(super) fn f() {}\npub(crate) fn g() {}",
                &[],
            ),
            ("lib.rs", "pub mod okay; pub use crate::okay::routes;", &[]),
        ] {
            assert_found(foreign_protocols, &format!("{FOLDER}/{path}"), text, lines);
        }
    }

    #[test]
    fn a_missing_file_of_a_protocol_is_found() {
        let with = |names: &[&str]| {
            let path = |name: &&str| Source::new(&format!("{FOLDER}/{name}"), "");
            missing_files(&names.iter().map(path).collect::<Vec<_>>()).len()
        };
        assert_eq!(with(&["lib.rs", "wire/json.rs"]), 0);
        assert_eq!(
            with(&[
                "okay/routes.rs",
                "okay/request.rs",
                "okay/response.rs",
                "okay/refusal.rs"
            ]),
            0
        );
        assert_eq!(
            with(&["okay/routes.rs", "okay/request.rs", "okay/response.rs"]),
            1
        );
        assert_eq!(with(&["okay/mod.rs", "device/routes.rs"]), 7);
    }
}
