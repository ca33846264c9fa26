//! Signing in, in two steps: the password, then a one-time code or a recovery code. And signing out, and
//! choosing a language, which anybody may.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use challenge::officers::{Denied, NewSession, Stage};
use secrecy::ExposeSecret as _;

use super::cookies::Cookie;
use super::field::Field;
use super::form::Form;
use super::language::Language;
use super::notice::Notice;
use super::page::Page;
use super::place::Place;
use super::shared::Console;
use super::trouble::Trouble;
use super::visit::{Visit, owed, within};

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/sign-in", get(ask).post(begin))
        .route("/console/sign-in/code", get(ask_code).post(finish))
        .route("/console/sign-in/recovery", post(finish_by_recovery))
        .route("/console/sign-out", post(sign_out))
        .route("/console/language", post(choose_language))
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    page: Page,
    fields: Vec<Field>,
    wrong: Option<&'static str>,
    to: String,
    may_sign_up: bool,
}

impl SignInPage {
    fn new(console: &Console, visit: &Visit, (form, wrong): (&Form, Option<&'static str>)) -> Self {
        let page = visit.page(Place::Nowhere);
        let name = Field::text("login_name", page.t("sign_in.login_name"))
            .value(form.text("login_name"))
            .required()
            .with("autocomplete", "username")
            .with("autocapitalize", "none")
            .with("spellcheck", "false")
            .with("maxlength", "200");
        let password = Field::secret("password", page.t("sign_in.password"))
            .required()
            .with("autocomplete", "current-password");
        let to = within(form.raw("to")).unwrap_or_default().to_owned();
        Self {
            page,
            fields: vec![name, password],
            wrong,
            to,
            may_sign_up: console.desk.verifier.catalogue.takes_sign_ups(),
        }
    }
}

async fn ask(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    if visit.signed_in().is_some() {
        return Ok(Redirect::to("/console/").into_response());
    }
    Ok(visit.show(&SignInPage::new(&console, &visit, (&form, None))))
}

async fn begin(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let password = form.raw("password").into();
    let verifier = &console.desk.verifier;
    let origin = visit.origin.clone();
    let begun = verifier
        .begin_session(form.text("login_name"), &password, origin, &*console.hasher)
        .await;
    let key = match begun {
        Ok(session) => return Ok(go_on(&visit, &session, form.raw("to"))),
        Err(Denied::NotSignedIn) => "sign_in.wrong",
        Err(Denied::NeedsLink) => "sign_in.needs_link",
        Err(denied) => return Err(denied.into()),
    };
    let template = SignInPage::new(&console, &visit, (&form, Some(visit.words.t(key))));
    Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
}

/// Gives the browser the session's secret, which is a new one at every step, and sends it to what the
/// session owes, or where the visitor wanted to go.
pub(super) fn go_on(visit: &Visit, session: &NewSession, unverified_to: &str) -> Response {
    let to = within(unverified_to);
    let next = match owed(&Denied::Owes(session.stage)) {
        Some(page) => match to {
            Some(to) => {
                let mut query = form_urlencoded::Serializer::new(String::new());
                query.append_pair("to", to);
                format!("{page}?{}", query.finish())
            }
            None => page.to_owned(),
        },
        None => to.unwrap_or("/console/").to_owned(),
    };
    with_session(visit, session, Redirect::to(&next).into_response())
}

/// The answer, with the session's secret for the browser.
pub(super) fn with_session(visit: &Visit, session: &NewSession, mut answer: Response) -> Response {
    let cookie = visit
        .cookies
        .set(Cookie::Session, session.secret.expose_secret());
    answer.headers_mut().append(header::SET_COOKIE, cookie);
    answer
}

#[derive(Template)]
#[template(path = "console/code.html")]
struct CodePage {
    page: Page,
    code: Field,
    recovery: Field,
    /// Whether the recovery code is what was tried.
    by_recovery: bool,
    to: String,
}

/// Which code was wrong, if one was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Nothing,
    Code,
    Recovery,
}

impl CodePage {
    fn new(visit: &Visit, form: &Form, wrong: Wrong) -> Self {
        let page = visit.page(Place::Nowhere);
        let code_wrong = (wrong == Wrong::Code).then(|| page.t("sign_in.code_wrong"));
        let recovery_wrong = (wrong == Wrong::Recovery).then(|| page.t("sign_in.recovery_wrong"));
        let to = within(form.raw("to")).unwrap_or_default().to_owned();
        Self {
            code: code_field(&page).wrong(code_wrong),
            recovery: Field::text("recovery_code", page.t("sign_in.recovery_code"))
                .hint(page.t("sign_in.recovery_hint"))
                .wrong(recovery_wrong)
                .required()
                .with("autocomplete", "off")
                .with("autocapitalize", "none")
                .with("spellcheck", "false"),
            by_recovery: wrong == Wrong::Recovery,
            page,
            to,
        }
    }
}

/// The field for a one-time code.
pub(super) fn code_field(page: &Page) -> Field {
    Field::text("code", page.t("sign_in.code"))
        .hint(page.t("sign_in.code_hint"))
        .required()
        .with("class", "digits")
        .with("autocomplete", "one-time-code")
        .with("inputmode", "numeric")
        .with("maxlength", "10")
}

async fn ask_code(visit: Visit, form: Form) -> Result<Response, Trouble> {
    match visit.session()?.stage {
        Stage::Code => Ok(visit.show(&CodePage::new(&visit, &form, Wrong::Nothing))),
        stage => {
            Ok(Redirect::to(owed(&Denied::Owes(stage)).unwrap_or("/console/")).into_response())
        }
    }
}

async fn finish(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let code: String = form.raw("code").split_whitespace().collect();
    let verifier = &console.desk.verifier;
    let finished = verifier.finish_by_code(visit.session()?, &code).await;
    settle(&visit, &form, finished, Wrong::Code)
}

async fn finish_by_recovery(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let code = form.text("recovery_code");
    let verifier = &console.desk.verifier;
    let finished = verifier
        .finish_by_recovery_code(visit.session()?, code)
        .await;
    settle(&visit, &form, finished, Wrong::Recovery)
}

fn settle(
    visit: &Visit,
    form: &Form,
    finished: Result<NewSession, Denied>,
    wrong: Wrong,
) -> Result<Response, Trouble> {
    match finished {
        Ok(session) => Ok(go_on(visit, &session, form.raw("to"))),
        Err(Denied::NotVerified) => {
            let template = CodePage::new(visit, form, wrong);
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
        Err(denied) => Err(denied.into()),
    }
}

async fn sign_out(State(console): State<Arc<Console>>, visit: Visit) -> Result<Response, Trouble> {
    if let Some(session) = &visit.session {
        console.desk.verifier.sign_out(session).await?;
    }
    let notice = Notice::of("notices.signed_out", "");
    let mut response = visit.go_on("/console/sign-in", &notice);
    let cookie = visit.cookies.forget(Cookie::Session);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

async fn choose_language(visit: Visit, form: Form) -> Response {
    let to = within(form.raw("to")).unwrap_or("/console/");
    let mut response = Redirect::to(to).into_response();
    if let Some(language) = Language::from_tag(form.raw("language")) {
        let cookie = visit.cookies.set(Cookie::Language, language.tag());
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
