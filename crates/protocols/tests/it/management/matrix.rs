//! Who may do what, for every operation of the description: each role, another tenant's admin, a token
//! that ended, and none. An operation that stands in no row here fails the test.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::bank::Reply;
use crate::management::office::Office;

/// What an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// To be an officer.
    Nothing,
    /// Any role, within the tenant.
    Look,
    /// Operator or admin, within the tenant.
    Tend,
    /// Admin, within the tenant.
    Shape,
    /// Any role, over the whole server.
    LookServer,
    /// Operator or admin, over the whole server.
    TendServer,
    /// Admin, over the whole server.
    GovernServer,
    /// Admin, over whom they reach.
    Govern,
}

/// What every operation needs; written by hand, since it is what is to hold.
const NEEDS: [(&str, Needs); 70] = [];

fn documented() -> BTreeMap<String, (String, String)> {
    let document: Value = serde_json::from_str(&protocols::openapi::document()).unwrap();
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/api/v1") else {
            continue;
        };
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            operations.insert(name, (method.to_uppercase(), path.to_owned()));
        }
    }
    operations
}
