//! The second factor: its key, shown once, and the recovery codes that come with it, told once. A session
//! that was opened by a link owes it; an administrator may take another one at any time.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use challenge::officers::{Denied, Session, Stage};
use secrecy::{ExposeSecret as _, SecretString};

use super::field::Field;
use super::form::Form;
use super::key::KeyShown;
use super::page::Page;
use super::place::Place;
use super::shared::Console;
use super::sign_in::{code_field, with_session};
use super::trouble::Trouble;
use super::visit::{Visit, owed};

/// Where a session that owes a factor is sent.
const SET_UP: &str = "/console/set-up/factor";

/// Where an administrator takes another one.
const ACCOUNT: &str = "/console/account/factor";

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(SET_UP, get(begin).post(go_on))
        .route(ACCOUNT, get(begin).post(go_on))
}

#[derive(Template)]
#[template(path = "console/factor.html")]
struct FactorPage {
    page: Page,
    /// Where its forms go.
    action: &'static str,
    step: Step,
}

/// How far it is.
enum Step {
    /// Nothing was drawn. Whoever is signed in proves the password again.
    Begin(Vec<Field>),
    /// A key was drawn; it is shown unless a code of it was wrong just now.
    Drawn(Option<KeyShown>, Box<Field>),
}

/// The session and where its forms go; or where it is sent that has no business here.
fn session_of(visit: &Visit) -> Result<(&Session, &'static str, Place), Trouble> {
    let session = visit.session()?;
    match session.stage {
        Stage::Factor => Ok((session, SET_UP, Place::Nowhere)),
        Stage::Open => Ok((session, ACCOUNT, Place::Account)),
        stage => Err(Trouble::Owes(owed(&Denied::Owes(stage)).unwrap_or(SET_UP))),
    }
}

/// The step at which nothing was drawn, with what is wrong with the password.
fn beginning(page: &Page, stage: Stage, wrong: Option<&'static str>) -> Step {
    let password = Field::secret("current_password", page.t("sign_in.current_password"))
        .required()
        .wrong(wrong)
        .with("autocomplete", "current-password");
    Step::Begin(if stage == Stage::Open {
        vec![password]
    } else {
        Vec::new()
    })
}

async fn begin(visit: Visit) -> Result<Response, Trouble> {
    let (session, action, place) = session_of(&visit)?;
    if !visit.path().starts_with(action) {
        return Ok(Redirect::to(action).into_response());
    }
    let page = visit.page(place);
    let step = beginning(&page, session.stage, None);
    Ok(visit.show(&FactorPage { page, action, step }))
}

/// A form without a code asks for a key; one with a code confirms the key.
async fn go_on(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let code: String = form.raw("code").split_whitespace().collect();
    if code.is_empty() {
        draw(&console, &visit, &form).await
    } else {
        confirm(&console, &visit, &code).await
    }
}

async fn draw(console: &Console, visit: &Visit, form: &Form) -> Result<Response, Trouble> {
    let (session, action, place) = session_of(visit)?;
    let current: SecretString = form.raw("current_password").into();
    let current = (session.stage == Stage::Open).then_some(&current);
    let verifier = &console.desk.verifier;
    let page = visit.page(place);
    let drawn = verifier.draw_second_factor(session, current, &*console.hasher);
    match drawn.await {
        Ok(drawn) => {
            let step = Step::Drawn(
                Some(KeyShown::of(drawn.uri.expose_secret())),
                Box::new(code_field(&page)),
            );
            Ok(visit.show(&FactorPage { page, action, step }))
        }
        Err(Denied::NotVerified) => {
            let wrong = page.t("sign_in.current_wrong");
            let step = beginning(&page, session.stage, Some(wrong));
            let template = FactorPage { page, action, step };
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
        Err(denied) => Err(denied.into()),
    }
}

async fn confirm(
    console: &Console,
    visit: &Visit,
    unverified_code: &str,
) -> Result<Response, Trouble> {
    let (session, action, place) = session_of(visit)?;
    let verifier = &console.desk.verifier;
    let page = visit.page(place);
    match verifier
        .confirm_second_factor(session, unverified_code)
        .await
    {
        Ok((session, codes)) => {
            // The page's own forms hold the token of the session as it goes on.
            let visit = visit.going_on(&session);
            let page = visit.page(Place::Account);
            let answer = visit.show(&RecoveryPage { page, codes });
            Ok(with_session(&visit, &session, answer))
        }
        Err(Denied::NotVerified) => {
            let wrong = Some(page.t("sign_in.code_wrong"));
            let step = Step::Drawn(None, Box::new(code_field(&page).wrong(wrong)));
            let template = FactorPage { page, action, step };
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
        Err(denied) => Err(denied.into()),
    }
}

/// The page that tells recovery codes, once.
#[derive(Template)]
#[template(path = "console/recovery.html")]
pub(super) struct RecoveryPage {
    /// The frame.
    pub(super) page: Page,
    /// The codes.
    pub(super) codes: Vec<SecretString>,
}
