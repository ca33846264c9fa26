//! The description of the protocol: what it names is served, and answered as it says.

use serde_json::Value;

use crate::bank::{Bank, request};

#[tokio::test]
async fn every_operation_that_is_described_is_served() {
    let bank = Bank::open().await;
    let document: Value = serde_json::from_str(&protocols::openapi::document()).unwrap();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["tags"][0] != "activid" {
                continue;
            }
            let path = path.replace("{tenant}", "ONLINEBANK").replace("{id}", "1");
            let reply = bank
                .send(request(&method.to_uppercase(), &path, &[], ""))
                .await;
            // Without a caller everything but the metadata is refused; nothing is missing.
            let expected: &[u16] = if path.contains("well-known") {
                &[200]
            } else {
                &[400, 401]
            };
            let status = reply.status.as_u16();
            assert!(
                expected.contains(&status),
                "{method} {path}: {status} {}",
                reply.body
            );
            asked += 1;
        }
    }
    assert_eq!(asked, 15);
}
