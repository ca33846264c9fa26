//! Attribute paths: how a filter or a sort names a place in a resource (RFC 7644, section 3.10).

use serde_json::Value;

/// Paths whose values are compared letter for letter, in lower case.
const EXACT: [&str; 6] = [
    "id",
    "externalid",
    "username",
    "owner.value",
    "owner.display",
    "policy.value",
];

/// Where the vendor keeps attributes of its own, which a path may name directly.
const ATTRIBUTES: &str = "urn:hid:scim:api:idp:2.0:UserAttribute";

/// A path such as `userName`, `owner.value`, `ATR_MOBILE`, or any of them behind a schema's URN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    schema: Option<String>,
    dotted: String,
}

impl Path {
    /// Reads a path; nothing where it has characters that no path has.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (schema, dotted) = match text.rsplit_once(':') {
            Some((schema, dotted)) => (Some(schema.to_owned()), dotted),
            None => (None, text),
        };
        let named = |segment: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-$".contains(&byte);
            !segment.is_empty() && segment.bytes().all(plain)
        };
        dotted.split('.').all(named).then(|| Self {
            schema,
            dotted: dotted.to_owned(),
        })
    }

    /// The path without its schema, in lower case.
    pub(super) fn key(&self) -> String {
        self.dotted.to_ascii_lowercase()
    }

    /// Whether values here are compared letter for letter.
    pub(super) fn is_exact(&self) -> bool {
        EXACT.contains(&self.key().as_str())
    }

    /// All simple values in this place: those of every element of a list, and of an object its
    /// `value`. None where the resource has no such place.
    pub(super) fn values<'v>(&self, resource: &'v Value) -> Vec<&'v Value> {
        let Some(root) = self.root(resource) else {
            return Vec::new();
        };
        let mut places = vec![root];
        for segment in self.dotted.split('.') {
            places = places
                .into_iter()
                .flat_map(elements)
                .filter_map(|place| member(place, segment))
                .collect();
        }
        let values: Vec<_> = places
            .into_iter()
            .flat_map(elements)
            .filter_map(simple)
            .collect();
        if values.is_empty() {
            return own_attributes(resource, &self.dotted);
        }
        values
    }

    /// The part of the resource that the schema's URN names.
    fn root<'v>(&self, resource: &'v Value) -> Option<&'v Value> {
        let Some(schema) = &self.schema else {
            return Some(resource);
        };
        if let Some(extension) = member(resource, schema) {
            return Some(extension);
        }
        let listed = elements(member(resource, "schemas")?);
        let mut listed = listed.into_iter().filter_map(Value::as_str);
        listed
            .any(|one| one.eq_ignore_ascii_case(schema))
            .then_some(resource)
    }
}

/// A member of an object, its name in any case.
pub(super) fn member<'v>(place: &'v Value, name: &str) -> Option<&'v Value> {
    let members = place.as_object()?;
    members.get(name).or_else(|| {
        let mut all = members.iter();
        all.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    })
}

fn elements(place: &Value) -> Vec<&Value> {
    match place {
        Value::Array(elements) => elements.iter().collect(),
        one => vec![one],
    }
}

fn simple(place: &Value) -> Option<&Value> {
    match place {
        Value::Object(_) => member(place, "value").filter(|value| !value.is_object()),
        Value::Null | Value::Array(_) => None,
        one => Some(one),
    }
}

fn own_attributes<'v>(resource: &'v Value, name: &str) -> Vec<&'v Value> {
    let list = member(resource, ATTRIBUTES).and_then(|extension| member(extension, "attributes"));
    let named = |one: &&Value| {
        let given = member(one, "name").and_then(Value::as_str);
        given.is_some_and(|given| given.eq_ignore_ascii_case(name))
    };
    let all = list.map(elements).unwrap_or_default();
    all.into_iter().filter(named).filter_map(simple).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_finds_its_place_in_any_case() {
        let resource = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "a",
            "owner": {"value": "7", "display": "d"},
            "emails": [{"value": "x@y", "type": "work"}, {"value": "z@y"}],
            ATTRIBUTES: {"attributes": [{"name": "ATR_MOBILE", "value": "+33"}]},
            "empty": [], "nothing": null, "deep": {"a": {"b": 1}},
        });
        for (path, expected) in [
            ("username", &["a"][..]),
            ("USERNAME", &["a"]),
            ("owner", &["7"]),
            ("owner.display", &["d"]),
            ("emails", &["x@y", "z@y"]),
            ("emails.type", &["work"]),
            ("atr_mobile", &["+33"]),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:userName",
                &["a"],
            ),
            (
                "urn:hid:scim:api:idp:2.0:UserAttribute:attributes.name",
                &["ATR_MOBILE"],
            ),
            ("urn:other:userName", &[]),
            ("userName.value", &[]),
            ("nobody", &[]),
            ("empty", &[]),
            ("nothing", &[]),
            ("deep", &[]),
        ] {
            let found = Path::parse(path).unwrap();
            let found: Vec<_> = found
                .values(&resource)
                .into_iter()
                .filter_map(Value::as_str)
                .collect();
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_not_read() {
        for text in ["", ".", "a.", ".a", "a..b", "a b", "urn:x:", "a[b]", "é"] {
            assert_eq!(Path::parse(text), None, "{text}");
        }
    }
}
