//! The first administrator, sign-in links, and tokens of the management API, from the command line.

use std::fs;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::running::{DEMO_TENANT, Home, PROGRAM};

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

#[test]
fn init_prints_the_first_administrators_link_once() {
    let folder = TempDir::new().unwrap();
    let init = || {
        let data = folder.path().join("data");
        let mut command = std::process::Command::new(PROGRAM);
        command.args(["init", "--json", "--data"]).arg(data);
        json(&String::from_utf8(command.output().unwrap().stdout).unwrap())
    };
    let first = init();
    assert_eq!(first["administrator"]["login_name"], "admin");
    let link = first["administrator"]["sign_in_link"].as_str().unwrap();
    let text = link.strip_prefix("http://127.0.0.1:8080/console/link/csl_");
    assert_eq!(text.map(str::len), Some(64), "{link}");
    assert_eq!(init()["administrator"], Value::Null);
    // What is kept is no way in.
    let database = fs::read(folder.path().join("data/countersign.db")).unwrap();
    let written = fs::read(folder.path().join("data/countersign.db-wal")).unwrap_or_default();
    let secret = text.unwrap().as_bytes();
    for bytes in [database, written] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn admin_password_prints_a_link_to_where_browsers_reach_the_server() {
    let home = Home::sqlite();
    let first = home.done(["admin", "password"]);
    let second = home.done(["admin", "password", "admin", "--forget-second-factor"]);
    for link in [&first, &second] {
        assert!(link.starts_with("http://127.0.0.1:8080/console/link/csl_"));
        assert_eq!(link.lines().count(), 1, "{link}");
    }
    assert_ne!(first, second);
    let told = refusal(home.run(["admin", "password", "nobody"]));
    assert!(told.contains("there is no administrator nobody"), "{told}");
}

#[test]
fn a_token_is_made_listed_and_revoked() {
    let home = Home::sqlite();
    home.done(["apply", DEMO_TENANT]);
    let token = home.done(["admin", "token", "create", "--role", "admin"]);
    let text = token.trim_end();
    assert!(text.starts_with("cst_") && text.len() == 68, "{text}");
    let made = [
        "--tenant",
        "ONLINEBANK",
        "--name",
        "helpdesk",
        "--days",
        "7",
    ];
    let create = ["admin", "token", "create", "--role", "operator", "--json"];
    let second = json(&home.done(create.into_iter().chain(made)));
    assert_eq!(second["role"], "operator");
    assert_eq!(second["tenant"], "ONLINEBANK");
    let list = || json(&home.done(["admin", "token", "list", "--json"]));
    assert_eq!(list().as_array().unwrap().len(), 2);
    let of_bank = ["admin", "token", "list", "--json", "--tenant", "ONLINEBANK"];
    let of_bank = json(&home.done(of_bank));
    assert_eq!(of_bank[0]["name"], "helpdesk");
    assert_eq!(of_bank[0]["status"], "active");
    assert!(of_bank[0].get("token").is_none());
    assert!(!list().to_string().contains(text));
    let id = second["id"].as_str().unwrap();
    home.done(["admin", "token", "revoke", id]);
    let listed = list();
    let mut listed = listed.as_array().unwrap().iter();
    assert_eq!(
        listed.find(|one| one["id"] == id).unwrap()["status"],
        "revoked"
    );
    home.done(["admin", "token", "revoke", id]);
}

#[test]
fn a_token_that_cannot_be_is_refused_with_what_can() {
    let home = Home::sqlite();
    let create = |more: &[&str]| {
        let create = ["admin", "token", "create"];
        refusal(home.run(create.iter().chain(more)))
    };
    for (more, told) in [
        (&["--role", "root"][..], "choose admin, operator or auditor"),
        (
            &["--role", "admin", "--days", "0"],
            "--days: choose 1 to 3650",
        ),
        (&["--role", "admin", "--name", ""], "--name: give 1 to 64"),
        (&["--role", "admin", "--tenant", "NONE"], "no tenant NONE"),
        (
            &["--role", "admin", "--tenant", "CONSOLE"],
            "the server's own",
        ),
    ] {
        let line = create(more);
        assert!(line.contains(told), "{line}");
    }
    for strange in ["x", "12345"] {
        let line = refusal(home.run(["admin", "token", "revoke", strange]));
        assert!(line.contains("admin token list"), "{line}");
    }
}

#[test]
fn the_administrators_tenant_is_nobodys_to_describe() {
    let home = Home::sqlite();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("console.toml");
    fs::write(&file, "[[tenant]]\nname = \"CONSOLE\"\n").unwrap();
    let told = refusal(home.run(["apply", file.to_str().unwrap()]));
    assert!(
        told.contains("CONSOLE") && told.contains("choose another name"),
        "{told}"
    );
    for list in ["tenant", "user", "policy"] {
        let told = home.done([list, "list", "--json"]);
        assert_eq!(json(&told), Value::Array(vec![]), "{list}");
    }
    // An operator keeps an administrator out, and lets them in again.
    for act in ["lock", "unlock"] {
        home.done(["user", act, "admin", "--tenant", "CONSOLE"]);
    }
}
