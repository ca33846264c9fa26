//! The audit log at the command line and over the management API: verified, given out, cut, erased.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use countersign::config::Environment;
use countersign::system::Stopwatch;

use crate::documents::block;
use crate::partner::{Inside, MovedClock};
use crate::running::{Home, PROGRAM, Server};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/data/sample.toml");

/// Homes on both databases, with the tenant of the documents.
fn homes() -> [Home; 2] {
    let homes = [Home::sqlite(), Home::postgres()];
    for home in &homes {
        home.done(["apply", SAMPLE]);
    }
    homes
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("a report in JSON")
}

fn verified(home: &Home) -> Value {
    let output = home.run(["audit", "verify", "--json"]);
    let told = String::from_utf8_lossy(&output.stderr);
    let report = report(&output);
    assert!(output.status.success(), "{told}{report}");
    report
}

/// Waits until the server sealed all that happened.
pub(crate) fn sealed(home: &Home) -> Value {
    let begun = Stopwatch::start();
    loop {
        let report = verified(home);
        if report["waiting"] == 0 && report["sealed"] != 0 {
            return report;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{report}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The program under its own name, on this home, in a folder that commands are looked for in.
pub(crate) fn path_to(home: &Home, folder: &Path) -> String {
    let program = folder.join("countersign");
    let store = home.store().map(|store| format!("--store '{store}'"));
    let script = format!(
        "#!/bin/sh\nexec '{PROGRAM}' \"$@\" --data '{}' {}\n",
        home.data().display(),
        store.unwrap_or_default()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display())
}

#[test]
fn the_documented_commands_work_as_they_stand_there() {
    for home in homes() {
        let server = home.serve();
        let before = sealed(&home);
        let folder = TempDir::new().unwrap();
        let output = Command::new("sh")
            .args(["-euc", &block("docs/audit.md", "sh")])
            .current_dir(folder.path())
            .env("PATH", path_to(&home, folder.path()))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}{log}");
        assert_eq!(told.matches("the audit log is whole").count(), 4, "{told}");
        assert!(told.contains("erased, and the texts of"), "{told}");
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        let events = before["sealed"].as_u64().unwrap();
        let lines = u64::try_from(read("sealed.jsonl").lines().count()).unwrap();
        assert_eq!(lines, events + 2);
        assert!(read("events.csv").starts_with("\"id\",\"at\""));
        for line in read("events.jsonl").lines() {
            let event: Value = serde_json::from_str(line).unwrap();
            assert_eq!(event["tenant"], "ONLINEBANK");
        }
        let statistics = read("statistics.csv");
        let columns = statistics.lines().map(|line| line.matches(',').count());
        assert!(columns.clone().count() > 100 && columns.clone().all(|count| count == 11));
        assert!(read("statistics.jsonl").lines().count() >= 100);
        let after = sealed(&home);
        assert!(after["erased"].as_u64().unwrap() > 0, "{after}");
        assert!(server.stopped(), "the server ended badly");
    }
}

#[test]
fn what_a_command_writes_beside_a_server_is_sealed_as_the_servers_own() {
    let home = Home::sqlite();
    home.done(["apply", SAMPLE]);
    let server = home.serve();
    let before = sealed(&home)["sealed"].as_u64().unwrap();
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let bank = file(
        "bank.toml",
        "[[tenant]]\nname = \"BANK\"\n[[tenant.policy]]\ncode = \"P\"\n",
    );
    home.done(["apply", &bank]);
    let tokens = "serial,kind,secret_hex,login_name\n\
                  A1,hotp,3132333435363738393031323334353637383930,ann\n";
    let tokens = file("tokens.csv", tokens);
    home.done([
        "import", "csv", &tokens, "--tenant", "BANK", "--policy", "P",
    ]);
    let begun = Stopwatch::start();
    loop {
        let report = sealed(&home);
        if report["sealed"].as_u64().unwrap() >= before + 2 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{report}");
    }
    assert!(server.stopped(), "the server ended badly");
}

#[test]
fn an_export_that_was_changed_is_found_without_the_database() {
    let home = Home::sqlite();
    home.done(["apply", SAMPLE]);
    let server = home.serve();
    sealed(&home);
    assert!(server.stopped(), "the server ended badly");
    let folder = TempDir::new().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (head, export) = (file("head.json"), file("sealed.jsonl"));
    fs::write(&head, home.done(["audit", "head"])).unwrap();
    let whole = home.done(["audit", "export", "--sealed"]);
    let verify = |text: &str| {
        fs::write(&export, text).unwrap();
        // A folder without a key and a database: none of them is needed.
        let mut command = Command::new(PROGRAM);
        command.args(["audit", "verify", "--export", &export, "--head", &head]);
        command.arg("--data").arg(folder.path().join("none"));
        let output = command.output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&told).into_owned(),
        )
    };
    assert_eq!(verify(&whole).0, Some(0));
    let lines: Vec<&str> = whole.lines().collect();
    let without = |number: usize| {
        let left = lines.iter().enumerate();
        let left = left.filter(|(place, _)| *place != number);
        left.flat_map(|(_, line)| [line, "\n"]).collect::<String>()
    };
    let last = lines.len() - 1;
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    let cases = [
        (without(1), "event 1: it was removed"),
        (without(last - 1), "it was removed together with its seal"),
        (without(last), "does not end with the head"),
        (without(0), "one beginning"),
        (whole.replace("\"done\"", "\"wrong\""), "it was changed"),
        (swapped.join("\n"), "it was changed"),
        (
            whole.replace("\"key_version\":1", "\"key_version\":2"),
            "which is not here",
        ),
    ];
    for (text, expected) in cases {
        let (code, told) = verify(&text);
        assert_eq!(code, Some(1), "{expected}: {told}");
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn a_log_that_was_tampered_with_is_told_by_the_number_of_the_event() {
    let home = Home::postgres();
    home.done(["apply", SAMPLE]);
    let server = home.serve();
    sealed(&home);
    assert!(server.stopped(), "the server ended badly");
    home.psql(
        "DELETE FROM event WHERE id = (SELECT id FROM event_link WHERE number = 2); \
         UPDATE event SET at = at + 1 WHERE id = (SELECT id FROM event_link WHERE number = 1)",
    );
    let output = home.run(["audit", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("event 1 (id ") && told.contains("it was changed"),
        "{told}"
    );
    assert!(
        told.contains("event 2 (id ") && told.contains("it was removed"),
        "{told}"
    );
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(why.contains("not whole: 2 faults"), "{why}");
    let output = home.run(["audit", "verify", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(report(&output)["fault_count"], 2);
}

#[test]
fn a_head_of_another_server_or_a_later_time_is_refused() {
    let (home, other) = (Home::sqlite(), Home::sqlite());
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("head.json");
    for home in [&home, &other] {
        home.done(["apply", SAMPLE]);
        let server = home.serve();
        sealed(home);
        assert!(server.stopped(), "the server ended badly");
    }
    fs::write(&file, other.done(["audit", "head"])).unwrap();
    let path = file.to_str().unwrap();
    let refused = home.run(["audit", "verify", "--head", path]);
    assert_eq!(refused.status.code(), Some(1));
    let why = String::from_utf8(refused.stderr).unwrap();
    assert!(why.contains("not this server's"), "{why}");
    // The head of a server whose key is gone since brings the key, and is compared all the same.
    let kept = other
        .done(["audit", "head"])
        .replace("\"key_version\":1", "\"key_version\":7");
    fs::write(&file, kept).unwrap();
    let refused = home.run(["audit", "verify", "--head", path]);
    assert_eq!(refused.status.code(), Some(1));
    fs::write(&file, "{}").unwrap();
    assert_eq!(
        home.run(["audit", "verify", "--head", path]).status.code(),
        Some(1)
    );
}

#[test]
fn what_is_older_than_is_kept_goes_and_the_rest_is_whole() {
    for home in homes() {
        let server = home.serve();
        let before = sealed(&home)["sealed"].as_u64().unwrap();
        assert!(server.stopped(), "the server ended badly");
        // Nothing is a day old: all of it stays.
        let mut command = home.command(["serve", "--listen", "127.0.0.1:0"]);
        command.env("COUNTERSIGN_AUDIT_KEEP_DAYS", "1");
        let server = Server::quietly(command);
        home.done(["admin", "token", "create", "--role", "auditor"]);
        let begun = Stopwatch::start();
        // What is sealed while a verification goes on neither waits any more nor is looked at.
        let after = loop {
            let report = sealed(&home);
            if report["sealed"].as_u64().unwrap() > before {
                break report;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "{report}");
        };
        assert_eq!(after["cut_up_to"], Value::Null);
        assert!(server.stopped(), "the server ended badly");
    }
}

/// Asks a server for a token with a code that is wrong, which the log tells.
async fn answered_wrong(base: &str) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = "mode=SYNCHRONOUS&grant_type=password&username=myTestUser1&password=000000";
    let answer = client
        .post(format!("{base}/idp/ONLINEBANK/authn/token"))
        .basic_auth("spl-api", Some("password01"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    assert!(answer.send().await.unwrap().status().is_client_error());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_server_cuts_what_is_too_old_and_the_rest_verifies() {
    for home in homes() {
        let clock = Arc::new(MovedClock::default());
        let server = Inside::start(&home, &clock).await;
        let old = sealed(&home)["sealed"].as_u64().unwrap();
        // Three days later one thing more happens.
        clock.advance_s(3 * 86_400);
        answered_wrong(&server.base).await;
        let begun = Stopwatch::start();
        while sealed(&home)["sealed"] == old {
            assert!(begun.elapsed() < Duration::from_mins(1), "it is not sealed");
        }
        let all = sealed(&home)["sealed"].as_u64().unwrap();
        server.stopped().await;
        let days = Environment::fixed([("COUNTERSIGN_AUDIT_KEEP_DAYS", "2")]);
        let server = Inside::with(&home, &clock, days).await;
        let begun = Stopwatch::start();
        // Each look is a whole verification, beside the server while it cuts.
        let report = loop {
            let report = verified(&home);
            if report["cut_up_to"] == old {
                break report;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "{report}");
        };
        assert_eq!(report["sealed"], all - old, "{report}");
        server.stopped().await;
        assert_eq!(verified(&home)["cut_up_to"], old);
        let left = home.done(["audit", "export", "--jsonl", "--tenant", "ONLINEBANK"]);
        assert_eq!(left.lines().count(), 1, "{left}");
    }
}
