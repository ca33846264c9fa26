//! What is told of a tenant that is no more.

use serde_json::{Value, json};

use crate::management::office::Office;

#[tokio::test]
async fn the_end_of_a_tenant_is_told_where_it_is_found_afterwards() {
    let office = Office::open().await;
    let body = json!({"name": "SHORTBANK", "display_name": "Short Bank"});
    assert_eq!(office.post("/tenants", &body).await.status, 201);
    // Two events of one millisecond are told in any order.
    office.clock.advance_s(1);
    let gone = ("DELETE", "/tenants/SHORTBANK");
    let reply = office.ask(&office.admin, gone, &[], &Value::Null).await;
    assert_eq!(reply.status, 204, "{}", reply.body);
    let told = office
        .get("/audit?kind=provision&officer=token%20admin")
        .await
        .json();
    let newest = &told["items"][0];
    assert_eq!(newest["tenant"], Value::Null);
    let change = newest["fields"][0]["value"].as_str().unwrap();
    assert!(
        change.contains("SHORTBANK") && change.contains("removed"),
        "{change}"
    );
}
