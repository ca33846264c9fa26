//! What an operator does: make a folder ready, apply files, look, lock and unlock.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::running::{Home, PROGRAM};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/data/sample.toml");

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The one line of a command that must end with 1.
fn refusal(output: Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told.lines().count(), 1, "{told}");
    told
}

fn file(text: &str) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bank.toml");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn init_twice_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let init = || {
        Command::new(PROGRAM)
            .arg("init")
            .arg("--data")
            .arg(&data)
            .output()
            .unwrap()
    };
    let first = init();
    assert!(
        first.status.success(),
        "{}",
        String::from_utf8_lossy(&first.stderr)
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let key = data.join("master.key");
    assert_eq!((mode(&data), mode(&key)), (0o700, 0o600));
    let made = fs::read_to_string(&key).unwrap();
    let second = init();
    assert!(second.status.success());
    assert!(!String::from_utf8(second.stdout).unwrap().contains("made"));
    assert_eq!(fs::read_to_string(&key).unwrap(), made);
}

#[test]
fn a_key_that_lost_its_file_is_not_replaced_under_sealed_secrets() {
    let home = Home::sqlite();
    home.done(["apply", SAMPLE]);
    fs::remove_file(home.data().join("master.key")).unwrap();
    assert!(refusal(home.run(["init"])).contains("another master key"));
    assert!(!home.data().join("master.key").exists());
}

#[test]
fn a_folder_without_init_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("none");
    for command in [&["apply", SAMPLE][..], &["user", "list"], &["serve"]] {
        let output = Command::new(PROGRAM)
            .args(command)
            .arg("--data")
            .arg(&path)
            .output()
            .unwrap();
        let told = refusal(output);
        assert!(
            told.contains(path.to_str().unwrap()) && told.contains("init"),
            "{told}"
        );
        assert!(!path.exists());
    }
}

#[test]
fn a_key_from_elsewhere_makes_no_file() {
    let folder = TempDir::new().unwrap();
    let output = Command::new(PROGRAM)
        .arg("init")
        .env("COUNTERSIGN_DATA", folder.path())
        .env("COUNTERSIGN_MASTER_KEY", "ab".repeat(32))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!folder.path().join("master.key").exists());
}

#[test]
fn the_sample_of_the_design_applies_whole_and_twice() {
    let home = Home::sqlite();
    let planned = home.done(["apply", SAMPLE, "--dry-run"]);
    assert!(planned.contains("tenant ONLINEBANK: created"), "{planned}");
    assert_eq!(json(&home.done(["tenant", "list", "--json"])), json("[]"));
    let done = home.done(["apply", SAMPLE]);
    assert!(done.contains("authenticator 10000000: created"), "{done}");
    assert_eq!(home.done(["apply", SAMPLE]), "nothing to change\n");
    assert_eq!(
        home.done(["apply", SAMPLE, "--prune"]),
        "nothing to change\n"
    );
}

#[test]
fn lists_and_views_never_show_a_secret() {
    let home = Home::sqlite();
    home.done(["apply", SAMPLE]);
    let mut told = String::new();
    for (what, name) in [
        ("tenant", "ONLINEBANK"),
        ("client", "spl-api"),
        ("policy", "AT_CUSTOTP"),
        ("site", "shop"),
        ("user", "myTestUser1"),
        ("authenticator", "10000000"),
    ] {
        let listed = home.done([what, "list"]);
        assert!(listed.contains(name), "{listed}");
        assert_eq!(
            json(&home.done([what, "list", "--json"]))
                .as_array()
                .unwrap()
                .len(),
            1
        );
        told += &listed;
        told += &home.done([what, "show", name]);
        told += &home.done([what, "show", name, "--json", "--tenant", "ONLINEBANK"]);
    }
    for secret in [
        "password01",
        "securetoken",
        "a-private-key",
        "3132333435",
        "12345678901",
    ] {
        assert!(!told.contains(secret), "{secret} is shown");
    }
}

