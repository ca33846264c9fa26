//! What waits to leave the server, and what was given up: of a tenant, and of the whole server. Whoever
//! looks after it lets a message leave at once, or all of a page. Never what a message says.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use challenge::officers::{Denied, Power};
use challenge::watching::Post;
use protocols::management::acts;
use protocols::management::acts::callbacks::Wanted;
use protocols::management::paging::Paging;
use protocols::management::refusal::Refusal;
use protocols::management::shapes::moving::CallbackShown;

use super::field::Field;
use super::form::Form;
use super::moment::Moment;
use super::notice::Notice;
use super::page::Page;
use super::pager::Pager;
use super::place::{Place, TenantPlace, tenant_path};
use super::shared::Console;
use super::trouble::Trouble;
use super::visit::{Visit, within};

const PATH: &str = "/console/callbacks";

/// Messages that one form lets leave at most: no page has more.
const REDELIVERED_MAX: usize = 500;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(PATH, get(list_all))
        .route("/console/callbacks/redeliver", post(redeliver_any))
        .route("/console/tenants/{name}/callbacks", get(list))
        .route(
            "/console/tenants/{name}/callbacks/redeliver",
            post(redeliver),
        )
}

#[derive(Template)]
#[template(path = "console/callbacks.html")]
struct ListPage {
    page: Page,
    /// The path of the list; what is done is done below it.
    path: String,
    is_of_all: bool,
    fields: Vec<Field>,
    messages: Vec<CallbackShown>,
    pager: Pager,
    may_tend: bool,
    /// Since when callbacks of the tenant are stopped, because its server said that it takes none.
    stopped_at: Option<String>,
}

impl ListPage {
    /// The messages of this page that were given up.
    fn dead(&self) -> impl Iterator<Item = &CallbackShown> {
        self.messages.iter().filter(|one| one.dead_at.is_some())
    }

    fn kind(&self, message: &CallbackShown) -> &'static str {
        self.page.t(kind_key(&message.kind))
    }
}

fn kind_key(kind: &str) -> &'static str {
    match kind {
        "push" => "callbacks.push",
        "email" => "callbacks.email",
        "sms" => "callbacks.sms",
        _ => "callbacks.callback",
    }
}

fn filters(page: &Page, form: &Form, is_of_all: bool) -> Vec<Field> {
    let choice = |value: &str, key| (value.to_owned(), page.t(key).to_owned());
    let kinds = Post::ALL.map(|post| choice(post.name(), kind_key(post.name())));
    let states = vec![
        choice("", "callbacks.every_state"),
        choice("dead", "callbacks.given_up"),
    ];
    let kind = form.given("kind").unwrap_or("callback");
    let mut fields = vec![
        Field::choice("kind", page.t("callbacks.kind"), kinds.into()).value(kind),
        Field::choice("state", page.t("callbacks.state"), states).value(form.text("state")),
    ];
    if !is_of_all {
        let user = Field::text("user", page.t("callbacks.user"))
            .value(form.text("user"))
            .with("inputmode", "numeric")
            .with("autocomplete", "off");
        fields.push(user);
    }
    fields
}

/// The list, of a tenant or of all.
async fn listed(
    console: &Console,
    visit: &Visit,
    tenant: Option<&str>,
    form: &Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let after = form.given("after");
    let wanted = Wanted {
        kind: form.given("kind").map(str::to_owned),
        user: form.given("user").map(str::to_owned),
        dead: form.text("state") == "dead",
    };
    let asked = (&wanted, &Paging::after(after)?);
    let found = acts::callbacks::list(&console.desk, officer, tenant, asked).await?;
    let (page, path, stopped_at) = match tenant {
        None => (visit.page(Place::Callbacks), PATH.to_owned(), None),
        Some(name) => {
            let shown = acts::tenants::show(&console.desk, officer, name).await?;
            let okay = shown.value.okay;
            (
                visit.tenant_page(name, TenantPlace::Callbacks),
                tenant_path(name, TenantPlace::Callbacks),
                okay.and_then(|okay| okay.callback_stopped_at),
            )
        }
    };
    let kept = ["kind", "state", "user"].map(|name| (name, form.text(name)));
    Ok(visit.show(&ListPage {
        pager: Pager::new(visit.words, &path, &kept, after, found.next.as_deref()),
        fields: filters(&page, form, tenant.is_none()),
        is_of_all: tenant.is_none(),
        messages: found.items,
        may_tend: officer.may(Power::Tend).is_ok(),
        stopped_at,
        page,
        path,
    }))
}

async fn list_all(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    listed(&console, &visit, None, &form).await
}

async fn list(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(tenant): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    listed(&console, &visit, Some(&tenant), &form).await
}

/// Lets the messages that the form names leave now, and goes back to where it stood.
async fn let_leave(
    console: &Console,
    visit: &Visit,
    (tenant, path): (Option<&str>, &str),
    form: &Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let mut leaving: u64 = 0;
    for id in form.all("id").iter().take(REDELIVERED_MAX) {
        match acts::callbacks::redeliver(&console.desk, officer, (tenant, id)).await {
            Ok(()) => leaving += 1,
            // It was delivered since the page was made: nothing is left to do.
            Err(Refusal::Denied(Denied::Unknown("message"))) => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    let from = within(form.raw("from")).filter(|from| from.starts_with(path));
    let notice = match leaving {
        0 => Notice::of("notices.nothing_left", ""),
        count => Notice::of("notices.redelivered", &visit.words.number(count)),
    };
    Ok(visit.go_on(from.unwrap_or(path), &notice))
}

async fn redeliver_any(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.server(Power::Tend)?;
    let_leave(&console, &visit, (None, PATH), &form).await
}

async fn redeliver(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(tenant): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.tenant(&console.desk.verifier.catalogue, &tenant, Power::Tend)?;
    let path = tenant_path(&tenant, TenantPlace::Callbacks);
    let_leave(&console, &visit, (Some(&tenant), &path), &form).await
}
