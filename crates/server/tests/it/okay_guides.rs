//! The guides for approvals: every command and program in the document is taken out of it and run
//! against a server.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::documents::{block, blocks};
use crate::receiver::SOON;
use crate::running::{Home, PROGRAM, Server, free_port, prepared};

const SECRET: &str = "securetoken";

const GUIDES: &str = "docs/okay-guides.md";

/// A receiver from the guides, running; killed when it is dropped.
struct Receiver {
    process: Child,
    lines: std::sync::mpsc::Receiver<String>,
    url: String,
    _folder: TempDir,
}

impl Receiver {
    fn start(program: &str, (language, name): (&str, &str)) -> Self {
        let folder = TempDir::with_prefix("countersign-guide-").unwrap();
        std::fs::write(folder.path().join(name), block(GUIDES, language)).unwrap();
        let port = free_port().to_string();
        let mut process = Command::new(program)
            .arg(folder.path().join(name))
            .env("OKAY_SECRET", SECRET)
            .env("PORT", &port)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program is there; scripts/test installs it");
        let (sender, lines) = std::sync::mpsc::channel();
        let stdout = process.stdout.take().unwrap();
        std::thread::spawn(move || {
            let told = BufReader::new(stdout).lines().map_while(Result::ok);
            // Nobody listens any more once the test is over.
            told.for_each(|line| drop(sender.send(line)));
        });
        Self {
            process,
            lines,
            url: format!("http://127.0.0.1:{port}/callback"),
            _folder: folder,
        }
    }

    fn next(&self) -> String {
        let line = self.lines.recv_timeout(SOON);
        line.expect("a callback arrives in time")
    }

    /// Sends it a callback that nobody signed, or that was changed.
    async fn answer(&self, body: &Value) -> StatusCode {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(&self.url).header("webhook-id", "forged");
        request.json(body).send().await.unwrap().status()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It is gone afterwards, whether it still ran or not.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A server with the guides' tenant, whose callbacks go to the receiver.
fn serve(home: &Home, receiver: &Receiver) -> Server {
    let text = block(GUIDES, "toml").replace("http://127.0.0.1:4000/callback", &receiver.url);
    assert!(text.contains(&receiver.url));
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), text).unwrap();
    let mut apply = home.command(["apply", file.path().to_str().unwrap()]);
    let output = apply.env("OKAY_SECRET", SECRET).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    home.serve()
}

/// Runs the guides' commands in one shell; gives what they printed.
fn converse(server: &Server) -> String {
    let folder = TempDir::with_prefix("countersign-guide-").unwrap();
    symlink(PROGRAM, folder.path().join("countersign")).unwrap();
    let commands = format!("PATH=\"$PWD:$PATH\"\n{}", blocks(GUIDES, "sh").concat());
    let output = Command::new("sh")
        .args(["-euc", &commands])
        .current_dir(folder.path())
        .env("OKAY_SERVER", &server.base)
        .env("OKAY_SECRET", SECRET)
        .env("NO_PROXY", "*")
        .env("no_proxy", "*")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout).unwrap()
}

async fn first_approval(program: &str, receiver: (&str, &str)) {
    let home = Home::sqlite();
    let receiver = Receiver::start(program, receiver);
    let server = serve(&home, &receiver);
    let told = converse(&server);
    assert!(told.contains("\"code\":-1"), "{told}");
    assert!(told.contains("Pay 12.50 EUR to ACME?"), "{told}");
    assert!(told.trim_end().ends_with(&block(GUIDES, "json")), "{told}");
    assert_eq!(receiver.next(), "101 uid406jkt - -");
    let approved = receiver.next();
    assert!(approved.starts_with("102 uid406jkt "), "{approved}");
    assert!(approved.ends_with(" approved"), "{approved}");
    // The published vector, signed with another secret, and changed.
    let forged = json!({
        "type": 101, "userExternalId": "169U", "status": {"code": 101, "message": "x"},
        "signature": "7KqaxVN8vdS3VcJ4q83kQVP2wnzqoN+peI4ORXj7QP8=",
    });
    assert_eq!(receiver.answer(&forged).await, StatusCode::UNAUTHORIZED);
    for not_one in [json!({}), json!([]), json!(null)] {
        let status = receiver.answer(&not_one).await;
        assert!(status.is_client_error(), "{not_one}: {status}");
    }
}

#[tokio::test]
async fn the_commands_lead_to_an_approval_that_the_receiver_in_node_is_told() {
    first_approval("node", ("js", "receiver.mjs")).await;
}

#[tokio::test]
async fn the_commands_lead_to_an_approval_that_the_receiver_in_python_is_told() {
    let python = prepared("COUNTERSIGN_TEST_PYTHON");
    first_approval(&python, ("python", "receiver.py")).await;
}
