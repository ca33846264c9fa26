//! A number to be found by its hash, as ALTCHA's version 1 has it: who is asked tries number after number
//! until the hash of salt and number is the one that is shown. What comes back carries everything, so that nothing
//! need be kept. Nothing here knows of challenges, sites or time.
//!
//! The signature covers the hash alone. So that the end of a salt cannot be passed off as the beginning of a number,
//! which would cut an expiry short, every salt ends with `&`.

use std::borrow::Cow;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq;

use crate::rng::{self, Rng};

/// The one hash that is used.
pub const ALGORITHM: &str = "SHA-256";

/// Characters of a salt at most: the parameters of a challenge with a code have some 300.
pub const SALT_LENGTH_MAX: usize = 1024;

/// Random bytes that a salt begins with.
const SALT_BYTES: usize = 12;

/// What a salt ends with.
const END: char = '&';

/// A number that was drawn.
#[derive(Clone)]
pub struct HashedNumber {
    salt: String,
    number: u32,
    number_max: u32,
}

/// What somebody brings back, all of it unverified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The hash, in lower-case hexadecimal.
    pub challenge: String,
    /// The number.
    pub number: u64,
    /// The salt, parameters included.
    pub salt: String,
    /// The signature of the hash, in lower-case hexadecimal.
    pub signature: String,
}

impl HashedNumber {
    /// Draws a number from 1 to `number_max`, which costs nothing; `parameters` are carried in the salt.
    pub fn draw(number_max: u32, parameters: &[(&str, &str)], rng: &dyn Rng) -> Self {
        let number_max = number_max.max(1);
        let drawn = 1 + rng::below(rng, u64::from(number_max));
        let random = HEXLOWER.encode(&rng::bytes::<SALT_BYTES>(rng));
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(parameters).finish();
        Self {
            salt: format!("{random}?{query}{END}"),
            number: u32::try_from(drawn).unwrap_or(number_max),
            number_max,
        }
    }

    /// What is shown, as ALTCHA's version 1 writes it, signed with `key` (HMAC-SHA-256).
    pub fn shown(&self, key: &[u8]) -> Map<String, Value> {
        let challenge = hash(&self.salt, u64::from(self.number));
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let signature = hmac::sign(&key, challenge.as_bytes());
        let mut shown = Map::new();
        shown.insert("algorithm".to_owned(), json!(ALGORITHM));
        shown.insert("challenge".to_owned(), json!(challenge));
        shown.insert("maxnumber".to_owned(), json!(self.number_max));
        shown.insert("salt".to_owned(), json!(self.salt));
        let signature = HEXLOWER.encode(signature.as_ref());
        shown.insert("signature".to_owned(), json!(signature));
        shown
    }
}

impl Found {
    /// Whether `key` signed this, and the number is the one that was drawn. Compared in constant time.
    pub fn is_genuine(&self, key: &[u8]) -> bool {
        if !self.salt.ends_with(END) || self.salt.len() > SALT_LENGTH_MAX {
            return false;
        }
        let Ok(signature) = HEXLOWER.decode(self.signature.as_bytes()) else {
            return false;
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let expected = hash(&self.salt, self.number);
        let same: bool = expected.as_bytes().ct_eq(self.challenge.as_bytes()).into();
        same && hmac::verify(&key, self.challenge.as_bytes(), &signature).is_ok()
    }

    /// A parameter that the salt carries, the first of its name.
    pub fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        let (_, query) = self.salt.split_once('?')?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(given, _)| given == name)
            .map(|(_, value)| value)
    }
}

