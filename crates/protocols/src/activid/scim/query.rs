//! What a search asks for, from a query string or from the body of `.search`.
//!
//! Parameters that are not known are read over, however odd; the vendor's clients send some.

use serde_json::Value;

use crate::activid::refusal::Refused;
use crate::activid::scim::filter::Filter;
use crate::activid::scim::path::{Path, member};

/// Resources in one answer at most.
pub(super) const COUNT_MAX: usize = 100;

/// A search.
#[derive(Debug)]
pub(super) struct Query {
    /// What resources have to be like; nothing: all.
    pub(super) filter: Option<Filter>,
    /// How many of those found come before the first one in the answer.
    pub(super) skip: usize,
    /// How many are in the answer.
    pub(super) count: usize,
    /// What they are sorted by; nothing: by the user's id, as they are found.
    pub(super) sort_by: Option<Path>,
    /// Whether the greatest comes first.
    pub(super) descending: bool,
    /// The attributes wanted, in lower case, without what follows a dot; empty: all.
    pub(super) attributes: Vec<String>,
}

impl Query {
    /// From a query string. Of a repeated parameter the first counts.
    pub(super) fn from_url(query: &str) -> Result<Self, Refused> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        Self::read(|name| {
            let mut named = pairs.iter().filter(|(given, _)| given.trim() == name);
            named.next().map(|(_, value)| value.trim().to_owned())
        })
    }

    /// From a body. Numbers may be texts, the vendor's templates have them so.
    pub(super) fn from_body(body: &[u8]) -> Result<Self, Refused> {
        let body: Value = serde_json::from_slice(body)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| Refused::Malformed("send a SearchRequest in JSON".to_owned()))?;
        Self::read(|name| {
            let text = match member(&body, name)? {
                Value::Null => return None,
                Value::String(text) => text.trim().to_owned(),
                Value::Array(elements) => {
                    let texts: Vec<_> = elements.iter().filter_map(Value::as_str).collect();
                    texts.join(",")
                }
                other => other.to_string(),
            };
            Some(text)
        })
    }

    fn read(parameter: impl Fn(&str) -> Option<String>) -> Result<Self, Refused> {
        let given = |name| parameter(name).filter(|text| !text.is_empty());
        let filter = given("filter").map(|text| Filter::parse(&text)).transpose();
        let sort_by = given("sortBy").map(|text| {
            let wrong = || Refused::Unsupported("sortBy is no attribute's name".to_owned());
            Path::parse(&text).ok_or_else(wrong)
        });
        let order = given("sortOrder").unwrap_or_default();
        let start = number(given("startIndex"), "startIndex", 1)?;
        Ok(Self {
            filter: filter.map_err(Refused::BadFilter)?,
            skip: start.saturating_sub(1),
            count: number(given("count"), "count", COUNT_MAX)?.min(COUNT_MAX),
            sort_by: sort_by.transpose()?,
            descending: order.eq_ignore_ascii_case("descending"),
            attributes: given("attributes")
                .map(|text| attributes(&text))
                .unwrap_or_default(),
        })
    }
}

/// A whole number; less than 0 counts as 0 (RFC 7644, section 3.4.2.4).
fn number(text: Option<String>, name: &str, otherwise: usize) -> Result<usize, Refused> {
    let Some(text) = text else {
        return Ok(otherwise);
    };
    match text.parse::<i64>() {
        Ok(number) => Ok(usize::try_from(number.max(0)).unwrap_or(usize::MAX)),
        Err(_) => Err(Refused::Unsupported(format!("{name} is no whole number"))),
    }
}

/// Names out of a list, each reduced to the member of the resource that it is in.
fn attributes(list: &str) -> Vec<String> {
    let names = list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names
        .map(|name| {
            let bare = name.rsplit(':').next().unwrap_or(name);
            bare.split('.').next().unwrap_or(bare).to_ascii_lowercase()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_and_a_body_ask_alike() {
        let by_url = Query::from_url(
            "filter=userName+eq+a&startIndex=3&count=7&sortBy=id&sortOrder=Descending&attributes=userName,name.familyName",
        );
        let by_body = Query::from_body(
            br#"{"filter":"userName eq a","startIndex":"3","count":7,"sortBy":"id",
                "sortOrder":"descending","attributes":["userName","urn:x:name.familyName"],"schemas":"wrong"}"#,
        );
        for query in [by_url.unwrap(), by_body.unwrap()] {
            assert!(query.filter.is_some() && query.sort_by.is_some() && query.descending);
            assert_eq!((query.skip, query.count), (2, 7));
            assert_eq!(query.attributes, ["username", "name"]);
        }
    }

    #[test]
    fn numbers_have_their_limits() {
        for (text, skip, count) in [
            ("", 0, 100),
            ("startIndex=0&count=0", 0, 0),
            ("startIndex=-5&count=-1", 0, 0),
            ("startIndex=1&count=101", 0, 100),
            ("count=", 0, 100),
        ] {
            let query = Query::from_url(text).unwrap();
            assert_eq!((query.skip, query.count), (skip, count), "{text}");
        }
        for text in [
            "count=ten",
            "startIndex=1.5",
            "count=99999999999999999999",
            "filter=x",
        ] {
            assert!(Query::from_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn odd_parameters_are_read_over() {
        for text in [
            "api-version%20=%209",
            "&&=&a",
            "%ff=%ff",
            "api-version = 9&x=1&x=2",
        ] {
            assert!(Query::from_url(text).is_ok(), "{text}");
        }
        for body in [&b""[..], b"[]", b"{", b"\"a\"", b"{\"filter\":\"a eq\"}"] {
            assert!(Query::from_body(body).is_err());
        }
        assert!(Query::from_body(b"{}").is_ok());
        assert!(Query::from_body(b"{\"filter\":null,\"count\":null}").is_ok());
    }
}
