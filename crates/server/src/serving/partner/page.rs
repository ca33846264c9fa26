//! The two pages of the demo website. Values are escaped by the templates.

use askama::Template;

use super::check::Checked;

/// The page with the form.
#[derive(Template)]
#[template(path = "partner/form.html")]
pub(super) struct Form<'a> {
    /// The Ocapi server's address.
    pub(super) server: &'a str,
    /// The site's public id.
    pub(super) public_id: &'a str,
    /// The kinds of challenge that the page offers.
    pub(super) kinds: &'a [Kind],
    /// The one that was chosen.
    pub(super) kind: &'a str,
    /// The widget's version and hash, so that a page runs what its author has seen, and nothing else.
    pub(super) widget: Widget,
}

/// A kind of challenge, as the page offers it.
pub(super) struct Kind {
    /// Its name, as the widget knows it.
    pub(super) name: &'static str,
    /// What it is to a visitor.
    pub(super) label: &'static str,
}

/// Which widget a page loads.
#[derive(Clone, Copy)]
pub(super) struct Widget {
    /// Its version.
    pub(super) version: &'static str,
    /// Its hash, as `integrity` takes it.
    pub(super) integrity: &'static str,
}

/// The page that shows what came of a form.
#[derive(Template)]
#[template(path = "partner/result.html")]
pub(super) struct Outcome<'a> {
    /// What the form held, in its order.
    pub(super) fields: &'a [(String, String)],
    /// How the check went; nothing where the form had no challenge.
    pub(super) checked: Option<&'a Checked>,
}

impl Outcome<'_> {
    fn is_valid(&self) -> bool {
        self.checked.is_some_and(|checked| checked.is_valid)
    }

    /// The token's claims, a line each.
    fn claims(&self) -> String {
        let claims = self.checked.map(|checked| &checked.claims);
        claims.map_or_else(String::new, |claims| format!("{claims:#}"))
    }

    fn is_consumed(&self) -> bool {
        self.checked
            .is_some_and(|checked| checked.answer.contains("\"consumed\""))
    }
}
