//! The pages. Values are escaped by the templates.

use askama::Template;

use super::description::{Description, Part};
use super::shape::Piece;

/// The page of shapes, which is no tag.
pub(super) const SHAPES: &str = "shapes";

/// The first page: what there is.
#[derive(Template)]
#[template(path = "reader/index.html")]
pub(super) struct Index<'a> {
    pub(super) all: &'a Description,
    /// Which page it is.
    pub(super) here: &'a str,
}

/// The operations of one tag.
#[derive(Template)]
#[template(path = "reader/part.html")]
pub(super) struct PartPage<'a> {
    pub(super) all: &'a Description,
    /// Which page it is.
    pub(super) here: &'a str,
    pub(super) part: &'a Part,
}

/// The shapes with names.
#[derive(Template)]
#[template(path = "reader/shapes.html")]
pub(super) struct ShapesPage<'a> {
    pub(super) all: &'a Description,
    /// Which page it is.
    pub(super) here: &'a str,
}

/// A shape in words, with links.
#[derive(Template)]
#[template(
    source = r##"{% for piece in pieces %}{% match piece.shape %}{% when Some with (name) %}<a href="/docs/shapes#{{ name }}">{{ piece.text }}</a>{% when None %}{{ piece.text }}{% endmatch %}{% endfor %}"##,
    ext = "html"
)]
pub(super) struct InWords<'a> {
    pub(super) pieces: &'a [Piece],
}

/// A text in which what stands between backticks is code, and an empty line ends a paragraph.
#[derive(Template)]
#[template(
    source = r#"{% for paragraph in paragraphs %}<p>{% for (is_code, run) in paragraph %}{% if is_code %}<code>{{ run }}</code>{% else %}{{ run }}{% endif %}{% endfor %}</p>{% endfor %}"#,
    ext = "html"
)]
pub(super) struct Prose<'a> {
    paragraphs: Vec<Vec<(bool, &'a str)>>,
}

impl<'a> Prose<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let paragraphs = text.split("\n\n").filter(|text| !text.trim().is_empty());
        let runs = |text: &'a str| {
            let runs = text.split('`').enumerate();
            runs.map(|(at, run)| (at % 2 == 1, run)).collect()
        };
        Self {
            paragraphs: paragraphs.map(runs).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_make_code_and_markup_is_inert() {
        let text = "Give `id`.\n\n<b>no</b>";
        let prose = Prose::of(text).render().unwrap();
        assert_eq!(
            prose,
            "<p>Give <code>id</code>.</p><p>&#60;b&#62;no&#60;/b&#62;</p>"
        );
    }
}
