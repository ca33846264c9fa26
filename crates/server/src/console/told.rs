//! The page that tells a secret, once.

use askama::Template;
use protocols::management::shapes::told::ToldOnce;

use super::page::Page;

/// What is told.
#[derive(Template)]
#[template(path = "console/told.html")]
pub(super) struct ToldPage {
    /// The frame.
    pub(super) page: Page,
    /// The page's title.
    pub(super) title: String,
    /// What to do with it.
    pub(super) text: &'static str,
    /// The secret.
    pub(super) secret: ToldOnce,
    /// Where to go on.
    pub(super) back: String,
}
