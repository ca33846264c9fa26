//! Backup and restore with the program: what was used after a backup is refused, by codes of other people's
//! token; and a restore that is killed leaves nothing half done.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use countersign::system::Stopwatch;
use serde_json::Value;
use tempfile::TempDir;

use crate::auditing::{path_to, sealed};
use crate::documents::{block, blocks};
use crate::running::Home;

const GUIDE: &str = "docs/backup.md";

const KEY: &str = "3132333435363738393031323334353637383930";

const SUITE: &str = "OCRA-1:HOTP-SHA1-8:C-QN08";

const BANK: &str = r#"
[[tenant]]
name = "BANK"
[[tenant.policy]]
code = "P"
[[tenant.client]]
id = "portal"
secret = "password0123"
grants = ["client_credentials", "password"]
[[tenant.user]]
login_name = "ann"
[[tenant.user.authenticator]]
serial = "10000001"
kind = "totp"
policies = ["P"]
secret = { hex = "3132333435363738393031323334353637383930" }
[[tenant.user]]
login_name = "bob"
[[tenant.user.authenticator]]
serial = "10000002"
kind = "hotp"
policies = ["P"]
secret = { hex = "3132333435363738393031323334353637383930" }
[[tenant.user]]
login_name = "cid"
[[tenant.user.authenticator]]
serial = "10000003"
kind = "ocra"
policies = ["P"]
suite = "OCRA-1:HOTP-SHA1-8:C-QN08"
secret = { hex = "3132333435363738393031323334353637383930" }
"#;

/// A bank with three users, and a folder for what the guide writes.
fn bank(home: Home) -> (Home, TempDir) {
    let folder = TempDir::with_prefix("countersign-restore-").unwrap();
    let file = folder.path().join("bank.toml");
    fs::write(&file, BANK).unwrap();
    home.done(["apply", file.to_str().unwrap()]);
    (home, folder)
}

