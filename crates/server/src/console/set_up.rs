//! What a session that was opened by a link owes first: a password. The second factor comes after it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use challenge::officers::{Denied, Stage};
use secrecy::SecretString;

use super::field::Field;
use super::form::Form;
use super::page::Page;
use super::place::Place;
use super::said::said;
use super::shared::Console;
use super::sign_in::go_on;
use super::trouble::Trouble;
use super::visit::{Visit, owed};

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/set-up/password", get(ask_password).post(choose))
}

#[derive(Template)]
#[template(path = "console/set_up_password.html")]
struct PasswordPage {
    page: Page,
    login_name: String,
    fields: Vec<Field>,
}

/// The two fields for a new password, with what is wrong with each.
pub(super) fn password_fields(page: &Page, wrong: [Option<String>; 2]) -> Vec<Field> {
    let [password, again] = wrong;
    let minimum = challenge::officers::PASSWORD_LENGTH_MIN.to_string();
    let field = |name, key| {
        Field::secret(name, page.t(key))
            .required()
            .with("autocomplete", "new-password")
            .with("minlength", minimum.as_str())
    };
    vec![
        field("new_password", "sign_in.new_password")
            .hint(page.t("sign_in.new_hint"))
            .wrong(password),
        field("again", "sign_in.again").wrong(again),
    ]
}

fn password_page(visit: &Visit, wrong: [Option<String>; 2]) -> Result<PasswordPage, Trouble> {
    let page = visit.page(Place::Nowhere);
    Ok(PasswordPage {
        login_name: visit.session()?.administrator.login_name.clone(),
        fields: password_fields(&page, wrong),
        page,
    })
}

/// Where a session that does not owe this is sent.
fn elsewhere(stage: Stage) -> Response {
    let page = owed(&Denied::Owes(stage)).unwrap_or("/console/");
    Redirect::to(page).into_response()
}

async fn ask_password(visit: Visit) -> Result<Response, Trouble> {
    match visit.session()?.stage {
        Stage::Password => Ok(visit.show(&password_page(&visit, [None, None])?)),
        stage => Ok(elsewhere(stage)),
    }
}

async fn choose(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let session = visit.session()?;
    if session.stage != Stage::Password {
        return Ok(elsewhere(session.stage));
    }
    let wrong = match given_password(&visit, &form) {
        Ok(password) => {
            let verifier = &console.desk.verifier;
            let chosen = verifier
                .choose_password(session, None, &password, &*console.hasher)
                .await;
            match chosen {
                Ok(session) => return Ok(go_on(&visit, &session, "")),
                Err(Denied::DoesNotFit(text)) => [Some(said(&text, visit.words.language)), None],
                Err(denied) => return Err(denied.into()),
            }
        }
        Err(wrong) => wrong,
    };
    let template = password_page(&visit, wrong)?;
    Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
}

/// The new password that a form holds twice, or what is wrong with its two fields.
pub(super) fn given_password(
    visit: &Visit,
    form: &Form,
) -> Result<SecretString, [Option<String>; 2]> {
    let password = form.raw("new_password");
    if password.chars().count() < challenge::officers::PASSWORD_LENGTH_MIN {
        return Err([Some(visit.words.t("sign_in.too_short").to_owned()), None]);
    }
    if password != form.raw("again") {
        return Err([None, Some(visit.words.t("sign_in.not_the_same").to_owned())]);
    }
    Ok(password.into())
}
