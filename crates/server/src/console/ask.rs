//! The page that asks once more before something is done for good; its form does it.

use askama::Template;

use super::page::Page;

/// What is asked.
#[derive(Template)]
#[template(path = "console/ask.html")]
pub(super) struct AskPage {
    /// The frame.
    pub(super) page: Page,
    /// The question.
    pub(super) title: String,
    /// What will come of it.
    pub(super) text: &'static str,
    /// What the button says.
    pub(super) act: &'static str,
    /// The tag of what is meant, as it was looked at; empty where there is none.
    pub(super) tag: String,
    /// Where to go back.
    pub(super) back: String,
}
