//! The master key changed at the command line beside a running server, by the commands of the document.

use std::process::Command;
use std::time::Duration;

use countersign::system::Stopwatch;
use serde_json::Value;
use tempfile::TempDir;

use crate::auditing::path_to;
use crate::documents::block;
use crate::running::Home;

const DOCUMENT: &str = "docs/key-rotation.md";
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/data/sample.toml");

/// Runs a block of the document.
fn sh(home: &Home, script: &str) -> (bool, String, String) {
    let folder = TempDir::with_prefix("countersign-keys-").unwrap();
    let output = Command::new("sh")
        .args(["-euc", script])
        .env("PATH", path_to(home, folder.path()))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (told, log) = (text(&output.stdout), text(&output.stderr));
    (output.status.success(), told, log)
}

/// Drops a version beside a server, which seals the events of the change itself within seconds.
pub(crate) fn dropped(home: &Home, version: usize) {
    let begun = Stopwatch::start();
    loop {
        let output = home.run(["key", "drop", &version.to_string(), "--now"]);
        if output.status.success() {
            return;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{output:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// What `key status` tells.
pub(crate) fn status(home: &Home) -> Value {
    serde_json::from_str(&home.done(["key", "status", "--json"])).unwrap()
}

#[test]
fn the_key_is_changed_beside_a_server_by_the_documents_commands() {
    for home in [Home::sqlite(), Home::postgres()] {
        home.done(["apply", SAMPLE]);
        let server = home.serve();
        let file = home.data().join("master.key");
        let before = std::fs::read_to_string(&file).unwrap();
        let (done, told, log) = sh(&home, &block(DOCUMENT, "sh"));
        assert!(done, "{told}{log}");
        assert!(
            told.contains("master key version 2 seals from now on"),
            "{told}"
        );
        assert!(told.contains("the audit log is whole"), "{told}");
        let after = status(&home);
        assert_eq!(after["keys"][0]["state"], "opens");
        assert_eq!(after["keys"][1]["state"], "seals");
        assert_eq!(after["nodes"][0]["holds"], serde_json::json!([1, 2]));
        let needed = after["needed"].as_array().unwrap();
        assert!(needed.iter().all(|need| need["version"] == 2), "{after}");
        assert!(!needed.is_empty());
        // No key is ever printed.
        let key = before.lines().nth(1).unwrap().split_once(' ').unwrap().1;
        assert!(!told.contains(key) && !log.contains(key));
        // What was given out is good for a while yet.
        let (done, _, log) = sh(&home, &block(DOCUMENT, "bash"));
        assert!(!done && log.contains("more seconds"), "{log}");
        // Applied again, nothing is changed: every secret is the one that it was.
        let again = home.done(["apply", SAMPLE]);
        assert!(!again.contains("changed"), "{again}");
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().count(), 3);
        dropped(&home, 1);
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(!text.contains(key));
        assert!(server.stopped(), "the server ended badly");
        // A server that starts now has the new key alone.
        let server = home.serve();
        home.done(["audit", "verify"]);
        assert_eq!(status(&home)["keys"][0]["state"], "dropped");
        assert!(server.stopped(), "the server ended badly");
        assert_eq!(status(&home)["nodes"], serde_json::json!([]));
    }
}

#[test]
fn a_node_without_the_new_version_is_named_and_nothing_is_changed() {
    let home = Home::sqlite();
    // A server whose key is in its environment reads no file.
    let file = home.data().join("master.key");
    let text = std::fs::read_to_string(&file).unwrap();
    let key = text.lines().nth(1).unwrap().split_once(' ').unwrap().1;
    let mut command = home.command(["serve", "--listen", "127.0.0.1:0"]);
    command.env("COUNTERSIGN_MASTER_KEY", key);
    let server = crate::running::Server::quietly(command);
    let refused = home.run(["key", "rotate", "--wait", "0"]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains("nothing was changed yet"), "{told}");
    let address = server.base.strip_prefix("http://").unwrap();
    assert!(told.contains(address), "{told}");
    assert_eq!(status(&home)["keys"][1]["state"], "waits");
    // Once that node has ended, it goes on with the same version.
    assert!(server.stopped(), "the server ended badly");
    let told = home.done(["key", "rotate"]);
    assert!(told.contains("version 2 seals"), "{told}");
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 3);
    // A variable takes no version: it is said what to write.
    let mut command = home.command(["key", "rotate"]);
    let text = std::fs::read_to_string(&file).unwrap();
    let keys = text.lines().skip(1).map(|line| line.replace(' ', ":"));
    command.env("COUNTERSIGN_MASTER_KEY", keys.collect::<Vec<_>>().join(","));
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("3:DIGITS with the output of"), "{told}");
    // Without the version that seals nothing starts, and it is named.
    std::fs::write(
        &file,
        text.lines()
            .take(2)
            .flat_map(|line| [line, "\n"])
            .collect::<String>(),
    )
    .unwrap();
    let refused = home.run(["serve", "--listen", "127.0.0.1:0"]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(
        told.contains("master key version 2, which is not here"),
        "{told}"
    );
}
