//! The document of the management API: every command in it is run as it stands there.

use std::process::Command;

use serde_json::Value;

use crate::documents::{block, blocks};
use crate::running::Home;

const DOCUMENT: &str = "docs/management-api.md";

#[test]
fn every_command_of_the_document_is_done() {
    for home in [Home::sqlite(), Home::postgres()] {
        let create = block(DOCUMENT, "console");
        let (_, create) = create.split_once("$ countersign ").unwrap();
        let told = home.done(create.split_whitespace());
        let token = told
            .split_whitespace()
            .find(|word| word.starts_with("cst_"));
        let server = home.serve();
        let output = Command::new("sh")
            .args(["-euc", &blocks(DOCUMENT, "sh").concat()])
            .env("MANAGEMENT_SERVER", &server.base)
            .env("MANAGEMENT_TOKEN", token.expect("the token is told"))
            .env("NO_PROXY", "*")
            .env("no_proxy", "*")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}{log}");
        let answers: Vec<Value> = told
            .lines()
            // An export as a table is no JSON: its cells stand in quotation marks.
            .filter(|line| !line.is_empty() && !line.starts_with('"'))
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
            .collect();
        let enrolled = answers
            .iter()
            .filter(|answer| answer["enrolment"].is_object());
        assert_eq!(enrolled.count(), 2, "{told}");
        let locked = answers.iter().filter(|answer| answer["locked"] == true);
        assert_eq!(locked.count(), 1, "{told}");
        assert!(server.stopped(), "the server ended badly");
    }
}
