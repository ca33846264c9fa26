//! The master key changed while something else goes on: an import that waits, a kill, exports of the audit log.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use countersign::system::Stopwatch;
use serde_json::Value;
use tempfile::TempDir;

use crate::auditing::sealed;
use crate::keys::{dropped, status};
use crate::running::{Home, PROGRAM};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/data/sample.toml");

const BANK: &str = r#"
[[tenant]]
name = "BANK"
[[tenant.policy]]
code = "P"
[[tenant.client]]
id = "portal"
secret = "password0123"
grants = ["client_credentials", "password"]
"#;

const KEY: &str = "3132333435363738393031323334353637383930";

/// A home with an empty bank, and a folder for files.
fn bank(home: Home) -> (Home, TempDir) {
    let folder = TempDir::with_prefix("countersign-keys-").unwrap();
    let file = folder.path().join("bank.toml");
    std::fs::write(&file, BANK).unwrap();
    home.done(["apply", file.to_str().unwrap()]);
    (home, folder)
}

/// Tokens of users `u0` and so on, all with the key of RFC 4226's examples.
fn tokens(count: usize) -> String {
    let line = |number| format!("T{number},hotp,{KEY},u{number}\n");
    let head = "serial,kind,secret_hex,login_name\n".to_owned();
    head + &(0..count).map(line).collect::<String>()
}

const IMPORT: [&str; 5] = ["import", "csv", "--tenant", "BANK", "--policy=P"];

