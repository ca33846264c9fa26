//! The form of a user: made, and changed. The login name stays what it was made.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use challenge::officers::Power;
use challenge::password;
use protocols::management::acts;
use protocols::management::precondition::{IfMatch, Tagged};
use protocols::management::shapes::users::{UserBody, UserShown};
use serde_json::{Value, json};

use super::paths;
use crate::console::field::Field;
use crate::console::form::Form;
use crate::console::mistakes::Mistakes;
use crate::console::notice::Notice;
use crate::console::page::Page;
use crate::console::place::{TenantPlace, tenant_path};
use crate::console::shared::Console;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;

/// Members that have a field of their own, the login name apart.
const OTHERS: [&str; 5] = [
    "/display_name",
    "/external_id",
    "/email",
    "/phone",
    "/password",
];

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(
            "/console/tenants/{name}/users/new",
            get(ask_new).post(create),
        )
        .route(
            "/console/tenants/{name}/users/{id}/edit",
            get(edit).post(change),
        )
}

#[derive(Template)]
#[template(path = "console/users/form.html")]
struct FormPage {
    page: Page,
    title: String,
    fields: Vec<Field>,
    /// The key of a form that makes something; nothing in one that changes something.
    key: String,
    /// The tag of what is changed.
    tag: String,
    back: String,
}

/// What a field holds: what was typed, else what is kept.
fn value<'a>(form: Option<&'a Form>, name: &str, kept: Option<&'a String>) -> &'a str {
    match form {
        Some(form) => form.text(name),
        None => kept.map_or("", String::as_str),
    }
}

/// The fields that are made and changed alike.
fn fields(
    page: &Page,
    form: Option<&Form>,
    kept: Option<&UserShown>,
    wrong: &Mistakes,
) -> Vec<Field> {
    let of = |name, kept| value(form, name, kept);
    let display_name = kept.and_then(|kept| kept.display_name.as_ref());
    let external_id = kept.and_then(|kept| kept.external_id.as_ref());
    let email = kept.and_then(|kept| kept.email.as_ref());
    let phone = kept.and_then(|kept| kept.phone.as_ref());
    let has_password = kept.is_some_and(|kept| kept.has_password);
    let hint = if has_password {
        "users.password_kept"
    } else {
        "users.password_hint"
    };
    let off = |field: Field| field.with("autocomplete", "off");
    let mut fields = vec![
        off(Field::text("display_name", page.t("users.display_name")))
            .value(of("display_name", display_name))
            .wrong(wrong.at("/display_name")),
        off(Field::text("external_id", page.t("users.external_id")))
            .value(of("external_id", external_id))
            .hint(page.t("users.external_id_hint"))
            .wrong(wrong.at("/external_id"))
            .with("spellcheck", "false"),
        off(Field::typed("email", page.t("users.email"), "email"))
            .value(of("email", email))
            .wrong(wrong.at("/email")),
        off(Field::typed("phone", page.t("users.phone"), "tel"))
            .value(of("phone", phone))
            .hint(page.t("users.phone_hint"))
            .wrong(wrong.at("/phone")),
        Field::secret("password", page.t("users.password"))
            .hint(page.t(hint))
            .wrong(wrong.at("/password"))
            .with("autocomplete", "new-password")
            .with("maxlength", password::LENGTH_MAX.to_string()),
    ];
    if has_password {
        fields.push(Field::tick("drop_password", page.t("users.drop_password")));
    }
    fields
}

fn new_page(
    console: &Console,
    visit: &Visit,
    tenant: &str,
    (form, wrong): (&Form, &Mistakes),
) -> FormPage {
    let page = visit.tenant_page(tenant, TenantPlace::Users);
    let login = Field::text("login_name", page.t("users.login_name"))
        .value(form.text("login_name"))
        .hint(page.t("users.login_name_hint"))
        .wrong(wrong.first("/login_name", &OTHERS))
        .required()
        .with("autocomplete", "off")
        .with("autocapitalize", "none")
        .with("spellcheck", "false")
        .with("maxlength", "256");
    let mut all = vec![login];
    all.extend(fields(&page, Some(form), None, wrong));
    FormPage {
        title: page.t("users.make").to_owned(),
        fields: all,
        key: match form.given("key") {
            Some(key) => key.to_owned(),
            None => console.once_key(),
        },
        tag: String::new(),
        back: tenant_path(tenant, TenantPlace::Users),
        page,
    }
}

