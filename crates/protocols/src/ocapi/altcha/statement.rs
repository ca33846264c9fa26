//! What this server says of a code that was right, signed with the site's own key, so that a site can verify it
//! by itself with ALTCHA's libraries ("server signature"). Pure: the key and the moment are parameters.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use challenge::clock::Timestamp;
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Map, Value, json};

use super::payload::text;

/// The one algorithm.
const ALGORITHM: &str = "SHA-256";

/// A statement that can be read, and may be anybody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    data: String,
    signature: Vec<u8>,
}

/// What a statement of this server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The id of the challenge whose code was right.
    pub(super) id: String,
    /// The moment from which the statement is worth nothing.
    pub(super) expires_at: Timestamp,
}

impl Said {
    /// The statement as the widget carries it: base64 of JSON. The same answer gives the same bytes, so that
    /// a site which remembers what it took remembers all of them.
    pub(super) fn sign(&self, key: &[u8], answered_at: Timestamp) -> String {
        let mut data = form_urlencoded::Serializer::new(String::new());
        let data = data
            .append_pair("expire", &self.expires_at.unix_s().to_string())
            .append_pair("id", &self.id)
            .append_pair("time", &answered_at.unix_s().to_string())
            .append_pair("verified", "true")
            .finish();
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let signature = hmac::sign(&key, digest(&SHA256, data.as_bytes()).as_ref());
        let statement = json!({
            "algorithm": ALGORITHM,
            "id": self.id,
            "signature": HEXLOWER.encode(signature.as_ref()),
            "verificationData": data,
            "verified": true,
        });
        BASE64.encode(statement.to_string().as_bytes())
    }
}

impl Statement {
    /// Reads the members of a payload.
    pub(super) fn read(members: &Map<String, Value>) -> Option<Self> {
        let data = text(members, "verificationData")?.to_owned();
        let signature = HEXLOWER.decode(text(members, "signature")?.as_bytes());
        let is_ours = text(members, "algorithm")? == ALGORITHM;
        let says_so = members.get("verified")? == &Value::Bool(true);
        let signature = signature.ok().filter(|_| is_ours && says_so)?;
        Some(Self { data, signature })
    }

    /// What it says, if `key` signed it. The signatures are compared in constant time.
    pub(super) fn verify(&self, key: &[u8]) -> Option<Said> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let hash = digest(&SHA256, self.data.as_bytes());
        hmac::verify(&key, hash.as_ref(), &self.signature).ok()?;
        let pairs = || form_urlencoded::parse(self.data.as_bytes());
        let value = |name: &str| {
            pairs()
                .find(|(given, _)| given == name)
                .map(|(_, text)| text)
        };
        (value("verified")? == "true").then_some(())?;
        Some(Said {
            id: value("id")?.into_owned(),
            expires_at: Timestamp::from_unix_s(value("expire")?.parse().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_s(1_800_000_000);
    const KEY: &[u8] = b"signature.secret";

    fn said() -> Said {
        Said {
            id: "c.a-b_c".to_owned(),
            expires_at: NOON.plus_s(600),
        }
    }

    fn members(payload: &str) -> Map<String, Value> {
        let json = BASE64.decode(payload.as_bytes()).unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    #[test]
    fn what_is_signed_is_read_again_under_the_same_key_alone() {
        let members = members(&said().sign(KEY, NOON));
        let statement = Statement::read(&members).unwrap();
        assert_eq!(statement.verify(KEY), Some(said()));
        assert_eq!(statement.verify(b"another key"), None);
        for (name, other) in [
            ("algorithm", json!("SHA-1")),
            ("verified", json!(false)),
            ("verified", json!("true")),
            ("signature", json!("XY")),
            ("verificationData", json!(7)),
        ] {
            let mut members = members.clone();
            members.insert(name.to_owned(), other);
            assert_eq!(Statement::read(&members), None, "{name}");
        }
    }

    #[test]
    fn a_signed_statement_that_something_is_not_verified_is_worth_nothing() {
        let data = "expire=1800000600&id=c.x&verified=false";
        let key = hmac::Key::new(hmac::HMAC_SHA256, KEY);
        let signature = hmac::sign(&key, digest(&SHA256, data.as_bytes()).as_ref());
        let statement = Statement {
            data: data.to_owned(),
            signature: signature.as_ref().to_vec(),
        };
        assert_eq!(statement.verify(KEY), None);
    }

    proptest! {
        #[test]
        fn an_altered_statement_is_never_believed(at in 0..200_usize, by in 1..=127_u8) {
            let mut statement = Statement::read(&members(&said().sign(KEY, NOON))).unwrap();
            let length = statement.data.len();
            if at < length {
                let mut data = statement.data.into_bytes();
                data[at] = (data[at] ^ by) & 0x7f;
                statement.data = String::from_utf8(data).unwrap();
            } else {
                let place = at % statement.signature.len();
                statement.signature[place] ^= by;
            }
            prop_assert_eq!(statement.verify(KEY), None);
        }
    }
}
