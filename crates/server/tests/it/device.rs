//! The software device from the command line: its JSON, its exit codes, its folder.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::partner::{Partner, tenants};
use crate::running::{Home, PROGRAM, Server};

/// A server with a tenant, and a folder for a device.
struct Stage {
    server: Server,
    partner: Partner,
    folder: TempDir,
    _home: Home,
}

impl Stage {
    fn with(settings: &str) -> Self {
        let home = Home::sqlite();
        let file = tenants(&[(40007, "http://127.0.0.1:9/", settings)]);
        home.done(["apply".as_ref(), file.as_os_str()]);
        let server = home.serve();
        Self {
            partner: Partner::of(&server.base, 40007),
            server,
            folder: TempDir::new().unwrap(),
            _home: home,
        }
    }

    fn device_folder(&self) -> PathBuf {
        self.folder.path().join("made/by/link")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("device").args(arguments);
        command.arg("--home").arg(self.device_folder());
        // It needs nothing of a server's settings: broken ones do not stop it.
        command.env("COUNTERSIGN_LOG_FORMAT", "nonsense");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command prints that must succeed.
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command says that must end with this code, and prints nothing.
    fn ends_with(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert_eq!(told.lines().count(), 1, "{told}");
        told
    }

    async fn link(&self, user: &str) -> String {
        let code = self.partner.code(user).await;
        self.done(&["link", "--server", &self.server.base, "--code", &code])
    }

    fn listed(&self) -> Value {
        serde_json::from_str(&self.done(&["list", "--json"])).unwrap()
    }

    async fn result(&self, session: &str) -> Value {
        self.partner.check(session).await["authResult"].clone()
    }
}

#[tokio::test]
async fn a_device_links_lists_and_approves() {
    let stage = Stage::with("pending_s = 60");
    let linked = stage.link("uid406jkt").await;
    assert!(
        linked.contains("T40007") && linked.contains("uid406jkt"),
        "{linked}"
    );
    assert_eq!(stage.listed(), json!([]));
    stage.ends_with(3, &["approve"]);
    let session = stage
        .partner
        .session("uid406jkt", 101, "Pay \u{1b}[31m12.50")
        .await;
    let listed = stage.listed();
    let expires_at = listed[0]["expires_at"].as_str().unwrap().to_owned();
    assert!(
        expires_at.ends_with('Z') && expires_at.contains('T'),
        "{expires_at}"
    );
    let expected = json!([{
        "session": session, "tenant": "T40007", "tenant_id": 40007, "user": "uid406jkt",
        "type": "OK", "header": "Payment", "text": "Pay \u{1b}[31m12.50",
        "expires_at": expires_at, "needs_pin": false, "needs_number": false,
    }]);
    assert_eq!(listed, expected);
    let shown = stage.done(&["list"]);
    assert!(
        shown.contains(&session) && !shown.contains('\u{1b}'),
        "{shown}"
    );
    let told = stage.done(&["approve", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told, json!({ "session": session, "decision": "approve" }));
    assert_eq!(
        stage.result(&session).await,
        json!({ "dataType": 103, "data": "OK" })
    );
    stage.ends_with(3, &["approve", "--session", &session]);
}

#[tokio::test]
async fn the_folder_and_the_keys_in_it_are_the_owners_alone() {
    let stage = Stage::with("");
    stage.link("u").await;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&stage.device_folder()), 0o700);
    let files: Vec<_> = fs::read_dir(stage.device_folder()).unwrap().collect();
    assert_eq!(files.len(), 1);
    assert_eq!(mode(&files[0].as_ref().unwrap().path()), 0o600);
}

#[tokio::test]
async fn several_pending_sessions_are_told_apart_by_name() {
    let stage = Stage::with("max_pending = 2");
    stage.link("u").await;
    let one = stage.partner.session("u", 101, "one").await;
    let two = stage.partner.session("u", 101, "two").await;
    let told = stage.ends_with(3, &["decline"]);
    assert!(told.contains(&one) && told.contains(&two), "{told}");
    assert_eq!(stage.listed().as_array().unwrap().len(), 2);
    stage.done(&["decline", "--session", &two]);
    assert_eq!(
        stage.result(&two).await,
        json!({ "dataType": 101, "data": "CANCEL" })
    );
    stage.done(&["approve"]);
    assert_eq!(
        stage.result(&one).await,
        json!({ "dataType": 103, "data": "OK" })
    );
}