fn hash(salt: &str, number: u64) -> String {
    let hash = digest(&SHA256, format!("{salt}{number}").as_bytes());
    HEXLOWER.encode(hash.as_ref())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rng::DangerCountingRng;

    const KEY: &[u8] = b"signature.secret";

    /// What altcha-lib 2.8.0 made.
    fn foreign() -> Found {
        Found {
            challenge: "47dcd11612a00ed8c495dd13932ce14293cade16f373ead2fe1090cd424e0af1"
                .to_owned(),
            number: 1234,
            salt: "00112233445566778899aabb?sitekey=demo&expires=4102444800&".to_owned(),
            signature: "a17d961db6399aff0d9a74536aa14aa8fc1cca082e092430e7cb86c8275da4b6"
                .to_owned(),
        }
    }

    /// Solves as a browser does, by what is shown alone.
    fn solve(shown: &Map<String, Value>) -> Found {
        let text = |name: &str| shown[name].as_str().unwrap().to_owned();
        let (challenge, salt) = (text("challenge"), text("salt"));
        let highest = shown["maxnumber"].as_u64().unwrap();
        let number = (0..=highest).find(|number| hash(&salt, *number) == challenge);
        Found {
            challenge,
            number: number.expect("some number fits"),
            salt,
            signature: text("signature"),
        }
    }

    #[test]
    fn a_foreign_library_signs_as_this_does() {
        let found = foreign();
        assert!(found.is_genuine(KEY));
        assert_eq!(found.parameter("expires").unwrap(), "4102444800");
        assert_eq!(found.parameter("sitekey").unwrap(), "demo");
        assert_eq!(found.parameter("other"), None);
        let drawn = HashedNumber {
            salt: found.salt.clone(),
            number: 1234,
            number_max: 5000,
        };
        assert_eq!(
            drawn.shown(KEY)["challenge"].as_str(),
            Some(found.challenge.as_str())
        );
        assert_eq!(
            drawn.shown(KEY)["signature"].as_str(),
            Some(found.signature.as_str())
        );
    }

    #[test]
    fn who_tries_every_number_finds_it_by_what_is_shown() {
        let rng = DangerCountingRng::default();
        for _ in 0..20 {
            let drawn = HashedNumber::draw(50, &[("expires", "7"), ("site", "a&b")], &rng);
            let found = solve(&drawn.shown(KEY));
            assert!((1..=50).contains(&found.number));
            assert!(found.is_genuine(KEY) && !found.is_genuine(b"another key"));
            assert_eq!(found.parameter("site").unwrap(), "a&b");
        }
    }

    #[test]
    fn the_end_of_a_salt_is_never_taken_for_the_beginning_of_a_number() {
        // A salt without its end, as a careless server would sign it.
        let careless = |salt: &str, number: u64| {
            let challenge = hash(salt, number);
            let key = hmac::Key::new(hmac::HMAC_SHA256, KEY);
            let signature = HEXLOWER.encode(hmac::sign(&key, challenge.as_bytes()).as_ref());
            let salt = salt.to_owned();
            Found {
                challenge,
                number,
                salt,
                signature,
            }
        };
        assert!(!careless("aa?expires=17", 1234).is_genuine(KEY));
        assert!(!careless("aa?expires=171", 234).is_genuine(KEY));
        assert!(careless("aa?expires=17&", 1234).is_genuine(KEY));
        let long = format!("aa?x={}&", "x".repeat(SALT_LENGTH_MAX - 6));
        assert_eq!(long.len(), SALT_LENGTH_MAX);
        assert!(careless(&long, 1).is_genuine(KEY));
        assert!(!careless(&format!("a{long}"), 1).is_genuine(KEY));
    }

    proptest! {
        #[test]
        fn an_altered_character_is_never_genuine(member in 0..4, at in 0..300_usize, with in "[0-9a-z&=?%+]") {
            let mut found = foreign();
            if member == 3 {
                found.number = found.number.wrapping_add(1 + u64::try_from(at).unwrap());
            } else {
                let texts = [&mut found.challenge, &mut found.salt, &mut found.signature];
                let text = texts.into_iter().nth(usize::try_from(member).unwrap()).unwrap();
                let at = at % text.len();
                prop_assume!(text[at..=at] != with);
                text.replace_range(at..=at, &with);
            }
            prop_assert!(!found.is_genuine(KEY), "{:?}", found);
        }

        #[test]
        fn what_is_moved_between_salt_and_number_is_never_genuine(cut in 1..60_usize) {
            let whole = format!("{}1234", foreign().salt);
            let (salt, number) = whole.split_at(whole.len() - cut.min(whole.len() - 1));
            prop_assume!(salt != foreign().salt);
            let number = number.parse().unwrap_or(0);
            let found = Found { salt: salt.to_owned(), number, ..foreign() };
            prop_assert!(!found.is_genuine(KEY));
        }
    }
}
