//! The kept signature under an answer, shown and verified without the server; sessions withdrawn.

use std::process::Command;

use challenge::approval::Verdict;
use serde_json::Value;
use tempfile::TempDir;

use crate::partner::{Partner, tenants};
use crate::running::{Home, PROGRAM, Server};

const TENANT: &str = "T40007";

fn stage(settings: &str) -> (Home, Server, Partner) {
    let home = Home::sqlite();
    let file = tenants(&[(40007, "http://127.0.0.1:9/", settings)]);
    home.done(["apply".as_ref(), file.as_os_str()]);
    let server = home.serve();
    let partner = Partner::of(&server.base, 40007);
    (home, server, partner)
}

fn shown(home: &Home, session: &str) -> Value {
    let text = home.done(["approval", "show", session, "--tenant", TENANT, "--json"]);
    serde_json::from_str(&text).unwrap()
}

/// The commands by which the document verifies a signature; `between` is done before the last one.
fn verified(home: &Home, session: &str, between: &str) -> bool {
    let document = include_str!("../../../../docs/device-api.md");
    let (_, rest) = document.split_once("```sh\n").expect("there are commands");
    let (commands, _) = rest.split_once("\n```").expect("the commands end");
    let commands = commands
        .replace("4503599627370496", session)
        .replace("Online Bank", TENANT);
    let (before, last) = commands.rsplit_once('\n').expect("several commands");
    let data = home.data();
    let script = format!(
        "set -eo pipefail\ncountersign() {{ '{PROGRAM}' \"$@\" --data '{}'; }}\n\
         {before}\n{between}\n{last}\n",
        data.display()
    );
    let folder = TempDir::new().unwrap();
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(folder.path());
    let output = command.output().unwrap();
    assert!(folder.path().join("signature.der").exists(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.success(), told == "Verified OK\n", "{told}");
    output.status.success()
}

#[tokio::test]
async fn the_kept_signature_is_shown_and_verifies_by_the_documents_commands() {
    let (home, _server, partner) = stage("");
    let phone = partner.linked("u").await;
    let session = partner
        .session("u", 101, "Pay \u{1b}[31m12.50\nto Zoë")
        .await;
    let pending = shown(&home, &session);
    assert_eq!(pending["state"], "pending");
    assert_eq!(pending["text"], "Pay \u{1b}[31m12.50\nto Zoë");
    assert!(pending["proof"].is_null() && pending["answer"].is_null());
    phone.decides(Verdict::Approve).await;
    let answered = shown(&home, &session);
    assert_eq!(answered["state"], "answered");
    assert_eq!(
        (&answered["type"], &answered["user"]),
        (&"OK".into(), &"u".into())
    );
    assert_eq!(answered["answer"], "approved");
    let signed = answered["proof"]["signed"].as_str().unwrap();
    assert!(signed.starts_with("countersign decision 1\n"), "{signed}");
    assert!(signed.contains(&format!("session:{}:{session}\n", session.len())));
    assert!(verified(&home, &session, ""));
    assert!(!verified(
        &home,
        &session,
        "sed -i s/12.50/92.50/ signed.txt"
    ));
    let people = home.done(["approval", "show", &session, "--tenant", TENANT]);
    assert!(people.contains("state: answered\n") && !people.contains('\u{1b}'));
}

#[tokio::test]
async fn digits_and_match_numbers_are_never_shown() {
    let (home, server, partner) = stage("pin = \"tenant\"\nnumber_matching = true");
    let folder = TempDir::new().unwrap();
    let code = partner.code("u").await;
    let device = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.arg("device").args(arguments);
        let output = command.arg("--home").arg(folder.path().join("d")).output();
        assert!(output.unwrap().status.success(), "{arguments:?}");
    };
    device(&["link", "--server", &server.base, "--code", &code]);
    let started = partner.auth("u", 102, "?").await;
    let session = started["sessionExternalId"].as_str().unwrap();
    let number = started["matchNumber"].as_str().unwrap();
    let pending = shown(&home, session);
    let members: Vec<_> = pending.as_object().unwrap().keys().collect();
    assert!(!members.iter().any(|name| name.contains("number")));
    device(&["approve", "--pin", "807060", "--number", number]);
    let text = shown(&home, session);
    assert_eq!(text["answer"], "approved with a PIN");
    assert!(!text.to_string().contains("807060"));
    assert!(verified(&home, session, ""));
}

#[tokio::test]
async fn a_waiting_session_is_withdrawn_once_and_an_unknown_one_refused() {
    let (home, _server, partner) = stage("");
    let _phone = partner.linked("u").await;
    let session = partner.session("u", 101, "?").await;
    home.done(["approval", "cancel", &session, "--tenant", TENANT]);
    assert_eq!(shown(&home, &session)["state"], "cancelled");
    assert_eq!(partner.check(&session).await["status"]["code"], 101);
    for (command, id, expected) in [
        ("cancel", session.as_str(), "it is cancelled"),
        ("show", "12", "has no session 12"),
        ("cancel", "nonsense", "has no session nonsense"),
    ] {
        let output = home.run(["approval", command, id, "--tenant", TENANT]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(
            told.contains(expected) && told.lines().count() == 1,
            "{told}"
        );
    }
}