/// A code by a program of others.
fn oathtool(arguments: &[&str]) -> String {
    let output = Command::new("oathtool").args(arguments).arg(KEY).output();
    let output = output.expect("oathtool is there; scripts/test says how it comes");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn hotp(counter: u32) -> String {
    oathtool(&["--hotp", "--counter", &counter.to_string()])
}

fn response(home: &Home, question: &str, counter: u32) -> String {
    let counter = counter.to_string();
    let arguments = ["token", "ocra", "--suite", SUITE, "--key-hex", KEY];
    let more = ["--question", question, "--counter", &counter];
    let told = home.done(arguments.iter().chain(&more));
    told.trim().to_owned()
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

/// Runs a block of the guide, with these settings, in a folder.
fn run(home: &Home, folder: &Path, block: &str, settings: &[(&str, String)]) -> Output {
    let mut command = Command::new("sh");
    command
        .args(["-euc", block])
        .current_dir(folder)
        .env("PATH", path_to(home, folder));
    for (name, value) in settings {
        command.env(name, value);
    }
    command.output().unwrap()
}

fn done(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{log}");
    told
}

fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(told.lines().count(), 1, "{told}");
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guides_commands_bring_a_backup_back_in_which_no_used_code_is_good() {
    let (home, folder) = bank(Home::sqlite());
    let folder = folder.path();
    let [backup, restore, follow] = &blocks(GUIDE, "sh")[..] else {
        panic!("the guide has three parts");
    };
    let server = home.serve();
    assert!(is_right(&server.base, "bob", &hotp(0)).await);
    sealed(&home);
    let told = done(&run(&home, folder, backup, &[]));
    assert!(told.contains("3 authenticators"), "{told}");
    let timed = oathtool(&["--totp"]);
    assert!(is_right(&server.base, "ann", &timed).await);
    assert!(is_right(&server.base, "bob", &hotp(1)).await);
    let refused = refusal(&run(&home, folder, restore, &[]));
    assert!(refused.contains("is open in another process"), "{refused}");
    assert!(server.stopped(), "the server ended badly");
    let told = done(&run(&home, folder, restore, &[]));
    assert!(told.contains("is kept as"), "{told}");
    let server = home.serve();
    assert!(!is_right(&server.base, "ann", &timed).await);
    for counter in 1..4 {
        assert!(!is_right(&server.base, "bob", &hotp(counter)).await);
    }
    let question = "31415926";
    let settings = [
        ("FIRST", hotp(2)),
        ("SECOND", hotp(3)),
        ("QUESTION", question.to_owned()),
        ("FIRST_RESPONSE", response(&home, question, 7)),
        ("SECOND_RESPONSE", response(&home, question, 8)),
    ];
    let told = done(&run(&home, folder, follow, &settings));
    assert!(told.contains("counter_is_lost: true"), "{told}");
    assert_eq!(told.matches(": resynchronised").count(), 2, "{told}");
    assert!(!is_right(&server.base, "bob", &hotp(3)).await);
    assert!(is_right(&server.base, "bob", &hotp(4)).await);
    let events = home.done(["audit", "export", "--jsonl"]);
    assert!(events.contains("\"restore\""), "{events}");
    home.done(["audit", "verify"]);
    assert!(server.stopped(), "the server ended badly");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_was_brought_back_by_its_own_means_is_marked() {
    let (home, folder) = bank(Home::postgres());
    let folder = folder.path();
    let own_means = block(GUIDE, "bash");
    for command in [&["backup", "x.db"][..], &["restore", "x.db"]] {
        let refused = refusal(&home.run(command));
        assert!(refused.contains("restore --mark"), "{refused}");
    }
    let settings = [("STORE", home.store().unwrap())];
    let told = done(&run(&home, folder, &own_means, &settings));
    assert!(told.contains("marked as restored"), "{told}");
    let server = home.serve();
    assert!(!is_right(&server.base, "bob", &hotp(0)).await);
    home.done(["authenticator", "resync", "10000002", &hotp(5), &hotp(6)]);
    assert!(is_right(&server.base, "bob", &hotp(7)).await);
    assert!(server.stopped(), "the server ended badly");
}

#[test]
fn a_backup_of_another_server_is_refused_and_a_copy_is_no_database() {
    let (home, folder) = bank(Home::sqlite());
    let (other, _other_folder) = bank(Home::sqlite());
    let file = folder.path().join("backup.db");
    let path = file.to_str().unwrap();
    let told = other.done(["backup", path, "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["holds_master_key"], false);
    assert_eq!(told["users"], 4, "with the administrator");
    let refused = refusal(&home.run(["restore", path]));
    assert!(
        refused.contains("does not open with this master key"),
        "{refused}"
    );
    let listed = home.done(["authenticator", "show", "10000002", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["restored_at"], Value::Null);
    let exists = refusal(&other.run(["backup", path]));
    assert!(exists.contains("--force"), "{exists}");
    fs::copy(&file, home.data().join("countersign.db")).unwrap();
    let refused = refusal(&home.run(["tenant", "list"]));
    assert!(refused.contains("countersign restore"), "{refused}");
}

#[test]
fn a_second_restore_is_not_before_the_first_and_what_cannot_be_read_is_told() {
    let (home, folder) = bank(Home::sqlite());
    let file = folder.path().join("backup.db");
    let file = file.to_str().unwrap();
    home.done(["backup", file]);
    let database = home.data().join("countersign.db");
    let restored = || -> (Value, String) {
        let output = home.run(["restore", file, "--json"]);
        let told = done(&output);
        let note = String::from_utf8_lossy(&output.stderr).into_owned();
        (serde_json::from_str(&told).unwrap(), note)
    };
    assert_eq!(restored().0["unread"], Value::Null);
    // As after a restore by a clock that was ahead: the year is 2100.
    let connection = rusqlite::Connection::open(&database).unwrap();
    let moment = "UPDATE server_setting SET body = json_set(body, '$.at', 4102444800000) \
         WHERE name = 'restored'";
    assert_eq!(connection.execute(moment, []).unwrap(), 1);
    connection.close().unwrap();
    let (told, note) = restored();
    assert_eq!(told["restored_at"], "2100-01-01T00:00:00Z");
    assert!(note.contains("the clock is behind"), "{note}");
    // What is no database tells of no moment.
    fs::write(&database, "this was a database ".repeat(500)).unwrap();
    let (told, note) = restored();
    assert_ne!(told["restored_at"], "2100-01-01T00:00:00Z");
    assert_eq!(told["unread"], "file is not a database");
    assert!(note.contains("file is not a database"), "{note}");
    let log = home.done(["audit", "export", "--jsonl"]);
    assert!(
        log.contains("the replaced database could not be read"),
        "{log}"
    );
}

/// What a database says of a token whose next counter was 1 in the backup, and is 2 now.
fn state(home: &Home) -> (u64, bool) {
    let shown = home.done(["authenticator", "show", "10000002", "--json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let counter = shown["next_counter"].as_u64().unwrap();
    (counter, shown["counter_is_lost"].as_bool().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_is_killed_leaves_the_old_database_or_the_new_one_marked() {
    const KILLS: u32 = 12;
    let (home, folder) = bank(Home::sqlite());
    let (file, saved) = (
        folder.path().join("backup.db"),
        folder.path().join("saved.db"),
    );
    let database = home.data().join("countersign.db");
    let server = home.serve();
    assert!(is_right(&server.base, "bob", &hotp(0)).await);
    home.done(["backup", file.to_str().unwrap()]);
    assert!(is_right(&server.base, "bob", &hotp(1)).await);
    assert!(server.stopped(), "the server ended badly");
    home.done(["backup", saved.to_str().unwrap()]);
    let old_again = || {
        // A copy is no database; the test takes the mark away, as nobody else should.
        fs::copy(&saved, &database).unwrap();
        let mut bytes = fs::read(&database).unwrap();
        bytes[68..72].fill(0);
        fs::write(&database, bytes).unwrap();
        for ending in ["-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(format!("{}{ending}", database.display()));
        }
    };
    let mut restore = home.command(["restore", file.to_str().unwrap()]);
    restore.stdout(Stdio::null()).stderr(Stdio::null());
    old_again();
    assert_eq!(state(&home), (2, false));
    let whole = Stopwatch::start();
    assert!(restore.status().unwrap().success());
    let whole = whole.elapsed();
    assert_eq!(state(&home), (1, true));
    let mut seen = [0; 2];
    for kill in 1..=KILLS {
        old_again();
        let mut process = restore.spawn().unwrap();
        let wait = whole * kill / KILLS;
        std::thread::sleep(Duration::min(wait, Duration::from_secs(5)));
        process.kill().unwrap();
        process.wait().unwrap();
        match state(&home) {
            (2, false) => seen[0] += 1,
            (1, true) => seen[1] += 1,
            other => panic!("killed after {wait:?}: {other:?}"),
        }
    }
    assert!(seen[0] > 0, "no restore was killed before its end");
    // What they left behind is in nobody's way.
    old_again();
    assert!(restore.status().unwrap().success());
    assert_eq!(state(&home), (1, true));
}
