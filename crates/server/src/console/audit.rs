//! The audit log, of one tenant or of the whole server: looked through by what an operator knows, and
//! exported as it is filtered.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use challenge::audit::{EventKind, Outcome};
use challenge::clock::Timestamp;
use challenge::door::Door;
use challenge::officers::Power;
use protocols::management::acts;
use protocols::management::acts::audit::{Format, TEXT_MAX, Wanted};
use protocols::management::moment;
use protocols::management::paging::Paging;
use protocols::management::refusal::Refusal;

use super::events::{Events, door_word, kind_key, outcome_key};
use super::field::Field;
use super::form::Form;
use super::mistakes::Mistakes;
use super::page::Page;
use super::pager::Pager;
use super::place::{Place, TenantPlace, tenant_path};
use super::shared::Console;
use super::trouble::Trouble;
use super::visit::Visit;

const PATH: &str = "/console/audit";

/// What may be looked for, by the names of the fields.
const FILTERS: [&str; 9] = [
    "user", "kind", "outcome", "text", "protocol", "officer", "client", "from", "to",
];

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(PATH, get(of_server))
        .route("/console/audit/export", get(export_server))
        .route("/console/tenants/{name}/audit", get(of_tenant))
        .route("/console/tenants/{name}/audit/export", get(export_tenant))
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    page: Page,
    path: String,
    /// All fields, those that are asked for less often last.
    fields: Vec<Field>,
    is_narrow: bool,
    found: Option<(Events, Pager)>,
    /// Where all that fits is exported, as a table and as lines.
    exports: [String; 2],
}

impl AuditPage {
    /// The fields that always stand there.
    fn usual(&self) -> &[Field] {
        &self.fields[..4]
    }

    /// The others.
    fn further(&self) -> &[Field] {
        &self.fields[4..]
    }
}

async fn of_server(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    visit.officer()?.server(Power::ReadAudit)?;
    search(&console, &visit, None, &form).await
}

async fn of_tenant(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let catalogue = &console.desk.verifier.catalogue;
    visit
        .officer()?
        .tenant(catalogue, &name, Power::ReadAudit)?;
    search(&console, &visit, Some(&name), &form).await
}

