//! Tenants, as whoever integrates Okay knows them: the table with number, name, status and end of the trial;
//! and the pencil behind which the callback address and the secret are set.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use challenge::directory::TenantStatus;
use challenge::officers::Power;
use protocols::management::acts;
use protocols::management::members::SecretGiven;
use protocols::management::paging::Paging;
use protocols::management::precondition::{IfMatch, Tagged};
use protocols::management::shapes::tenants::{OkayBody, OkayShown, TenantBody, TenantShown};
use serde_json::{Value, json};

use super::field::Field;
use super::form::Form;
use super::mistakes::Mistakes;
use super::moment::Moment;
use super::notice::Notice;
use super::page::Page;
use super::pager::Pager;
use super::place::{Place, TenantPlace, tenant_path};
use super::shared::Console;
use super::told::ToldPage;
use super::trial;
use super::trouble::Trouble;
use super::visit::Visit;

const PATH: &str = "/console/tenants";

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/tenants/new", get(ask_new).post(make))
        .route("/console/tenants/{name}/settings", get(show).post(change))
}

#[derive(Template)]
#[template(path = "console/tenants.html")]
struct ListPage {
    page: Page,
    tenants: Vec<TenantShown>,
    pager: Pager,
    may_make: bool,
    may_edit: bool,
}

impl ListPage {
    /// The key of the word for the status, and how it is coloured.
    fn state(&self, okay: &OkayShown) -> (&'static str, &'static str) {
        match (okay.status, okay.is_open) {
            (TenantStatus::Active, true) => (self.page.t("tenants.active"), "good"),
            (TenantStatus::Active, false) => (self.page.t("tenants.trial_over"), "bad"),
            (TenantStatus::Inactive, _) => (self.page.t("tenants.inactive"), "warn"),
        }
    }
}

async fn list(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let after = form.given("after");
    let found = acts::tenants::list(&console.desk, officer, &Paging::after(after)?).await?;
    Ok(visit.show(&ListPage {
        page: visit.page(Place::Tenants),
        pager: Pager::new(visit.words, PATH, &[], after, found.next.as_deref()),
        tenants: found.items,
        may_make: officer.server(Power::Govern).is_ok(),
        may_edit: officer.may(Power::Shape).is_ok(),
    }))
}

#[derive(Template)]
#[template(path = "console/form.html")]
struct MakePage {
    page: Page,
    title: &'static str,
    fields: Vec<Field>,
    key: String,
    act: &'static str,
    back: &'static str,
}

impl MakePage {
    /// `sent`: what was sent and did not fit; nothing: the page is new.
    fn new(console: &Console, visit: &Visit, sent: Option<&Form>, wrong: &Mistakes) -> Self {
        let page = visit.page(Place::Tenants);
        let is_new = sent.is_none();
        let none = Form::default();
        let form = sent.unwrap_or(&none);
        let name = Field::text("name", page.t("tenants.name"))
            .value(form.text("name"))
            .hint(page.t("tenants.name_hint"))
            .wrong(wrong.first("/name", &["/display_name"]))
            .required()
            .with("autocomplete", "off")
            .with("spellcheck", "false")
            .with("pattern", "[A-Za-z0-9._~\\-]+")
            .with("maxlength", "256");
        let display_name = Field::text("display_name", page.t("tenants.display_name"))
            .value(form.text("display_name"))
            .wrong(wrong.at("/display_name"))
            .with("autocomplete", "off");
        let okay = Field::tick("okay", page.t("tenants.okay")).hint(page.t("tenants.okay_hint"));
        Self {
            title: page.t("tenants.make"),
            act: page.t("tenants.make"),
            back: PATH,
            key: match form.given("key") {
                Some(key) => key.to_owned(),
                None => console.once_key(),
            },
            fields: vec![
                name,
                display_name,
                if is_new || form.ticked("okay") {
                    okay.value("on")
                } else {
                    okay
                },
            ],
            page,
        }
    }
}

