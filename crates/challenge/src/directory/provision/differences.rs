//! What changed between two rows, in words for people. Secrets are not part of a row's plain form,
//! so none can come out of here.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

/// Members that are numbers of rows, which tell people nothing.
const IDENTITY: [&str; 4] = ["id", "tenant", "user", "enrolment"];

/// Each member that differs: `token_s 3600 → 1576800`.
pub(super) fn between(old: &impl Serialize, new: &impl Serialize) -> Vec<String> {
    let (old, new) = (members(old), members(new));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    keys.into_iter()
        .filter(|key| !IDENTITY.contains(&key.as_str()))
        .filter_map(|key| {
            let (before, after) = (old.get(key), new.get(key));
            let same = before.unwrap_or(&Value::Null) == after.unwrap_or(&Value::Null);
            (!same).then(|| format!("{key} {} → {}", shown(before), shown(after)))
        })
        .collect()
}

fn members(row: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
