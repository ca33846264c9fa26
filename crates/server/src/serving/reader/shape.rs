//! What a schema says, in words: `array of text`, `whole number, 1 to 500`, a link to a shape with a name.

use serde_json::Value;

/// Where shapes with a name stand in a document.
const NAMED: &str = "#/components/schemas/";

/// A few words, perhaps with the name of a shape that is described elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    /// The words.
    pub(super) text: String,
    /// The shape's name.
    pub(super) shape: Option<String>,
}

/// A schema in words.
pub(super) fn words(schema: &Value) -> Vec<Piece> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix(NAMED).unwrap_or(name).to_owned();
        return vec![Piece {
            text: name.clone(),
            shape: Some(name),
        }];
    }
    for (member, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(all) = schema[member].as_array() {
            return joined(all.iter().map(words), between);
        }
    }
    if let Some(value) = schema.get("const") {
        return vec![plain(quoted(value))];
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<_> = values.iter().map(quoted).collect();
        return vec![plain(values.join(", "))];
    }
    let names: Vec<_> = match &schema["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if names.is_empty() {
        return vec![plain("anything")];
    }
    joined(names.iter().map(|name| of_type(name, schema)), " or ")
}

fn of_type(name: &str, schema: &Value) -> Vec<Piece> {
    match name {
        "array" => {
            let mut pieces = vec![plain(format!("array{} of ", span(schema, "Items")))];
            pieces.extend(words(&schema["items"]));
            pieces
        }
        "object" => {
            let Some(values) = schema["additionalProperties"].as_object() else {
                return vec![plain("object")];
            };
            let mut pieces = vec![plain("object, each member ")];
            pieces.extend(words(&Value::Object(values.clone())));
            pieces
        }
        "string" => {
            let format = schema["format"].as_str();
            let format = format.map_or_else(String::new, |format| format!(" ({format})"));
            vec![plain(format!("text{format}{}", span(schema, "Length")))]
        }
        "integer" => vec![plain(format!("whole number{}", span(schema, "imum")))],
        "number" => vec![plain(format!("number{}", span(schema, "imum")))],
        "boolean" => vec![plain("true or false")],
        other => vec![plain(other)],
    }
}

/// `, 1 to 500` where the schema says so; `of` is what `min` and `max` are followed by.
fn span(schema: &Value, of: &str) -> String {
    let (least, most) = (&schema[format!("min{of}")], &schema[format!("max{of}")]);
    let unit = if of == "Length" { " characters" } else { "" };
    match (least.is_number(), most.is_number()) {
        (true, true) => format!(", {least} to {most}{unit}"),
        (true, false) => format!(", at least {least}{unit}"),
        (false, true) => format!(", at most {most}{unit}"),
        (false, false) => String::new(),
    }
}

fn joined(parts: impl Iterator<Item = Vec<Piece>>, between: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for part in parts {
        if !pieces.is_empty() {
            pieces.push(plain(between));
        }
        pieces.extend(part);
    }
    pieces
}

fn plain(text: impl Into<String>) -> Piece {
    Piece {
        text: text.into(),
        shape: None,
    }
}

fn quoted(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), |text| format!("“{text}”"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(schema: &Value) -> String {
        words(schema).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn schemas_are_told_in_words() {
        for (schema, expected) in [
            (json!({}), "anything"),
            (json!({"type": "string"}), "text"),
            (
                json!({"type": "string", "format": "date-time", "maxLength": 40}),
                "text (date-time), at most 40 characters",
            ),
            (
                json!({"type": ["integer", "null"], "minimum": 1, "maximum": 500}),
                "whole number, 1 to 500 or null",
            ),
            (
                json!({"type": "array", "items": {"$ref": "#/components/schemas/Site"}}),
                "array of Site",
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Site"}]}),
                "null or Site",
            ),
            (json!({"enum": ["admin", "auditor"]}), "“admin”, “auditor”"),
            (
                json!({"type": "object", "additionalProperties": {"type": "string"}}),
                "object, each member text",
            ),
        ] {
            assert_eq!(told(&schema), expected);
        }
    }

    #[test]
    fn a_shape_with_a_name_is_linked() {
        let pieces = words(&json!({"$ref": "#/components/schemas/Site"}));
        assert_eq!(pieces[0].shape.as_deref(), Some("Site"));
    }
}
