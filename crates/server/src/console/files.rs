//! The styles, scripts and pictures of the console, as this binary carries them from `web/console/`.
//!
//! They hold nothing secret and are the same for everybody, so that browsers may keep them as long as
//! their tag is the same.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use data_encoding::BASE64URL_NOPAD;
use include_dir::{Dir, include_dir};

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../web/console");

/// Every file by its path below `/console/files/`.
static FILES: LazyLock<BTreeMap<String, Served>> = LazyLock::new(|| {
    let mut files = BTreeMap::new();
    let mut folders = vec![&FOLDER];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            let path = file.path().to_string_lossy().replace('\\', "/");
            if let Some(media_type) = media_type(&path) {
                let bytes = file.contents();
                let hash = BASE64URL_NOPAD.encode(digest(&SHA256, bytes).as_ref());
                let tag = format!("\"{hash}\"");
                files.insert(
                    path,
                    Served {
                        bytes,
                        media_type,
                        tag,
                    },
                );
            }
        }
    }
    files
});

struct Served {
    bytes: &'static [u8],
    media_type: &'static str,
    tag: String,
}

/// A file of the console.
pub(super) async fn file(Path(path): Path<String>, asked: HeaderMap) -> Response {
    let Some(file) = FILES.get(&path) else {
        return (StatusCode::NOT_FOUND, "no such file\n").into_response();
    };
    let known = asked.get(header::IF_NONE_MATCH);
    let mut response = if known.is_some_and(|known| known.as_bytes() == file.tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.bytes.into_response()
    };
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_static(file.media_type);
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&file.tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// What a file is, by its name; nothing for what is not served.
fn media_type(path: &str) -> Option<&'static str> {
    let (_, ending) = path.rsplit_once('.')?;
    Some(match ending {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_known_is_not_sent_again() {
        let ask = |path: &str, asked: HeaderMap| file(Path(path.to_owned()), asked);
        let first = ask("frame.css", HeaderMap::new()).await;
        assert_eq!(first.status(), StatusCode::OK);
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        let again = ask("frame.css", asked).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let strange = ask("../index.html", HeaderMap::new()).await;
        assert_eq!(strange.status(), StatusCode::NOT_FOUND);
    }
}
