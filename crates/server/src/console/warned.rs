//! The page after something was saved that the server has doubts about: it is done, and better done otherwise.

use askama::Template;
use axum::response::Response;

use super::notice::Notice;
use super::page::Page;
use super::visit::Visit;

/// What is said.
#[derive(Template)]
#[template(path = "console/warned.html")]
struct WarnedPage {
    page: Page,
    title: String,
    warnings: Vec<String>,
    back: String,
}

/// Goes on to `back` and says there that it is saved; where the server warns, says so first.
pub(super) fn saved(
    visit: &Visit,
    page: Page,
    (name, warnings): (&str, Vec<String>),
    back: String,
) -> Response {
    let notice = Notice::of("notices.tenant_saved", name);
    if warnings.is_empty() {
        return visit.go_on(&back, &notice);
    }
    visit.show(&WarnedPage {
        title: notice.text(visit.words),
        page,
        warnings,
        back,
    })
}
