//! What a body says: one JSON object, whose conditions may be nested or written as dotted paths.
//!
//! `"user":{"domain.id":"7"}`, `"user":{"domain":{"id":"7"}}` and `"user.domain.id":"7"` are one condition. A
//! condition that is `null` is none. Members of the body that nobody knows are read over; conditions on a
//! token that is not named are not, since each narrows what is meant.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::dualshield::refusal::Refused;
use crate::dualshield::request::{BODY_LENGTH_MAX, Call};
use crate::json;

/// Bytes of an id or a name at most.
const TEXT_LENGTH_MAX: usize = 256;

/// Bytes of a code at most: a grid is one, and has some 400.
const CODE_LENGTH_MAX: usize = 4096;

/// Bytes of a condition's path at most: the longest that is known has some 20.
const PATH_LENGTH_MAX: usize = 128;

/// Conditions on one object at most.
const LEAVES_MAX: usize = 64;

/// A body that is a JSON object. It may hold codes and passwords, and so has no `Debug`.
pub(super) struct Asked(Map<String, Value>);

/// The members of one object of a body, by their paths in it.
pub(super) struct Conditions<'a> {
    object: &'static str,
    leaves: BTreeMap<String, &'a Value>,
}

impl Asked {
    /// Reads the body of a call; an empty one is an empty object.
    pub(super) fn read(call: &Call) -> Result<Self, Refused> {
        if !call.is_json() {
            return Err(Refused::NotJson);
        }
        if call.body.trim_ascii().is_empty() {
            return Ok(Self(Map::new()));
        }
        match json::read(&call.body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(malformed("the body is JSON, but not an object")),
            Err(error) => Err(malformed(&format!(
                "the body is no JSON: {error}; names stand in double quotes, once each, and there \
                 are no comments"
            ))),
        }
    }