async fn search(
    console: &Console,
    visit: &Visit,
    tenant: Option<&str>,
    form: &Form,
) -> Result<Response, Trouble> {
    let (page, path) = match tenant {
        Some(name) => (
            visit.tenant_page(name, TenantPlace::Audit),
            tenant_path(name, TenantPlace::Audit),
        ),
        None => (visit.page(Place::Audit), PATH.to_owned()),
    };
    let after = form.given("after");
    let found = async {
        let wanted = wanted(console, visit, tenant, form).await?;
        let paging = Paging::after(after).map_err(Mistakes::of)?;
        let officer = visit.officer().map_err(Err)?;
        let wish = (&wanted, &paging);
        let found = acts::audit::search(&console.desk, officer, tenant, wish).await;
        found.map_err(Mistakes::of)
    };
    let (found, wrong) = match found.await {
        Ok(found) => (Some(found), Mistakes::default()),
        Err(wrong) => (None, wrong?),
    };
    let filters = FILTERS.map(|name| (name, form.text(name)));
    let given = filters.iter().filter(|(_, value)| !value.is_empty());
    let export = |format: &str| {
        let mut query = form_urlencoded::Serializer::new(format!("{path}/export?"));
        query.append_pair("format", format);
        query.extend_pairs(given.clone()).finish()
    };
    let status = match &found {
        Some(_) => StatusCode::OK,
        None => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let found = found.map(|found| {
        let next = found.next.as_deref();
        let pager = Pager::new(visit.words, &path, &filters, after, next);
        let events = Events::of_many(visit.words, tenant, found.items, next.is_some());
        (events, pager)
    });
    let template = AuditPage {
        fields: fields(&page, tenant, form, &wrong),
        is_narrow: filters[4..].iter().any(|(_, value)| !value.is_empty()),
        exports: [export("csv"), export("jsonl")],
        found,
        page,
        path,
    };
    Ok(visit.show_as(status, &template))
}

/// The fields of the search, with what was typed.
fn fields(page: &Page, tenant: Option<&str>, form: &Form, wrong: &Mistakes) -> Vec<Field> {
    let user = match tenant {
        Some(_) => {
            Field::text("user", page.t("audit.user")).with("placeholder", page.t("audit.user_hint"))
        }
        None => Field::text("user", page.t("audit.user_id")).with("inputmode", "numeric"),
    };
    let moment = |name, label| {
        Field::typed(name, label, "datetime-local")
            .value(form.text(name))
            .with("step", "1")
    };
    let line = |name, label| {
        Field::text(name, label)
            .value(form.text(name))
            .with("autocomplete", "off")
    };
    let choice = |name, label, known: Vec<(&str, &str)>| {
        let any = [("", page.t("audit.any"))];
        let all = any.into_iter().chain(known);
        let all = all.map(|(value, called)| (value.to_owned(), called.to_owned()));
        Field::choice(name, label, all.collect()).value(form.text(name))
    };
    let mut kinds = EventKind::ALL.map(|kind| (kind.name(), page.t(kind_key(kind))));
    kinds.sort_by_key(|(_, called)| called.to_lowercase());
    let outcomes = Outcome::ALL.map(|outcome| (outcome.name(), page.t(outcome_key(outcome))));
    let doors = Door::ALL.map(|door| (door.name(), door_word(page.words, door)));
    vec![
        user.value(form.text("user"))
            .wrong(wrong.first("/user", &["/from", "/to"]))
            .with("autocomplete", "off")
            .with("spellcheck", "false"),
        choice("kind", page.t("events.what"), kinds.into()),
        choice("outcome", page.t("events.outcome"), outcomes.into()),
        line("text", page.t("audit.contains")).with("maxlength", TEXT_MAX.to_string()),
        choice("protocol", page.t("events.door"), doors.into()),
        line("officer", page.t("audit.officer")),
        line("client", page.t("audit.client")),
        moment("from", page.t("audit.from")).wrong(wrong.at("/from")),
        moment("to", page.t("audit.to")).wrong(wrong.at("/to")),
    ]
}

/// What is wrong: with the form, or altogether.
type Wrong = Result<Mistakes, Trouble>;

/// What a form looks for.
async fn wanted(
    console: &Console,
    visit: &Visit,
    tenant: Option<&str>,
    form: &Form,
) -> Result<Wanted, Wrong> {
    let text = |name| form.given(name).map(str::to_owned);
    let user = match form.given("user") {
        Some(user) => Some(user_id(console, visit, tenant, user).await?),
        None => None,
    };
    Ok(Wanted {
        user,
        client: text("client"),
        officer: text("officer"),
        kind: text("kind"),
        outcome: text("outcome"),
        protocol: text("protocol"),
        from: moment_of(form, "from").map_err(Mistakes::of)?,
        to: moment_of(form, "to").map_err(Mistakes::of)?,
        text: text("text"),
    })
}

/// The id of the user whom a form names: by login name where a tenant is searched, or by the id.
async fn user_id(
    console: &Console,
    visit: &Visit,
    tenant: Option<&str>,
    name: &str,
) -> Result<String, Wrong> {
    let officer = visit.officer().map_err(Err)?;
    if let Some(tenant) = tenant {
        let named = acts::users::Wanted {
            login_name: Some(name.to_owned()),
            ..acts::users::Wanted::default()
        };
        let wish = (&named, &Paging::default());
        let found = acts::users::list(&console.desk, officer, tenant, wish).await;
        let found = found.map_err(Mistakes::of)?.items.into_iter().next();
        if let Some(user) = found {
            return Ok(user.id);
        }
    }
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(name.to_owned());
    }
    let text = visit.words.t("audit.no_user");
    Err(Ok(Mistakes::one("/user", text)))
}

/// A moment as browsers write it, which is without its offset; it is in UTC.
fn moment_of(form: &Form, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = form.given(name) else {
        return Ok(None);
    };
    let whole = match text.len() {
        16 => format!("{text}:00Z"),
        19 => format!("{text}Z"),
        _ => text.to_owned(),
    };
    moment::read(&format!("/{name}"), &whole).map(Some)
}

async fn export_server(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    export(&console, &visit, None, &form).await
}

async fn export_tenant(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    export(&console, &visit, Some(&name), &form).await
}

/// All that fits, as a stream.
async fn export(
    console: &Console,
    visit: &Visit,
    tenant: Option<&str>,
    form: &Form,
) -> Result<Response, Trouble> {
    let format = match form.text("format") {
        "csv" => Format::Table,
        "jsonl" => Format::Lines,
        _ => return Err(Trouble::NotFound),
    };
    let refused = |wrong: Wrong| match wrong {
        Ok(wrong) => Trouble::Refused(wrong.first("", &[]).unwrap_or_default().to_owned()),
        Err(trouble) => trouble,
    };
    let wanted = wanted(console, visit, tenant, form).await;
    let wanted = wanted.map_err(refused)?;
    let officer = visit.officer()?;
    let stream = acts::audit::export(&console.desk, officer, tenant, (&wanted, format))?;
    let mut response = Response::new(Body::from_stream(stream));
    for (name, value) in [
        (header::CONTENT_TYPE, format.media_type()),
        (header::CONTENT_DISPOSITION, format.disposition()),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}
