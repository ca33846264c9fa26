//! A tenant's clients: the programs that call. Listed, made with a secret that is told once, set up, given
//! another secret, removed.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use challenge::officers::{Officer, Power};
use protocols::desk::Desk;
use protocols::management::acts;
use protocols::management::paging::Paging;
use protocols::management::precondition::IfMatch;
use protocols::management::shapes::clients::{ClientBody, ClientShown};
use serde_json::{Value, json};

use super::asked;
use super::client_form::{
    OTHERS, fields, protocol_name, scope_words, secret_field, usual, wish, wish_of,
};
use super::edit::EditPage;
use super::field::Field;
use super::form::Form;
use super::mistakes::Mistakes;
use super::page::Page;
use super::pager::Pager;
use super::part::Part;
use super::place::{TenantPlace, tenant_path};
use super::shared::Console;
use super::told::ToldPage;
use super::trouble::Trouble;
use super::visit::Visit;
use super::warned;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/tenants/{name}/clients", get(list))
        .route(
            "/console/tenants/{name}/clients/new",
            get(ask_new).post(make),
        )
        .route(
            "/console/tenants/{name}/clients/{client}/settings",
            get(show).post(change),
        )
        .route(
            "/console/tenants/{name}/clients/{client}/remove",
            get(ask_removal).post(remove),
        )
}

const CLIENT: Part = Part {
    form: "client",
    place: TenantPlace::Clients,
    id: ("id", "clients.id", "clients.id_hint"),
    others: &OTHERS,
    make: "clients.make",
    remove: (
        "clients.remove",
        "clients.remove_title",
        "clients.remove_text",
    ),
};

#[derive(Template)]
#[template(path = "console/clients.html")]
struct ListPage {
    page: Page,
    path: String,
    clients: Vec<ClientShown>,
    pager: Pager,
    may_shape: bool,
}

impl ListPage {
    fn protocols(&self, client: &ClientShown) -> String {
        if client.protocols.is_empty() {
            return self.page.t("clients.every_protocol").to_owned();
        }
        let named = client.protocols.iter().map(|name| protocol_name(name));
        named.collect::<Vec<_>>().join(", ")
    }

    fn scopes(&self, client: &ClientShown) -> String {
        scope_words(&self.page, client)
    }
}

async fn list(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(tenant): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let after = form.given("after");
    let paging = Paging::after(after)?;
    let found = acts::clients::list(&console.desk, officer, &tenant, &paging).await?;
    let path = tenant_path(&tenant, TenantPlace::Clients);
    Ok(visit.show(&ListPage {
        page: visit.tenant_page(&tenant, TenantPlace::Clients),
        pager: Pager::new(visit.words, &path, &[], after, found.next.as_deref()),
        clients: found.items,
        may_shape: officer.may(Power::Shape).is_ok(),
        path,
    }))
}

fn new_page(
    console: &Console,
    visit: &Visit,
    tenant: &str,
    (form, wish, wrong): (&Form, &Value, &Mistakes),
) -> EditPage {
    let page = visit.tenant_page(tenant, TenantPlace::Clients);
    let mut all = fields(&page, wish, wrong);
    all.push(secret_field(&page, page.t("clients.secret_new"), wrong));
    CLIENT.new_page(console, visit, tenant, (form, wrong), all)
}

async fn ask_new(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(tenant): Path<String>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.tenant(&console.desk.verifier.catalogue, &tenant, Power::Shape)?;
    let (form, wrong) = (Form::default(), Mistakes::default());
    let shown = (&form, &usual(), &wrong);
    Ok(visit.show(&new_page(&console, &visit, &tenant, shown)))
}

/// Makes a client. A secret that nobody chose is drawn, and told once.
async fn make(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(tenant): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let mut wish = wish(&form);
    wish["id"] = json!(form.text("id"));
    wish["secret"] = asked::secret(&form).unwrap_or_else(|| json!({ "generate": true }));
    let act = async move |desk: Arc<Desk>, by: Officer, named: String, body: ClientBody| {
        acts::clients::create(&desk, &by, &named, &body).await
    };
    let made = CLIENT.made(&console, officer, (&form, &tenant), wish.clone(), act);
    match made.await {
        Ok(made) => Ok(told_or_on(&visit, &tenant, made)),
        Err(refusal) => {
            let shown = (&form, &wish, &Mistakes::of(refusal)?);
            let template = new_page(&console, &visit, &tenant, shown);
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}

/// Tells a secret that was drawn, or says that all is saved.
fn told_or_on(visit: &Visit, tenant: &str, client: ClientShown) -> Response {
    let page = visit.tenant_page(tenant, TenantPlace::Clients);
    let back = tenant_path(tenant, TenantPlace::Clients);
    let Some(secret) = client.secret else {
        return warned::saved(visit, page, (&client.id, client.warnings), back);
    };
    visit.show(&ToldPage {
        title: page.with("clients.secret_of", &client.id),
        text: page.t("clients.secret_text"),
        secret,
        back,
        page,
    })
}

fn settings_page(
    visit: &Visit,
    named: (&str, &str),
    (wish, tag): (&Value, &str),
    wrong: &Mistakes,
) -> Result<EditPage, Trouble> {
    let may_change = visit.officer()?.may(Power::Shape).is_ok();
    let page = visit.tenant_page(named.0, TenantPlace::Clients);
    let mut all = fields(&page, wish, wrong);
    if may_change {
        let wrong_here = wrong.first("/secret", &OTHERS);
        all.push(secret_field(&page, page.t("clients.secret_kept"), wrong).wrong(wrong_here));
        all.push(Field::tick("draw", page.t("clients.draw")));
    }
    let back = CLIENT.list(named.0);
    CLIENT.settings_page(visit, named, (all, tag), back)
}

async fn show(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, client)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let named = (tenant.as_str(), client.as_str());
    let found = acts::clients::show(&console.desk, visit.officer()?, named).await?;
    let shown = (&wish_of(&found.value), found.tag.as_str());
    Ok(visit.show(&settings_page(&visit, named, shown, &Mistakes::default())?))
}

async fn change(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, client)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let named = (tenant.as_str(), client.as_str());
    let mut patch = wish(&form);
    if let Some(secret) = asked::secret(&form) {
        patch["secret"] = secret;
    }
    let if_match = IfMatch::tag(form.raw("tag"));
    match acts::clients::change(&console.desk, officer, named, (&patch, &if_match)).await {
        Ok(changed) => Ok(told_or_on(&visit, &tenant, changed.value)),
        Err(refusal) => {
            let shown = (&patch, form.raw("tag"));
            let template = settings_page(&visit, named, shown, &Mistakes::of(refusal)?)?;
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}

async fn ask_removal(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, client)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.may(Power::Shape)?;
    let named = (tenant.as_str(), client.as_str());
    let found = acts::clients::show(&console.desk, officer, named).await?;
    Ok(CLIENT.ask_removal(&visit, named, &found.tag))
}

async fn remove(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, client)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let (named, if_match) = (
        (tenant.as_str(), client.as_str()),
        IfMatch::tag(form.raw("tag")),
    );
    acts::clients::remove(&console.desk, visit.officer()?, named, &if_match).await?;
    Ok(CLIENT.removed(&visit, named))
}
