//! A proof of work that is brought back whole: its parameters, their signature, and the key that was derived, as
//! ALTCHA's version 2 has it. Whoever has the signing key verifies it by two HMACs and no derivation, and nothing
//! need have been kept. It is issued by [`Puzzle::shown`](crate::methods::proof_of_work::Puzzle::shown); nothing
//! here knows of challenges, sites or time.

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use serde_json::{Map, Value};

use crate::methods::proof_of_work::KEY_LENGTH;

/// What somebody brings back, all of it unverified. The counter that led to the key is not among it: the key
/// alone shows that the work was done.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedWork {
    /// The challenge's parameters.
    pub parameters: Map<String, Value>,
    /// Their signature, in lower-case hexadecimal.
    pub signature: String,
    /// The derived key.
    pub key: [u8; KEY_LENGTH],
}

impl SignedWork {
    /// Whether `key` signed the parameters, and the derived key is the one they were signed for. Compared in
    /// constant time.
    pub fn is_genuine(&self, key: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let signed = |text: &[u8], signature: &str| {
            let signature = HEXLOWER.decode(signature.as_bytes());
            signature.is_ok_and(|signature| hmac::verify(&key, text, &signature).is_ok())
        };
        let for_key = self.text("keySignature").unwrap_or_default();
        signed(&canonical(&self.parameters), &self.signature) && signed(&self.key, for_key)
    }

    /// A parameter that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)?.as_str()
    }

    /// A text among what the challenge carries for its issuer.
    pub fn carried(&self, name: &str) -> Option<&str> {
        self.parameters.get("data")?.get(name)?.as_str()
    }

    /// The last second in which it is good, in Unix time.
    pub fn expires_at_s(&self) -> Option<i64> {
        self.parameters.get("expiresAt")?.as_i64()
    }
}

/// The bytes that are signed: JSON without spaces, members in the order of their names at every depth.
fn canonical(parameters: &Map<String, Value>) -> Vec<u8> {
    let mut parameters = Value::Object(parameters.clone());
    parameters.sort_all_objects();
    parameters.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::clock::Timestamp;
    use crate::methods::proof_of_work::{Effort, Puzzle};
    use crate::rng::DangerCountingRng;

    const KEY: &[u8] = b"signature.secret";

    fn work(data: &Value) -> SignedWork {
        let effort = Effort::Pbkdf2 {
            cost: 2,
            counter_max: 9,
        };
        let puzzle = Puzzle::draw(effort, &DangerCountingRng::default()).unwrap();
        let until = Timestamp::from_unix_s(1_800_000_000);
        let shown = puzzle.shown(until, data.as_object().unwrap(), KEY);
        SignedWork {
            parameters: shown["parameters"].as_object().unwrap().clone(),
            signature: shown["signature"].as_str().unwrap().to_owned(),
            key: puzzle.solution().key,
        }
    }

    #[test]
    fn what_was_issued_is_genuine_whatever_the_order_it_comes_back_in() {
        let mut work = work(&json!({"site": "shop", "code": "c.x"}));
        assert!(work.is_genuine(KEY));
        assert_eq!(work.carried("site"), Some("shop"));
        assert_eq!(work.carried("other"), None);
        assert_eq!(work.expires_at_s(), Some(1_800_000_000));
        let turned: Map<_, _> = work.parameters.clone().into_iter().rev().collect();
        work.parameters = turned;
        assert!(work.is_genuine(KEY));
        assert!(!work.is_genuine(b"another key"));
    }

    #[test]
    fn parameters_without_a_signed_key_are_never_genuine() {
        let mut bare = work(&json!({}));
        bare.parameters.shift_remove("keySignature");
        let key = hmac::Key::new(hmac::HMAC_SHA256, KEY);
        let signature = hmac::sign(&key, &canonical(&bare.parameters));
        bare.signature = HEXLOWER.encode(signature.as_ref());
        assert!(!bare.is_genuine(KEY));
    }

    /// Every text and number of a value, changed by a bit of `by`.
    fn altered(value: &mut Value, at: &mut usize, by: u8) -> bool {
        match value {
            Value::Object(members) => members.values_mut().any(|value| altered(value, at, by)),
            _ if *at > 0 => {
                *at -= 1;
                false
            }
            Value::Number(number) => {
                *value = json!(number.as_u64().unwrap() + u64::from(by));
                true
            }
            Value::String(text) => {
                text.push(char::from(b'0' + by % 10));
                true
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn an_altered_work_is_never_genuine(mut at in 0..14_usize, by in 1..=255_u8) {
            let mut work = work(&json!({"site": "shop", "code": "c.x"}));
            let mut parameters = Value::Object(work.parameters.clone());
            if altered(&mut parameters, &mut at, by) {
                work.parameters = parameters.as_object().unwrap().clone();
            } else if at == 0 {
                work.signature.replace_range(0..1, if work.signature.starts_with('0') { "1" } else { "0" });
            } else {
                work.key[at % KEY_LENGTH] ^= by;
            }
            prop_assert!(!work.is_genuine(KEY), "{:?}", work);
        }

        #[test]
        fn an_added_or_missing_parameter_is_never_genuine(name in "[a-z]{1,9}", missing in 0..9_usize) {
            let work = work(&json!({"site": "shop"}));
            let mut more = work.clone();
            more.parameters.insert(name, json!(1));
            prop_assert!(!more.is_genuine(KEY));
            let mut less = work.clone();
            let name = less.parameters.keys().nth(missing % less.parameters.len()).unwrap().clone();
            less.parameters.shift_remove(&name);
            prop_assert!(!less.is_genuine(KEY));
        }
    }
}
