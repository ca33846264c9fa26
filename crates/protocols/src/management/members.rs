//! Members of bodies: read into shapes with every mistake named by its place, changed by merge patch
//! (RFC 7396), and secrets that are written and never read.

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use challenge::rng::Rng;
use secrecy::SecretString;
use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_path_to_error::Segment;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};
use zeroize::Zeroizing;

use crate::management::refusal::Refusal;
use crate::management::shapes::told::ToldOnce;

/// What is said of a member that nobody knows, before its name.
const NO_MEMBER: &str = "there is no member ";

/// A value read into a shape.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer: String = error.path().iter().map(place).collect();
        let message = error.into_inner().to_string();
        let (more, detail) = told(&message);
        let is_named = more.is_empty() || pointer.ends_with(&more);
        let pointer = if is_named { pointer } else { pointer + &more };
        Refusal::invalid(pointer, detail)
    })
}

fn place(segment: &Segment) -> String {
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", escaped(key)),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    }
}

/// A name as it stands in a JSON pointer (RFC 6901, section 3).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What the library says, for people, without what was given: that may be a secret. Before it stands
/// the place, where it is within the one that is known.
fn told(message: &str) -> (String, String) {
    if let Some(name) = between(message, "unknown field `", "`") {
        let known = message.rsplit_once(", expected ");
        let known = known.map_or_else(String::new, |(_, known)| {
            format!("; there is {}", known.trim_start_matches("one of "))
        });
        return (
            format!("/{}", escaped(name)),
            format!("{NO_MEMBER}{name:?}{known}"),
        );
    }
    if let Some(name) = between(message, "missing field `", "`") {
        return (format!("/{}", escaped(name)), "it is missing".to_owned());
    }
    let text = match message.split_once(", expected ") {
        Some((_, "a boolean")) => "expected true or false".to_owned(),
        Some((_, "a sequence")) => "expected a list".to_owned(),
        Some((_, "u32" | "u64" | "u16" | "u8")) => {
            "expected a whole number that is not negative, and not too large".to_owned()
        }
        Some((_, expected)) if expected.starts_with("struct ") => "expected an object".to_owned(),
        Some((_, expected)) => format!("expected {expected}"),
        None => message.to_owned(),
    };
    (String::new(), text)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// Refuses a text with a NUL in it: no database takes one.
pub(super) fn check_texts(value: &Value) -> Result<(), Refusal> {
    match nul(value) {
        None => Ok(()),
        Some(pointer) => Err(Refusal::invalid(pointer, "a NUL character stands in it")),
    }
}

/// Where the first text with a NUL is; one in a name is its member's.
fn nul(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.contains('\0') => Some(String::new()),
        Value::Array(elements) => {
            let mut found = elements.iter().enumerate();
            found.find_map(|(index, element)| Some(format!("/{index}{}", nul(element)?)))
        }
        Value::Object(members) => members.iter().find_map(|(name, member)| {
            let within = if name.contains('\0') {
                Some(String::new())
            } else {
                nul(member)
            };
            Some(format!("/{}{}", escaped(name), within?))
        }),
        _ => None,
    }
}

/// What becomes of a thing by a change of it (RFC 7396, section 2).
pub fn merged(mut target: Value, patch: Value) -> Value {
    merge(&mut target, patch, Null::TakesAway);
    target
}

/// A body as it becomes by a change: every member that is taken away has its default again.
pub(super) fn patched<T: Serialize + DeserializeOwned>(
    before: &T,
    patch: &Value,
) -> Result<T, Refusal> {
    let before = serde_json::to_value(before);
    let before = before.map_err(|error| Refusal::Unavailable(error.to_string()))?;
    for one in taken_away(patch) {
        check_known::<T>(before.clone(), one)?;
    }
    read(merged(before, patch.clone()))
}

