//! The authenticator app, as this binary carries it from `web/authenticator/`: at `/app/`.
//!
//! Its service worker keeps all of its files on the phone. The list of them, each with its hash, is
//! written at the head of the worker, so that whatever changes in any file changes the worker, and the
//! browser fetches the new app as a whole or not at all. What the app says to this server goes
//! through the device API like that of any other authenticator; nothing here knows a user.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use aws_lc_rs::digest::{Context, SHA256, digest};
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use data_encoding::{BASE64, HEXLOWER};
use include_dir::{Dir, include_dir};

use crate::device::refusal::Refused;
use crate::device::response;

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../web/authenticator");

/// The page, which is also what the folder itself answers.
const PAGE: &str = "index.html";

/// The service worker.
const WORKER: &str = "sw.js";

/// Where the app is.
const HOME: HeaderValue = HeaderValue::from_static("/app/");

/// What the app may do: what comes from this server, and pictures that it makes itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data: blob:; media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the app uses of the phone: the camera, and the phone's own check of who holds it.
const PERMISSIONS: &str = "camera=(self), publickey-credentials-create=(self), publickey-credentials-get=(self), \
    accelerometer=(), autoplay=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), \
    magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()";

/// Every file by its path below `/app/`.
static FILES: LazyLock<BTreeMap<String, Served>> = LazyLock::new(|| {
    let mut files = BTreeMap::new();
    gather(&FOLDER, &mut files);
    if let Some(worker) = files.remove(WORKER) {
        let mut text = precache(&files, &worker);
        text.push_str(&String::from_utf8_lossy(&worker.bytes));
        let worker = Served::new(Bytes::from(text), worker.media_type);
        files.insert(WORKER.to_owned(), worker);
    }
    files
});

/// A file as it is served.
struct Served {
    bytes: Bytes,
    media_type: &'static str,
    /// SHA-256 in base64.
    hash: String,
}

impl Served {
    fn new(bytes: Bytes, media_type: &'static str) -> Self {
        let hash = BASE64.encode(digest(&SHA256, &bytes).as_ref());
        Self {
            bytes,
            media_type,
            hash,
        }
    }
}

/// The folder without its last slash.
pub(super) async fn without_slash() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(header::LOCATION, HOME);
    response
}

/// The page.
pub(super) async fn page(request: Request) -> Response<Body> {
    serve(PAGE, request.headers())
}

/// A file of the app.
pub(super) async fn file(
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response<Body> {
    let path = path.map_or_else(|_| String::new(), |Path(path)| path);
    serve(&path, &headers)
}

fn serve(path: &str, asked: &HeaderMap) -> Response<Body> {
    let Some(file) = FILES.get(path) else {
        return response::refusal(&Refused::NotHere);
    };
    let tag = format!("\"{}\"", file.hash);
    let known = asked.get(header::IF_NONE_MATCH);
    let mut response = if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        Response::new(Body::from(file.bytes.clone()))
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, file.media_type),
        // The worker keeps the files; whoever asks here wants to know whether there are others.
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn gather(folder: &Dir<'static>, into: &mut BTreeMap<String, Served>) {
    for file in folder.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        if let Some(media_type) = media_type(&path) {
            let served = Served::new(Bytes::from_static(file.contents()), media_type);
            into.insert(path, served);
        }
    }
    folder.dirs().for_each(|folder| gather(folder, into));
}

/// What a file is, by its name; nothing for what is not served.
fn media_type(path: &str) -> Option<&'static str> {
    let (_, ending) = path.rsplit_once('.')?;
    Some(match ending {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

/// The worker's first line: a name for this version, and the hash of each file of it.
///
/// The name follows from the worker as well: one that is new never fills, or deletes after a failure,
/// the cache that the old one answers from.
fn precache(files: &BTreeMap<String, Served>, worker: &Served) -> String {
    let mut all = Context::new(&SHA256);
    all.update(worker.hash.as_bytes());
    all.update(b"\n");
    let mut list = String::new();
    for (path, file) in files {
        all.update(path.as_bytes());
        all.update(b"\n");
        all.update(file.hash.as_bytes());
        all.update(b"\n");
        // A path of this folder has nothing in it that JSON would escape: a test holds it.
        let _ = write!(list, r#"["{path}","sha256-{}"],"#, file.hash);
    }
    let version = HEXLOWER.encode(all.finish().as_ref());
    let version = &version[..16];
    format!(
        r#"const PRECACHE = {{"version":"{version}","files":[{list}]}};{}"#,
        '\n'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served_but_what_is_for_readers() {
        let mut folders = vec![&FOLDER];
        let mut apart = Vec::new();
        while let Some(folder) = folders.pop() {
            folders.extend(folder.dirs());
            let paths = folder.files().map(|file| file.path().to_str().unwrap());
            apart.extend(paths.filter(|path| !FILES.contains_key(*path)));
        }
        for path in apart {
            let (_, name) = path.rsplit_once('/').unwrap_or(("", path));
            let for_people = [".md", ".txt", ".d.ts"]
                .iter()
                .any(|end| name.ends_with(end));
            assert!(for_people || name.starts_with("LICENSE"), "{path}");
        }
        assert!(FILES.contains_key(PAGE) && FILES.contains_key(WORKER));
    }

    #[test]
    fn the_worker_begins_with_every_file_but_itself() {
        let worker = String::from_utf8(FILES[WORKER].bytes.to_vec()).unwrap();
        let (line, rest) = worker.split_once('\n').unwrap();
        assert!(rest.starts_with("// The service worker"));
        let list = line.strip_prefix("const PRECACHE = ").unwrap();
        let list: serde_json::Value =
            serde_json::from_str(&list.replace(",]", "]").replace(';', "")).unwrap();
        let files = list["files"].as_array().unwrap();
        assert_eq!(files.len(), FILES.len() - 1);
        for file in files {
            let served = &FILES[file[0].as_str().unwrap()];
            assert_eq!(file[1], format!("sha256-{}", served.hash));
        }
    }

    #[test]
    fn another_worker_is_another_version() {
        let version = |worker: &'static [u8]| {
            let worker = Served::new(Bytes::from_static(worker), "text/javascript");
            let line = precache(&BTreeMap::new(), &worker);
            line.split('"').nth(3).unwrap().to_owned()
        };
        assert_eq!(version(b"one").len(), 16);
        assert_eq!(version(b"one"), version(b"one"));
        assert_ne!(version(b"one"), version(b"two"));
    }

    #[test]
    fn a_path_needs_no_escaping() {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
        for path in FILES.keys() {
            assert!(path.chars().all(plain), "{path}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_known_is_not_sent_again() {
        let tag = format!("\"{}\"", FILES[PAGE].hash);
        let mut headers = HeaderMap::new();
        assert_eq!(serve(PAGE, &headers).status(), StatusCode::OK);
        headers.insert(header::IF_NONE_MATCH, tag.parse().unwrap());
        let answer = serve(PAGE, &headers);
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(answer.headers()[header::ETAG], tag);
        assert_eq!(
            serve("../index.html", &headers).status(),
            StatusCode::NOT_FOUND
        );
    }
}
