//! The headers of every answer of the console: what its pages may do in a browser, and that nobody keeps
//! them.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// What a page may do: load from this server, and send forms to it. No script and no style stands in a
/// page itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The same for a page with a challenge for visitors: the widget works in a frame of this server, and a code
/// is read out.
const POLICY_WITH_CHALLENGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; media-src 'self'; frame-src 'self'; connect-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// Nothing of the machine is used.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), \
    payment=(), publickey-credentials-get=(), serial=(), usb=(), xr-spatial-tracking=()";

/// Has browsers come over TLS alone from now on, for a year (RFC 6797, section 6.1): where this process
/// speaks it. A proxy in front says so itself.
pub(super) fn stay_with_tls(headers: &mut HeaderMap) {
    let year = HeaderValue::from_static("max-age=31536000");
    headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
}

/// Lets a page show a challenge for visitors.
pub(super) fn allow_challenge(headers: &mut HeaderMap) {
    let policy = HeaderValue::from_static(POLICY_WITH_CHALLENGE);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
}

/// Sets them. A page that allows a challenge still does. A page is kept by no cache unless the answer says otherwise, as the files do.
pub(super) fn protect(headers: &mut HeaderMap) {
    let kept = headers.contains_key(header::CACHE_CONTROL);
    let policy = HeaderValue::from_static(POLICY);
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(policy);
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With `no-referrer` browsers would say `Origin: null` of a form; a link's secret goes nowhere else.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
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
    if !kept {
        let never = HeaderValue::from_static("no-store");
        headers.insert(header::CACHE_CONTROL, never);
    }
}