/// What a change takes away, each as a change of its own.
fn taken_away(patch: &Value) -> Vec<Value> {
    match patch {
        Value::Null => vec![Value::Null],
        Value::Object(members) => {
            let within = members.iter().flat_map(|(name, change)| {
                let within = taken_away(change).into_iter();
                within.map(|change| Value::Object([(name.clone(), change)].into_iter().collect()))
            });
            within.collect()
        }
        _ => Vec::new(),
    }
}

/// Refuses to take away what nobody knows: a name that is spelt wrong must not look as if it were done.
fn check_known<T: DeserializeOwned>(mut before: Value, taken: Value) -> Result<(), Refusal> {
    merge(&mut before, taken, Null::Stays);
    match read::<T>(before) {
        Err(Refusal::Invalid(found))
            if found.iter().any(|one| one.detail.starts_with(NO_MEMBER)) =>
        {
            Err(Refusal::Invalid(found))
        }
        // Whatever else is said of a null, it is not going to be there.
        _ => Ok(()),
    }
}

/// What becomes of a null in a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Null {
    /// It takes the member away.
    TakesAway,
    /// It stands in the member's place.
    Stays,
}

fn merge(target: &mut Value, patch: Value, null: Null) {
    let Value::Object(changes) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(members) = target else {
        return;
    };
    for (name, change) in changes {
        if change.is_null() && null == Null::TakesAway {
            members.remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), change, null);
        }
    }
}

/// Refuses a change that takes a secret away, which is not done by `null`: what is absent stays.
pub(super) fn keep_secrets(patch: &Value, pointers: &[&str]) -> Result<(), Refusal> {
    for pointer in pointers {
        if patch.pointer(pointer).is_some_and(Value::is_null) {
            let detail = "a secret is not taken away; give another, or leave it out";
            return Err(Refusal::invalid(*pointer, detail));
        }
    }
    Ok(())
}

/// Refuses a change of the name by which a thing is known.
pub(super) fn keep_name(pointer: &str, before: &str, after: &str) -> Result<(), Refusal> {
    if before == after {
        return Ok(());
    }
    let detail = format!("it cannot be changed; it is {before:?}");
    Err(Refusal::invalid(pointer, detail))
}

/// A secret to be set: a text, or one to be drawn here, which is told once, in the answer.
#[derive(Clone, Debug)]
pub enum SecretGiven {
    /// This one.
    Text(SecretString),
    /// A new one.
    Generate,
}

/// The form of a secret that is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretForm {
    /// 32 random bytes in base64url: 43 characters.
    Usual,
    /// 64 random bytes in base64url, for keys of HS512: 86 characters.
    Long,
    /// As Standard Webhooks has them: `whsec_` and 32 random bytes in base64.
    Webhook,
}

/// A secret, and whether it was drawn here and has to be told.
#[derive(Clone, Debug)]
pub(super) struct SecretSet {
    pub(super) secret: SecretString,
    pub(super) told: Option<ToldOnce>,
}

impl SecretGiven {
    /// The secret, drawn if it is to be.
    pub(super) fn set(&self, form: SecretForm, rng: &dyn Rng) -> SecretSet {
        match self {
            Self::Text(secret) => SecretSet {
                secret: secret.clone(),
                told: None,
            },
            Self::Generate => {
                let text = draw(form, rng);
                SecretSet {
                    secret: text.clone().into(),
                    told: Some(text.into()),
                }
            }
        }
    }
}

fn draw(form: SecretForm, rng: &dyn Rng) -> String {
    let length = if form == SecretForm::Long { 64 } else { 32 };
    let mut bytes = Zeroizing::new(vec![0; length]);
    rng.fill(&mut bytes);
    match form {
        SecretForm::Usual | SecretForm::Long => Base64UrlUnpadded::encode_string(&bytes),
        SecretForm::Webhook => format!("whsec_{}", Base64::encode_string(&bytes)),
    }
}

const SECRET_FORMS: &str = "a text, or {\"generate\": true}";

