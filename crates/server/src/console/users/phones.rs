//! A user's phones: linked by a code that is told once, and unlinked.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use challenge::officers::Power;
use protocols::management::acts;
use protocols::management::precondition::IfMatch;
use protocols::management::refusal::Refusal;
use protocols::management::shapes::moving::LinkingShown;
use protocols::management::shapes::users::UserShown;
use serde_json::json;

use super::paths;
use crate::console::ask::AskPage;
use crate::console::field::Field;
use crate::console::form::Form;
use crate::console::mistakes::Mistakes;
use crate::console::moment::Moment;
use crate::console::notice::Notice;
use crate::console::page::Page;
use crate::console::place::TenantPlace;
use crate::console::qr;
use crate::console::shared::Console;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(
            "/console/tenants/{name}/users/{id}/link",
            get(ask_link).post(link),
        )
        .route(
            "/console/tenants/{name}/users/{id}/phones/{phone}/unlink",
            get(ask_unlink).post(unlink),
        )
}

/// The page before the code.
#[derive(Template)]
#[template(path = "console/users/link.html")]
struct LinkPage {
    page: Page,
    title: String,
    /// The external id, of a user who has none.
    fields: Vec<Field>,
    key: String,
    back: String,
}

/// The page that tells the code, once.
#[derive(Template)]
#[template(path = "console/users/linking.html")]
struct LinkingPage {
    page: Page,
    title: String,
    told: LinkingShown,
    picture: String,
    back: String,
}

impl LinkPage {
    fn new(
        console: &Console,
        visit: &Visit,
        (tenant, user): (&str, &UserShown),
        (form, wrong): (&Form, &Mistakes),
    ) -> Self {
        let page = visit.tenant_page(tenant, TenantPlace::Users);
        let name = form.given("external_id").unwrap_or(&user.login_name);
        let external_id = Field::text("external_id", page.t("users.external_id"))
            .value(name)
            .hint(page.t("phones.needs_external_id"))
            .wrong(wrong.first("/external_id", &[]))
            .required()
            .with("autocomplete", "off")
            .with("spellcheck", "false");
        let lacks_one = user.external_id.is_none();
        Self {
            title: page.with("phones.link_title", &user.login_name),
            fields: lacks_one.then_some(external_id).into_iter().collect(),
            key: match form.given("key") {
                Some(key) => key.to_owned(),
                None => console.once_key(),
            },
            back: paths::user(tenant, &user.id),
            page,
        }
    }
}

async fn ask_link(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.tenant(&console.desk.verifier.catalogue, &name, Power::Tend)?;
    let found = acts::users::show(&console.desk, officer, (&name, &id)).await?;
    let asked = (&Form::default(), &Mistakes::default());
    let template = LinkPage::new(&console, &visit, (&name, &found.value), asked);
    Ok(visit.show(&template))
}

/// Gives the user an external id where the form has one, and draws the code.
async fn link(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let (desk, officer) = (&*console.desk, visit.officer()?);
    let named = (name.as_str(), id.as_str());
    let user = acts::users::show(desk, officer, named).await?.value;
    let what = format!("console link {name} {id}");
    let given = form.given("external_id").map(str::to_owned);
    let external_id = given.filter(|_| user.external_id.is_none());
    let (tenant, user_id) = (name.clone(), id.clone());
    let told = console.once(officer, (&form, &what), async move |desk, by| {
        let named = (tenant.as_str(), user_id.as_str());
        if let Some(external_id) = external_id {
            let patch = json!({ "external_id": external_id });
            let wish = (&patch, &IfMatch::whatever());
            acts::users::change(&desk, &by, named, wish).await?;
        }
        acts::devices::link(&desk, &by, named).await
    });
    let told: Result<LinkingShown, Refusal> = told.await;
    match told {
        Ok(told) => {
            let page = visit.tenant_page(&name, TenantPlace::Users);
            Ok(visit.show(&LinkingPage {
                title: page.with("phones.code_title", &user.login_name),
                picture: qr::svg(&told.url).unwrap_or_default(),
                back: paths::user(&name, &id),
                told,
                page,
            }))
        }
        Err(refusal) if user.external_id.is_none() => {
            let asked = (&form, &Mistakes::of(refusal)?);
            let template = LinkPage::new(&console, &visit, (&name, &user), asked);
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// The phone's name, if it is or was the user's.
async fn phone_of(
    console: &Console,
    visit: &Visit,
    (tenant, user, phone): (&str, &str, &str),
) -> Result<String, Trouble> {
    let named = (tenant, phone);
    let found = acts::devices::show(&console.desk, visit.officer()?, named).await?;
    let is_theirs = found.user_id == user;
    is_theirs.then_some(found.name).ok_or(Trouble::NotFound)
}

async fn ask_unlink(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id, phone)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.tenant(&console.desk.verifier.catalogue, &name, Power::Tend)?;
    let called = phone_of(&console, &visit, (&name, &id, &phone)).await?;
    let page = visit.tenant_page(&name, TenantPlace::Users);
    Ok(visit.show(&AskPage {
        title: page.with("phones.unlink_title", &called),
        text: page.t("phones.unlink_text"),
        act: page.t("phones.unlink"),
        tag: String::new(),
        back: paths::user(&name, &id),
        page,
    }))
}

async fn unlink(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id, phone)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let called = phone_of(&console, &visit, (&name, &id, &phone)).await?;
    acts::devices::unlink(&console.desk, officer, (&name, &phone)).await?;
    let notice = Notice::of("notices.phone_unlinked", &called);
    Ok(visit.go_on(&paths::user(&name, &id), &notice))
}