#[tokio::test]
async fn pins_and_numbers_are_asked_for_and_wrong_ones_refused() {
    let stage = Stage::with("pin = \"tenant\"\nnumber_matching = true");
    stage.link("u").await;
    let started = stage.partner.auth("u", 102, "?").await;
    let session = started["sessionExternalId"].as_str().unwrap();
    let number = started["matchNumber"].as_str().unwrap();
    assert_eq!(stage.listed()[0]["needs_pin"], true);
    assert_eq!(stage.listed()[0]["needs_number"], true);
    assert!(
        stage
            .ends_with(1, &["approve", "--number", number])
            .contains("--pin")
    );
    assert!(
        stage
            .ends_with(1, &["approve", "--pin", "1234"])
            .contains("--number")
    );
    let wrong = if number == "11" { "12" } else { "11" };
    let told = stage.ends_with(4, &["approve", "--pin", "1234", "--number", wrong]);
    assert!(!told.contains("1234"), "{told}");
    stage.done(&["approve", "--pin", "1234", "--number", number]);
    assert_eq!(
        stage.result(session).await,
        json!({ "dataType": 102, "data": "1234" })
    );
}

#[tokio::test]
async fn a_pin_is_set_and_then_proved() {
    let stage = Stage::with("pin = \"server\"");
    stage.link("u").await;
    let set = stage.partner.named_session("u", "SET_PIN", "105").await;
    stage.done(&["approve", "--pin", "4711"]);
    assert_eq!(
        stage.result(&set).await,
        json!({ "dataType": 105, "data": "PIN" })
    );
    let session = stage.partner.session("u", 102, "?").await;
    stage.ends_with(4, &["approve", "--pin", "4712"]);
    stage.done(&["approve", "--pin", "4711"]);
    assert_eq!(
        stage.result(&session).await,
        json!({ "dataType": 102, "data": "PIN" })
    );
}

#[tokio::test]
async fn this_was_not_me_declines_and_pauses() {
    let stage = Stage::with("");
    stage.link("u").await;
    let session = stage.partner.session("u", 101, "?").await;
    stage.done(&["decline", "--not-me"]);
    assert_eq!(stage.result(&session).await["dataType"], 101);
    let again = stage.partner.auth("u", 101, "?").await;
    assert_eq!(again["status"]["message"], "TenantReachedLimits");
}

#[tokio::test]
async fn what_the_server_refuses_ends_with_4_and_what_it_cannot_hear_with_1() {
    let stage = Stage::with("");
    let base = stage.server.base.clone();
    let told = stage.ends_with(4, &["link", "--server", &base, "--code", "000000"]);
    assert!(told.contains("code"), "{told}");
    assert!(stage.ends_with(1, &["list"]).contains("nothing is linked"));
    for wrong in [
        "ftp://x",
        "example",
        "http://a/path",
        "http://u@a/",
        "http://a/?q",
    ] {
        assert!(
            stage
                .ends_with(1, &["link", "--server", wrong, "--code", "1"])
                .contains("--server")
        );
    }
    stage.ends_with(
        1,
        &["link", "--server", "http://127.0.0.1:9", "--code", "1"],
    );
    assert_eq!(stage.run(&["approve", "--pni", "1"]).status.code(), Some(2));
    stage.link("u").await;
    let phone = stage.partner.linked("u").await;
    assert!(phone.path().is_dir());
    // Another phone took its place.
    stage.ends_with(4, &["list"]);
    stage.ends_with(4, &["unlink"]);
    stage.ends_with(1, &["list"]);
}

#[tokio::test]
async fn one_folder_holds_the_links_of_several_tenants() {
    let stage = Stage::with("");
    stage.link("u").await;
    stage.link("v").await;
    let one = stage.partner.session("u", 101, "?").await;
    let two = stage.partner.session("v", 101, "?").await;
    stage.ends_with(3, &["approve"]);
    stage.done(&["approve", "--session", &one]);
    stage.done(&["approve"]);
    assert_eq!(stage.result(&two).await["data"], "OK");
    assert_eq!(stage.done(&["unlink"]).lines().count(), 2);
    assert!(
        stage
            .ends_with(1, &["unlink"])
            .contains("nothing is linked")
    );
    let again = stage.partner.auth("u", 101, "?").await;
    assert_eq!(again["status"]["message"], "UserNotLinked");
}

#[tokio::test]
async fn watching_prints_each_session_once_when_it_appears() {
    let stage = Stage::with("max_pending = 2");
    stage.link("u").await;
    let mut watch = stage.command(&["watch", "--json"]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    for text in ["one", "two"] {
        let session = stage.partner.session("u", 101, text).await;
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(
            (&line["session"], &line["text"]),
            (&json!(session), &json!(text))
        );
    }
    let id = watch.id().to_string();
    Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(watch.wait().unwrap().success());
    assert!(lines.next().is_none());
}