impl<'de> Deserialize<'de> for SecretGiven {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = SecretGiven;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(SECRET_FORMS)
            }

            fn visit_str<E>(self, text: &str) -> Result<SecretGiven, E> {
                Ok(SecretGiven::Text(text.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretGiven, A::Error> {
                let given: Option<(String, Value)> = map.next_entry()?;
                let is_alone = map.next_entry::<String, Value>()?.is_none();
                match given {
                    Some((name, Value::Bool(true))) if is_alone && name == "generate" => {
                        Ok(SecretGiven::Generate)
                    }
                    _ => Err(A::Error::custom(format!("expected {SECRET_FORMS}"))),
                }
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// The schema of a secret: written, never read.
pub(super) fn secret_schema() -> Schema {
    let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let flag = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::Boolean))
        .enum_values(Some([true]));
    let generate = ObjectBuilder::new()
        .property("generate", flag)
        .required("generate")
        .additional_properties(Some(
            utoipa::openapi::schema::AdditionalProperties::FreeForm(false),
        ));
    let described =
        "A text, or {\"generate\": true}: then it is told in this answer, and never again.";
    OneOfBuilder::new()
        .item(text)
        .item(generate)
        .description(Some(described))
        .build()
        .into()
}

impl PartialSchema for SecretGiven {
    fn schema() -> RefOr<Schema> {
        secret_schema().into()
    }
}

impl ToSchema for SecretGiven {
    fn name() -> std::borrow::Cow<'static, str> {
        "ManagementSecretGiven".into()
    }
}

/// The schema of a word: one of these, spelt as they are in JSON.
pub(super) fn word_schema<T: Serialize>(words: &[T]) -> Schema {
    let spelt = words
        .iter()
        .filter_map(|word| serde_json::to_value(word).ok());
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .enum_values(Some(spelt.collect::<Vec<_>>()))
        .build()
        .into()
}

/// The schema of a list of words.
pub(super) fn words_schema<T: Serialize>(words: &[T]) -> Schema {
    utoipa::openapi::schema::ArrayBuilder::new()
        .items(RefOr::T(word_schema(words)))
        .build()
        .into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read is looked at")]
    struct Shape {
        id: String,
        #[serde(default)]
        inner: Option<Inner>,
        secret: Option<SecretGiven>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read is looked at")]
    struct Inner {
        list: Vec<u32>,
    }

    fn refused(value: Value) -> (String, String) {
        match read::<Shape>(value) {
            Err(Refusal::Invalid(errors)) => (errors[0].pointer.clone(), errors[0].detail.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_mistake_is_named_by_its_place_and_what_was_given_is_not_repeated() {
        let cases = [
            (json!({}), "/id", "it is missing"),
            (json!({"id": 1}), "/id", "expected a string"),
            (
                json!({"id": "a", "x/y": 1}),
                "/x~1y",
                "there is no member \"x/y\"",
            ),
            (
                json!({"id": "a", "inner": {}}),
                "/inner/list",
                "it is missing",
            ),
            (
                json!({"id": "a", "inner": {"list": [], "l": 1}}),
                "/inner/l",
                "there is no member",
            ),
            (
                json!({"id": "a", "inner": {"list": [1, "2"]}}),
                "/inner/list/1",
                "expected a whole",
            ),
            (
                json!({"id": "a", "inner": {"list": 3}}),
                "/inner/list",
                "expected a list",
            ),
            (
                json!({"id": "a", "inner": 3}),
                "/inner",
                "expected an object",
            ),
            (json!([]), "", "expected an object"),
            (
                json!({"id": "a", "secret": 4711}),
                "/secret",
                "expected a text, or",
            ),
            (
                json!({"id": "a", "secret": {"generate": false}}),
                "/secret",
                "expected a text, or",
            ),
            (
                json!({"id": "a", "secret": {"generate": true, "x": 1}}),
                "/secret",
                "expected a text",
            ),
        ];
        for (value, pointer, detail) in cases {
            let (at, text) = refused(value.clone());
            assert_eq!(at, pointer, "{value}: {text}");
            assert!(text.starts_with(detail), "{value}: {text}");
            assert!(!text.contains("4711"));
        }
    }

    #[test]
    fn a_nul_is_refused_by_its_place_at_any_depth() {
        for (value, pointer) in [
            (json!("\0"), ""),
            (json!({"a": "b\0c"}), "/a"),
            (json!({"a": [1, {"b/c": "\0"}]}), "/a/1/b~1c"),
            (json!({"a\0": 1}), "/a\0"),
        ] {
            match check_texts(&value) {
                Err(Refusal::Invalid(found)) => assert_eq!(found[0].pointer, pointer),
                other => panic!("{value}: {other:?}"),
            }
        }
        assert_eq!(check_texts(&json!({"a": ["\u{1}", "0", null, 0]})), Ok(()));
    }

    #[test]
    fn the_examples_of_rfc_7396_come_out_as_they_stand_there() {
        let cases = [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (
                json!({"a":"b","b":"c"}),
                json!({"a":null}),
                json!({"b":"c"}),
            ),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (
                json!({"a":{"b":"c"}}),
                json!({"a":{"b":"d","c":null}}),
                json!({"a":{"b":"d"}}),
            ),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!(null), json!(null)),
            (json!({"a":"foo"}), json!("bar"), json!("bar")),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (
                json!({}),
                json!({"a":{"bb":{"ccc":null}}}),
                json!({"a":{"bb":{}}}),
            ),
        ];
        for (target, patch, result) in cases {
            assert_eq!(
                merged(target.clone(), patch.clone()),
                result,
                "{target} {patch}"
            );
        }
    }

    #[test]
    fn a_change_that_takes_away_what_nobody_knows_is_refused_by_its_place() {
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Kept {
            id: u32,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            name: Option<String>,
            #[serde(default)]
            inner: Option<Within>,
        }

        #[derive(Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Within {
            #[serde(default)]
            limit: u32,
        }

        let kept = |inner| Kept {
            id: 1,
            name: None,
            inner,
        };
        for (patch, pointer) in [
            (json!({"nmae": null}), "/nmae"),
            (json!({"name": null, "a/b": null}), "/a~1b"),
            (json!({"inner": {"limti": null}}), "/inner/limti"),
            (
                json!({"inner": {"limit": 3, "limti": null}}),
                "/inner/limti",
            ),
        ] {
            for inner in [None, Some(Within { limit: 7 })] {
                match patched(&kept(inner), &patch) {
                    Err(Refusal::Invalid(found)) => assert_eq!(found[0].pointer, pointer),
                    other => panic!("{patch}: {other:?}"),
                }
            }
        }
        let patch = json!({"name": null, "inner": {"limit": null}});
        let changed = patched(&kept(Some(Within { limit: 7 })), &patch).unwrap();
        assert_eq!(changed.inner.unwrap().limit, 0);
        assert!(patched(&kept(None), &json!({"inner": null})).is_ok());
        let refused = patched(&kept(None), &json!({"id": null}));
        assert!(
            matches!(refused, Err(Refusal::Invalid(found)) if found[0].detail == "it is missing")
        );
    }

    #[test]
    fn a_drawn_secret_is_told_once_and_has_the_form_of_its_use() {
        let rng = challenge::rng::DangerCountingRng::default();
        for (form, length) in [
            (SecretForm::Usual, 43),
            (SecretForm::Long, 86),
            (SecretForm::Webhook, 50),
        ] {
            let set = SecretGiven::Generate.set(form, &rng);
            assert_eq!(set.told.unwrap().len(), length);
        }
        let given = SecretGiven::Text("x".into());
        assert!(given.set(SecretForm::Usual, &rng).told.is_none());
    }

    proptest! {
        #[test]
        fn a_patch_is_what_stands_afterwards(name in "[a-c]", value in 0..3, more in "[a-c]") {
            let patched = merged(json!({"a": 1, "b": {"c": 2}}), json!({name.clone(): value, more.clone(): null}));
            if name != more {
                prop_assert_eq!(&patched[&name], &json!(value));
            }
            prop_assert!(patched.get(&more).is_none_or(|_| name == more));
        }
    }
}
