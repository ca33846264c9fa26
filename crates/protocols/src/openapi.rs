//! The description of what is served, as `OpenAPI` 3.1: made from the routes themselves, so that
//! none is forgotten: ActivID, the JSON API of DualShield, the gateway of Okay, the device API, the
//! management API, and Ocapi with the doors for those who come from elsewhere.

use utoipa::OpenApi;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, ClientCredentials, Flow, Http, HttpAuthScheme, HttpBuilder, OAuth2,
    Scopes, SecurityScheme,
};
use utoipa::openapi::{InfoBuilder, OpenApi as Document};
use utoipa_axum::router::OpenApiRouter;

use crate::{activid, device, dualshield, management, ocapi, okay};

/// What an `Authorization` of a device looks like.
const DEVICE_SCHEME: &str = "Countersign device=\"TENANT-DEVICE\", time=\"MS\", nonce=\"N\", \
    signature=\"BASE64\": signed by the device's key, as docs/device-api.md says.";

/// What is told of all protocols together.
#[derive(OpenApi)]
#[openapi(tags(
    (name = "activid", description = "The ActivID protocol: a portal has one-time passwords, responses and signatures verified, over OpenID and SCIM."),
    (name = "dualshield", description = "The DualShield protocol: an application has challenges issued and answers verified."),
    (name = "okay", description = "The gateway of the Okay protocol: a tenant's server has a phone asked."),
    (name = "ocapi", description = "The Ocapi protocol: a website asks its visitors to prove that they are no robots."),
    (name = "device", description = "The device API: what the authenticator on a phone says."),
    (name = "management", description = "The management API: what officers set up, watch and look after."),
))]
struct Everything;

/// The description, as indented JSON with a line feed at its end.
pub fn document() -> String {
    let everything = Everything::openapi().merge_from(activid::Described::openapi());
    let all = OpenApiRouter::with_openapi(everything)
        .merge(dualshield::routes::documented())
        .merge(okay::routes::documented())
        .merge(device::routes::documented())
        .merge(ocapi::routes::documented())
        .merge(management::routes::documented());
    let document = described(all.into_openapi());
    // What is serialised here has text keys and no maps of other kinds: it cannot fail.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// The document with what no route tells.
fn described(mut document: Document) -> Document {
    let scheme = ApiKeyValue::with_description("Authorization", DEVICE_SCHEME);
    let scheme = SecurityScheme::ApiKey(ApiKey::Header(scheme));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("device", scheme);
    let credentials = ClientCredentials::new("/das5/rest/oauth/token", Scopes::new());
    let scheme = SecurityScheme::OAuth2(OAuth2::new([Flow::ClientCredentials(credentials)]));
    components.add_security_scheme("dualshield", scheme);
    let credentials = ClientCredentials::new("/idp/{tenant}/authn/token", Scopes::new());
    let scheme = SecurityScheme::OAuth2(OAuth2::new([Flow::ClientCredentials(credentials)]));
    components.add_security_scheme("activid", scheme);
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Basic));
    components.add_security_scheme("actividBasic", scheme);
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.bearer_format = Some("JWT".to_owned());
    components.add_security_scheme("ocapi", SecurityScheme::Http(bearer));
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token from `countersign admin token create`."));
    let scheme = SecurityScheme::Http(scheme.build());
    components.add_security_scheme("management", scheme);
    document.info = InfoBuilder::new()
        .title("Countersign")
        .description(Some(
            "Asks for proof, and takes each right answer exactly once.",
        ))
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    document
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn every_operation_has_a_name_of_its_own_and_every_answer_says_what_it_is() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        let mut names = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = operation["operationId"].as_str().unwrap();
                assert!(
                    names.insert(name.to_owned()),
                    "{method} {path}: {name} is taken"
                );
                for (status, answer) in operation["responses"].as_object().unwrap() {
                    let told = answer["description"].as_str().unwrap_or_default();
                    assert!(!told.is_empty(), "{method} {path} {status}");
                }
            }
        }
        for door in [
            "actividToken",
            "ocapiAnswer",
            "dualshieldCall",
            "gatewayLink",
            "deviceLink",
            "tenantList",
        ] {
            let one = names.iter().any(|name| name.eq_ignore_ascii_case(door));
            assert!(one, "no {door} among {names:?}");
        }
    }

    #[test]
    fn what_may_be_written_alone_is_described_too() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        let schemas = &document["components"]["schemas"];
        for (body, members) in [
            (
                "Authenticator",
                ["secret", "counter", "pin", "path"].as_slice(),
            ),
            ("Client", &["secret"]),
            ("Site", &["secret"]),
            ("User", &["password"]),
            ("Okay", &["secret", "callback_standard_secret"]),
        ] {
            for kind in ["Body", "Change"] {
                let schema = &schemas[format!("Management{body}{kind}")];
                for member in members {
                    let described = &schema["properties"][member];
                    assert!(described.is_object(), "{body}{kind} {member}");
                    let required = schema["required"].as_array();
                    let is_required =
                        required.is_some_and(|names| names.contains(&(*member).into()));
                    assert!(!is_required, "{body}{kind} {member}");
                }
            }
        }
    }

    #[test]
    fn whatever_gives_a_page_says_how_to_get_the_next() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        let mut pages = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            let get = &item["get"];
            let schema = &get["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
            let is_page = schema
                .as_str()
                .is_some_and(|place| place.contains("/ManagementPage_"));
            if is_page {
                let parameters = get["parameters"].as_array().unwrap();
                for name in ["limit", "after"] {
                    let named = parameters.iter().filter(|one| one["name"] == name);
                    assert_eq!(named.count(), 1, "{path} {name}");
                }
                pages += 1;
            }
        }
        assert!(pages >= 15, "{pages}");
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "UPDATE=1 is a wish of the developer, not a setting"
    )]
    fn the_description_in_docs_is_that_of_the_routes() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, document()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == document(),
            "docs/openapi.json is stale; run UPDATE=1 cargo test -p protocols the_description_in_docs"
        );
    }
}
