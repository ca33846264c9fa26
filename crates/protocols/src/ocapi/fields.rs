//! Named texts in a body, however a client writes them: a form, JSON, or multipart. What they mean is not
//! decided here.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use data_encoding::BASE64;
use futures_util::stream;
use multer::{Constraints, Multipart, SizeLimit};
use serde_json::Value;

use crate::form::{self, Form};
use crate::json;
use crate::ocapi::request::BODY_LENGTH_MAX;

/// Parts of a multipart body at most.
pub(super) const PARTS_MAX: usize = 32;

/// The names that are looked for; every other one is passed over.
const NAMES: [&str; 5] = [
    "secret",
    "response",
    "sitekey",
    "idempotency_key",
    "payload",
];

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is longer than [`BODY_LENGTH_MAX`], or ended early.
    Length,
    /// It is nothing of what is read here, or a name stands in it twice.
    Form,
}

/// What was found by name.
pub(super) struct Fields(HashMap<&'static str, String>);

impl Fields {
    /// Reads a body by its content type; without one it is a form.
    pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Unreadable> {
        let body = axum::body::to_bytes(body, BODY_LENGTH_MAX).await;
        let body = body.map_err(|_| Unreadable::Length)?;
        let mut given = headers.get_all(header::CONTENT_TYPE).iter();
        let (content_type, second) = (given.next(), given.next());
        let text = content_type.map_or(Ok(form::MEDIA_TYPE), |given| given.to_str());
        let text = text.map_err(|_| Unreadable::Form)?;
        let essence = text.split(';').next().unwrap_or_default().trim();
        let is = |name: &str| essence.eq_ignore_ascii_case(name);
        if second.is_some() {
            Err(Unreadable::Form)
        } else if is(form::MEDIA_TYPE) {
            Self::of_form(&body)
        } else if is("application/json") {
            Self::of_json(&body)
        } else if is("multipart/form-data") {
            Self::of_multipart(text, body).await
        } else {
            Err(Unreadable::Form)
        }
    }

    /// A text by its name, one of [`NAMES`]; nothing where it is missing or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.get(name).map(String::as_str);
        found.filter(|text| !text.is_empty())
    }

    fn of_form(body: &[u8]) -> Result<Self, Unreadable> {
        let form = Form::parse(None, body).map_err(|_| Unreadable::Form)?;
        let found = NAMES.into_iter().filter_map(|name| {
            let value = form.get(name)?;
            Some((name, value.to_owned()))
        });
        Ok(Self(found.collect()))
    }

    /// A member that is no text counts as missing only where it is null.
    fn of_json(body: &[u8]) -> Result<Self, Unreadable> {
        let Ok(Value::Object(members)) = json::read(body) else {
            return Err(Unreadable::Form);
        };
        let mut found = HashMap::new();
        for name in NAMES {
            match members.get(name) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) => {
                    found.insert(name, text.clone());
                }
                // ALTCHA's libraries also send it as it is, without its base64.
                Some(payload @ Value::Object(_)) if name == "payload" => {
                    let text = BASE64.encode(payload.to_string().as_bytes());
                    found.insert(name, text);
                }
                Some(_) => return Err(Unreadable::Form),
            }
        }
        Ok(Self(found))
    }

    async fn of_multipart(content_type: &str, body: Bytes) -> Result<Self, Unreadable> {
        let boundary = multer::parse_boundary(content_type).map_err(|_| Unreadable::Form)?;
        let whole = u64::try_from(BODY_LENGTH_MAX).unwrap_or(u64::MAX);
        let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(whole));
        let body = stream::iter([Ok::<_, Infallible>(body)]);
        let mut parts = Multipart::with_constraints(body, boundary, limits);
        let mut found = HashMap::new();
        for _ in 0..=PARTS_MAX {
            let part = parts.next_field().await.map_err(|_| Unreadable::Form)?;
            let Some(part) = part else {
                return Ok(Self(found));
            };
            let name = part.name().unwrap_or_default();
            let Some(name) = NAMES.into_iter().find(|known| *known == name) else {
                continue;
            };
            let bytes = part.bytes().await.map_err(|_| Unreadable::Form)?;
            let text = String::from_utf8(bytes.to_vec()).map_err(|_| Unreadable::Form)?;
            match found.entry(name) {
                Entry::Vacant(place) => place.insert(text),
                Entry::Occupied(_) => return Err(Unreadable::Form),
            };
        }
        Err(Unreadable::Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: Option<&str>, body: impl Into<Body>) -> Result<Fields, Unreadable> {
        let mut headers = HeaderMap::new();
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime
            .unwrap()
            .block_on(Fields::read(&headers, body.into()))
    }

    /// Parts of these names, each holding its name's last letter.
    fn parts(names: &[&str]) -> String {
        let parts = names.iter().map(|name| {
            let text = &name[name.len() - 1..];
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        });
        parts.collect::<String>() + "--b--\r\n"
    }

    const MULTIPART: Option<&str> = Some("multipart/form-data; boundary=b");

    #[test]
    fn the_same_is_read_however_it_is_written() {
        let form = "secret=t&response=e&remoteip=192.0.2.1";
        let json = r#"{"secret":"t","response":"e","sitekey":null,"remoteip":7}"#;
        for (content_type, body) in [
            (None, form.to_owned()),
            (
                Some("Application/X-WWW-Form-Urlencoded; charset=utf-8"),
                form.to_owned(),
            ),
            (Some("application/json; charset=utf-8"), json.to_owned()),
            (MULTIPART, parts(&["secret", "response", "remoteip"])),
        ] {
            let fields = read(content_type, body).ok().unwrap();
            assert_eq!(fields.get("secret"), Some("t"), "{content_type:?}");
            assert_eq!(fields.get("response"), Some("e"), "{content_type:?}");
            assert_eq!(fields.get("sitekey"), None, "{content_type:?}");
        }
        let bare = read(Some("application/json"), r#"{"payload":{"a":1}}"#);
        let bare = bare.ok().unwrap();
        assert_eq!(bare.get("payload"), Some("eyJhIjoxfQ=="));
        let empty = read(None, "").ok().unwrap();
        assert_eq!(empty.get("secret"), None);
    }

    #[test]
    fn what_is_something_else_or_stands_twice_is_not_read() {
        for (content_type, body) in [
            (None, "secret=a&secret=b".to_owned()),
            (None, "secret=%FF".to_owned()),
            (Some("text/plain"), "secret=a".to_owned()),
            (Some("application/json"), "secret=a".to_owned()),
            (Some("application/json"), "[]".to_owned()),
            (Some("application/json"), r#"{"secret":1}"#.to_owned()),
            (Some("application/json"), r#"{"secret":{}}"#.to_owned()),
            (
                Some("application/json"),
                r#"{"secret":"a","secret":"a"}"#.to_owned(),
            ),
            (MULTIPART, parts(&["secret", "secret"])),
            (MULTIPART, "--b\r\nnothing".to_owned()),
            (Some("multipart/form-data"), parts(&["secret"])),
        ] {
            let read = read(content_type, body.clone());
            assert_eq!(read.err(), Some(Unreadable::Form), "{body}");
        }
    }

    #[test]
    fn a_body_and_its_parts_have_a_limit() {
        let form = |length: usize| format!("secret={}", "x".repeat(length - 7));
        assert!(read(None, form(BODY_LENGTH_MAX)).is_ok());
        let longer = read(None, form(BODY_LENGTH_MAX + 1));
        assert_eq!(longer.err(), Some(Unreadable::Length));
        assert!(read(MULTIPART, parts(&["x"; PARTS_MAX])).is_ok());
        let more = read(MULTIPART, parts(&["x"; PARTS_MAX + 1]));
        assert_eq!(more.err(), Some(Unreadable::Form));
    }
}
