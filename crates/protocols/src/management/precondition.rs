//! Conditional requests (RFC 9110, section 13): tags of what is shown, and what a caller says of them.

use aws_lc_rs::digest::{Context, SHA256};
use axum::http::{HeaderMap, HeaderName, header};
use data_encoding::HEXLOWER;
use serde::Serialize;

use crate::management::refusal::Refusal;

/// Bytes of a digest that go into a tag.
const TAG_LENGTH: usize = 16;

/// The tag of a thing: the same as long as nothing about it changed, its secrets included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// The tag of what is shown, and of what is not: secrets as they are kept, never as they are.
    pub fn of(shown: &impl Serialize, kept_secrets: &[Option<&[u8]>]) -> Self {
        let mut context = Context::new(&SHA256);
        // What is shown has text keys and no maps of other kinds: it can be written as JSON.
        context.update(&serde_json::to_vec(shown).unwrap_or_default());
        for secret in kept_secrets {
            let secret = secret.unwrap_or_default();
            context.update(&[0]);
            context.update(&secret.len().to_be_bytes());
            context.update(secret);
        }
        let digest = context.finish();
        let start = digest.as_ref().get(..TAG_LENGTH).unwrap_or_default();
        Self(format!("\"{}\"", HEXLOWER.encode(start)))
    }

    /// The tag as it stands in headers, in its quotation marks.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A thing, and its tag.
#[derive(Clone, Debug)]
pub struct Tagged<T> {
    /// The thing.
    pub value: T,
    /// Its tag.
    pub tag: Tag,
}

/// What a caller says that a thing must still be, to be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IfMatch(Condition);

/// What a caller knows already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IfNoneMatch(Condition);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Condition {
    /// Nothing is said.
    #[default]
    None,
    /// `*`: whatever it is.
    Any,
    /// One of these.
    OneOf(Vec<String>),
}

impl IfMatch {
    /// Whatever the thing is.
    pub fn whatever() -> Self {
        Self(Condition::None)
    }

    /// The thing must still have this tag, as a form was given it.
    pub fn tag(tag: &str) -> Self {
        Self(Condition::OneOf(vec![tag.to_owned()]))
    }

    /// Reads the header.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        Condition::read(headers, &header::IF_MATCH).map(Self)
    }

    /// Refuses where the thing is not what was said. Tags that are weak never match (section 8.8.3.2).
    pub fn check(&self, tag: &Tag) -> Result<(), Refusal> {
        match &self.0 {
            Condition::None | Condition::Any => Ok(()),
            Condition::OneOf(tags) if tags.iter().any(|given| given == tag.as_str()) => Ok(()),
            Condition::OneOf(_) => Err(Refusal::Changed),
        }
    }
}

impl IfNoneMatch {
    /// Reads the header.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        Condition::read(headers, &header::IF_NONE_MATCH).map(Self)
    }

    /// Whether the caller has this already. Weak tags count as strong ones.
    pub(super) fn knows(&self, tag: &Tag) -> bool {
        match &self.0 {
            Condition::None => false,
            Condition::Any => true,
            Condition::OneOf(tags) => tags
                .iter()
                .any(|given| given.strip_prefix("W/").unwrap_or(given) == tag.as_str()),
        }
    }
}

impl Condition {
    fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Self, Refusal> {
        let mut tags = Vec::new();
        for value in headers.get_all(name) {
            let text = value.to_str().unwrap_or("?");
            for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
                if tag == "*" {
                    return Ok(Self::Any);
                }
                let quoted = tag.strip_prefix("W/").unwrap_or(tag);
                if quoted.len() < 2 || !quoted.starts_with('"') || !quoted.ends_with('"') {
                    let name = name.as_str();
                    return Err(Refusal::Malformed(format!(
                        "{name}: send * or tags in quotation marks, as ETag has them"
                    )));
                }
                tags.push(tag.to_owned());
            }
        }
        Ok(if tags.is_empty() {
            Self::None
        } else {
            Self::OneOf(tags)
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
        let values = values.iter().map(|value| HeaderValue::from_static(value));
        values.map(|value| (name.clone(), value)).collect()
    }

    #[test]
    fn a_tag_moves_with_what_is_shown_and_with_each_secret_apart() {
        let tags = [
            Tag::of(&"a", &[]),
            Tag::of(&"b", &[]),
            Tag::of(&"a", &[None]),
            Tag::of(&"a", &[Some(b"x")]),
            Tag::of(&"a", &[Some(b"x"), None]),
            Tag::of(&"a", &[None, Some(b"x")]),
        ];
        for (at, tag) in tags.iter().enumerate() {
            assert!(tags[at + 1..].iter().all(|other| other != tag), "{at}");
        }
        assert_eq!(Tag::of(&"a", &[Some(b"x")]), tags[3]);
    }

    #[test]
    fn if_match_takes_strong_tags_alone_and_if_none_match_weak_ones_too() {
        let tag = Tag::of(&"a", &[]);
        let strong: &'static str = Box::leak(tag.as_str().to_owned().into_boxed_str());
        let weak: &'static str = Box::leak(format!("W/{strong}").into_boxed_str());
        let matches = |values: &[&'static str]| {
            let read = IfMatch::read(&headers(&header::IF_MATCH, values)).unwrap();
            read.check(&tag).is_ok()
        };
        assert!(matches(&[]) && matches(&["*"]) && matches(&["\"b\", \"c\"", strong]));
        assert!(!matches(&["\"b\""]) && !matches(&[weak]));
        let knows = |values: &[&'static str]| {
            let read = IfNoneMatch::read(&headers(&header::IF_NONE_MATCH, values)).unwrap();
            read.knows(&tag)
        };
        assert!(knows(&["*"]) && knows(&[weak]) && knows(&["\"b\"", strong]));
        assert!(!knows(&[]) && !knows(&["\"b\""]));
    }

    #[test]
    fn what_is_no_tag_is_refused_by_the_headers_name() {
        for value in ["abc", "\"", "W/abc", "\"a\", b"] {
            let read = IfMatch::read(&headers(&header::IF_MATCH, &[value]));
            assert!(matches!(read, Err(Refusal::Malformed(text)) if text.contains("if-match")));
        }
    }
}
