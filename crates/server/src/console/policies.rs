//! A tenant's policies: what is demanded of answers, and when somebody is locked.

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
use protocols::management::shapes::policies::{PolicyBody, PolicyShown};
use serde_json::{Value, json};

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
use super::trouble::Trouble;
use super::visit::Visit;
use super::warned;

/// The members that are whole numbers, each with the keys of its word and its hint, the least and the most.
const NUMBERS: [(&str, &str, &str, &str, &str); 8] = [
    (
        "max_failures",
        "policies.max_failures",
        "policies.max_failures_hint",
        "1",
        "1000",
    ),
    (
        "lock_s",
        "policies.lock_s",
        "policies.lock_s_hint",
        "0",
        "31536000",
    ),
    (
        "challenge_s",
        "policies.challenge_s",
        "policies.challenge_s_hint",
        "1",
        "86400",
    ),
    (
        "challenge_attempts",
        "policies.challenge_attempts",
        "policies.challenge_attempts_hint",
        "1",
        "100",
    ),
    (
        "max_open_challenges",
        "policies.max_open",
        "policies.max_open_hint",
        "1",
        "1000000",
    ),
    (
        "look_ahead",
        "policies.look_ahead",
        "policies.look_ahead_hint",
        "1",
        "100",
    ),
    (
        "drift_steps",
        "policies.drift_steps",
        "policies.drift_steps_hint",
        "0",
        "1",
    ),
    (
        "sign_fields",
        "policies.sign_fields",
        "policies.sign_fields_hint",
        "1",
        "64",
    ),
];

/// The members that have a field of their own.
const OTHERS: [&str; 12] = [
    "/max_failures",
    "/lock_s",
    "/challenge_s",
    "/challenge_attempts",
    "/max_open_challenges",
    "/look_ahead",
    "/drift_steps",
    "/sign_fields",
    "/sign_format",
    "/sign_labels",
    "/channels",
    "/static_password",
];

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/tenants/{name}/policies", get(list))
        .route(
            "/console/tenants/{name}/policies/new",
            get(ask_new).post(make),
        )
        .route(
            "/console/tenants/{name}/policies/{code}/settings",
            get(show).post(change),
        )
        .route(
            "/console/tenants/{name}/policies/{code}/remove",
            get(ask_removal).post(remove),
        )
}

const POLICY: Part = Part {
    form: "policy",
    place: TenantPlace::Policies,
    id: ("code", "policies.code", "policies.code_hint"),
    others: &OTHERS,
    make: "policies.make",
    remove: (
        "policies.remove",
        "policies.remove_title",
        "policies.remove_text",
    ),
};

#[derive(Template)]
#[template(path = "console/policies.html")]
struct ListPage {
    page: Page,
    path: String,
    policies: Vec<PolicyShown>,
    pager: Pager,
    may_shape: bool,
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
    let found = acts::policies::list(&console.desk, officer, &tenant, &paging).await?;
    let path = tenant_path(&tenant, TenantPlace::Policies);
    Ok(visit.show(&ListPage {
        page: visit.tenant_page(&tenant, TenantPlace::Policies),
        pager: Pager::new(visit.words, &path, &[], after, found.next.as_deref()),
        policies: found.items,
        may_shape: officer.may(Power::Shape).is_ok(),
        path,
    }))
}

/// What a form asks for.
fn wish(form: &Form) -> Value {
    let mut wish = json!({
        "sign_format": form.text("sign_format"),
        "sign_labels": form.lines("sign_labels"),
        "channels": form.lines("channels"),
        "static_password": form.ticked("static_password"),
    });
    for (name, ..) in NUMBERS {
        wish[name] = asked::number(form, name);
    }
    wish
}

/// A policy as what a form asks for: the members have the same names.
fn wish_of(policy: &impl serde::Serialize) -> Value {
    serde_json::to_value(policy).unwrap_or_default()
}

