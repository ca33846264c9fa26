//! The widget and the page that works for it, as this binary carries them from `web/widget/`.
//!
//! They are the same for every site, and public. A page names the versioned path together with the
//! [`integrity`] of the file: what is at that path never changes within one version.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use crate::ocapi::refusal::Refused;
use crate::ocapi::response;
use crate::widget::WIDGET;
pub use crate::widget::{integrity, version};

/// Everything that is served, by name.
const FILES: [(&str, &str); 4] = [
    ("ocapi.js", WIDGET),
    (
        "solver.html",
        include_str!("../../../../web/widget/solver.html"),
    ),
    (
        "solver.js",
        include_str!("../../../../web/widget/solver.js"),
    ),
    (
        "argon2id.js",
        include_str!("../../../../web/widget/argon2id.js"),
    ),
];

/// For the path that has a version in it: what is there stays.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// For the path without: five minutes, then the browser asks whether it is still the same.
const SHORTLY: &str = "public, max-age=300";

/// What the solver's page and its workers may do: run this server's scripts, and the code that those
/// assemble for Argon2id. Any page may frame it; there is nothing in it to see or to click.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors *";

/// The newest widget.
#[utoipa::path(
    get, path = "/ocapi.js", tag = "ocapi", operation_id = "ocapiWidget",
    responses(
        (status = 200, content_type = "text/javascript", description = "to be cached for five minutes"),
        (status = 304, description = "as If-None-Match says"),
    ),
)]
pub(super) async fn newest(request: Request) -> Response<Body> {
    let tag = format!("\"{}\"", integrity());
    let mut response = if is_known(request.headers(), &tag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        file("ocapi.js", WIDGET)
    };
    set_for_everyone(&mut response, SHORTLY);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// A file of the widget's at the path with its version, where it never changes.
#[utoipa::path(
    get, path = "/{version}/{file}", tag = "ocapi", operation_id = "ocapiWidgetFile",
    params(
        ("version" = String, Path, description = "the widget's version"),
        ("file" = String, Path, description = "ocapi.js, solver.html, solver.js or argon2id.js"),
    ),
    responses(
        (status = 200, description = "to be cached for a year"),
        (status = 404, description = "another version, or no such file"),
    ),
)]
pub(super) async fn versioned(
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response<Body> {
    let found = path.ok().and_then(|Path((named, name))| {
        let known = FILES.into_iter().find(|(known, _)| *known == name);
        known.filter(|_| named == version())
    });
    let Some((name, text)) = found else {
        return response::refusal(&Refused::NotHere);
    };
    let mut response = file(name, text);
    set_for_everyone(&mut response, FOREVER);
    response
}

fn file(name: &str, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    let media_type = match name {
        "solver.html" => "text/html; charset=utf-8",
        _ => "text/javascript; charset=utf-8",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// Whether the caller has this version already (RFC 9110, section 13.1.2).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = given
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    tags.any(|given| {
        let given = given.trim();
        given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag
    })
}

/// The headers by which pages of any origin may use a file.
fn set_for_everyone(response: &mut Response<Body>, cache: &'static str) {
    let everyone: [(HeaderName, &'static str); 8] = [
        (header::CACHE_CONTROL, cache),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
        // A page that isolates itself frames only what agrees to the same; workers have to agree as well.
        (
            HeaderName::from_static("cross-origin-embedder-policy"),
            "require-corp",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    for (name, value) in everyone {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA384, digest};
    use data_encoding::BASE64;

    use super::*;

    #[test]
    fn the_widget_says_its_version() {
        let numbers: Vec<_> = version().split('.').map(str::parse::<u32>).collect();
        assert_eq!(numbers.len(), 3, "{}", version());
        assert!(numbers.iter().all(Result::is_ok), "{}", version());
    }

    #[test]
    fn no_file_of_the_folder_is_forgotten() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/widget");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(FILES.iter().any(|(known, _)| *known == name), "{name}");
        }
    }

    #[test]
    fn a_version_keeps_its_files() {
        let listed: Vec<[&str; 3]> = include_str!("../../../../web/versions.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let words: Vec<_> = line.split_whitespace().collect();
                words.try_into().ok()
            })
            .collect();
        for (name, text) in FILES {
            let hash = BASE64.encode(digest(&SHA384, text.as_bytes()).as_ref());
            let line = [version(), name, &format!("sha384-{hash}")];
            assert!(
                listed.contains(&line),
                "web/widget/{name} is not what web/versions.txt lists for version {}. Before that version is \
                 released, put this line in place of the old one; after it, raise VERSION in ocapi.js and add \
                 lines for every file:\n{}",
                version(),
                line.join(" ")
            );
        }
        let current = listed.iter().filter(|line| line[0] == version());
        assert_eq!(current.count(), FILES.len(), "one line a file and version");
    }

    #[test]
    fn a_tag_is_known_in_a_list_and_weakly() {
        for (given, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, given.parse().unwrap());
            assert_eq!(is_known(&headers, "\"a\""), expected, "{given}");
        }
        assert!(!is_known(&HeaderMap::new(), "\"a\""));
    }
}
