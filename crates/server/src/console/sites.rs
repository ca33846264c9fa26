//! A tenant's websites, whose visitors prove to be people: listed, made, set up, removed. What a site's pages
//! need, and what was counted of its visitors, is in `site.rs`.

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
use protocols::management::precondition::{IfMatch, Tagged};
use protocols::management::shapes::sites::{SiteBody, SiteShown};
use serde_json::json;

use super::asked;
use super::edit::EditPage;
use super::field::Field;
use super::form::Form;
use super::mistakes::Mistakes;
use super::page::Page;
use super::pager::Pager;
use super::part::Part;
use super::place::{TenantPlace, tenant_path};
use super::shared::Console;
use super::site_form::{OTHERS, as_typed, body_of, fields, kind_key, secret_field, wish};
use super::told::ToldPage;
use super::trouble::Trouble;
use super::visit::Visit;
use super::warned;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/tenants/{name}/sites", get(list))
        .route("/console/tenants/{name}/sites/new", get(ask_new).post(make))
        .route(
            "/console/tenants/{name}/sites/{site}/settings",
            get(show).post(change),
        )
        .route(
            "/console/tenants/{name}/sites/{site}/remove",
            get(ask_removal).post(remove),
        )
}

pub(super) const SITE: Part = Part {
    form: "site",
    place: TenantPlace::Sites,
    id: ("public_id", "sites.public_id", "sites.public_id_hint"),
    others: &OTHERS,
    make: "sites.make",
    remove: ("sites.remove", "sites.remove_title", "sites.remove_text"),
};

#[derive(Template)]
#[template(path = "console/sites.html")]
struct ListPage {
    page: Page,
    tenant: String,
    sites: Vec<SiteShown>,
    pager: Pager,
    may_shape: bool,
}

impl ListPage {
    fn kinds(&self, site: &SiteShown) -> String {
        let called = site.kinds.iter().map(|kind| self.page.t(kind_key(kind)));
        called.collect::<Vec<_>>().join(", ")
    }

    fn difficulty(&self, site: &SiteShown) -> String {
        match site.difficulty {
            Some(difficulty) => self.page.number(u64::from(difficulty)),
            None => self.page.t("sites.servers").to_owned(),
        }
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
    let found = acts::sites::list(&console.desk, officer, &tenant, &paging).await?;
    let path = tenant_path(&tenant, TenantPlace::Sites);
    Ok(visit.show(&ListPage {
        page: visit.tenant_page(&tenant, TenantPlace::Sites),
        pager: Pager::new(visit.words, &path, &[], after, found.next.as_deref()),
        sites: found.items,
        may_shape: officer.may(Power::Shape).is_ok(),
        tenant,
    }))
}

fn new_page(
    console: &Console,
    visit: &Visit,
    tenant: &str,
    (form, site, wrong): (&Form, &SiteBody, &Mistakes),
) -> EditPage {
    let page = visit.tenant_page(tenant, TenantPlace::Sites);
    let mut all = fields(&page, site, wrong);
    all.push(secret_field(&page, page.t("sites.secret_new"), wrong));
    SITE.new_page(console, visit, tenant, (form, wrong), all)
}

async fn ask_new(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(tenant): Path<String>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.tenant(&console.desk.verifier.catalogue, &tenant, Power::Shape)?;
    // A site of this page asks for nothing that needs images; whoever has some ticks the rest.
    let usual = SiteBody {
        kinds: vec!["pow".to_owned(), "text".to_owned()],
        ..asked::body(json!({ "public_id": "" }))?
    };
    let (form, wrong) = (Form::default(), Mistakes::default());
    Ok(visit.show(&new_page(
        &console,
        &visit,
        &tenant,
        (&form, &usual, &wrong),
    )))
}

/// Makes a site. A private id that nobody chose is drawn, and told once.
async fn make(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(tenant): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let mut wish = wish(&form, &[]);
    wish["public_id"] = json!(form.text("public_id"));
    wish["secret"] = asked::secret(&form).unwrap_or_else(|| json!({ "generate": true }));
    let act = async move |desk: Arc<Desk>, by: Officer, named: String, body: SiteBody| {
        acts::sites::create(&desk, &by, &named, &body).await
    };
    let made = SITE.made(&console, officer, (&form, &tenant), wish.clone(), act);
    match made.await {
        Ok(made) => Ok(told_or_on(&visit, &tenant, made)),
        Err(refusal) => {
            let (typed, wrong) = (as_typed(&form, &wish), Mistakes::of(refusal)?);
            let template = new_page(&console, &visit, &tenant, (&form, &typed, &wrong));
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}

/// Tells a private id that was drawn, or says that all is saved.
fn told_or_on(visit: &Visit, tenant: &str, site: SiteShown) -> Response {
    let page = visit.tenant_page(tenant, TenantPlace::Sites);
    let back = SITE.path((tenant, &site.public_id), "overview");
    let Some(secret) = site.secret else {
        return warned::saved(visit, page, (&site.public_id, site.warnings), back);
    };
    visit.show(&ToldPage {
        title: page.with("sites.secret_of", &site.public_id),
        text: page.t("sites.secret_text"),
        secret,
        back,
        page,
    })
}

fn settings_page(
    visit: &Visit,
    tenant: &str,
    (site, tag): (&SiteBody, &str),
    wrong: &Mistakes,
) -> Result<EditPage, Trouble> {
    let may_change = visit.officer()?.may(Power::Shape).is_ok();
    let page = visit.tenant_page(tenant, TenantPlace::Sites);
    let mut all = fields(&page, site, wrong);
    if may_change {
        all.push(secret_field(&page, page.t("sites.secret_kept"), wrong));
        all.push(Field::tick("draw", page.t("sites.draw")));
    }
    let named = (tenant, site.public_id.as_str());
    let back = SITE.path(named, "overview");
    SITE.settings_page(visit, named, (all, tag), back)
}

async fn show(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, site)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let found = acts::sites::show(&console.desk, visit.officer()?, (&tenant, &site)).await?;
    let Tagged { value, tag } = found;
    let shown = (&body_of(&value), tag.as_str());
    let template = settings_page(&visit, &tenant, shown, &Mistakes::default())?;
    Ok(visit.show(&template))
}

async fn change(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, site)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let named = (tenant.as_str(), site.as_str());
    let kept = acts::sites::show(&console.desk, officer, named).await?;
    let mut patch = wish(&form, &kept.value.kinds);
    if let Some(secret) = asked::secret(&form) {
        patch["secret"] = secret;
    }
    let if_match = IfMatch::tag(form.raw("tag"));
    match acts::sites::change(&console.desk, officer, named, (&patch, &if_match)).await {
        Ok(changed) => Ok(told_or_on(&visit, &tenant, changed.value)),
        Err(refusal) => {
            let wrong = Mistakes::of(refusal)?;
            let mut typed = as_typed(&form, &patch);
            typed.public_id = site;
            let shown = (&typed, form.raw("tag"));
            let template = settings_page(&visit, &tenant, shown, &wrong)?;
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}

async fn ask_removal(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, site)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.may(Power::Shape)?;
    let named = (tenant.as_str(), site.as_str());
    let found = acts::sites::show(&console.desk, officer, named).await?;
    Ok(SITE.ask_removal(&visit, named, &found.tag))
}

async fn remove(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, site)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let (named, if_match) = (
        (tenant.as_str(), site.as_str()),
        IfMatch::tag(form.raw("tag")),
    );
    acts::sites::remove(&console.desk, visit.officer()?, named, &if_match).await?;
    Ok(SITE.removed(&visit, named))
}
