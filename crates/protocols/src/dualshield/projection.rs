//! `return`: which members of a result a caller wants, and how it has them.
//!
//! A name gives that member; `*` gives all; a dotted name gives a nested one under the dotted name itself, as
//! the vendor shows it; `{"token":["id"]}` gives a nested object with those members, of each element
//! where the member is a list. Names that there are not are left out, since callers ask for what other
//! versions know.

use serde_json::{Map, Value};

use crate::dualshield::refusal::Refused;

/// Names in one `return` at most, all depths together.
const NAMES_MAX: usize = 64;

/// How deep names may be nested.
const DEPTH_MAX: usize = 8;

/// What is wanted of a result.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Projection {
    /// Nothing was said.
    Unsaid,
    /// These members.
    Fields(Vec<Field>),
}

/// One member that is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// All of them.
    All,
    /// The member at this path, under this name.
    Member(String),
    /// These members of a member.
    Nested(String, Vec<Field>),
}

impl Projection {
    /// Reads the member `return`.
    pub(super) fn read(given: Option<&Value>) -> Result<Self, Refused> {
        let Some(given) = given else {
            return Ok(Self::Unsaid);
        };
        let mut names_left = NAMES_MAX;
        Ok(Self::Fields(fields(given, DEPTH_MAX, &mut names_left)?))
    }

    /// The members that are wanted; where nothing was said, those of `unsaid`, and where that is empty, all.
    pub(super) fn of(&self, whole: &Value, unsaid: &[&str]) -> Value {
        match self {
            Self::Unsaid if unsaid.is_empty() => whole.clone(),
            Self::Unsaid => {
                let fields: Vec<_> = unsaid
                    .iter()
                    .map(|name| Field::Member((*name).to_owned()))
                    .collect();
                pick(whole, &fields)
            }
            Self::Fields(fields) => pick(whole, fields),
        }
    }

    /// Whether something was said.
    pub(super) fn is_said(&self) -> bool {
        *self != Self::Unsaid
    }
}

fn fields(given: &Value, depth_left: usize, names_left: &mut usize) -> Result<Vec<Field>, Refused> {
    let Some(depth_left) = depth_left.checked_sub(1) else {
        return Err(malformed(&format!(
            "it is nested more than {DEPTH_MAX} deep"
        )));
    };
    let mut read = Vec::new();
    match given {
        Value::String(name) => {
            take_name(names_left)?;
            read.push(if name == "*" {
                Field::All
            } else {
                Field::Member(name.clone())
            });
        }
        Value::Array(several) => {
            for one in several {
                read.extend(match one {
                    Value::Array(_) => return Err(malformed(WANTED)),
                    one => fields(one, depth_left + 1, names_left)?,
                });
            }
        }
        Value::Object(members) => {
            for (name, inner) in members {
                take_name(names_left)?;
                let inner = fields(inner, depth_left, names_left)?;
                read.push(Field::Nested(name.clone(), inner));
            }
        }
        _ => return Err(malformed(WANTED)),
    }
    Ok(read)
}

const WANTED: &str =
    r#"send a list of names such as ["id", "product.name", {"token": ["serial"]}]"#;

fn take_name(names_left: &mut usize) -> Result<(), Refused> {
    *names_left = names_left
        .checked_sub(1)
        .ok_or_else(|| malformed(&format!("it has more than {NAMES_MAX} names")))?;
    Ok(())
}

fn malformed(text: &str) -> Refused {
    Refused::Malformed(format!("return: {text}"))
}

fn pick(whole: &Value, fields: &[Field]) -> Value {
    match whole {
        Value::Array(elements) => elements
            .iter()
            .map(|element| pick(element, fields))
            .collect(),
        Value::Object(members) => {
            let mut picked = Map::new();
            for field in fields {
                match field {
                    Field::All => {
                        for (name, value) in members {
                            picked.insert(name.clone(), value.clone());
                        }
                    }
                    Field::Member(name) => {
                        if let Some(value) = at_path(whole, name) {
                            picked.insert(name.clone(), value.clone());
                        }
                    }
                    Field::Nested(name, inner) => {
                        if let Some(value) = at_path(whole, name) {
                            picked.insert(name.clone(), pick(value, inner));
                        }
                    }
                }
            }
            Value::Object(picked)
        }
        scalar => scalar.clone(),
    }
}

fn at_path<'a>(whole: &'a Value, path: &str) -> Option<&'a Value> {
    let mut steps = path.split('.');
    steps.try_fold(whole, |value, step| value.get(step))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn whole() -> Value {
        json!({
            "id": "1", "serial": "10000000",
            "product": {"name": "MobileID", "method": "MobileID"},
            "tokenAssignments": {"elements": [{"id": "7", "status": "ACTIVE"}]},
        })
    }

    fn picked(wanted: &Value) -> Value {
        Projection::read(Some(wanted)).unwrap().of(&whole(), &[])
    }

    #[test]
    fn every_documented_form_is_understood() {
        for (wanted, expected) in [
            (
                json!(["id", "serial"]),
                json!({"id": "1", "serial": "10000000"}),
            ),
            (json!("id"), json!({"id": "1"})),
            (json!(["*"]), whole()),
            (json!([]), json!({})),
            (json!(["product.name"]), json!({"product.name": "MobileID"})),
            (
                json!([{"product": ["name"]}]),
                json!({"product": {"name": "MobileID"}}),
            ),
            (
                json!({"product": "name"}),
                json!({"product": {"name": "MobileID"}}),
            ),
            (
                json!(["id", {"tokenAssignments": [{"elements": ["id"]}]}]),
                json!({"id": "1", "tokenAssignments": {"elements": [{"id": "7"}]}}),
            ),
            (
                json!([{"product": ["*"]}]),
                json!({"product": whole()["product"]}),
            ),
            (json!(["no", "id.no", {"no": ["id"]}, "", "."]), json!({})),
        ] {
            assert_eq!(picked(&wanted), expected, "{wanted}");
        }
    }

    #[test]
    fn members_come_in_the_order_in_which_they_are_asked_for() {
        let text = picked(&json!(["serial", "id"])).to_string();
        assert_eq!(text, r#"{"serial":"10000000","id":"1"}"#);
    }

    #[test]
    fn what_nothing_was_said_about_is_the_methods_choice() {
        let unsaid = Projection::read(None).unwrap();
        assert!(!unsaid.is_said());
        assert_eq!(unsaid.of(&whole(), &["id"]), json!({"id": "1"}));
        assert_eq!(unsaid.of(&whole(), &[]), whole());
    }

    #[test]
    fn what_is_no_list_of_names_or_too_much_of_one_is_refused() {
        let nested = |depth| (1..depth).fold(json!(["id"]), |inner, _| json!([{"a": inner}]));
        let many = |count| Value::from(vec!["id"; count]);
        for (wanted, is_taken) in [
            (json!(1), false),
            (json!([1]), false),
            (json!([["id"]]), false),
            (json!([null]), false),
            (json!(true), false),
            (nested(DEPTH_MAX), true),
            (nested(DEPTH_MAX + 1), false),
            (many(NAMES_MAX), true),
            (many(NAMES_MAX + 1), false),
        ] {
            assert_eq!(
                Projection::read(Some(&wanted)).is_ok(),
                is_taken,
                "{wanted}"
            );
        }
    }
}
