//! The page that tells a key that was drawn, once: the picture to be scanned, what to type where nothing can be
//! scanned, and what the user does with it.

use askama::Template;
use axum::response::Response;
use protocols::management::shapes::authenticators::AuthenticatorShown;

use super::{kinds, paths};
use crate::console::key::KeyShown;
use crate::console::notice::Notice;
use crate::console::page::Page;
use crate::console::place::TenantPlace;
use crate::console::shared::Console;
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/users/handover.html")]
struct HandoverPage {
    page: Page,
    title: String,
    shown: KeyShown,
    /// Where the authenticator app is.
    app: String,
    /// Whether other apps read the picture as well.
    is_common: bool,
    warnings: Vec<String>,
    back: String,
}

/// Tells the key of an authenticator that was enrolled just now; or, where there is none to be told, that it was
/// enrolled.
pub(super) fn tell(
    console: &Console,
    visit: &Visit,
    tenant: &str,
    one: AuthenticatorShown,
) -> Response {
    let back = paths::authenticator(tenant, &one.serial);
    let Some(enrolment) = one.enrolment else {
        let notice = Notice::of("notices.enrolled", &one.serial);
        return visit.go_on(&back, &notice);
    };
    let page = visit.tenant_page(tenant, TenantPlace::Users);
    visit.show(&HandoverPage {
        title: page.with("authenticators.enrolled_title", &one.serial),
        shown: KeyShown::of(&enrolment.uri),
        app: format!("{}/app/", console.desk.public_url),
        is_common: kinds::named(&one.kind).is_some_and(kinds::is_common),
        warnings: one.warnings,
        back,
        page,
    })
}
