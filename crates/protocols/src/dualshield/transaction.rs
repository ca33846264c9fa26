//! `transaction`: a challenge made of a payment, in one of two documented ways.
//!
//! `digits` is the last 8 digits of the account: a person can compare them. `hmac` covers all members: the
//! domain computes digits from the canonical text below under a key of its own. Canonical is RFC 8785
//! for objects whose members are all texts: in the order of the names' UTF-16 code units, without
//! white space. `mode` is not part of it.

use challenge::issuance::Asked as Question;
use serde_json::Value;

use crate::dualshield::asked::Asked;
use crate::dualshield::refusal::Refused;

/// Digits of an account that a person compares.
const DIGITS: usize = 8;

/// Members of a transaction at most.
const MEMBERS_MAX: usize = 32;

/// Bytes of a transaction's canonical text at most.
const LENGTH_MAX: usize = 4096;

/// What a challenge is made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Transaction {
    /// Of chance alone.
    None,
    /// Of digits that a person can compare.
    Digits(String),
    /// Of this text.
    Canonical(String),
}

impl Transaction {
    /// Reads the member `transaction`.
    pub(super) fn read(asked: &Asked) -> Result<Self, Refused> {
        let Some(given) = asked.member("transaction") else {
            return Ok(Self::None);
        };
        let Value::Object(members) = given else {
            return Err(malformed(
                "send an object with account and the other members to be covered",
            ));
        };
        let mut texts = Vec::new();
        for (name, value) in members {
            let Value::String(value) = value else {
                return Err(malformed(
                    "send every member as a text: 10 and 10.0 are one number",
                ));
            };
            texts.push((name.as_str(), value.as_str()));
        }
        if texts.len() > MEMBERS_MAX {
            return Err(malformed(&format!("send at most {MEMBERS_MAX} members")));
        }
        let of = |wanted| texts.iter().find(|(name, _)| *name == wanted);
        let account = of("account").map(|(_, account)| *account);
        let account = account.ok_or_else(|| malformed("account is missing"))?;
        match of("mode").map(|(_, mode)| *mode) {
            None | Some("digits") => last_digits(account).map(Self::Digits),
            Some("hmac") => {
                texts.retain(|(name, _)| *name != "mode");
                canonical(texts).map(Self::Canonical)
            }
            Some(_) => Err(malformed("mode: send digits or hmac")),
        }
    }

    /// What the domain is asked to make the question of.
    pub(super) fn question(&self) -> Question<'_> {
        match self {
            Self::None => Question::Drawn,
            Self::Digits(digits) => Question::Text(digits),
            Self::Canonical(text) => Question::Derived(text.as_bytes()),
        }
    }
}

/// The last digits of an account number; letters, spaces and the like between them are read over.
fn last_digits(account: &str) -> Result<String, Refused> {
    let digits: Vec<char> = account.chars().filter(char::is_ascii_digit).collect();
    let first = digits.len().checked_sub(DIGITS);
    let first = first.ok_or_else(|| {
        malformed(&format!(
            "account has fewer than {DIGITS} digits; send mode hmac"
        ))
    })?;
    Ok(digits.into_iter().skip(first).collect())
}

/// RFC 8785 of an object of texts.
fn canonical(mut texts: Vec<(&str, &str)>) -> Result<String, Refused> {
    texts.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
    let quoted = |text: &str| Value::from(text).to_string();
    let members: Vec<_> = texts
        .into_iter()
        .map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)))
        .collect();
    let text = format!("{{{}}}", members.join(","));
    if text.len() > LENGTH_MAX {
        return Err(malformed(&format!(
            "its canonical text is longer than {LENGTH_MAX} bytes"
        )));
    }
    Ok(text)
}

fn malformed(text: &str) -> Refused {
    Refused::Malformed(format!("transaction: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(transaction: &str) -> Result<Transaction, Refused> {
        let body = format!(r#"{{"transaction":{transaction}}}"#);
        Transaction::read(&Asked::of(&body))
    }

    #[test]
    fn the_last_eight_digits_of_an_account_are_what_a_person_compares() {
        for (account, expected) in [
            ("07880384", "07880384"),
            ("NL91 ABNA 0417 1643 00", "17164300"),
            ("DE89-3704-0044-0532-0130-00", "32013000"),
            ("x1x2x3x4x5x6x7x8x", "12345678"),
        ] {
            for mode in ["", r#","mode":"digits""#] {
                let text = format!(r#"{{"account":"{account}","amount":"1.00"{mode}}}"#);
                assert_eq!(
                    read(&text),
                    Ok(Transaction::Digits(expected.to_owned())),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn the_canonical_text_is_the_documented_one() {
        for (given, expected) in [
            (
                r#"{"mode":"hmac","currency":"EUR","account":"NL91ABNA0417164300","amount":"12.50"}"#,
                r#"{"account":"NL91ABNA0417164300","amount":"12.50","currency":"EUR"}"#,
            ),
            (
                "{ \"account\" : \"a\\u0022\\u005c\\n\\u0001\\/\", \"mode\":\"hmac\", \"\":\"\\u00e9\" }",
                r#"{"":"é","account":"a\"\\\n\u0001/"}"#,
            ),
            // By UTF-16 code units a letter beyond the basic plane comes before U+FB33 (RFC 8785, 3.2.3).
            (
                r#"{"mode":"hmac","account":"","\ufb33":"1","\ud83d\ude00":"2","\u20ac":"3"}"#,
                "{\"account\":\"\",\"\u{20ac}\":\"3\",\"\u{1f600}\":\"2\",\"\u{fb33}\":\"1\"}",
            ),
        ] {
            assert_eq!(read(given), Ok(Transaction::Canonical(expected.to_owned())));
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        let many: Vec<_> = (0..MEMBERS_MAX).map(|n| format!(r#""m{n}":"""#)).collect();
        let many = format!(r#"{{"account":"12345678",{}}}"#, many.join(","));
        let long = format!(
            r#"{{"mode":"hmac","account":"{}"}}"#,
            "x".repeat(LENGTH_MAX)
        );
        for (given, expected) in [
            ("1", "send an object"),
            ("{}", "account is missing"),
            (r#"{"account":12345678}"#, "every member as a text"),
            (
                r#"{"account":"12345678","amount":10.0}"#,
                "every member as a text",
            ),
            (
                r#"{"account":"12345678","payee":{"name":"x"}}"#,
                "every member as a text",
            ),
            (r#"{"account":"1234567"}"#, "fewer than 8 digits"),
            (r#"{"account":"12345678","mode":"sha1"}"#, "digits or hmac"),
            (&many, "at most 32 members"),
            (&long, "longer than 4096 bytes"),
        ] {
            let Err(Refused::Malformed(told)) = read(given) else {
                panic!("{given} was taken");
            };
            assert!(
                told.starts_with("transaction: ") && told.contains(expected),
                "{told}"
            );
        }
        assert_eq!(Transaction::read(&Asked::of("{}")), Ok(Transaction::None));
    }
}
