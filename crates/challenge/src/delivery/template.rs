//! Texts with places to be filled in: `{code} is your code`. Pure.
//!
//! A place is a name in braces, of lower-case letters and `_`; all other braces are text. What is filled
//! in is escaped for where it goes, so that it can end nothing and begin nothing there.

/// How what is filled in is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// As it is, in a text for people; control characters become spaces.
    Text,
    /// As the inside of a JSON string (RFC 8259, section 7).
    Json,
    /// As a value of `application/x-www-form-urlencoded`.
    Form,
}

impl Escape {
    fn write(self, value: &str, out: &mut String) {
        match self {
            Self::Text => {
                let shown = |c: char| if c.is_control() { ' ' } else { c };
                out.extend(value.chars().map(shown));
            }
            Self::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                let inside = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
                out.push_str(inside.unwrap_or_default());
            }
            Self::Form => out.extend(form_urlencoded::byte_serialize(value.as_bytes())),
        }
    }
}

/// What can be filled in: names and values.
pub type Filling<'a> = [(&'a str, &'a str)];

/// The template with every place filled in that there is something for; what was filled in is not
/// looked at again.
pub fn fill(template: &str, filling: &Filling<'_>, escape: Escape) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, name, after)) = next_place(rest) {
        out.push_str(before);
        if let Some((_, value)) = filling.iter().find(|(known, _)| *known == name) {
            escape.write(value, &mut out);
        } else {
            out.push('{');
            out.push_str(name);
            out.push('}');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The names of a template's places, in their order.
pub fn places(template: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = template;
    while let Some((_, name, after)) = next_place(rest) {
        names.push(name);
        rest = after;
    }
    names
}

/// What stands before the next place, its name, and what stands after it.
fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let is_name = |name: &str| {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        !name.is_empty() && name.bytes().all(letter)
    };
    text.match_indices('{').find_map(|(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        let (name, after) = rest.strip_prefix('{')?.split_once('}')?;
        is_name(name).then_some((before, name, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILLING: [(&str, &str); 2] = [("code", "12\"3\r\n{to}"), ("to", "+41 79&x=1")];

    #[test]
    fn places_are_filled_in_and_escaped_for_where_they_go() {
        let text = fill("{code}, {to}!", &FILLING, Escape::Text);
        assert_eq!(text, "12\"3  {to}, +41 79&x=1!");
        let json = fill(r#"{"c":"{code}"}"#, &FILLING, Escape::Json);
        assert_eq!(json, r#"{"c":"12\"3\r\n{to}"}"#);
        let form = fill("c={code}&t={to}", &FILLING, Escape::Form);
        assert_eq!(form, "c=12%223%0D%0A%7Bto%7D&t=%2B41+79%26x%3D1");
    }

    #[test]
    fn other_braces_are_text() {
        for text in [
            "",
            "{",
            "}",
            "{}",
            "{ code }",
            "{Code}",
            "{code",
            r#"{"a":{}}"#,
        ] {
            assert_eq!(fill(text, &FILLING, Escape::Text), text);
            assert!(places(text).is_empty(), "{text}");
        }
        assert_eq!(fill("{{to}}", &FILLING, Escape::Text), "{+41 79&x=1}");
        assert_eq!(fill("{other}", &FILLING, Escape::Text), "{other}");
        assert_eq!(places("a {b_c} {\"d\":\"{to}\"}"), ["b_c", "to"]);
    }
}
