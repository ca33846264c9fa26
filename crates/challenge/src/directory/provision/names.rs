//! What a name may look like. Names go into URLs, logs and lists; what would be ambiguous there is
//! refused when it is described.

use super::findings::{At, Findings};

/// The longest name or text, in bytes.
const LENGTH_MAX: usize = 256;

/// The longest text with lines, in bytes.
const LONG_TEXT_MAX: usize = 4096;

/// A name that stands in URLs: tenant, policy, client, site.
pub(super) fn check_url_name(found: &mut Findings, at: &At, key: &str, name: &str) {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
    // `.` and `..` are taken away from paths by clients (RFC 3986, section 5.2.4).
    if !name.bytes().all(fits) || matches!(name, "." | "..") {
        found.problem(
            at,
            format!("{key}: use letters, digits and . _ ~ - alone, since it stands in URLs"),
        );
    }
    check_length(found, at, key, name);
}

/// A text for people or for callers: anything but control characters.
pub(super) fn check_text(found: &mut Findings, at: &At, key: &str, text: &str) {
    if text.chars().any(char::is_control) {
        found.problem(at, format!("{key}: control characters are not allowed"));
    }
    check_length(found, at, key, text);
}

/// A text for people that may have lines and be longer.
pub(super) fn check_long_text(found: &mut Findings, at: &At, key: &str, text: &str) {
    let allowed = |c: char| !c.is_control() || c == '\n' || c == '\t';
    if !text.chars().all(allowed) {
        found.problem(at, format!("{key}: control characters are not allowed"));
    }
    if text.is_empty() {
        found.problem(at, format!("{key}: it is empty"));
    }
    if text.len() > LONG_TEXT_MAX {
        let length = text.len();
        found.problem(
            at,
            format!("{key}: {length} bytes are too long; {LONG_TEXT_MAX} are allowed"),
        );
    }
}

/// A text that may be absent.
pub(super) fn check_optional(found: &mut Findings, at: &At, key: &str, text: Option<&String>) {
    if let Some(text) = text {
        check_text(found, at, key, text);
    }
}

fn check_length(found: &mut Findings, at: &At, key: &str, text: &str) {
    if text.is_empty() {
        found.problem(at, format!("{key}: it is empty"));
    }
    if text.len() > LENGTH_MAX {
        let length = text.len();
        found.problem(
            at,
            format!("{key}: {length} bytes are too long; {LENGTH_MAX} are allowed"),
        );
    }
}

/// A number that has a range.
pub(super) fn check_range(
    found: &mut Findings,
    at: &At,
    key: &str,
    value: u32,
    range: std::ops::RangeInclusive<u32>,
) {
    if !range.contains(&value) {
        let (least, most) = (range.start(), range.end());
        found.problem(
            at,
            format!("{key}: {value} is out of range; choose {least} to {most}"),
        );
    }
}
