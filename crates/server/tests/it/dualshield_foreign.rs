//! The DualShield protocol from outside: every command of its document, and applications in the vendor's
//! languages, one of which comes with a certificate over mutual TLS.

use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::certificates::{NOW, Office};
use crate::documents::{block, blocks};
use crate::running::{Home, PROGRAM, Server, foreign, prepared};
use crate::tls_serving::Secured;

const DOCUMENT: &str = "docs/dualshield.md";

/// Applies the document's file, with a line put behind another where one is given.
fn apply(home: &Home, added: Option<(&str, String)>) {
    let mut text = block(DOCUMENT, "toml");
    if let Some((line, more)) = added {
        assert!(text.contains(line), "{line}");
        text = text.replacen(line, &format!("{line}\n{more}"), 1);
    }
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), text).unwrap();
    home.done(["apply", file.path().to_str().unwrap()]);
}

fn on_both(check: impl Fn(&Server)) {
    for home in [Home::sqlite(), Home::postgres()] {
        apply(&home, None);
        let server = home.serve();
        check(&server);
        assert!(server.stopped(), "the server ended badly");
    }
}

fn succeeded(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{log}");
    told
}

#[test]
fn every_command_of_the_document_is_answered_as_it_says() {
    on_both(|server| {
        let folder = TempDir::with_prefix("countersign-guide-").unwrap();
        symlink(PROGRAM, folder.path().join("countersign")).unwrap();
        let text = format!("PATH=\"$PWD:$PATH\"\n{}", blocks(DOCUMENT, "sh").concat());
        let output = Command::new("sh")
            .args(["-euc", &text])
            .current_dir(folder.path())
            .env("DUALSHIELD_SERVER", &server.base)
            .env("NO_PROXY", "*")
            .env("no_proxy", "*")
            .output()
            .unwrap();
        let told = succeeded(&output);
        let answers: Vec<Value> = told
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
            .collect();
        assert!(answers.iter().all(|answer| answer["error"] == 0), "{told}");
        let asked = text.matches("\ndas ").count();
        assert_eq!(answers.len(), asked, "{told}");
        let codes = answers
            .iter()
            .filter_map(|answer| answer["result"]["code"].as_str());
        assert!(
            codes.clone().any(|code| code == "17164300"),
            "the digits of the account: {told}"
        );
        assert!(
            codes.clone().any(|code| code.starts_with("{\"grid\":[")),
            "the grid: {told}"
        );
        let last = &answers[answers.len() - 1]["result"];
        assert_eq!(last["total"], 1, "the linked phone: {told}");
    });
}

#[test]
fn an_application_in_java_is_served_by_oauth() {
    on_both(|server| {
        let mut java = Command::new("java");
        java.arg(foreign("DualShieldOAuth.java")).arg(&server.base);
        let output = java
            .output()
            .expect("java comes with Debian's JDK, which scripts/test installs");
        succeeded(&output);
    });
}

#[test]
fn an_application_on_pythons_standard_library_is_served_by_mutual_tls() {
    for home in [Home::sqlite(), Home::postgres()] {
        let office = Office::open();
        let (own, portal) = (
            office.signed("localhost", NOW),
            office.signed("portal", NOW),
        );
        let pin = format!("  certificate_sha256 = \"{}\"", portal.fingerprint);
        apply(&home, Some(("  protocols = [\"dualshield\"]", pin)));
        let secured = Secured::start(&home, &office, &own, &[]);
        let output = Command::new(prepared("COUNTERSIGN_TEST_PYTHON"))
            .arg(foreign("dualshield_mutual_tls.py"))
            .args(["localhost", &secured.port.to_string()])
            .args([&office.ca(), &portal.certificate, &portal.key])
            .output()
            .unwrap();
        succeeded(&output);
        assert!(secured.server.stopped(), "the server ended badly");
    }
}
