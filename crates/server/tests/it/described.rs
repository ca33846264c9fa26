//! Everything that `/openapi.json` describes, called by `PyPI`'s schemathesis: whatever is sent, the answer is as
//! described and no server error. A few requests for each operation; `scripts/schemathesis` sends 20,000.

use std::process::Command;

use crate::running::{PROGRAM, foreign, prepared};

#[test]
fn what_is_described_is_answered_as_described() {
    let output = Command::new(prepared("COUNTERSIGN_TEST_PYTHON"))
        .arg(foreign("schemathesis/run.py"))
        .arg(PROGRAM)
        .args(["--seed", "1", "--examples", "3", "--phases", "fuzzing"])
        .args(["--at-least", "300", "--granted-at-least", "50"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{log}");
}