async fn ask_new(State(console): State<Arc<Console>>, visit: Visit) -> Result<Response, Trouble> {
    visit.officer()?.server(Power::Govern)?;
    let wrong = Mistakes::default();
    Ok(visit.show(&MakePage::new(&console, &visit, None, &wrong)))
}

/// Makes a tenant. One that asks phones gets a number and a secret, which is told once.
async fn make(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let okay = form.ticked("okay").then(|| OkayBody {
        secret: Some(SecretGiven::Generate),
        ..OkayBody::default()
    });
    let body = TenantBody {
        name: form.text("name").to_owned(),
        display_name: form.given("display_name").map(str::to_owned),
        okay,
    };
    let made = console.once(
        officer,
        (&form, "console tenants new"),
        async move |desk, by| acts::tenants::create(&desk, &by, &body).await,
    );
    match made.await {
        Ok(made) => Ok(told_or_on(&visit, made)),
        Err(refusal) => {
            let template = MakePage::new(&console, &visit, Some(&form), &Mistakes::of(refusal)?);
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}

/// Tells a secret that was drawn, or says that all is saved.
fn told_or_on(visit: &Visit, tenant: TenantShown) -> Response {
    let secret = tenant.okay.and_then(|okay| okay.secret);
    let Some(secret) = secret else {
        return visit.go_on(PATH, &Notice::of("notices.tenant_saved", &tenant.name));
    };
    let page = visit.tenant_page(&tenant.name, TenantPlace::Settings);
    visit.show(&ToldPage {
        title: page.with("tenants.secret_of", &tenant.name),
        text: page.t("tenants.secret_text"),
        secret,
        back: tenant_path(&tenant.name, TenantPlace::Settings),
        page,
    })
}

#[derive(Template)]
#[template(path = "console/tenant.html")]
struct SettingsPage {
    page: Page,
    tenant: TenantShown,
    tag: String,
    fields: Vec<Field>,
    may_change: bool,
    /// What may be done about the trial, each with its word.
    trial_acts: Vec<(&'static str, &'static str)>,
}

impl SettingsPage {
    /// `form`: what was typed, where it was not taken.
    fn new(
        visit: &Visit,
        found: Tagged<TenantShown>,
        (form, wrong): (Option<&Form>, &Mistakes),
    ) -> Result<Self, Trouble> {
        let officer = visit.officer()?;
        let Tagged { value, tag } = found;
        let page = visit.tenant_page(&value.name, TenantPlace::Settings);
        let typed = |name: &str, kept: &str| match form {
            Some(form) => form.text(name).to_owned(),
            None => kept.to_owned(),
        };
        let others = [
            "/okay/callback_url",
            "/okay/secret",
            "/okay/status",
            "/okay/trial_expires",
        ];
        let name = Field::text("display_name", page.t("tenants.display_name"))
            .value(typed("display_name", &value.display_name))
            .wrong(wrong.first("/display_name", &others))
            .with("autocomplete", "off");
        let mut fields = vec![name];
        if let Some(okay) = &value.okay {
            fields.extend(okay_fields(&page, okay, (&typed, wrong)));
            if officer.server(Power::Govern).is_ok() {
                fields.extend(governed_fields(&page, okay, (&typed, wrong)));
            }
        }
        let governs = officer.server(Power::Govern).is_ok();
        let trial_acts = trial::acts(&page, value.okay.as_ref().filter(|_| governs));
        Ok(Self {
            may_change: officer.may(Power::Shape).is_ok(),
            trial_acts,
            tenant: value,
            tag: tag.as_str().to_owned(),
            page,
            fields,
        })
    }
}

type Typed<'a> = (&'a dyn Fn(&str, &str) -> String, &'a Mistakes);

/// What a tenant's own administrator sets.
fn okay_fields(page: &Page, okay: &OkayShown, (typed, wrong): Typed<'_>) -> [Field; 3] {
    let url = okay.callback_url.as_deref().unwrap_or_default();
    let callback = Field::typed("callback_url", page.t("tenants.callback"), "url")
        .value(typed("callback_url", url))
        .hint(page.t("tenants.callback_hint"))
        .wrong(wrong.at("/okay/callback_url"))
        .with("placeholder", "https://bank.example/callback");
    let hint = if okay.has_secret {
        "tenants.secret_kept"
    } else {
        "tenants.secret_none"
    };
    let secret = Field::text("secret", page.t("tenants.secret"))
        .hint(page.t(hint))
        .wrong(wrong.at("/okay/secret"))
        .with("autocomplete", "off")
        .with("spellcheck", "false")
        .with("data-secret", page.t("tenants.draw"))
        .with("data-weak", page.t("tenants.weak"))
        .with("data-fair", page.t("tenants.fair"))
        .with("data-strong", page.t("tenants.strong"));
    let draw = Field::tick("draw", page.t("tenants.draw_here"));
    [callback, secret, draw]
}

/// What only officers of the whole server set.
fn governed_fields(page: &Page, okay: &OkayShown, (typed, wrong): Typed<'_>) -> [Field; 2] {
    let choice = |value: &str, key| (value.to_owned(), page.t(key).to_owned());
    let kept = match okay.status {
        TenantStatus::Active => "active",
        TenantStatus::Inactive => "inactive",
    };
    let choices = vec![
        choice("active", "tenants.active"),
        choice("inactive", "tenants.inactive"),
    ];
    let status = Field::choice("status", page.t("tenants.status"), choices)
        .value(typed("status", kept))
        .wrong(wrong.at("/okay/status"));
    let expires = okay.trial_expires.as_deref().unwrap_or_default();
    let trial = Field::typed("trial_expires", page.t("tenants.trial"), "date")
        .value(typed(
            "trial_expires",
            expires.get(..10).unwrap_or_default(),
        ))
        .hint(page.t("tenants.trial_hint"))
        .wrong(wrong.at("/okay/trial_expires"));
    [status, trial]
}

async fn show(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(name): Path<String>,
) -> Result<Response, Trouble> {
    let found = acts::tenants::show(&console.desk, visit.officer()?, &name).await?;
    let template = SettingsPage::new(&visit, found, (None, &Mistakes::default()))?;
    Ok(visit.show(&template))
}

/// What a form changes; `kept` is what it was made from.
fn patch_of(form: &Form, kept: &TenantShown, governs: bool) -> Value {
    let mut patch = json!({ "display_name": form.text("display_name") });
    let Some(before) = &kept.okay else {
        return patch;
    };
    let mut okay = json!({ "callback_url": form.given("callback_url") });
    if form.ticked("draw") {
        okay["secret"] = json!({ "generate": true });
    } else if let Some(secret) = form.given("secret") {
        okay["secret"] = json!(secret);
    }
    if governs {
        okay["status"] = json!(form.text("status"));
        // The time of the day, if the end has one, stays as long as the day does.
        let day = form.given("trial_expires");
        let kept_day = before
            .trial_expires
            .as_deref()
            .and_then(|end| end.get(..10));
        if day != kept_day {
            okay["trial_expires"] = json!(day);
        }
    }
    patch["okay"] = okay;
    patch
}

async fn change(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let found = acts::tenants::show(&console.desk, officer, &name).await?;
    let governs = officer.server(Power::Govern).is_ok();
    let patch = patch_of(&form, &found.value, governs);
    let if_match = IfMatch::tag(form.raw("tag"));
    match acts::tenants::change(&console.desk, officer, &name, (&patch, &if_match)).await {
        Ok(changed) => Ok(told_or_on(&visit, changed.value)),
        Err(refusal) => {
            let wrong = Mistakes::of(refusal)?;
            let template = SettingsPage::new(&visit, found, (Some(&form), &wrong))?;
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}