/// Opens a pipe to write to it, once somebody opened it to read; nothing where `is_over`.
fn read_by_somebody(pipe: &Path, mut is_over: impl FnMut() -> bool) -> Option<std::fs::File> {
    let begun = Stopwatch::start();
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    let flags = i32::try_from(flags).unwrap();
    loop {
        let mut options = std::fs::OpenOptions::new();
        match options.write(true).custom_flags(flags).open(pipe) {
            Ok(pipe) => return Some(pipe),
            Err(_) if is_over() => return None,
            Err(error) => assert!(begun.elapsed() < Duration::from_mins(1), "{error}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_import_that_waits_while_the_key_is_changed_seals_under_none_that_was_dropped() {
    let (home, folder) = bank(Home::sqlite());
    let server = home.serve();
    let pipe = folder.path().join("tokens.csv");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let mut command = home.command(IMPORT.iter().copied().chain([pipe.to_str().unwrap()]));
    let mut import = command.stdout(Stdio::null()).spawn().unwrap();
    let waits = read_by_somebody(&pipe, || import.try_wait().unwrap().is_some());
    let mut waits = waits.expect("the import reads the file");
    // It has the keys by now, and none of the tokens.
    home.done(["key", "rotate"]);
    dropped(&home, 1);
    // It reads the file again where it sees that the keys are others: that is no pipe by then.
    let again = folder.path().join("again.csv");
    std::fs::write(&again, tokens(3)).unwrap();
    std::fs::rename(&again, &pipe).unwrap();
    waits.write_all(tokens(3).as_bytes()).unwrap();
    drop(waits);
    assert!(import.wait().unwrap().success());
    let after = status(&home);
    let needed = after["needed"].as_array().unwrap();
    assert!(needed.iter().all(|need| need["version"] == 2), "{after}");
    let authenticators = needed.iter().find(|need| need["table"] == "authenticator");
    assert_eq!(authenticators.unwrap()["rows"], 3, "{after}");
    // What it told is marked under a key that is there.
    sealed(&home);
    assert!(server.stopped(), "the server ended badly");
}

/// Starts `key rotate` and kills it once `is_then`, unless it ended before.
fn rotation_killed(home: &Home, is_then: impl Fn() -> bool) {
    let mut command = home.command(["key", "rotate"]);
    let mut rotating = command.stdout(Stdio::null()).spawn().unwrap();
    let begun = Stopwatch::start();
    while rotating.try_wait().unwrap().is_none() {
        if is_then() {
            rotating.kill().unwrap();
        }
        assert!(begun.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(1));
    }
}

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
async fn a_rotation_that_is_killed_with_the_server_goes_on_and_everything_opens() {
    let (home, folder) = bank(Home::sqlite());
    let file = folder.path().join("tokens.csv");
    std::fs::write(&file, tokens(4000)).unwrap();
    home.done(IMPORT.iter().copied().chain([file.to_str().unwrap()]));
    let lines = || {
        let text = std::fs::read_to_string(home.data().join("master.key"));
        text.unwrap().lines().count()
    };
    let server = home.serve();
    // As soon as there is another version. (A server that is killed before it holds that is waited for, for two
    // minutes, since nobody knows whether it is gone.)
    rotation_killed(&home, || lines() == 3);
    assert!(is_right(&server.base, "u0", "755224").await);
    let database = rusqlite::Connection::open(home.data().join("countersign.db")).unwrap();
    let is_halfway = || {
        let sql = "SELECT count(DISTINCT substr(secret, 1, 4)) FROM authenticator";
        let versions: u32 = database.query_row(sql, [], |row| row.get(0)).unwrap();
        versions == 2
    };
    // One that was faster than this test is followed by another one.
    let was_cut = (0..20).any(|_| {
        rotation_killed(&home, is_halfway);
        is_halfway()
    });
    assert!(was_cut);
    server.killed();
    // Both versions open what there is, for a server that starts in the middle as well.
    let cut = status(&home);
    let newest = cut["keys"].as_array().unwrap().len();
    assert_eq!(cut["keys"][newest - 1]["state"], "seals", "{cut}");
    assert_eq!(cut["damaged"], serde_json::json!({}), "{cut}");
    let server = home.serve();
    for user in ["u1", "u2000", "u3999"] {
        assert!(is_right(&server.base, user, "755224").await, "{user}");
    }
    assert!(!is_right(&server.base, "u0", "755224").await);
    home.done(["key", "rotate"]);
    assert!(!is_halfway());
    let ended = status(&home);
    assert_eq!(ended["keys"].as_array().unwrap().len(), newest, "{ended}");
    let needed = ended["needed"].as_array().unwrap();
    assert!(
        needed.iter().all(|need| need["version"] == newest),
        "{ended}"
    );
    for version in 1..newest {
        dropped(&home, version);
    }
    assert_eq!(lines(), 2);
    assert!(server.stopped(), "the server ended badly");
    let server = home.serve();
    for user in ["u1", "u2000", "u3999"] {
        assert!(is_right(&server.base, user, "287082").await, "{user}");
    }
    home.done(["audit", "verify"]);
    assert!(server.stopped(), "the server ended badly");
}

/// The keys that a head names, its own first.
fn public_keys(head: &str) -> Vec<(u64, String)> {
    let head: Value = serde_json::from_str(head).unwrap();
    let others = head["public_keys"].as_array().unwrap().iter();
    let all = std::iter::once(&head).chain(others);
    let key = |one: &Value| {
        let public = one["public_key"].as_str().unwrap().to_owned();
        (one["key_version"].as_u64().unwrap(), public)
    };
    all.map(key).collect()
}

/// What is told of an export, where there is neither a database nor a key.
fn verify_without_keys(folder: &TempDir, export: &str, head: &str) -> String {
    let mut command = Command::new(PROGRAM);
    command.args(["audit", "verify", "--export", export, "--head", head]);
    command.arg("--data").arg(folder.path().join("none"));
    let output = command.output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn an_export_across_a_change_of_the_key_is_whole_and_older_heads_still_count() {
    for home in [Home::sqlite(), Home::postgres()] {
        home.done(["apply", SAMPLE]);
        let server = home.serve();
        let first = sealed(&home)["sealed"].as_u64().unwrap();
        let folder = TempDir::with_prefix("countersign-keys-").unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let old_head = home.done(["audit", "head"]);
        let old = file("old.json", &old_head);
        home.done(["key", "rotate"]);
        home.done(["apply", &file("bank.toml", BANK)]);
        dropped(&home, 1);
        // Events that were marked under both versions are in the chain.
        let whole = sealed(&home);
        assert!(whole["sealed"].as_u64().unwrap() >= first + 3, "{whole}");
        assert!(server.stopped(), "the server ended badly");
        let new_head = home.done(["audit", "head"]);
        let new = file("new.json", &new_head);
        let text = home.done(["audit", "export", "--sealed"]);
        let lines = u64::try_from(text.lines().count()).unwrap();
        let sealed_by_now = whole["sealed"].as_u64().unwrap();
        assert!(lines >= sealed_by_now + 2, "{lines}");
        assert!(text.contains("\"seals\"") && text.contains("\"dropped\""));
        let export = file("sealed.jsonl", &text);
        let told = verify_without_keys(&folder, &export, &new);
        assert!(told.contains("is whole"), "{told}");
        // The head of before does not know who signed the end of the export.
        let told = verify_without_keys(&folder, &export, &old);
        assert!(told.contains("version 2, which is not here"), "{told}");
        let cut = text.lines().filter(|line| !line.contains("\"seals\""));
        let cut = cut.flat_map(|line| [line, "\n"]).collect::<String>();
        let cut = file("cut.jsonl", &cut);
        let told = verify_without_keys(&folder, &cut, &new);
        assert!(told.contains("it was removed"), "{told}");
        // The head of before was signed by the key that is gone: its public half is there.
        let (before, after) = (public_keys(&old_head), public_keys(&new_head));
        assert_eq!((before[0].0, after[0].0), (1, 2));
        assert!(after.contains(&before[0]), "{new_head}");
        home.done(["audit", "verify", "--head", &old]);
        // A head that somebody else signed as version 1 brings a key of its own, which does not count.
        let other = Home::sqlite();
        other.done(["apply", SAMPLE]);
        let server = other.serve();
        sealed(&other);
        assert!(server.stopped(), "the server ended badly");
        let other = file("other.json", &other.done(["audit", "head"]));
        let output = home.run(["audit", "verify", "--head", &other]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && told.contains("--head: "),
            "{told}"
        );
    }
}
