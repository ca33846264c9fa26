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

/// What takes the place of another service, in pages and at servers that were made for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The service.
    pub service: &'static str,
    /// Whether the page loads our widget instead of the service's.
    pub loads_ours: bool,
    /// What stands where the service's element was.
    pub element: String,
    /// Where the site's server asks instead.
    pub check: String,
}

/// The services whose place can be taken: each with the field that its servers look for, and where they
/// ask on its own host.
const SERVICES: [(&str, &str, &str); 3] = [
    (
        "recaptcha",
        "g-recaptcha-response",
        "/recaptcha/api/siteverify",
    ),
    ("hcaptcha", "h-captcha-response", "/siteverify"),
    (
        "turnstile",
        "cf-turnstile-response",
        "/turnstile/v0/siteverify",
    ),
];

/// What takes the place of each service that one can come from. ALTCHA's own widget stays.
pub fn replacements(public_url: &str, public_id: &str) -> Vec<Replacement> {
    let named = SERVICES.map(|(service, field, path)| Replacement {
        service,
        loads_ours: true,
        element: format!(
            "<ocapi-challenge public-id=\"{public_id}\" name=\"{field}\"></ocapi-challenge>"
        ),
        check: format!("{public_url}{path}"),
    });
    let base = format!("{public_url}/ocapi/altcha/{public_id}");
    let altcha = Replacement {
        service: "altcha",
        loads_ours: false,
        element: format!("<altcha-widget challenge=\"{base}/challenge?v=2\"></altcha-widget>"),
        check: format!("{base}/siteverify"),
    };
    named.into_iter().chain([altcha]).collect()
}
