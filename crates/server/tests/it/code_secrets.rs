//! Codes, keys and addresses stay where they belong: they are looked for in everything the server writes.

use std::time::Duration;

use crate::codes::{Agent, EMAIL, KEY, PHONE, apply, code_in, file, gateway, logged};
use crate::receiver::{Manner, OK, Receiver, SOON};
use crate::running::Home;
use crate::visitors::client;

/// Whether any file of a home holds this.
fn stands_in(home: &Home, secret: &str) -> bool {
    let entries = std::fs::read_dir(home.data()).unwrap();
    let mut files = entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.any(|bytes| {
        bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes())
    })
}

#[tokio::test]
async fn no_code_and_no_key_stands_in_a_log_a_metric_or_the_database() {
    let receiver = Receiver::start(Manner::status(500)).await;
    let home = Home::sqlite();
    let url = format!("{}?key={KEY}", receiver.url());
    let more = format!("headers = {{ Authorization = \"Bearer {KEY}\" }}");
    let told = apply(&home, &file(&gateway(&url, &more), "", ""));
    let log = tempfile::NamedTempFile::new().unwrap();
    let server = logged(&home, log.path());
    let agent = Agent::of(&server).await;
    let answered = agent.send().await.to_string();
    let code = code_in(&receiver.until(1, SOON).await[0]);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!stands_in(&home, &code), "the code waits in clear");
    receiver.behave(Manner::status(OK));
    receiver.until(2, SOON).await;
    assert_eq!(agent.verify(&code).await, 0);
    let metrics = client().get(format!("{}/metrics", server.base));
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains(r#"countersign_codes_total{way="sms",outcome="failed"} 1"#));
    assert!(metrics.contains(r#"countersign_codes_total{way="sms",outcome="taken"} 1"#));
    assert!(server.stopped());
    let logged = std::fs::read_to_string(log.path()).unwrap();
    assert!(logged.contains("a code was not taken"), "{logged}");
    assert!(
        logged.contains("a gateway at 127.0.0.1"),
        "what is configured is said"
    );
    for (place, text) in [
        ("log", &logged),
        ("metrics", &metrics),
        ("answer", &answered),
    ] {
        for secret in [PHONE, EMAIL, KEY, code.as_str()] {
            assert!(!text.contains(secret), "{secret} stands in the {place}");
        }
    }
    for secret in [KEY, code.as_str()] {
        assert!(
            !stands_in(&home, secret),
            "{secret} stands in the data folder"
        );
        assert!(!told.contains(secret));
    }
    let events = format!("{:?}", home.events(7).await);
    for secret in [PHONE, EMAIL, KEY, code.as_str()] {
        assert!(!events.contains(secret), "{secret} stands in an event");
    }
}