#[test]
fn users_and_authenticators_are_locked_and_unlocked() {
    let home = Home::sqlite();
    home.done(["apply", SAMPLE]);
    let locked = || json(&home.done(["user", "show", "myTestUser1", "--json"]))["locked"].clone();
    home.done(["user", "lock", "myTestUser1"]);
    assert_eq!(locked(), true);
    home.done(["user", "unlock", "myTestUser1"]);
    assert_eq!(locked(), false);

    let status = || {
        let shown = home.done(["authenticator", "show", "10000000", "--json"]);
        json(&shown)["status"].as_str().unwrap().to_owned()
    };
    for (act, becomes) in [
        ("lock", "locked"),
        ("unlock", "active"),
        ("revoke", "revoked"),
    ] {
        home.done(["authenticator", act, "10000000"]);
        assert_eq!(status(), becomes);
    }
    assert!(refusal(home.run(["authenticator", "unlock", "10000000"])).contains("revoked"));
    assert!(refusal(home.run(["user", "lock", "nobody"])).contains("there is no user nobody"));
}

#[test]
fn a_token_that_ran_ahead_is_followed_again() {
    let (_folder, bank) = file(
        "[[tenant]]\nname = \"A\"\n[[tenant.policy]]\ncode = \"P\"\n[[tenant.user]]\n\
         login_name = \"u\"\n[[tenant.user.authenticator]]\nserial = \"1\"\nkind = \"hotp\"\n\
         secret = { hex = \"3132333435363738393031323334353637383930\" }\n",
    );
    let home = Home::sqlite();
    home.done(["apply", &bank]);
    // The codes of counters 8 and 9 (RFC 4226, Appendix D).
    home.done(["authenticator", "resync", "1", "399871", "520489"]);
    let shown = json(&home.done(["authenticator", "show", "1", "--json"]));
    assert_eq!(shown["next_counter"], 10);
    let again = refusal(home.run(["authenticator", "resync", "1", "399871", "520489"]));
    assert!(!again.contains("399871"), "{again}");
}

#[test]
fn a_broken_file_is_refused_whole_with_every_problem() {
    let (_folder, bank) = file(
        "[[tenant]]\nname = \"A\"\nclints = 1\n[[tenant.client]]\nid = \"c\"\n\
         secert = \"top secret\"\ntoken_s = \"top secret\"\n[[tenant.user]]\nlogin_name = \"u\"\n\
         [[tenant.user.authenticator]]\nserial = \"1\"\nkind = \"gird\"\n\
         secret = { hex = \"top secret\" }\n",
    );
    let home = Home::sqlite();
    let output = home.run(["apply", &bank]);
    let listed = String::from_utf8(output.stdout.clone()).unwrap();
    let told = refusal(output);
    for problem in [
        "tenant A: clints: unknown key; did you mean client?",
        "tenant A, client c: secert: unknown key; did you mean secret?",
        "tenant A, client c: token_s: expected a whole number, found a text",
        "authenticator 1: kind: there is no \"gird\"; did you mean \"grid\"?",
        "authenticator 1, secret: hex: the key is not hexadecimal",
    ] {
        assert!(listed.contains(problem), "{problem}\n{listed}");
    }
    assert!(!listed.contains("top secret") && !told.contains("top secret"));
    assert_eq!(home.done(["tenant", "list", "--json"]), "[]\n");
}

