//! What the widget puts into its form field: base64 of JSON. Nothing of it is believed here.

use challenge::methods::hashed_number::{self, Found};
use challenge::methods::proof_of_work::KEY_LENGTH;
use challenge::methods::signed_work::SignedWork;
use challenge::visitor::Carried;
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Map, Value};

use super::statement::Statement;
use crate::json;

/// Characters of a payload at most: one with a code has some 1,500.
pub(super) const PAYLOAD_LENGTH_MAX: usize = 8 * 1024;

/// A payload that can be read.
pub(super) enum Payload {
    /// A proof.
    Proof(Carried),
    /// What this server said of a code.
    Statement(Statement),
}

impl Payload {
    /// Reads a payload; nothing where it is none of those that are issued here.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.len() > PAYLOAD_LENGTH_MAX {
            return None;
        }
        let bytes = BASE64.decode(text.as_bytes()).ok()?;
        let Ok(Value::Object(members)) = json::read(&bytes) else {
            return None;
        };
        if members.contains_key("verificationData") {
            return Statement::read(&members).map(Self::Statement);
        }
        let proof = match members.get("challenge")? {
            Value::String(challenge) => found(&members, challenge).map(Carried::HashedNumber),
            Value::Object(challenge) => work(&members, challenge).map(Carried::SignedWork),
            _ => None,
        };
        proof.map(Self::Proof)
    }
}

/// A text by its name.
pub(super) fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name)?.as_str()
}

/// A payload of version 1.
fn found(members: &Map<String, Value>, challenge: &str) -> Option<Found> {
    (text(members, "algorithm")? == hashed_number::ALGORITHM).then_some(())?;
    Some(Found {
        challenge: challenge.to_owned(),
        number: members.get("number")?.as_u64()?,
        salt: text(members, "salt")?.to_owned(),
        signature: text(members, "signature")?.to_owned(),
    })
}

/// A payload of version 2. The counter has to be there and one, as others demand it.
fn work(members: &Map<String, Value>, challenge: &Map<String, Value>) -> Option<SignedWork> {
    let solution = members.get("solution")?.as_object()?;
    u32::try_from(solution.get("counter")?.as_u64()?).ok()?;
    let key = HEXLOWER.decode(text(solution, "derivedKey")?.as_bytes());
    let key: [u8; KEY_LENGTH] = key.ok()?.try_into().ok()?;
    Some(SignedWork {
        parameters: challenge.get("parameters")?.as_object()?.clone(),
        signature: text(challenge, "signature")?.to_owned(),
        key,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Option<Payload> {
        Payload::read(&BASE64.encode(value.to_string().as_bytes()))
    }

    fn one() -> Value {
        json!({"algorithm": "SHA-256", "challenge": "ab", "number": 7, "salt": "s&", "signature": "cd", "took": 3})
    }

    fn two() -> Value {
        json!({
            "challenge": {"parameters": {"nonce": "x"}, "signature": "ab"},
            "solution": {"counter": 3, "derivedKey": "0a".repeat(32), "time": 1.5},
        })
    }

    #[test]
    fn each_form_is_known_by_what_is_in_it() {
        let number = Payload::Proof(Carried::HashedNumber(Found {
            challenge: "ab".to_owned(),
            number: 7,
            salt: "s&".to_owned(),
            signature: "cd".to_owned(),
        }));
        let Some(Payload::Proof(read_one)) = read(&one()) else {
            panic!("version 1 is not read");
        };
        assert!(matches!(number, Payload::Proof(expected) if expected == read_one));
        assert!(matches!(
            read(&two()),
            Some(Payload::Proof(Carried::SignedWork(work))) if work.key == [10; 32]
        ));
        let statement = json!({"algorithm": "SHA-256", "verificationData": "verified=true", "signature": "ab", "verified": true});
        assert!(matches!(read(&statement), Some(Payload::Statement(_))));
    }

    #[test]
    fn what_is_not_issued_here_is_not_read() {
        let without = |mut value: Value, path: &[&str]| {
            let (last, before) = path.split_last().unwrap();
            let place = before
                .iter()
                .fold(&mut value, |value, name| &mut value[*name]);
            place.as_object_mut().unwrap().shift_remove(*last);
            value
        };
        let with = |mut value: Value, pointer: &str, put: Value| {
            *value.pointer_mut(pointer).unwrap() = put;
            value
        };
        for value in [
            json!([]),
            json!({}),
            json!({"challenge": null, "solution": null, "test": true}),
            without(one(), &["salt"]),
            without(one(), &["signature"]),
            with(one(), "/algorithm", json!("SHA-1")),
            with(one(), "/number", json!("7")),
            with(one(), "/number", json!(7.5)),
            with(one(), "/number", json!(-7)),
            without(two(), &["challenge", "signature"]),
            without(two(), &["solution", "counter"]),
            with(two(), "/solution/counter", json!(4_294_967_296_u64)),
            with(two(), "/solution/derivedKey", json!("0A".repeat(32))),
            with(two(), "/solution/derivedKey", json!("0a".repeat(31))),
            with(two(), "/challenge/parameters", json!("x")),
        ] {
            assert!(read(&value).is_none(), "{value}");
        }
        let padded = |length: usize| {
            let mut value = one();
            value["salt"] = json!("x".repeat(length));
            read(&value).is_some()
        };
        assert!(padded(PAYLOAD_LENGTH_MAX / 4 * 3 - 200));
        assert!(!padded(PAYLOAD_LENGTH_MAX / 4 * 3));
    }

    proptest! {
        #[test]
        fn no_payload_is_too_strange(text in ".{0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Payload::read(&text);
            let _ = Payload::read(&BASE64.encode(&bytes));
        }
    }
}
