//! An `OpenAPI` document as the pages need it: by tag, with every shape in words.

use std::collections::BTreeSet;

use serde_json::Value;

use super::shape::{Piece, words};

/// The methods of an operation, in the order in which they are shown.
const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "head"];

/// The document.
pub(super) struct Description {
    /// Its name.
    pub(super) title: String,
    /// The version described.
    pub(super) version: String,
    /// What it is about.
    pub(super) about: String,
    /// The parts, in the document's order.
    pub(super) parts: Vec<Part>,
    /// The shapes with names, by name.
    pub(super) shapes: Vec<Shape>,
    /// How callers prove who they are: name and explanation.
    pub(super) schemes: Vec<(String, String)>,
}

/// The operations of one tag.
pub(super) struct Part {
    /// The tag.
    pub(super) name: String,
    /// What it is.
    pub(super) about: String,
    /// Its operations, by path.
    pub(super) operations: Vec<Operation>,
}

/// An operation.
pub(super) struct Operation {
    /// Its name, unique in the document.
    pub(super) id: String,
    /// In capitals.
    pub(super) method: String,
    /// With parameters in braces.
    pub(super) path: String,
    /// One line.
    pub(super) summary: String,
    /// More than a line.
    pub(super) about: String,
    /// Who may call: names of schemes; none: anybody.
    pub(super) schemes: Vec<String>,
    /// What goes into path, query and headers.
    pub(super) parameters: Vec<Field>,
    /// What goes into the body: media type and shape.
    pub(super) body: Vec<(String, Vec<Piece>)>,
    /// What comes back.
    pub(super) answers: Vec<Answer>,
}

/// A parameter, or a member of an object.
pub(super) struct Field {
    /// Its name.
    pub(super) name: String,
    /// Where it goes: `path`, `query`, `header`; a member has none.
    pub(super) place: String,
    /// Whether it must be there.
    pub(super) is_required: bool,
    /// What it is.
    pub(super) shape: Vec<Piece>,
    /// What it means.
    pub(super) about: String,
}

/// One way in which an operation ends.
pub(super) struct Answer {
    /// The status, or `default`.
    pub(super) status: String,
    /// What it means.
    pub(super) about: String,
    /// The body: media type and shape.
    pub(super) body: Vec<(String, Vec<Piece>)>,
}

/// A shape with a name.
pub(super) struct Shape {
    /// The name.
    pub(super) name: String,
    /// What it is.
    pub(super) about: String,
    /// In words, where it is no object.
    pub(super) words: Vec<Piece>,
    /// Its members.
    pub(super) members: Vec<Field>,
}

impl Description {
    /// Reads a document that this program made; what is not there is left empty.
    pub(super) fn read(document: &Value) -> Self {
        let mut parts: Vec<Part> = items(&document["tags"])
            .map(|tag| Part {
                name: text(tag, "name"),
                about: text(tag, "description"),
                operations: Vec::new(),
            })
            .collect();
        for (path, item) in members(&document["paths"]) {
            for method in METHODS {
                let Some(operation) = item.get(method) else {
                    continue;
                };
                let tag = operation["tags"][0].as_str().unwrap_or("other").to_owned();
                let read = operation_of(path, method, operation, document);
                if let Some(part) = parts.iter_mut().find(|part| part.name == tag) {
                    part.operations.push(read);
                } else {
                    parts.push(Part {
                        name: tag,
                        about: String::new(),
                        operations: vec![read],
                    });
                }
            }
        }
        let components = &document["components"];
        Self {
            title: text(&document["info"], "title"),
            version: text(&document["info"], "version"),
            about: text(&document["info"], "description"),
            parts,
            shapes: members(&components["schemas"]).map(shape_of).collect(),
            schemes: members(&components["securitySchemes"])
                .map(|(name, scheme)| (name.clone(), text(scheme, "description")))
                .collect(),
        }
    }
}

fn operation_of(path: &str, method: &str, operation: &Value, document: &Value) -> Operation {
    let security = operation.get("security").unwrap_or(&document["security"]);
    let schemes: BTreeSet<_> = items(security)
        .flat_map(members)
        .map(|(name, _)| name.clone())
        .collect();
    Operation {
        id: text(operation, "operationId"),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(operation, "summary"),
        about: text(operation, "description"),
        schemes: schemes.into_iter().collect(),
        parameters: items(&operation["parameters"]).map(parameter_of).collect(),
        body: contents(&operation["requestBody"]),
        answers: members(&operation["responses"])
            .map(|(status, answer)| Answer {
                status: status.clone(),
                about: text(answer, "description"),
                body: contents(answer),
            })
            .collect(),
    }
}

fn parameter_of(parameter: &Value) -> Field {
    Field {
        name: text(parameter, "name"),
        place: text(parameter, "in"),
        is_required: parameter["required"] == true,
        shape: words(&parameter["schema"]),
        about: text(parameter, "description"),
    }
}

fn contents(holder: &Value) -> Vec<(String, Vec<Piece>)> {
    members(&holder["content"])
        .map(|(media_type, content)| (media_type.clone(), words(&content["schema"])))
        .collect()
}

fn shape_of((name, schema): (&String, &Value)) -> Shape {
    let is_required = |member: &str| items(&schema["required"]).any(|named| named == member);
    let members: Vec<_> = members(&schema["properties"])
        .map(|(member, shape)| Field {
            name: member.clone(),
            place: String::new(),
            is_required: is_required(member),
            shape: words(shape),
            about: text(shape, "description"),
        })
        .collect();
    Shape {
        name: name.clone(),
        about: text(schema, "description"),
        words: if members.is_empty() {
            words(schema)
        } else {
            Vec::new()
        },
        members,
    }
}

fn text(holder: &Value, member: &str) -> String {
    holder[member].as_str().unwrap_or_default().to_owned()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_the_document_describes_is_left_out() {
        let document: Value = serde_json::from_str(&protocols::openapi::document()).unwrap();
        let read = Description::read(&document);
        let operations = read.parts.iter().map(|part| part.operations.len());
        let operations: usize = operations.sum();
        let described: usize = members(&document["paths"])
            .map(|(_, item)| {
                members(item)
                    .filter(|(name, _)| METHODS.contains(&name.as_str()))
                    .count()
            })
            .sum();
        assert_eq!(described, operations);
        assert_eq!(
            read.shapes.len(),
            members(&document["components"]["schemas"]).count()
        );
        for part in &read.parts {
            assert!(!part.operations.is_empty(), "{}", part.name);
            assert!(!part.about.is_empty(), "{}", part.name);
        }
    }

    /// A link to a shape that has no place on the page of shapes would lead nowhere.
    #[test]
    fn every_shape_that_is_named_is_described() {
        let document: Value = serde_json::from_str(&protocols::openapi::document()).unwrap();
        let read = Description::read(&document);
        let fields = read.shapes.iter().flat_map(|shape| &shape.members);
        let mut named: Vec<_> = fields.flat_map(|field| field.shape.clone()).collect();
        for operation in read.parts.iter().flat_map(|part| &part.operations) {
            let answers = operation.answers.iter().flat_map(|answer| &answer.body);
            let bodies = operation.body.iter().chain(answers);
            named.extend(bodies.flat_map(|(_, shape)| shape.clone()));
        }
        for name in named.into_iter().filter_map(|piece| piece.shape) {
            assert!(read.shapes.iter().any(|shape| shape.name == name), "{name}");
        }
    }
}