#[test]
fn secrets_come_from_files_and_variables() {
    let (folder, bank) = file(
        "[[tenant]]\nname = \"A\"\n[[tenant.client]]\nid = \"c\"\n\
         secret = { file = \"client.txt\" }\n[[tenant.client]]\nid = \"d\"\n\
         secret = { env = \"NOT_SET_ANYWHERE\" }\n",
    );
    fs::write(
        folder.path().join("client.txt"),
        "a secret with a newline\n",
    )
    .unwrap();
    let home = Home::sqlite();
    assert!(refusal(home.run(["apply", &bank])).contains("NOT_SET_ANYWHERE is not set"));
    let literal = fs::read_to_string(&bank).unwrap();
    let literal = literal.replace("{ env = \"NOT_SET_ANYWHERE\" }", "\"another long secret\"");
    fs::write(&bank, &literal).unwrap();
    home.done(["apply", &bank]);
    let same = literal.replace("{ file = \"client.txt\" }", "\"a secret with a newline\"");
    fs::write(&bank, same).unwrap();
    assert_eq!(home.done(["apply", &bank]), "nothing to change\n");
}

#[test]
fn a_generated_secret_is_shown_once_and_only_when_asked_for() {
    let text = |serial: &str| {
        format!(
            "[[tenant]]\nname = \"A\"\n[[tenant.policy]]\ncode = \"P\"\n[[tenant.user]]\n\
             login_name = \"u\"\n[[tenant.user.authenticator]]\nserial = \"{serial}\"\n\
             kind = \"totp\"\nsecret = {{ generate = true }}\n"
        )
    };
    let home = Home::sqlite();
    let (_folder, quiet) = file(&text("1"));
    assert!(!home.done(["apply", &quiet]).contains("otpauth"));
    let (_folder, shown) = file(&text("2"));
    assert!(
        !home
            .done(["apply", &shown, "--show-secrets", "--dry-run"])
            .contains("otpauth")
    );
    assert!(
        home.done(["apply", &shown, "--show-secrets"])
            .contains("otpauth://totp/A:2?secret=")
    );
    assert!(
        !home
            .done(["apply", &shown, "--show-secrets"])
            .contains("otpauth")
    );
}

#[test]
fn a_device_for_challenges_gets_its_own_kind_of_uri() {
    let home = Home::sqlite();
    let (_folder, shown) = file(
        "[[tenant]]\nname = \"A\"\n[[tenant.policy]]\ncode = \"P\"\nsign_labels = [\"To\", \"Amount\"]\n\
         [[tenant.user]]\nlogin_name = \"u\"\n[[tenant.user.authenticator]]\nserial = \"1\"\n\
         kind = \"ocra\"\nsecret = { generate = true }\n",
    );
    let printed = home.done(["apply", &shown, "--show-secrets"]);
    let uri = printed
        .lines()
        .find_map(|line| line.strip_prefix("1: "))
        .unwrap();
    let (secret, rest) = uri
        .strip_prefix("otpauth://ocra/A:1?secret=")
        .and_then(|rest| rest.split_once('&'))
        .unwrap();
    assert_eq!(secret.len(), 32);
    assert_eq!(
        rest,
        "issuer=A&suite=OCRA-1:HOTP-SHA1-8:QN08\
         &signature_suite=OCRA-1:HOTP-SHA1-8:QA64&field=To&field=Amount"
    );
}

#[test]
fn one_name_in_two_tenants_wants_to_know_which() {
    let (_folder, both) = file(
        "[[tenant]]\nname = \"A\"\n[[tenant.user]]\nlogin_name = \"u\"\n[[tenant]]\n\
         name = \"B\"\n[[tenant.user]]\nlogin_name = \"u\"\n",
    );
    let home = Home::sqlite();
    home.done(["apply", &both]);
    assert!(refusal(home.run(["user", "lock", "u"])).contains("A, B; say which with --tenant"));
    home.done(["user", "lock", "u", "--tenant", "B"]);
    let locked = |tenant| {
        json(&home.done(["user", "show", "u", "--json", "--tenant", tenant]))["locked"].clone()
    };
    assert_eq!(
        (locked("A"), locked("B")),
        (Value::Bool(false), Value::Bool(true))
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = Command::new(PROGRAM)
        .args(["--help"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    let home = Home::sqlite();
    home.done(["apply", SAMPLE]);
    let mut child = home
        .command(["user", "list"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
