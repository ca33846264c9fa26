//! The Action message: what a client wants done, with its attributes, and the five attributes back.

use serde_json::{Value, json};

use crate::activid::refusal::Refused;
use crate::activid::scim::path::member;

/// The schema's URN; `schemas` itself is not looked at.
const URN: &str = "urn:hid:scim:api:idp:2.0:Action";

/// Characters of one attribute's value at most.
const VALUE_LENGTH_MAX: usize = 1024;

/// What a client wants done.
pub(super) struct Action {
    /// The action's name, in upper case.
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

/// What was done, for the five attributes of the answer.
#[derive(Default)]
pub(super) struct Done {
    /// What is shown to the user, and the challenge's id.
    pub(super) challenge: Option<(String, String)>,
    /// What is still to be done, where something is.
    pub(super) awaited: Option<&'static str>,
}

impl Action {
    /// Reads the body. Attributes without a value count as omitted.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refused> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|_| Refused::Malformed("send an Action in JSON".to_owned()))?;
        let action = member(&body, URN).ok_or(Refused::Missing(URN))?;
        let name = member(action, "action").and_then(Value::as_str);
        let name = name
            .filter(|name| !name.is_empty())
            .ok_or(Refused::Missing("action"))?;
        let mut attributes = Vec::new();
        for one in member(action, "attributes")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let name = member(one, "name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let value = match member(one, "value") {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                _ => continue,
            };
            if value.len() > VALUE_LENGTH_MAX {
                return Err(Refused::TooLong("an attribute's value"));
            }
            if value.contains('\0') {
                return Err(Refused::Malformed(
                    "an attribute's value holds a NUL".to_owned(),
                ));
            }
            if !value.is_empty() {
                attributes.push((name.to_ascii_uppercase(), value));
            }
        }
        Ok(Self {
            name: name.to_ascii_uppercase(),
            attributes,
        })
    }

    /// All values of an attribute.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.attributes.iter().filter(|(given, _)| given == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The one value that stands under one of these names.
    pub(super) fn one(&self, names: &[&str]) -> Result<Option<&str>, Refused> {
        let mut found = names.iter().flat_map(|name| self.all(name));
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(Refused::Repeated(names.join(", "))),
            (first, None) => Ok(first),
        }
    }
}

impl Done {
    /// The answer: five attributes in the vendor's order. The client reads the challenge in the
    /// first one.
    pub(super) fn to_json(&self) -> Value {
        let (question, id) = self
            .challenge
            .as_ref()
            .map_or((None, None), |(question, id)| {
                (Some(question.as_str()), Some(id.as_str()))
            });
        let status = if self.awaited.is_some() { "0" } else { "1" };
        json!({
            "schemas": [URN],
            "attributes": [
                attribute("CHALLENGE", question),
                attribute("CHALLENGE.ID", id),
                attribute("REQUEST.STATUS", Some(status)),
                attribute("REQUEST.REASON", Some("-1")),
                attribute("REQUEST.ERROR_MESSAGE", self.awaited),
            ],
        })
    }
}

/// An attribute; without a value it has none, as the vendor documents it.
fn attribute(name: &str, value: Option<&str>) -> Value {
    let mut attribute = json!({"name": name, "type": "string"});
    if let Some(members) = attribute.as_object_mut() {
        if let Some(value) = value {
            members.insert("value".to_owned(), value.into());
        }
        members.insert("readOnly".to_owned(), false.into());
    }
    attribute
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_read_whatever_its_schemas_say() {
        let body =
            br#"{"schemas":["roles"],"URN:hid:scim:api:idp:2.0:Action":{"action":"auto-synch",
            "attributes":[{"name":"otp","value":123456},{"name":"OTP","value":"234567"},
            {"name":"CHANNEL","value":""},{"name":"X","value":null},{}]}}"#;
        let action = Action::parse(body).unwrap();
        assert_eq!(action.name, "AUTO-SYNCH");
        assert_eq!(action.all("OTP"), ["123456", "234567"]);
        assert_eq!(action.one(&["CHANNEL"]), Ok(None));
        assert!(action.one(&["OTP"]).is_err());
    }

    #[test]
    fn what_is_no_action_is_refused() {
        for body in [
            "",
            "[]",
            "{}",
            "{\"urn:hid:scim:api:idp:2.0:Action\":{}}",
            "{\"urn:hid:scim:api:idp:2.0:Action\":{\"action\":7}}",
            "{\"urn:hid:scim:api:idp:2.0:Action\":{\"action\":\"RESET\",\"attributes\":[{\"name\":\"A\",\"value\":\"\\u0000\"}]}}",
        ] {
            assert!(Action::parse(body.as_bytes()).is_err(), "{body}");
        }
        let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
        assert!(Action::parse(deep.as_bytes()).is_err());
    }
}
