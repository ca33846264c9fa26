//! The widget that websites load: its file, its version, and what a page writes to load it. Serving it
//! is the protocol's.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA384, digest};
use data_encoding::BASE64;

/// The file that pages load.
pub(crate) const WIDGET: &str = include_str!("../../../web/widget/ocapi.js");

/// What stands before the version in the widget.
const BEFORE_VERSION: &str = "const VERSION = '";

static INTEGRITY: LazyLock<String> = LazyLock::new(|| {
    let hash = digest(&SHA384, WIDGET.as_bytes());
    format!("sha384-{}", BASE64.encode(hash.as_ref()))
});

/// The widget's version, as it stands in its paths.
pub fn version() -> &'static str {
    let after = WIDGET.split_once(BEFORE_VERSION);
    let version = after.and_then(|(_, after)| after.split_once('\''));
    version.map_or("0", |(version, _)| version)
}

/// What a page writes into `integrity` (Subresource Integrity): SHA-384 of the widget, in base64.
pub fn integrity() -> &'static str {
    &INTEGRITY
}

/// What a page loads, and what stands where the challenge is to be. A public id has no character that
/// means anything in HTML.
pub fn snippet(public_url: &str, public_id: &str) -> [String; 2] {
    let (version, integrity) = (version(), integrity());
    [
        format!(
            "<script src=\"{public_url}/ocapi/{version}/ocapi.js\" integrity=\"{integrity}\" \
             crossorigin=\"anonymous\" defer></script>"
        ),
        format!("<ocapi-challenge public-id=\"{public_id}\"></ocapi-challenge>"),
    ]
}
