//! What the description of every operation has in common: who may call, what is refused, which headers
//! help, and what a change may look like. For the OpenAPI document alone.

use std::collections::BTreeMap;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::management::refusal::KINDS;
use crate::management::response::{PROBLEM, Problem};

/// Members that cannot go by a change: names, and secrets.
const STAYS: [&str; 11] = [
    "name",
    "id",
    "public_id",
    "code",
    "login_name",
    "serial",
    "kind",
    "secret",
    "pin",
    "path",
    "callback_standard_secret",
];

/// Where schemas are kept in a document.
const SCHEMAS: &str = "#/components/schemas/";

/// Adds what holds for every operation.
pub(super) fn complete(document: &mut OpenApi) {
    let mut changes: Vec<String> = Vec::new();
    for item in document.paths.paths.values_mut() {
        let PathItem {
            get,
            post,
            patch,
            delete,
            ..
        } = item;
        for operation in [&mut *get, &mut *post, &mut *patch, &mut *delete] {
            operation.as_mut().into_iter().for_each(common);
        }
        if let Some(get) = get.as_mut().filter(|get| has_tag(get)) {
            take(get, "If-None-Match", "The tag of what is known");
            add(
                get,
                "304",
                ResponseBuilder::new()
                    .description("It is as it was")
                    .build(),
            );
        }
        if let Some(post) = post {
            posting(post);
        }
        for operation in [&mut *patch, &mut *delete].into_iter().flatten() {
            take(operation, "If-Match", "The tag that it must still have");
            refuse(operation, &["409", "412"]);
        }
        let body = patch.as_mut().and_then(|patch| patch.request_body.as_mut());
        if let Some(RefOr::T(body)) = body {
            let schemas = body.content.values_mut();
            let schemas = schemas.filter_map(|content| match content {
                RefOr::T(content) => content.schema.as_mut(),
                RefOr::Ref(_) => None,
            });
            changes.extend(schemas.filter_map(changing));
        }
    }
    while let Some(name) = changes.pop() {
        describe_change(document, &name, &mut changes);
    }
    let mut problem = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut problem);
    let components = document.components.get_or_insert_default();
    components.schemas.extend(problem);
}

fn common(operation: &mut Operation) {
    let requirement = SecurityRequirement::new("management", Vec::<String>::new());
    operation.security = Some(vec![requirement]);
    // A body is read, and may be too long, where none is asked for too.
    refuse(
        operation,
        &["400", "401", "403", "404", "413", "429", "503"],
    );
    if operation.request_body.is_some() {
        refuse(operation, &["409", "415"]);
    }
    if gives_pages(operation) {
        let limit = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::Integer))
            .minimum(Some(1))
            .maximum(Some(500));
        parameter(
            operation,
            ("limit", ParameterIn::Query),
            "How many; 50 by default",
            limit,
        );
        let after = "What `next` of the page before was";
        parameter(operation, ("after", ParameterIn::Query), after, text());
    }
}

/// Whether an operation answers with a page of things, of which there may be more.
fn gives_pages(operation: &Operation) -> bool {
    let Some(RefOr::T(found)) = operation.responses.responses.get("200") else {
        return false;
    };
    let schemas = found.content.values().filter_map(|content| match content {
        RefOr::T(content) => content.schema.as_ref(),
        RefOr::Ref(_) => None,
    });
    let mut places = schemas.filter_map(|schema| match schema {
        RefOr::Ref(place) => place.ref_location.strip_prefix(SCHEMAS),
        RefOr::T(_) => None,
    });
    places.any(|name| name.starts_with("ManagementPage_"))
}

fn posting(post: &mut Operation) {
    refuse(post, &["409"]);
    if !post.responses.responses.contains_key("201") {
        return;
    }
    take(post, "Idempotency-Key", "Done once for each, for 24 hours");
    refuse(post, &["422"]);
    let place = HeaderBuilder::new().schema(Some(text())).build();
    if let Some(RefOr::T(made)) = post.responses.responses.get_mut("201") {
        made.headers.insert("Location".to_owned(), place.into());
    }
}

