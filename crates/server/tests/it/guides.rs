//! The guides for websites: every program in the document is taken out of it and run against a server.

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;

use crate::documents::block;
use crate::running::{Home, Server, free_port, prepared};
use crate::visitors::{PRIVATE_ID, answered, client, home, issue};

const GUIDES: &str = "docs/ocapi-guides.md";

/// Puts the document's program for a language into a file of its own.
fn write(folder: &Path, (language, name): (&str, &str)) {
    std::fs::write(folder.join(name), block(GUIDES, language)).unwrap();
}

/// A command that finds the settings the document names, and no proxy.
fn command(program: &str, folder: &Path, server: &str) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env("OCAPI_SERVER", server)
        .env("OCAPI_PUBLIC_ID", "shop")
        .env("OCAPI_PRIVATE_ID", PRIVATE_ID)
        .env("NO_PROXY", "*")
        .env("no_proxy", "*");
    command
}

/// A website from the document, running.
struct Website {
    process: Child,
    base: String,
    _folder: TempDir,
}

impl Website {
    /// Starts one; `start` gets its folder, the server's address and the port to listen on.
    fn started(
        program: (&str, &str),
        server: &Server,
        start: impl Fn(&Path, &str, &str) -> Command,
    ) -> Self {
        let folder = TempDir::with_prefix("countersign-guide-").unwrap();
        write(folder.path(), program);
        write(folder.path(), ("html", "form.html"));
        let port = free_port().to_string();
        let process = start(folder.path(), &server.base, &port).spawn();
        Self {
            process: process.expect("the program is there; scripts/test installs it"),
            base: format!("http://127.0.0.1:{port}/"),
            _folder: folder,
        }
    }

    async fn page(&self) -> String {
        for _ in 0..2400 {
            if let Ok(answer) = client().get(&self.base).send().await {
                return answer.text().await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the website did not come up in two minutes");
    }

    /// Sends the form; whether it was taken.
    async fn takes(&self, challenge: &str) -> bool {
        let form = [("message", "a & b"), ("ocapi-challenge", challenge)];
        let answer = client().post(&self.base).form(&form).send().await.unwrap();
        let (status, told) = (answer.status(), answer.text().await.unwrap());
        match status {
            StatusCode::OK => assert_eq!(told, "Thank you.\n"),
            _ => assert_eq!(
                (status, told.starts_with("Not sent.")),
                (StatusCode::FORBIDDEN, true)
            ),
        }
        status == StatusCode::OK
    }
}

impl Drop for Website {
    fn drop(&mut self) {
        // It is gone afterwards, whether it still ran or not.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What every website has to do, whatever it is written in.
async fn takes_a_form_once_and_fails_closed(
    program: (&str, &str),
    start: impl Fn(&Path, &str, &str) -> Command,
) {
    let home = home();
    let server = home.serve();
    let website = Website::started(program, &server, start);
    assert!(
        website
            .page()
            .await
            .contains("<ocapi-challenge public-id=\"shop\">")
    );
    let id = answered(&server.base).await;
    assert!(website.takes(&id).await, "a valid challenge was refused");
    assert!(!website.takes(&id).await, "a challenge was taken twice");
    let pending = issue(&server.base).await["id"].as_str().unwrap().to_owned();
    for id in [
        "",
        "shop",
        "c.AAAA",
        "../../../healthz",
        "c.A/../x",
        &pending,
    ] {
        assert!(!website.takes(id).await, "{id:?} was taken");
    }
    let bare = client()
        .post(&website.base)
        .body("message=a")
        .send()
        .await
        .unwrap();
    assert_eq!(bare.status(), StatusCode::FORBIDDEN);
    let id = answered(&server.base).await;
    assert!(server.stopped());
    assert!(
        !website.takes(&id).await,
        "a form was taken without an answer"
    );
}

#[tokio::test]
async fn the_node_guide_takes_a_form_once_and_fails_closed() {
    let start = |folder: &Path, server: &str, port: &str| {
        let mut command = command("node", folder, server);
        command.arg("shop.mjs").env("PORT", port);
        command
    };
    takes_a_form_once_and_fails_closed(("js", "shop.mjs"), start).await;
}

#[tokio::test]
async fn the_python_guide_takes_a_form_once_and_fails_closed() {
    let python = prepared("COUNTERSIGN_TEST_PYTHON");
    let start = |folder: &Path, server: &str, port: &str| {
        let mut command = command(&python, folder, server);
        command.arg("shop.py").env("PORT", port);
        command
    };
    takes_a_form_once_and_fails_closed(("python", "shop.py"), start).await;
}

#[tokio::test]
async fn the_php_guide_takes_a_form_once_and_fails_closed() {
    let start = |folder: &Path, server: &str, port: &str| {
        let mut command = command("php", folder, server);
        command.args(["-S", &format!("127.0.0.1:{port}"), "shop.php"]);
        command
    };
    takes_a_form_once_and_fails_closed(("php", "shop.php"), start).await;
}

#[tokio::test]
async fn the_curl_guide_finds_a_challenge_valid_once_and_fails_closed() {
    let home = home();
    let server = home.serve();
    let folder = TempDir::with_prefix("countersign-guide-").unwrap();
    write(folder.path(), ("bash", "check.sh"));
    let passes = |id: &str| {
        let output = command("bash", folder.path(), &server.base)
            .args(["check.sh", id])
            .output();
        let output = output.unwrap();
        output.status.success()
    };
    let id = answered(&server.base).await;
    assert!(passes(&id), "a valid challenge was refused");
    let pending = issue(&server.base).await["id"].as_str().unwrap().to_owned();
    for id in [&id, &pending, "", "shop", "c.AAAA", "c.A/../x"] {
        assert!(!passes(id), "{id:?} was taken");
    }
    let id = answered(&server.base).await;
    let base = server.base.clone();
    assert!(server.stopped());
    let output = command("bash", folder.path(), &base)
        .args(["check.sh", &id])
        .output()
        .unwrap();
    assert!(!output.status.success());
}

#[test]
fn the_guides_site_applies_and_its_page_has_the_lines_that_site_show_prints() {
    let home = Home::sqlite();
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), block(GUIDES, "toml")).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command.env("SHOP_PRIVATE_ID", PRIVATE_ID);
        let output = command
            .env("COUNTERSIGN_PUBLIC_URL", "https://captcha.example")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success() && !told.contains("warning"),
            "{told}"
        );
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["apply", file.path().to_str().unwrap()]);
    let shown: Value = serde_json::from_str(&run(&["site", "show", "shop", "--json"])).unwrap();
    let (page, integrity) = (block(GUIDES, "html"), protocols::ocapi::widget::integrity());
    for line in shown["snippet"].as_str().unwrap().lines() {
        let line = line.replace(integrity, "sha384-…");
        assert!(page.contains(&line), "the document does not have {line}");
    }
}
