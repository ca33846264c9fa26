//! The fences of the house: style and borders that neither rustc nor clippy holds, each as a test.
//!
//! A rule works on a path and a text, so that each module below also shows, on a small text that breaks
//! the rule, that the rule can fail. Here the rules meet the real files. What they ask for is meant to
//! make the code pleasant to read; where one stands in the way, ask first whether a name is missing.

#[path = "tidy/attributes.rs"]
mod attributes;
#[path = "tidy/borders.rs"]
mod borders;
#[path = "tidy/guides.rs"]
mod guides;
#[path = "tidy/manifests.rs"]
mod manifests;
#[path = "tidy/maps.rs"]
mod maps;
#[path = "tidy/mentions.rs"]
mod mentions;
#[path = "tidy/protocols.rs"]
mod protocols;
#[path = "tidy/reach.rs"]
mod reach;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/web.rs"]
mod web;
#[path = "tidy/words.rs"]
mod words;

use std::sync::LazyLock;

use source::{Finding, Source};

/// Every text file of the workspace, read once.
static FILES: LazyLock<Vec<Source>> = LazyLock::new(source::workspace);

/// Applies a rule to each file whose name ends so, and fails with the list of what it finds.
fn hold(endings: &[&str], rule: fn(&Source) -> Vec<Finding>) {
    let files = FILES
        .iter()
        .filter(|file| endings.iter().any(|ending| file.path.ends_with(ending)));
    fail_on(files.flat_map(rule).collect());
}

/// Prints what was found, one finding a line, and fails if there is any.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the end of the line: nobody needs them after"
)]
fn fail_on(findings: Vec<Finding>) {
    let list: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(
        list.is_empty(),
        "{} to mend:\n{}",
        list.len(),
        list.join("\n")
    );
}

#[test]
fn every_rust_file_parses() {
    hold(&[".rs"], |file| file.parse().err().into_iter().collect());
}

#[test]
fn a_function_fits_on_a_screen() {
    hold(&[".rs"], shape::long_functions);
}

#[test]
fn a_function_takes_few_parameters() {
    hold(&[".rs"], shape::many_parameters);
}

#[test]
fn a_file_can_be_read_whole() {
    hold(&[".rs"], shape::long_files);
}

#[test]
fn every_module_says_what_it_is() {
    hold(&[".rs"], shape::missing_module_docs);
}

#[test]
fn mod_rs_is_a_table_of_contents() {
    hold(&["/mod.rs"], shape::logic_in_mod_rs);
}

#[test]
fn shipped_code_defines_no_macros() {
    hold(&[".rs"], shape::macro_definitions);
}

#[test]
fn unfinished_work_names_its_issue() {
    let code = [
        ".rs",
        ".js",
        ".mjs",
        ".css",
        ".html",
        ".sql",
        ".toml",
        ".sh",
        "scripts/test",
    ];
    hold(&code, words::unfinished_without_issue);
}

#[test]
fn a_lint_is_set_aside_only_with_a_reason() {
    hold(&[".rs"], attributes::lints_without_reason);
}

#[test]
fn every_rust_file_is_a_module() {
    fail_on(reach::orphans(&FILES));
}

#[test]
fn a_crate_depends_only_on_what_stands_below_it() {
    hold(&["/Cargo.toml"], borders::forbidden_dependencies);
}

#[test]
fn code_names_only_what_its_crate_may_use() {
    hold(&[".rs"], borders::forbidden_paths);
}

#[test]
fn the_pure_part_of_the_domain_never_waits() {
    hold(&[".rs"], borders::async_in_pure_code);
}

#[test]
fn one_protocol_never_names_another() {
    hold(&[".rs"], protocols::foreign_protocols);
}

#[test]
fn every_protocol_has_the_same_files() {
    fail_on(protocols::missing_files(&FILES));
}

#[test]
fn every_crate_inherits_the_lints() {
    hold(&["/Cargo.toml"], manifests::lints_not_inherited);
}

#[test]
fn both_stores_have_the_same_migrations() {
    fail_on(manifests::unpaired_migrations(&FILES));
}

#[test]
fn the_map_names_every_folder() {
    let folders = maps::folders(&FILES);
    let map = FILES.iter().find(|file| file.path == "ARCHITECTURE.md");
    fail_on(map.map_or_else(Vec::new, |map| maps::unnamed_folders(map, &folders)));
}

#[test]
fn every_path_in_the_documents_exists() {
    let documents = ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"];
    let at_root = FILES
        .iter()
        .filter(|file| documents.contains(&file.path.as_str()));
    fail_on(
        at_root
            .flat_map(|file| maps::ghosts(file, &FILES))
            .collect(),
    );
}

#[test]
fn a_web_file_can_be_read_whole() {
    fail_on(FILES.iter().flat_map(web::long_files).collect());
}

#[test]
fn pages_hold_no_inline_handlers() {
    hold(&[".html", ".js", ".mjs", ".svg"], web::inline_handlers);
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let guides = FILES.iter().filter(|file| guides::is_guide(file));
    fail_on(
        guides
            .flat_map(|file| guides::dead_links(file, &FILES))
            .collect(),
    );
}

#[test]
fn every_document_is_found_from_the_table_of_contents() {
    fail_on(guides::left_out(&FILES));
}

#[test]
fn every_test_that_the_security_model_names_is_one() {
    fail_on(guides::unproved(&FILES));
}
