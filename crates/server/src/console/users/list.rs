//! The list of a tenant's users, and the search in it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use challenge::officers::Power;
use protocols::management::acts;
use protocols::management::acts::users::Wanted;
use protocols::management::paging::Paging;
use protocols::management::shapes::users::UserShown;

use super::paths;
use crate::console::field::Field;
use crate::console::form::Form;
use crate::console::page::Page;
use crate::console::pager::Pager;
use crate::console::place::{TenantPlace, tenant_path};
use crate::console::shared::Console;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/tenants/{name}/users", get(list))
}

#[derive(Template)]
#[template(path = "console/users/list.html")]
struct ListPage {
    page: Page,
    path: String,
    tenant: String,
    users: Vec<UserShown>,
    fields: Vec<Field>,
    is_search: bool,
    goes_on: bool,
    pager: Pager,
    may_tend: bool,
}

impl ListPage {
    fn path_of(&self, user: &UserShown) -> String {
        paths::user(&self.tenant, &user.id)
    }

    /// What an empty list says.
    fn nobody(&self) -> &'static str {
        let key = match (self.goes_on, self.is_search) {
            (true, _) => "users.none_here",
            (false, true) => "users.none_found",
            (false, false) => "users.none",
        };
        self.page.t(key)
    }
}

async fn list(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let wanted = Wanted {
        q: form.given("q").map(str::to_owned),
        external_id: form.given("external_id").map(str::to_owned),
        ..Wanted::default()
    };
    let after = form.given("after");
    let wish = (&wanted, &Paging::after(after)?);
    let found = acts::users::list(&console.desk, officer, &name, wish).await?;
    let page = visit.tenant_page(&name, TenantPlace::Users);
    let path = tenant_path(&name, TenantPlace::Users);
    let filters = ["q", "external_id"].map(|field| (field, form.text(field)));
    let line = |field, label| {
        Field::typed(field, page.t(label), "search")
            .value(form.text(field))
            .with("autocomplete", "off")
            .with("spellcheck", "false")
    };
    let next = found.next.as_deref();
    Ok(visit.show(&ListPage {
        fields: vec![
            line("q", "users.begins"),
            line("external_id", "users.external_id"),
        ],
        is_search: filters.iter().any(|(_, value)| !value.is_empty()),
        goes_on: next.is_some(),
        pager: Pager::new(visit.words, &path, &filters, after, next),
        may_tend: officer.may(Power::Tend).is_ok(),
        users: found.items,
        tenant: name,
        page,
        path,
    }))
}
