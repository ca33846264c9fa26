//! Importing tokens: what works afterwards, what is refused, and that nothing is ever half there.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::documents::{block, blocks};
use crate::push_stage::until;
use crate::running::{Home, PROGRAM, foreign, prepared};

const GUIDE: &str = "docs/import.md";

const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../import/tests/it/data");

const TENANT: &str = "[[tenant]]\nname = \"BANK\"\n[[tenant.policy]]\ncode = \"P\"\n\
     [[tenant.client]]\nid = \"portal\"\nsecret = \"password0123\"\n\
     grants = [\"client_credentials\", \"password\"]\n";

/// A tenant that holds nothing yet, and a folder for files.
fn bank(home: Home) -> (Home, TempDir) {
    let folder = TempDir::with_prefix("countersign-import-").unwrap();
    let file = folder.path().join("bank.toml");
    fs::write(&file, TENANT).unwrap();
    home.done(["apply", file.to_str().unwrap()]);
    (home, folder)
}

fn written(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn import(home: &Home, format: &str, path: &str, more: &[&str]) -> Output {
    let arguments = ["import", format, path, "--tenant", "BANK"];
    home.run(arguments.iter().chain(more))
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Imports what must be imported; gives what is told to programs.
fn imported(home: &Home, format: &str, path: &str, more: &[&str]) -> Value {
    let output = import(home, format, path, &[more, &["--json"]].concat());
    assert!(output.status.success(), "{}", told(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The one line of an import that must be refused.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", told(output));
    let told = told(output);
    assert_eq!(told.lines().count(), 1, "{told}");
    told
}

fn authenticators(home: &Home) -> Vec<Value> {
    let told = home.done(["authenticator", "list", "--tenant", "BANK", "--json"]);
    serde_json::from_str(&told).unwrap()
}

fn figure(number: u32) -> String {
    format!("{FIGURES}/figure{number}.xml")
}

/// A table of so many tokens, each of a user of its own.
fn table(folder: &TempDir, count: u32) -> String {
    let path = folder.path().join("many.csv");
    let mut file = std::io::BufWriter::new(fs::File::create(&path).unwrap());
    writeln!(file, "serial,kind,secret_hex,login_name").unwrap();
    for number in 0..count {
        writeln!(file, "S{number},hotp,{number:040x},user{number}").unwrap();
    }
    path.to_str().unwrap().to_owned()
}

/// Whether a code is taken for a user, over the protocol of portals.
async fn is_right(base: &str, user: &str, code: &str) -> bool {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = format!("mode=SYNCHRONOUS&grant_type=password&username={user}&password={code}");
    let answer = client
        .post(format!("{base}/idp/BANK/authn/token"))
        .basic_auth("portal", Some("password0123"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    answer.send().await.unwrap().status() == reqwest::StatusCode::OK
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_of_imported_tokens_are_right_once_on_a_live_server() {
    for home in [Home::sqlite(), Home::postgres()] {
        let (home, folder) = bank(home);
        let server = home.serve();
        let report = imported(&home, "pskc", &figure(3), &[]);
        assert_eq!(
            (&report["authenticators"], &report["users_created"]),
            (&1.into(), &1.into())
        );
        let uri = "otpauth://hotp/BANK:dora?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=5\n";
        imported(&home, "otpauth", &written(&folder, "list.txt", uri), &[]);
        let row =
            "serial,kind,secret_base64,login_name\n9,hotp,MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=,emil\n";
        let report = imported(&home, "csv", &written(&folder, "one.csv", row), &[]);
        assert_eq!(
            report["warnings_count"], 1,
            "all three have the secret of RFC 4226"
        );
        // RFC 4226, appendix D: counter 0 with eight digits, counter 5 and counter 0 with six.
        for (user, code) in [
            ("jsmith", "84755224"),
            ("dora", "254676"),
            ("emil", "755224"),
        ] {
            // A server that runs learns of the tokens within a moment.
            until(user, async || is_right(&server.base, user, code).await).await;
            assert!(!is_right(&server.base, user, code).await, "{user}");
        }
        assert!(server.stopped(), "the server ended badly");
    }
}

#[test]
fn the_figures_of_the_rfc_are_imported_with_what_opens_them() {
    let (home, folder) = bank(Home::sqlite());
    let kept = ["--unassigned"];
    imported(&home, "pskc", &figure(2), &kept);
    let told = refusal(&import(&home, "pskc", &figure(4), &kept));
    assert!(told.contains("KeyReference"), "{told}");
    let told = refusal(&import(&home, "pskc", &figure(6), &kept));
    assert!(told.contains("--key-file"), "{told}");
    let key = written(&folder, "key", "12345678901234567890123456789012\n");
    imported(
        &home,
        "pskc",
        &figure(6),
        &["--unassigned", "--key-file", &key],
    );
    let told = refusal(&import(
        &home,
        "pskc",
        &figure(6),
        &["--unassigned", "--key-file", &key],
    ));
    assert!(told.contains("there already"), "{told}");
    let passphrase = written(&folder, "passphrase", "qwerty\n");
    let opened = [
        "--unassigned",
        "--passphrase-file",
        &passphrase,
        "--dry-run",
    ];
    let told = refusal(&import(&home, "pskc", &figure(7), &opened));
    assert!(
        told.contains("987654321") && told.contains("there already"),
        "{told}"
    );
    let told = refusal(&import(&home, "pskc", &figure(8), &kept));
    assert!(told.contains("certificate"), "{told}");
    let expired = import(&home, "pskc", &figure(10), &kept);
    assert!(refusal(&expired).contains("expired") && refusal(&expired).contains("3 more"));
    imported(
        &home,
        "pskc",
        &figure(10),
        &["--unassigned", "--ignore-dates"],
    );
    let all = authenticators(&home);
    assert_eq!(all.len(), 6);
    assert!(all.iter().all(|one| one["status"] == "locked"), "{all:?}");
}

#[test]
fn what_is_refused_is_told_by_line_and_nothing_is_imported() {
    let (home, folder) = bank(Home::sqlite());
    let secret = "3132333435363738393031323334353637383930";
    let rows = format!(
        "serial,kind,secret_hex,login_name\nA1,hotp,{secret},ann\nA2,hotp,{secret}ZZ,ann\n\
         A1,hotp,{secret},ann\nA3,hotp,{secret},\n"
    );
    let path = written(&folder, "rows.csv", &rows);
    let output = import(&home, "csv", &path, &[]);
    let one = refusal(&output);
    assert!(
        one.contains("line 3, serial A2: secret_hex") && one.contains("2 more"),
        "{one}"
    );
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        list.contains("line 4, serial A1") && list.contains("line 2 already"),
        "{list}"
    );
    assert!(
        list.contains("line 5, serial A3") && list.contains("--unassigned"),
        "{list}"
    );
    assert!(!list.contains(secret) && !one.contains(secret));
    assert!(authenticators(&home).is_empty());
    let dry = imported(&home, "csv", &path, &["--skip-refused", "--dry-run"]);
    assert_eq!(
        (&dry["imported"], &dry["authenticators"]),
        (&false.into(), &1.into())
    );
    assert!(authenticators(&home).is_empty());
    let report = imported(&home, "csv", &path, &["--skip-refused"]);
    assert_eq!(
        (&report["authenticators"], &report["refused_count"]),
        (&1.into(), &3.into())
    );
    assert_eq!(authenticators(&home).len(), 1);
    let wrong = import(&home, "csv", &path, &["--policy", "NONE"]);
    assert!(refusal(&wrong).contains("no policy NONE; it has P"));
    let hostile = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    let hostile = written(&folder, "hostile.xml", hostile);
    assert!(refusal(&import(&home, "pskc", &hostile, &[])).contains("DOCTYPE"));
    assert!(refusal(&import(&home, "csv", "/nonexistent", &[])).contains("/nonexistent"));
}

/// Kills an import at moments that are spread over its time; nothing of it is ever there, or all is.
#[test]
fn an_import_that_is_killed_leaves_nothing_or_all() {
    const COUNT: u32 = 3_000;
    let (home, folder) = bank(Home::sqlite());
    let path = table(&folder, COUNT);
    let mut killed = 0;
    for round in 1..=16 {
        let mut command = home.command(["import", "csv", &path, "--tenant", "BANK"]);
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(150 * round));
        let was_done = child.try_wait().unwrap().is_some();
        // It is gone afterwards, whether it still ran or not.
        let _ = child.kill();
        child.wait().unwrap();
        let count = authenticators(&home).len();
        if was_done || count > 0 {
            assert_eq!(count, 3_000, "round {round}");
            break;
        }
        killed += 1;
    }
    assert!(killed > 0, "nothing was killed in time");
    // What was killed is not in the way of the next.
    if authenticators(&home).is_empty() {
        imported(&home, "csv", &path, &[]);
    }
    assert_eq!(authenticators(&home).len(), 3_000);
    let left = fs::read_dir(home.data()).unwrap();
    let names: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        names
            .iter()
            .all(|name| !name.to_string_lossy().contains(".tmp")),
        "{names:?}"
    );
}

/// Files that `python-pskc` writes: plain, under a pre-shared key, under a passphrase.
#[test]
fn files_that_others_wrote_are_imported() {
    let (home, folder) = bank(Home::sqlite());
    let output = Command::new(prepared("COUNTERSIGN_TEST_PYTHON"))
        .arg(foreign("pskc_files.py"))
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let files: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(files.len() >= 12, "{}", files.len());
    for file in &files {
        let text = |member: &str| file[member].as_str().unwrap().to_owned();
        let path = folder.path().join(text("file"));
        let opener = match text("opener").as_str() {
            "" => vec![],
            option => vec![
                option.to_owned(),
                folder.path().join(text("with")).display().to_string(),
            ],
        };
        let opener: Vec<_> = opener.iter().map(String::as_str).collect();
        let report = imported(&home, "pskc", path.to_str().unwrap(), &opener);
        assert_eq!(report["authenticators"], file["count"], "{}", text("file"));
    }
    let all = authenticators(&home);
    for file in &files {
        let serial = file["serial"].as_str().unwrap();
        let found = all.iter().find(|one| one["serial"] == serial);
        assert_eq!(found.unwrap()["user"], file["user"], "{serial}");
    }
}

#[test]
fn every_command_of_the_document_is_done() {
    let (home, folder) = (Home::sqlite(), TempDir::new().unwrap());
    for (language, name) in [
        ("toml", "bank.toml"),
        ("csv", "tokens.csv"),
        ("xml", "plain.xml"),
        ("text", "list.txt"),
        ("toml-hand-on", "hand-on.toml"),
    ] {
        written(&folder, name, &block(GUIDE, language));
    }
    for number in [6, 7] {
        fs::copy(
            figure(number),
            folder.path().join(format!("figure{number}.xml")),
        )
        .unwrap();
    }
    let program = Path::new(PROGRAM).parent().unwrap().display().to_string();
    let output = Command::new("sh")
        .args([
            "-euc",
            &format!("PATH={program}:$PATH\n{}", blocks(GUIDE, "sh").concat()),
        ])
        .env("COUNTERSIGN_DATA", home.data())
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let all = authenticators(&home);
    let holder = |serial: &str| {
        let found = all.iter().find(|one| one["serial"] == serial);
        found.map(|one| (one["user"].clone(), one["status"].clone()))
    };
    for (serial, user) in [
        ("70000001", "alice"),
        ("70000002", "bob"),
        ("70000003", "carol"),
        ("dave", "dave"),
        ("987654321", "erin"),
    ] {
        assert_eq!(
            holder(serial),
            Some((user.into(), "active".into())),
            "{serial}"
        );
    }
}
