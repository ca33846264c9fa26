//! The form by which a thing of a tenant is made, or set up: whoever may not change it is told what it is.

use askama::Template;

use super::field::Field;
use super::page::Page;

/// What the form is about.
#[derive(Template)]
#[template(path = "console/edit.html")]
pub(super) struct EditPage {
    /// The frame.
    pub(super) page: Page,
    /// The page's title, which may be a name of others.
    pub(super) title: String,
    /// The fields, with what is wrong with them.
    pub(super) fields: Vec<Field>,
    /// A field that nobody sees: the key of something new, or the tag of what is changed.
    pub(super) hidden: (&'static str, String),
    /// Whether the officer may change it.
    pub(super) may_change: bool,
    /// What the button says.
    pub(super) act: &'static str,
    /// Where to go back.
    pub(super) back: String,
    /// The page that asks whether it is to be removed, and what leads there.
    pub(super) removal: Option<(String, &'static str)>,
}
