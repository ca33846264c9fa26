//! The Standard Webhooks libraries of npm and `PyPI` verify what leaves, with a secret of its own and
//! with the vendor's.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::partner::{Inside, Partner, tenants};
use crate::receiver::{Arrival, Manner, OK, Receiver, SECRET, SOON, STANDARD_SECRET, header};
use crate::running::{Home, foreign, prepared};

fn captured(arrival: &Arrival, secret: &str) -> Value {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: serde_json::Map<_, _> = names
        .into_iter()
        .map(|name| (name.to_owned(), header(&arrival.head, name).into()))
        .collect();
    json!({ "secret": secret, "headers": headers, "body": arrival.text })
}

fn passes(command: &mut Command, callbacks: &Value) {
    let mut process = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    input.write_all(callbacks.to_string().as_bytes()).unwrap();
    drop(input);
    assert!(process.wait().unwrap().success());
}

#[tokio::test]
async fn the_published_libraries_verify_every_callback() {
    let own = Receiver::start(Manner::status(OK)).await;
    let vendors = Receiver::start(Manner::status(OK)).await;
    let file = tenants(&[(1, &own.url(), ""), (2, &vendors.url(), "")]);
    let text = std::fs::read_to_string(&file).unwrap();
    // The second tenant has no secret for this alone: the bytes of the vendor's are the key.
    let (first, second) = text.split_once("name = \"T2\"").unwrap();
    let line = format!("callback_standard_secret = \"{STANDARD_SECRET}\"\n");
    let second = second.replace(&line, "");
    std::fs::write(&file, format!("{first}name = \"T2\"{second}")).unwrap();
    let home = Home::sqlite();
    home.done(["apply".as_ref(), file.as_os_str()]);
    let server = Inside::start(&home, &Arc::default()).await;
    for tenant in [1, 2] {
        let phone = Partner::of(&server.base, tenant).linked("ünïcode").await;
        phone.device.unlink(&phone.home).await.unwrap();
    }
    let mut callbacks = Vec::new();
    let vendors_key = BASE64.encode(SECRET.as_bytes());
    for (receiver, secret) in [(own, STANDARD_SECRET), (vendors, vendors_key.as_str())] {
        let arrivals = receiver.until(2, SOON).await;
        callbacks.extend(arrivals.iter().map(|arrival| captured(arrival, secret)));
    }
    let callbacks = Value::Array(callbacks);
    let mut node = Command::new("node");
    node.arg(foreign("standard_webhooks.mjs"));
    node.arg(prepared("COUNTERSIGN_TEST_NODE_MODULES"));
    passes(&mut node, &callbacks);
    let mut python = Command::new(prepared("COUNTERSIGN_TEST_PYTHON"));
    python.arg(foreign("standard_webhooks.py"));
    passes(&mut python, &callbacks);
    server.stopped().await;
}