fn has_tag(operation: &Operation) -> bool {
    match operation.responses.responses.get("200") {
        Some(RefOr::T(found)) => found.headers.contains_key("ETag"),
        _ => false,
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String))
}

fn take(operation: &mut Operation, name: &str, described: &str) {
    parameter(operation, (name, ParameterIn::Header), described, text());
}

fn parameter(
    operation: &mut Operation,
    (name, place): (&str, ParameterIn),
    described: &str,
    schema: ObjectBuilder,
) {
    let parameter: Parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(described))
        .schema(Some(schema))
        .build();
    let all = operation.parameters.get_or_insert_default();
    all.push(parameter.into());
}

fn refuse(operation: &mut Operation, statuses: &[&str]) {
    for status in statuses {
        let kinds = KINDS
            .iter()
            .filter(|kind| kind.status.to_string() == *status);
        let titles: BTreeMap<&str, &str> = kinds.map(|kind| (kind.name, kind.title)).collect();
        let lines = titles
            .iter()
            .map(|(name, title)| format!("`{name}`: {title}"));
        let lines: Vec<_> = lines.collect();
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("ManagementProblem")))
            .build();
        let response = ResponseBuilder::new()
            .description(lines.join(". "))
            .content(PROBLEM, content);
        add(operation, status, response.build());
    }
}

fn add(operation: &mut Operation, status: &str, response: Response) {
    let responses = &mut operation.responses.responses;
    responses
        .entry(status.to_owned())
        .or_insert_with(|| response.into());
}

/// Has a reference lead to the change of what it led to; gives the name of that.
fn changing(schema: &mut RefOr<Schema>) -> Option<String> {
    let RefOr::Ref(place) = schema else {
        return None;
    };
    let name = place.ref_location.strip_prefix(SCHEMAS)?.to_owned();
    *schema = Ref::from_schema_name(change_of(&name)).into();
    Some(name)
}

fn change_of(name: &str) -> String {
    format!("{}Change", name.trim_end_matches("Body"))
}

/// Adds the schema of a change of what has this schema (RFC 7396): nothing is required, and what may
/// go back to its default may be null.
fn describe_change(document: &mut OpenApi, name: &str, more: &mut Vec<String>) {
    let schemas = &mut document.components.get_or_insert_default().schemas;
    let Some(RefOr::T(Schema::Object(mut object))) = schemas.get(name).cloned() else {
        return;
    };
    if schemas.contains_key(&change_of(name)) {
        return;
    }
    object.required.clear();
    for (member, schema) in &mut object.properties {
        if STAYS.contains(&member.as_str()) {
            continue;
        }
        more.extend(changing(schema));
        if let RefOr::T(Schema::OneOf(one)) = schema {
            more.extend(one.items.iter_mut().filter_map(changing));
        }
        if !takes_null(schema) {
            let null = ObjectBuilder::new().schema_type(SchemaType::new(Type::Null));
            let one = OneOfBuilder::new().item(null).item(schema.clone());
            *schema = RefOr::T(one.build().into());
        }
    }
    schemas.insert(change_of(name), RefOr::T(Schema::Object(object)));
}

/// Whether a member may be null already.
fn takes_null(member: &RefOr<Schema>) -> bool {
    let is_null = |kind: &SchemaType| match kind {
        SchemaType::Type(kind) => *kind == Type::Null,
        SchemaType::Array(kinds) => kinds.contains(&Type::Null),
        SchemaType::AnyValue => true,
    };
    match member {
        RefOr::T(Schema::Object(object)) => is_null(&object.schema_type),
        RefOr::T(Schema::Array(array)) => is_null(&array.schema_type),
        RefOr::T(Schema::OneOf(one)) => one.items.iter().any(takes_null),
        _ => false,
    }
}
