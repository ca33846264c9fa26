//! Enrolment: which kind first, then its settings. The server draws the key unless a token has one of its own.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use challenge::directory::TenantView;
use challenge::directory::provision::Kind;
use challenge::methods::grid::Mode;
use challenge::officers::Power;
use protocols::management::acts;
use protocols::management::shapes::authenticators::{AuthenticatorBody, KeyGiven};
use protocols::management::shapes::users::UserShown;

use super::settings::Making;
use super::{handover, kinds, paths};
use crate::console::field::Field;
use crate::console::form::Form;
use crate::console::mistakes::Mistakes;
use crate::console::page::Page;
use crate::console::place::{TenantPlace, tenant_path};
use crate::console::shared::Console;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(
        "/console/tenants/{name}/users/{id}/authenticators/new",
        get(ask).post(enrol),
    )
}

/// The page that asks which kind.
#[derive(Template)]
#[template(path = "console/users/which.html")]
struct WhichPage {
    page: Page,
    title: String,
    /// Of each kind its name in a form, what it is called, and what it is.
    kinds: Vec<(&'static str, &'static str, &'static str)>,
    /// Where the tenant gets its first policy, which it has to have before.
    first_policy: Option<String>,
    back: String,
}

/// The page that asks for the settings.
#[derive(Template)]
#[template(path = "console/users/enrol.html")]
struct EnrolPage {
    page: Page,
    title: String,
    kind: &'static str,
    called: &'static str,
    text: &'static str,
    /// All fields, those that are asked for less often last.
    fields: Vec<Field>,
    usual: usize,
    /// Whether what stands further down has something wrong.
    is_open: bool,
    key: String,
    back: String,
}

async fn ask(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let view = officer.tenant(&console.desk.verifier.catalogue, &name, Power::Tend)?;
    let named = (name.as_str(), id.as_str());
    let user = acts::users::show(&console.desk, officer, named)
        .await?
        .value;
    let page = visit.tenant_page(&name, TenantPlace::Users);
    let Some(kind) = kinds::named(form.text("kind")) else {
        let kinds = kinds::KINDS.map(|kind| {
            let (called, text) = kinds::keys(kind);
            (kind.name(), page.t(called), page.t(text))
        });
        return Ok(visit.show(&WhichPage {
            title: page.with("authenticators.enrol_for", &user.login_name),
            kinds: kinds.into(),
            first_policy: view.policies().next().is_none().then(|| {
                let policies = tenant_path(&name, TenantPlace::Policies);
                format!("{policies}/new")
            }),
            back: paths::user(&name, &id),
            page,
        }));
    };
    let asked = (kind, &Form::default(), &Mistakes::default());
    let template = EnrolPage::new(&console, (page, &view), &user, asked);
    Ok(visit.show(&template))
}

impl EnrolPage {
    fn new(
        console: &Console,
        (page, view): (Page, &TenantView),
        user: &UserShown,
        (kind, form, wrong): (Kind, &Form, &Mistakes),
    ) -> Self {
        let is_sent = form.given("kind").is_some();
        let making = Making {
            page: &page,
            form,
            wrong,
            is_sent,
            view,
        };
        let (fields, usual) = making.fields(console, kind);
        let (called, text) = kinds::keys(kind);
        let is_wrong = |field: &Field| {
            !crate::console::field::mistakes(std::slice::from_ref(field)).is_empty()
        };
        Self {
            title: page.with("authenticators.enrol_for", &user.login_name),
            kind: kind.name(),
            called: page.t(called),
            text: page.t(text),
            is_open: fields[usual..].iter().any(is_wrong),
            key: match form.given("key") {
                Some(key) => key.to_owned(),
                None => console.once_key(),
            },
            back: paths::user(&view.tenant.name, &user.id),
            fields,
            usual,
            page,
        }
    }
}

/// A number that was typed.
fn number<T: FromStr>(visit: &Visit, form: &Form, name: &str) -> Result<Option<T>, Mistakes>
where
    T::Err: Display,
{
    let wrong = |_| Mistakes::one(&format!("/{name}"), visit.words.t("authenticators.number"));
    form.given(name).map(str::parse).transpose().map_err(wrong)
}

/// The authenticator that a form describes.
fn body_of(visit: &Visit, kind: Kind, form: &Form) -> Result<AuthenticatorBody, Mistakes> {
    let text = |name| form.given(name).map(str::to_owned);
    let policies = form.all("policies");
    let hex = form.given("hex").map(Into::into);
    let key = KeyGiven {
        generate: hex.is_none().then_some(true),
        base32: None,
        hex,
    };
    let mode = form.given("grid_mode");
    let mode = mode.and_then(|name| Mode::NAMED.into_iter().find(|(known, _)| *known == name));
    Ok(AuthenticatorBody {
        serial: form.text("serial").to_owned(),
        kind: kind.name().to_owned(),
        device_id: text("device_id"),
        product: text("product"),
        policies: (!policies.is_empty()).then_some(policies),
        secret: (kinds::has_key(kind) || kind == Kind::Card).then_some(key),
        suite: text("suite"),
        signature_suite: text("signature_suite"),
        digits: number(visit, form, "digits")?,
        algorithm: text("algorithm"),
        counter: number(visit, form, "counter")?,
        look_ahead: number(visit, form, "look_ahead")?,
        period_s: number(visit, form, "period_s")?,
        t0: None,
        counter_window: None,
        time_window: None,
        pin: form.given("pin").map(Into::into),
        path: form.given("path").map(Into::into),
        grid_mode: mode.map(|(_, mode)| mode),
        grid_wraps: (kind == Kind::Grid).then(|| form.ticked("wraps")),
    })
}

async fn enrol(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let view = officer.tenant(&console.desk.verifier.catalogue, &name, Power::Tend)?;
    let kind = kinds::named(form.text("kind")).ok_or(Trouble::NotFound)?;
    let named = (name.as_str(), id.as_str());
    let made = match body_of(&visit, kind, &form) {
        Ok(body) => {
            let what = format!("console authenticators new {name} {id}");
            let (tenant, user) = (name.clone(), id.clone());
            let made = console.once(officer, (&form, &what), async move |desk, by| {
                acts::authenticators::create(&desk, &by, (&tenant, &user), &body).await
            });
            made.await.map_err(Mistakes::of)
        }
        Err(wrong) => Err(Ok(wrong)),
    };
    match made {
        Ok(made) => Ok(handover::tell(&console, &visit, &name, made)),
        Err(wrong) => {
            let wrong = wrong?;
            let user = acts::users::show(&console.desk, officer, named)
                .await?
                .value;
            let page = visit.tenant_page(&name, TenantPlace::Users);
            let asked = (kind, &form, &wrong);
            let template = EnrolPage::new(&console, (page, &view), &user, asked);
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}
