//! What a form of the console holds. The door has read it and found that a page of ours sent it before any
//! handler sees it; what its fields mean is each page's matter, and nothing in it is verified.

use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::csrf;
use super::trouble::Trouble;

/// The largest form that is read, in bytes.
pub(super) const BYTES_MAX: usize = 64 * 1024;

/// The fields of a form, in its order.
#[derive(Clone, Default)]
pub(super) struct Form(Arc<Vec<(String, String)>>);

impl fmt::Debug for Form {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A form may hold a password.
        write!(out, "Form({} fields)", self.0.len())
    }
}

impl Form {
    /// Reads a body as browsers write it (`application/x-www-form-urlencoded`), a query likewise. One with
    /// a NUL in it was not typed by anybody, and no database takes it.
    pub(super) fn read(body: &[u8]) -> Result<Self, Trouble> {
        let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        if fields.iter().any(|(_, value)| value.contains('\0')) {
            return Err(Trouble::Unreadable);
        }
        Ok(Self(Arc::new(fields)))
    }

    /// A field as it was sent; nothing where it is missing. For what people type use [`Form::text`].
    pub(super) fn raw(&self, name: &str) -> &str {
        let mut fields = self.0.iter();
        let found = fields.find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// A field without the space around it; nothing where it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// A field without the space around it, unless it is missing or empty.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// The values of all fields of this name, such as boxes that are ticked, without the space around each.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let named = self.0.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.trim().to_owned()).collect()
    }

    /// The lines of a field that are not empty.
    pub(super) fn lines(&self, name: &str) -> Vec<String> {
        let lines = self.raw(name).lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Whether a box is ticked.
    pub(super) fn ticked(&self, name: &str) -> bool {
        !self.raw(name).is_empty()
    }

    /// All of the form that counts for the same form sent again, under the name of what it asks for.
    pub(super) fn asked(&self, what: &str) -> Vec<u8> {
        let mut asked = form_urlencoded::Serializer::new(format!("{what}?"));
        let fields = self.0.iter().filter(|(name, _)| name != csrf::FIELD);
        asked.extend_pairs(fields);
        asked.finish().into_bytes()
    }
}

impl<S: Sync> FromRequestParts<S> for Form {
    type Rejection = Trouble;

    /// The form that was sent, or, where a page is only asked for, what its query says.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Trouble> {
        match parts.extensions.get::<Self>() {
            Some(sent) => Ok(sent.clone()),
            None => Self::read(parts.uri.query().unwrap_or_default().as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let form = Form::read(b"name=+a%20b+&box=on&many=1&many=2&empty=").unwrap();
        assert_eq!((form.raw("name"), form.text("name")), (" a b ", "a b"));
        assert_eq!((form.given("empty"), form.given("none")), (None, None));
        assert!(form.ticked("box") && !form.ticked("none"));
        assert_eq!(form.raw("many"), "1");
        assert_eq!(form.all("many"), ["1", "2"]);
        let form = Form::read(b"lines=+a+%0D%0A%0D%0Ab%0A&x=").unwrap();
        assert_eq!(form.lines("lines"), ["a", "b"]);
        assert!(form.lines("x").is_empty() && form.all("y").is_empty());
        assert_eq!(format!("{form:?}"), "Form(2 fields)");
    }

    #[test]
    fn a_form_with_a_nul_is_not_read() {
        for body in ["a=%00", "a=b&c=x%00y", "a=\0"] {
            let read = Form::read(body.as_bytes());
            assert!(matches!(read, Err(Trouble::Unreadable)), "{body}");
        }
    }
}
