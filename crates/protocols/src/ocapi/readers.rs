//! Which pages may read an answer: cross-origin resource sharing, as the Fetch standard has it.
//!
//! A page of an origin that the site does not name is refused before anything is done for it, rather than
//! merely kept from reading the answer: otherwise anybody's page could have its visitors run up a site's failures.
//! Browsers send no `Origin` for an image, a link or a request without sharing; what betrays a foreign page then is
//! `Sec-Fetch-Site` (W3C Fetch Metadata Request Headers, section 2.3). Programs that are no browsers send neither,
//! and are served; so are old browsers, which know neither, and all browsers where this server is reached by plain
//! http on another machine, since they tell `Sec-Fetch-Site` to trustworthy addresses alone.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, header};
use challenge::directory::Site;

use crate::ocapi::refusal::Refused;

/// Who may read an answer beside who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Pages of any origin.
    Anyone,
    /// Pages of this origin.
    Origin(HeaderValue),
    /// No page: none asked.
    NoPage,
}

/// Methods that a page may use.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");

/// Headers that a page may send beside the plain ones.
const HEADERS: HeaderValue = HeaderValue::from_static("content-type");

/// Headers that a page may read beside the plain ones.
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after");

/// Seconds for which a browser remembers what it may do.
const REMEMBERED_S: HeaderValue = HeaderValue::from_static("600");

impl Readers {
    /// Who may read what a site's visitor is answered; refused where the page is none of the site's.
    pub(super) fn of(site: &Site, headers: &HeaderMap) -> Result<Self, Refused> {
        if site.origins.is_empty() {
            return Ok(Self::Anyone);
        }
        let mut given = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = given.next() else {
            return if is_of_foreign_page(headers) {
                Err(Refused::ForeignOrigin)
            } else {
                Ok(Self::NoPage)
            };
        };
        let text = origin.to_str().unwrap_or_default();
        let known = site.origins.iter().any(|known| is_same(known, text));
        if known && given.next().is_none() {
            Ok(Self::Origin(origin.clone()))
        } else {
            Err(Refused::ForeignOrigin)
        }
    }

    /// Lets them read the answer. What is told depends on the origin, and caches must know.
    pub(super) fn may_read(&self, mut response: Response<Body>) -> Response<Body> {
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        let allowed = match self {
            Self::Anyone => HeaderValue::from_static("*"),
            Self::Origin(origin) => origin.clone(),
            Self::NoPage => return response,
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        response
    }

    /// Lets them ask, in answer to a browser's question beforehand. Cookies are never allowed.
    pub(super) fn may_ask(&self, response: Response<Body>) -> Response<Body> {
        let mut response = self.may_read(response);
        let headers = response.headers_mut();
        if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_S);
        }
        response
    }
}

/// Characters of a host's name at most (RFC 1035, section 2.3.4).
const HOST_LENGTH_MAX: usize = 253;

/// The host of the page that asks, in lower case and without its port, where the browser says it.
pub(super) fn host(headers: &HeaderMap) -> Option<String> {
    let mut given = headers.get_all(header::ORIGIN).iter();
    let (origin, second) = (given.next()?.to_str().ok()?, given.next());
    let (_, authority) = origin.split_once("://")?;
    let host = match authority.split_once(']') {
        Some((address, _)) => address.strip_prefix('[')?,
        None => authority.split(':').next().unwrap_or_default(),
    };
    let of_a_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    let good = (1..=HOST_LENGTH_MAX).contains(&host.len()) && host.bytes().all(of_a_host);
    (good && second.is_none()).then(|| host.to_ascii_lowercase())
}

/// Whether a browser says that another origin's page made it ask: `cross-site`, `same-site`, or a word that is
/// not known yet. `none` is a person's doing, such as an address typed in.
fn is_of_foreign_page(headers: &HeaderMap) -> bool {
    let mut given = headers.get_all("sec-fetch-site").iter();
    !given.all(|site| site == "same-origin" || site == "none")
}

/// Whether an origin as a browser sends it is the one that a site names: letters in any case, and the
/// scheme's own port said or not (RFC 6454, section 4).
fn is_same(named: &str, unverified: &str) -> bool {
    without_port(named).eq_ignore_ascii_case(without_port(unverified))
}

fn without_port(origin: &str) -> &str {
    let of = |scheme: &str, port: &str| {
        let begins = origin.get(..scheme.len())?.eq_ignore_ascii_case(scheme);
        begins.then(|| origin.strip_suffix(port))?
    };
    of("https:", ":443")
        .or_else(|| of("http:", ":80"))
        .unwrap_or(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_page_is_its_origin_without_scheme_and_port() {
        let long = format!("https://{}", "a".repeat(HOST_LENGTH_MAX));
        let longer = format!("{long}a");
        for (origin, expected) in [
            ("https://shop.example", Some("shop.example")),
            ("https://Shop.Example:8443", Some("shop.example")),
            ("http://127.0.0.1:9000", Some("127.0.0.1")),
            ("http://[2001:db8::1]:9000", Some("2001:db8::1")),
            ("http://[::1]", Some("::1")),
            (long.as_str(), Some(&long["https://".len()..])),
            (longer.as_str(), None),
            ("null", None),
            ("", None),
            ("https://", None),
            ("https://shop.example/path", None),
            ("https://shop.example\"", None),
            ("https://user@shop.example", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, origin.parse().unwrap());
            assert_eq!(host(&headers).as_deref(), expected, "{origin}");
            headers.append(header::ORIGIN, origin.parse().unwrap());
            assert_eq!(host(&headers), None, "{origin} twice");
        }
        assert_eq!(host(&HeaderMap::new()), None);
    }

    #[test]
    fn an_origin_is_itself_in_any_case_and_with_its_schemes_own_port() {
        for (named, sent, expected) in [
            ("https://shop.example", "https://shop.example", true),
            ("https://Shop.Example", "https://shop.example", true),
            ("https://shop.example:443", "https://shop.example", true),
            ("http://shop.example", "http://shop.example:80", true),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000", true),
            ("https://shop.example", "http://shop.example", false),
            ("https://shop.example", "https://shop.example:80", false),
            ("https://shop.example:8443", "https://shop.example", false),
            ("https://shop.example", "https://shop.example.evil", false),
            ("https://shop.example", "https://evil-shop.example", false),
            ("https://shop.example", "https://a.shop.example", false),
            ("https://shop.example", "https://shop.example/", false),
            ("https://shop.example", "null", false),
            ("https://shop.example", "", false),
        ] {
            assert_eq!(is_same(named, sent), expected, "{named} {sent}");
        }
    }
}
