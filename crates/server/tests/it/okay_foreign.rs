//! The published Okay samples as they stand, requests with the quirks of published clients, and a
//! receiver of callbacks as strict as the published ones.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::{NamedTempFile, TempDir, TempPath};

use crate::running::{Home, PROGRAM, foreign, prepared};

/// The longest a callback may take to arrive.
const ARRIVAL: Duration = Duration::from_mins(1);

/// A receiver in a process of its own; killed when it is dropped.
struct Receiver {
    process: Child,
    lines: std::sync::mpsc::Receiver<String>,
    address: String,
}

impl Receiver {
    fn start() -> Self {
        let mut process = Command::new("node")
            .arg(foreign("node/okay_receiver.mjs"))
            .arg("securetoken")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_of(process.stdout.take().unwrap());
        let address = lines.recv_timeout(ARRIVAL).unwrap();
        Self {
            process,
            lines,
            address,
        }
    }

    /// Waits until a callback for which `wanted` holds came; every one on the way must verify.
    fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.lines.recv_timeout(ARRIVAL);
            let line = line.expect("the callback arrives in time");
            let told: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(told["verified"], true, "{told}");
            assert!(told["id"].is_string(), "{told}");
            if wanted(&told["body"]) {
                return told["body"].clone();
            }
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // Whether it still ran or not, it is gone afterwards.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A process's lines as they come, so that waiting for one can end.
fn lines_of(stdout: ChildStdout) -> std::sync::mpsc::Receiver<String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn tenants(callback_url: &str) -> TempPath {
    let mut file = NamedTempFile::with_suffix(".toml").unwrap();
    for (id, word) in [(40007, "CANCEL"), (40008, "NO")] {
        write!(
            file,
            "[[tenant]]\nname = \"T{id}\"\n[tenant.okay]\nid = {id}\nsecret = \"securetoken\"\n\
             callback_url = \"{callback_url}\"\nallow_private_callback = true\n\
             decline_word = \"{word}\"\nstarts_per_5_min = 1000\n"
        )
        .unwrap();
    }
    file.into_temp_path()
}

/// Runs a published sample after putting our values into its lines; gives what it printed.
fn sample(name: &str, changes: &[(&str, &str)]) -> String {
    let mut text = std::fs::read_to_string(foreign(&format!("node/okay_{name}.cjs"))).unwrap();
    for (theirs, ours) in changes {
        assert!(text.contains(theirs), "{name}: {theirs}");
        text = text.replace(theirs, ours);
    }
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("sample.cjs");
    std::fs::write(&script, text).unwrap();
    let output = Command::new("node")
        .arg(&script)
        .env("NODE_PATH", prepared("COUNTERSIGN_TEST_NODE_MODULES"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// The text between `before` and the next quote.
fn quoted<'a>(text: &'a str, before: &str) -> &'a str {
    let rest = text.split_once(before).map(|(_, rest)| rest);
    let rest = rest.unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split('\'').next().unwrap()
}

fn device(home: &TempDir, arguments: &[&str]) {
    let output = Command::new(PROGRAM)
        .arg("device")
        .args(arguments)
        .arg("--home")
        .arg(home.path().join("phone"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
}

/// Runs `check` against a server whose callbacks go to the receiver, on both databases.
fn on_both(check: impl Fn(&str, &Receiver)) {
    for home in [Home::sqlite(), Home::postgres()] {
        let receiver = Receiver::start();
        home.done(["apply", tenants(&receiver.address).to_str().unwrap()]);
        let server = home.serve();
        check(&server.base, &receiver);
        assert!(server.stopped(), "the server ended badly");
    }
}

#[test]
fn the_published_samples_get_the_documented_answers() {
    on_both(|base, receiver| {
        let phone = TempDir::new().unwrap();
        let server = ("https://demostand.okaythis.com", base);
        let tenant = ("const tenantId = 150001", "const tenantId = 40007");
        let linked = sample("link", &[server, tenant]);
        assert!(
            linked.contains("status: { code: 0, message: 'OK' }"),
            "{linked}"
        );
        let code = quoted(&linked, "linkingCode: '");
        device(&phone, &["link", "--server", base, "--code", code]);
        let callback = receiver.until(|body| body["type"] == 101);
        assert_eq!(callback["userExternalId"], "uid406jkt");

        let started = sample("auth", &[server]);
        assert!(
            started.contains("status: { code: 0, message: 'OK' }"),
            "{started}"
        );
        let session = quoted(&started, "sessionExternalId: '").to_owned();
        let number = format!("const sessionExternalId = {session}");
        let check = [
            server,
            tenant,
            ("const sessionExternalId = 100227", &number),
        ];
        let waiting = sample("check", &check);
        assert!(waiting.contains("code: -1"), "{waiting}");
        device(&phone, &["approve"]);
        let checked = sample("check", &check);
        assert!(
            checked.contains("status: { code: 0, message: 'OK' }"),
            "{checked}"
        );
        assert!(
            checked.contains("authResult: { dataType: 103, data: 'OK' }"),
            "{checked}"
        );
        let callback = receiver.until(|body| body["type"] == 102);
        assert_eq!(callback["sessionExternalId"], session.as_str());
        assert_eq!(
            callback["authResult"],
            serde_json::json!({"dataType": 103, "data": "OK"})
        );
    });
}

#[test]
fn the_sample_as_printed_in_the_guide_names_a_tenant_that_there_is_not() {
    let home = Home::sqlite();
    home.done(["apply", tenants("http://127.0.0.1:9/").to_str().unwrap()]);
    let server = home.serve();
    let told = sample("link", &[("https://demostand.okaythis.com", &server.base)]);
    assert!(
        told.contains("status: { code: 101, message: 'ProtocolError' }"),
        "{told}"
    );
}

#[test]
fn published_clients_are_served_with_their_quirks_and_their_receiver_verifies_every_callback() {
    on_both(|base, receiver| {
        let phones = TempDir::new().unwrap();
        let output = Command::new("node")
            .arg(foreign("node/okay_quirks.mjs"))
            .args([base, PROGRAM])
            .arg(phones.path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let unlinked = receiver.until(|body| body["type"] == 103);
        assert_eq!(unlinked["userExternalId"], "2fa demo");
        // The receiver knows no 104 and answers 500, so it comes again, with the guide's texts.
        let again = receiver.until(|body| body["type"] == "104");
        assert_eq!(again["status"]["code"], "0");
        assert_eq!(again["sessionResult"]["dataType"], "104");
        assert_eq!(again["userExternalId"], "3137");
    });
}