async fn ask_new(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(name): Path<String>,
) -> Result<Response, Trouble> {
    let catalogue = &console.desk.verifier.catalogue;
    visit.officer()?.tenant(catalogue, &name, Power::Tend)?;
    let asked = (&Form::default(), &Mistakes::default());
    Ok(visit.show(&new_page(&console, &visit, &name, asked)))
}

async fn create(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let text = |name| form.given(name).map(str::to_owned);
    let password = Some(form.raw("password")).filter(|password| !password.is_empty());
    let body = UserBody {
        login_name: form.text("login_name").to_owned(),
        external_id: text("external_id"),
        display_name: text("display_name"),
        email: text("email"),
        phone: text("phone"),
        password: password.map(Into::into),
    };
    let (what, tenant) = (format!("console users new {name}"), name.clone());
    let made = console.once(officer, (&form, &what), async move |desk, by| {
        acts::users::create(&desk, &by, &tenant, &body).await
    });
    match made.await {
        Ok(made) => {
            let notice = Notice::of("notices.user_made", &made.login_name);
            Ok(visit.go_on(&paths::user(&name, &made.id), &notice))
        }
        Err(refusal) => {
            let wrong = Mistakes::of(refusal)?;
            let template = new_page(&console, &visit, &name, (&form, &wrong));
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}

fn edit_page(
    visit: &Visit,
    tenant: &str,
    found: &Tagged<UserShown>,
    (form, wrong): (Option<&Form>, &Mistakes),
) -> FormPage {
    let page = visit.tenant_page(tenant, TenantPlace::Users);
    let user = &found.value;
    let mut fields = fields(&page, form, Some(user), wrong);
    if let Some(first) = fields.first_mut() {
        // What is about no field of the form is told beside the first one.
        let others = &OTHERS[1..];
        *first = first.clone().wrong(wrong.first(OTHERS[0], others));
    }
    FormPage {
        title: page.with("users.edit_title", &user.login_name),
        fields,
        key: String::new(),
        tag: found.tag.as_str().to_owned(),
        back: paths::user(tenant, &user.id),
        page,
    }
}

async fn edit(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.tenant(&console.desk.verifier.catalogue, &name, Power::Tend)?;
    let found = acts::users::show(&console.desk, officer, (&name, &id)).await?;
    let asked = (None, &Mistakes::default());
    Ok(visit.show(&edit_page(&visit, &name, &found, asked)))
}

/// What a form changes. An empty field takes away, the password apart.
fn patch_of(form: &Form) -> Value {
    let mut patch = json!({
        "display_name": form.given("display_name"),
        "external_id": form.given("external_id"),
        "email": form.given("email"),
        "phone": form.given("phone"),
    });
    let password = form.raw("password");
    if form.ticked("drop_password") {
        patch["password"] = Value::Null;
    } else if !password.is_empty() {
        patch["password"] = json!(password);
    }
    patch
}

async fn change(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let wish = (&patch_of(&form), &IfMatch::tag(form.raw("tag")));
    let named = (name.as_str(), id.as_str());
    match acts::users::change(&console.desk, officer, named, wish).await {
        Ok(changed) => {
            let notice = Notice::of("notices.user_changed", &changed.value.login_name);
            Ok(visit.go_on(&paths::user(&name, &id), &notice))
        }
        Err(refusal) => {
            let wrong = Mistakes::of(refusal)?;
            let found = acts::users::show(&console.desk, officer, named).await?;
            let template = edit_page(&visit, &name, &found, (Some(&form), &wrong));
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}