/// The fields of what is asked for.
fn fields(page: &Page, wish: &Value, wrong: &Mistakes) -> Vec<Field> {
    let number = |(name, label, hint, least, most): (&'static str, &'static str, _, _, _)| {
        Field::typed(name, page.t(label), "number")
            .value(asked::text(wish, name))
            .hint(page.t(hint))
            .wrong(wrong.at(&format!("/{name}")))
            .with("min", least)
            .with("max", most)
    };
    let mut all: Vec<Field> = NUMBERS.map(number).into();
    let format = |value: &str, key| (value.to_owned(), page.t(key).to_owned());
    let formats = vec![
        format("auto", "policies.format_auto"),
        format("concatenated", "policies.format_concatenated"),
        format("digest", "policies.format_digest"),
    ];
    let lines = |name: &'static str, label: &'static str, hint: &'static str| {
        Field::lines(name, page.t(label))
            .value(asked::list(wish, name).join("\n"))
            .hint(page.t(hint))
            .wrong(wrong.at(&format!("/{name}")))
    };
    all.extend([
        Field::choice("sign_format", page.t("policies.sign_format"), formats)
            .value(asked::text(wish, "sign_format"))
            .wrong(wrong.at("/sign_format")),
        lines(
            "sign_labels",
            "policies.sign_labels",
            "policies.sign_labels_hint",
        ),
        lines("channels", "policies.channels", "policies.channels_hint"),
        Field::tick("static_password", page.t("policies.static_password"))
            .value(asked::tick(wish, "static_password")),
    ]);
    all
}

fn new_page(
    console: &Console,
    visit: &Visit,
    tenant: &str,
    (form, wish, wrong): (&Form, &Value, &Mistakes),
) -> EditPage {
    let page = visit.tenant_page(tenant, TenantPlace::Policies);
    let all = fields(&page, wish, wrong);
    POLICY.new_page(console, visit, tenant, (form, wrong), all)
}

async fn ask_new(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(tenant): Path<String>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.tenant(&console.desk.verifier.catalogue, &tenant, Power::Shape)?;
    let usual = wish_of(&asked::body::<PolicyBody>(json!({ "code": "" }))?);
    let (form, wrong) = (Form::default(), Mistakes::default());
    let shown = (&form, &usual, &wrong);
    Ok(visit.show(&new_page(&console, &visit, &tenant, shown)))
}

async fn make(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(tenant): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let mut wish = wish(&form);
    wish["code"] = json!(form.text("code"));
    let act = async move |desk: Arc<Desk>, by: Officer, named: String, body: PolicyBody| {
        acts::policies::create(&desk, &by, &named, &body).await
    };
    let made = POLICY.made(&console, officer, (&form, &tenant), wish.clone(), act);
    match made.await {
        Ok(made) => Ok(saved(&visit, &tenant, made)),
        Err(refusal) => {
            let shown = (&form, &wish, &Mistakes::of(refusal)?);
            let template = new_page(&console, &visit, &tenant, shown);
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}

fn saved(visit: &Visit, tenant: &str, policy: PolicyShown) -> Response {
    let page = visit.tenant_page(tenant, TenantPlace::Policies);
    let back = tenant_path(tenant, TenantPlace::Policies);
    warned::saved(visit, page, (&policy.code, policy.warnings), back)
}

fn settings_page(
    visit: &Visit,
    named: (&str, &str),
    (wish, tag): (&Value, &str),
    wrong: &Mistakes,
) -> Result<EditPage, Trouble> {
    let page = visit.tenant_page(named.0, TenantPlace::Policies);
    let mut all = fields(&page, wish, wrong);
    if let Some(first) = all.first_mut() {
        // What is about no field of its own stands at the first one.
        let stray = wrong.first("/max_failures", &OTHERS).map(str::to_owned);
        *first = first.clone().wrong(stray);
    }
    let back = POLICY.list(named.0);
    POLICY.settings_page(visit, named, (all, tag), back)
}

async fn show(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, code)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let named = (tenant.as_str(), code.as_str());
    let found = acts::policies::show(&console.desk, visit.officer()?, named).await?;
    let shown = (&wish_of(&found.value), found.tag.as_str());
    Ok(visit.show(&settings_page(&visit, named, shown, &Mistakes::default())?))
}

async fn change(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, code)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let named = (tenant.as_str(), code.as_str());
    let patch = wish(&form);
    let if_match = IfMatch::tag(form.raw("tag"));
    match acts::policies::change(&console.desk, officer, named, (&patch, &if_match)).await {
        Ok(changed) => Ok(saved(&visit, &tenant, changed.value)),
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
    Path((tenant, code)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.may(Power::Shape)?;
    let named = (tenant.as_str(), code.as_str());
    let found = acts::policies::show(&console.desk, officer, named).await?;
    Ok(POLICY.ask_removal(&visit, named, &found.tag))
}

async fn remove(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, code)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let (named, if_match) = (
        (tenant.as_str(), code.as_str()),
        IfMatch::tag(form.raw("tag")),
    );
    acts::policies::remove(&console.desk, visit.officer()?, named, &if_match).await?;
    Ok(POLICY.removed(&visit, named))
}
