//! Form bodies as clients write them: strict where a mistake could hide. What the parameters mean is
//! each protocol's matter.
//!
//! A literal space counts as one, as does `+`. What is not UTF-8, holds a NUL, or stands twice is
//! refused; an empty value counts as omitted (RFC 6749, section 3.1).

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use percent_encoding::percent_decode;

/// Why a form is not taken, or lacks what is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FormError {
    /// It cannot be read; the text says what is expected.
    Malformed(&'static str),
    /// This parameter stands twice.
    Repeated(String),
    /// This parameter is missing or empty.
    Missing(&'static str),
}

/// The media type of a form.
pub(crate) const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The parameters of a form.
pub(crate) struct Form(HashMap<String, String>);

impl Form {
    /// Reads a body. A missing content type counts as the right one.
    pub(crate) fn parse(content_type: Option<&[u8]>, body: &[u8]) -> Result<Self, FormError> {
        if let Some(given) = content_type {
            let essence = given.split(|&byte| byte == b';').next().unwrap_or_default();
            if !essence
                .trim_ascii()
                .eq_ignore_ascii_case(MEDIA_TYPE.as_bytes())
            {
                let text = "send the parameters as application/x-www-form-urlencoded";
                return Err(FormError::Malformed(text));
            }
        }
        let mut parameters = HashMap::new();
        for pair in body
            .split(|&byte| byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            let split = pair.iter().position(|&byte| byte == b'=');
            let (name, value) = match split {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            match parameters.entry(decode(name)?) {
                Entry::Occupied(earlier) => return Err(FormError::Repeated(earlier.key().clone())),
                Entry::Vacant(place) => place.insert(decode(value)?),
            };
        }
        Ok(Self(parameters))
    }

    /// A parameter's value; nothing where it is missing or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// A parameter's value, or the refusal that names it.
    pub(crate) fn need(&self, name: &'static str) -> Result<&str, FormError> {
        self.get(name).ok_or(FormError::Missing(name))
    }
}

/// Undoes the encoding of one name or value.
pub(crate) fn decode(encoded: &[u8]) -> Result<String, FormError> {
    let spaced: Vec<u8> = encoded
        .iter()
        .map(|&byte| if byte == b'+' { b' ' } else { byte })
        .collect();
    match percent_decode(&spaced).decode_utf8().map(Cow::into_owned) {
        Ok(text) if !text.contains('\0') => Ok(text),
        Ok(_) => Err(FormError::Malformed("a parameter holds a NUL")),
        Err(_) => Err(FormError::Malformed("a parameter is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(body: &str) -> Result<Form, FormError> {
        Form::parse(None, body.as_bytes())
    }

    #[test]
    fn the_three_ways_to_write_a_space_are_one() {
        for body in ["a=x y", "a=x+y", "a=x%20y"] {
            assert_eq!(parse(body).unwrap().get("a"), Some("x y"), "{body}");
        }
    }

    #[test]
    fn an_empty_value_counts_as_omitted() {
        let form = parse("a=&b&c=1&&d==").unwrap();
        assert_eq!(
            (form.get("a"), form.get("b"), form.get("e")),
            (None, None, None)
        );
        assert_eq!((form.get("c"), form.get("d")), (Some("1"), Some("=")));
        assert!(matches!(form.need("a"), Err(FormError::Missing("a"))));
    }

    #[test]
    fn a_repeated_name_is_refused_by_name_whoever_it_is() {
        for (body, named) in [("a=1&a=1", "a"), ("a=&%61=2", "a"), ("x=1&z=1&x", "x")] {
            match parse(body) {
                Err(FormError::Repeated(name)) => assert_eq!(name, named),
                _ => panic!("{body} was taken"),
            }
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for body in [&b"a=%FF"[..], b"a=\xC3\x28", b"%C0%80=1", b"a=%00", b"\0=1"] {
            assert!(Form::parse(None, body).is_err(), "{body:?}");
        }
        assert_eq!(parse("a=100%&b=%zz").unwrap().get("b"), Some("%zz"));
    }

    #[test]
    fn only_a_form_is_a_form() {
        let with = |given: &str| Form::parse(Some(given.as_bytes()), b"a=1").is_ok();
        assert!(with(MEDIA_TYPE));
        assert!(with("Application/X-WWW-Form-UrlEncoded ; charset=UTF-8"));
        assert!(!with("application/json"));
        assert!(!with("multipart/form-data; boundary=x"));
        assert!(!with(""));
    }

    proptest! {
        #[test]
        fn what_a_standard_client_writes_is_read_as_it_was_meant(
            pairs in proptest::collection::btree_map("[^\0]{1,9}", "[^\0]{1,20}", 0..6)
        ) {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let form = parse(&body).unwrap();
            for (name, value) in &pairs {
                prop_assert_eq!(form.get(name), Some(value.as_str()));
            }
        }

        #[test]
        fn no_body_is_too_strange(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Form::parse(None, &body);
        }
    }
}