    /// A member as it is; nothing where it is missing or `null`.
    pub(super) fn member(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// What is said of one object, such as `user`.
    pub(super) fn conditions(&self, object: &'static str) -> Result<Conditions<'_>, Refused> {
        let mut conditions = Conditions {
            object,
            leaves: BTreeMap::new(),
        };
        for (name, value) in &self.0 {
            if name == object {
                if !value.is_object() && !value.is_null() {
                    return Err(malformed(&format!("{object}: send an object")));
                }
                conditions.walk("", value)?;
            } else if let Some(path) = name.strip_prefix(object)
                && let Some(path) = path.strip_prefix('.')
            {
                conditions.walk(path, value)?;
            }
        }
        Ok(conditions)
    }
}

impl<'a> Conditions<'a> {
    fn walk(&mut self, path: &str, value: &'a Value) -> Result<(), Refused> {
        let Value::Object(members) = value else {
            return self.put(path, value);
        };
        for (name, value) in members {
            if path.len() + name.len() > PATH_LENGTH_MAX {
                let object = self.object;
                return Err(malformed(&format!(
                    "{object}: the names down to a member have at most {PATH_LENGTH_MAX} bytes"
                )));
            }
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            self.walk(&path, value)?;
        }
        Ok(())
    }

    fn put(&mut self, path: &str, value: &'a Value) -> Result<(), Refused> {
        if value.is_null() {
            return Ok(());
        }
        match self.leaves.insert(path.to_owned(), value) {
            Some(other) if other != value => {
                let path: String = path.chars().take(64).collect();
                let object = self.object;
                Err(malformed(&format!(
                    "{object}.{path} is given twice, and differently"
                )))
            }
            _ if self.leaves.len() > LEAVES_MAX => {
                let object = self.object;
                Err(malformed(&format!(
                    "{object}: send at most {LEAVES_MAX} members"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Refuses conditions that are not known: to read over one would mean more than was asked for.
    pub(super) fn check_known(&self, known: &[&str]) -> Result<(), Refused> {
        let mut paths = self.leaves.keys();
        match paths.find(|path| !known.contains(&path.as_str())) {
            None => Ok(()),
            Some(path) => {
                let known = known.join(", ");
                Err(self.misfit(path, &format!("not known here; known are {known}")))
            }
        }
    }

    /// An id or a name: a text, or a whole number whose decimals stand for it.
    pub(super) fn name(&self, path: &str) -> Result<Option<String>, Refused> {
        let Some(value) = self.leaves.get(path) else {
            return Ok(None);
        };
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
            _ => return Err(self.misfit(path, "send a text or a whole number")),
        };
        self.check(path, &text, TEXT_LENGTH_MAX)?;
        Ok(Some(text))
    }

    /// A code: a text and never a number, which would have lost its leading zeros.
    pub(super) fn code(&self, path: &str) -> Result<Option<&'a str>, Refused> {
        self.text(
            path,
            CODE_LENGTH_MAX,
            "send a text in quotes: a number loses its leading zeros",
        )
    }

    /// A password.
    pub(super) fn password(&self, path: &str) -> Result<Option<&'a str>, Refused> {
        self.text(path, challenge::password::LENGTH_MAX, "send a text")
    }

    /// A text that people read; how long it may be is the domain's to say.
    pub(super) fn long_text(&self, path: &str) -> Result<Option<&'a str>, Refused> {
        self.text(path, BODY_LENGTH_MAX, "send a text")
    }

    fn text(
        &self,
        path: &str,
        length_max: usize,
        wanted: &str,
    ) -> Result<Option<&'a str>, Refused> {
        let text = match self.leaves.get(path) {
            None => return Ok(None),
            Some(Value::String(text)) => text,
            Some(_) => return Err(self.misfit(path, wanted)),
        };
        self.check(path, text, length_max)?;
        if text.is_empty() {
            return Err(self.misfit(path, "it is empty; leave it out"));
        }
        Ok(Some(text))
    }

    fn check(&self, path: &str, text: &str, length_max: usize) -> Result<(), Refused> {
        if text.len() > length_max {
            let wanted = format!("at most {length_max} bytes are taken");
            return Err(self.misfit(path, &wanted));
        }
        if text.contains('\0') {
            return Err(self.misfit(path, "the character NUL is not taken"));
        }
        Ok(())
    }

    /// What is wrong with a member. The member's value is not told: it may be a code.
    pub(super) fn misfit(&self, path: &str, wanted: &str) -> Refused {
        malformed(&format!("{}.{path}: {wanted}", self.object))
    }
}

/// A whole number that a member is, in a range; nothing where it is missing or `null`.
pub(super) fn number(
    asked: &Asked,
    name: &'static str,
    range: std::ops::RangeInclusive<u64>,
) -> Result<Option<u64>, Refused> {
    let Some(value) = asked.member(name) else {
        return Ok(None);
    };
    let given = match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    };
    let (least, most) = (*range.start(), *range.end());
    given
        .filter(|given| range.contains(given))
        .map(Some)
        .ok_or_else(|| {
            malformed(&format!(
                "{name}: send a whole number from {least} to {most}"
            ))
        })
}

fn malformed(text: &str) -> Refused {
    Refused::Malformed(text.to_owned())
}

#[cfg(test)]
impl Asked {
    /// What a text says that is an object.
    pub(super) fn of(text: &str) -> Self {
        match json::read(text.as_bytes()) {
            Ok(Value::Object(members)) => Self(members),
            _ => panic!("no object: {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str, object: &'static str, path: &str) -> Result<Option<String>, Refused> {
        Asked::of(text).conditions(object)?.name(path)
    }

    #[test]
    fn three_ways_to_nest_are_one() {
        for text in [
            r#"{"user":{"domain.id":"7"}}"#,
            r#"{"user":{"domain":{"id":"7"}}}"#,
            r#"{"user":{"domain":{"id":7}}}"#,
            r#"{"user.domain.id":"7"}"#,
            r#"{"user.domain":{"id":7}}"#,
            r#"{"user":{"domain.id":"7","domain":{"id":"7"}},"user.domain.id":"7"}"#,
        ] {
            assert_eq!(
                name(text, "user", "domain.id"),
                Ok(Some("7".to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_given_twice_and_differently_is_refused() {
        let text = r#"{"user":{"domain.id":"7","domain":{"id":"8"}}}"#;
        assert_eq!(
            name(text, "user", "id"),
            Err(malformed("user.domain.id is given twice, and differently"))
        );
    }

    #[test]
    fn null_is_nothing_and_unknown_members_are_read_over() {
        let text = r#"{"user":{"id":null,"x":[1],"domain":null},"users.id":"1","userid":"2"}"#;
        assert_eq!(name(text, "user", "id"), Ok(None));
        assert_eq!(name(r#"{"user":null}"#, "user", "id"), Ok(None));
        assert!(name(r#"{"user":"x"}"#, "user", "id").is_err());
    }

    #[test]
    fn ids_may_be_numbers_and_codes_must_be_texts() {
        for (text, expected) in [
            ("7", Some("7")),
            ("-7", Some("-7")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("\"007\"", Some("007")),
            ("\"\"", Some("")),
            ("7.0", None),
            ("7e0", None),
            ("18446744073709551616", None),
            ("true", None),
            ("[7]", None),
            ("\"a\\u0000\"", None),
        ] {
            let body = format!(r#"{{"token":{{"id":{text}}}}}"#);
            let read = name(&body, "token", "id");
            assert_eq!(read.ok().flatten().as_deref(), expected, "{text}");
        }
        let code = |text: &str| {
            let asked = Asked::of(&format!(r#"{{"credential":{{"cc":{text}}}}}"#));
            let code = asked.conditions("credential").unwrap().code("cc");
            code.map(|code| code.map(str::to_owned))
        };
        assert_eq!(code("\"07880384\""), Ok(Some("07880384".to_owned())));
        assert_eq!(code("null"), Ok(None));
        for text in ["7880384", "0", "\"\"", "true", "[]"] {
            let Err(Refused::Malformed(told)) = code(text) else {
                panic!("{text} was taken");
            };
            assert!(told.starts_with("credential.cc: "), "{told}");
        }
    }

    #[test]
    fn texts_have_a_length() {
        for (length, is_taken) in [(TEXT_LENGTH_MAX, true), (TEXT_LENGTH_MAX + 1, false)] {
            let body = format!(r#"{{"user":{{"id":"{}"}}}}"#, "x".repeat(length));
            assert_eq!(name(&body, "user", "id").is_ok(), is_taken);
        }
        for (length, is_taken) in [
            (challenge::password::LENGTH_MAX, true),
            (challenge::password::LENGTH_MAX + 1, false),
        ] {
            let body = format!(
                r#"{{"credential":{{"password":"{}"}}}}"#,
                "x".repeat(length)
            );
            let asked = Asked::of(&body);
            let read = asked.conditions("credential").unwrap().password("password");
            assert_eq!(read.is_ok(), is_taken);
        }
    }

    #[test]
    fn whole_numbers_have_a_range() {
        for (text, expected) in [
            ("{}", Ok(None)),
            (r#"{"max":0}"#, Ok(Some(0))),
            (r#"{"max":"20"}"#, Ok(Some(20))),
            (r#"{"max":21}"#, Err(())),
            (r#"{"max":-1}"#, Err(())),
            (r#"{"max":1.5}"#, Err(())),
            (r#"{"max":"x"}"#, Err(())),
        ] {
            assert_eq!(
                number(&Asked::of(text), "max", 0..=20).map_err(|_| ()),
                expected,
                "{text}"
            );
        }
    }
}
