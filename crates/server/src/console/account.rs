//! The officer's own account: password, second factor, recovery codes, sessions.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use challenge::officers::{Denied, ListedSession};
use protocols::management::acts;
use secrecy::SecretString;

use super::cookies::Cookie;
use super::factor::RecoveryPage;
use super::field::Field;
use super::form::Form;
use super::moment::Moment;
use super::notice::Notice;
use super::page::{Page, role_key};
use super::place::Place;
use super::said::said;
use super::set_up::{given_password, password_fields};
use super::shared::Console;
use super::sign_in::with_session;
use super::trouble::Trouble;
use super::visit::Visit;

const PATH: &str = "/console/account";

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(PATH, get(show))
        .route("/console/account/password", post(change_password))
        .route("/console/account/codes", post(renew_codes))
        .route("/console/account/sessions", post(end_others))
        .route("/console/account/sessions/{id}", post(end_one))
}

/// What is wrong with the forms of the page.
#[derive(Default)]
struct Wrong {
    current: Option<&'static str>,
    new: [Option<String>; 2],
    codes: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "console/account.html")]
struct AccountPage {
    page: Page,
    login_name: String,
    tenant: Option<String>,
    role: &'static str,
    recovery_left: usize,
    /// The form for another password; what is wrong with it stands above it.
    fields: Vec<Field>,
    codes: Field,
    sessions: Vec<ListedSession>,
    has_others: bool,
}

impl AccountPage {
    async fn of(console: &Console, visit: &Visit, wrong: Wrong) -> Result<Self, Trouble> {
        let officer = visit.officer()?;
        let session = visit.session()?;
        let sessions = console.desk.verifier.sessions_of(session).await?;
        let page = visit.page(Place::Account);
        let current = |name| {
            Field::secret(name, page.t("sign_in.current_password"))
                .required()
                .with("autocomplete", "current-password")
        };
        let mut fields = vec![current("current_password").wrong(wrong.current)];
        fields.extend(password_fields(&page, wrong.new));
        Ok(Self {
            login_name: session.administrator.login_name.clone(),
            tenant: acts::me::show(&console.desk, officer).tenant,
            role: page.t(role_key(officer.role)),
            recovery_left: session.administrator.recovery_codes_left(),
            fields,
            codes: current("codes_password").wrong(wrong.codes),
            has_others: sessions.len() > 1,
            sessions,
            page,
        })
    }
}

async fn show(State(console): State<Arc<Console>>, visit: Visit) -> Result<Response, Trouble> {
    Ok(visit.show(&AccountPage::of(&console, &visit, Wrong::default()).await?))
}

async fn again(console: &Console, visit: &Visit, wrong: Wrong) -> Result<Response, Trouble> {
    let template = AccountPage::of(console, visit, wrong).await?;
    Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
}

async fn change_password(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    visit.officer()?;
    let mut wrong = Wrong::default();
    let password = match given_password(&visit, &form) {
        Ok(password) => password,
        Err(new) => {
            wrong.new = new;
            return again(&console, &visit, wrong).await;
        }
    };
    let current: SecretString = form.raw("current_password").into();
    let verifier = &console.desk.verifier;
    let session = visit.session()?;
    let chosen = verifier.choose_password(session, Some(&current), &password, &*console.hasher);
    match chosen.await {
        Ok(session) => {
            let notice = Notice::of("notices.password_changed", "");
            Ok(with_session(&visit, &session, visit.go_on(PATH, &notice)))
        }
        Err(Denied::NotVerified) => {
            wrong.current = Some(visit.words.t("sign_in.current_wrong"));
            again(&console, &visit, wrong).await
        }
        Err(Denied::DoesNotFit(text)) => {
            wrong.new = [Some(said(&text, visit.words.language)), None];
            again(&console, &visit, wrong).await
        }
        Err(denied) => Err(denied.into()),
    }
}

async fn renew_codes(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    visit.officer()?;
    let current: SecretString = form.raw("codes_password").into();
    let verifier = &console.desk.verifier;
    let session = visit.session()?;
    match verifier
        .renew_recovery_codes(session, &current, &*console.hasher)
        .await
    {
        Ok(codes) => Ok(visit.show(&RecoveryPage {
            page: visit.page(Place::Account),
            codes,
        })),
        Err(Denied::NotVerified) => {
            let wrong = Wrong {
                codes: Some(visit.words.t("sign_in.current_wrong")),
                ..Wrong::default()
            };
            again(&console, &visit, wrong).await
        }
        Err(denied) => Err(denied.into()),
    }
}

async fn end_others(
    State(console): State<Arc<Console>>,
    visit: Visit,
) -> Result<Response, Trouble> {
    visit.officer()?;
    let session = console
        .desk
        .verifier
        .end_other_sessions(visit.session()?)
        .await?;
    let notice = Notice::of("notices.sessions_ended", "");
    Ok(with_session(&visit, &session, visit.go_on(PATH, &notice)))
}

async fn end_one(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    visit.officer()?;
    let verifier = &console.desk.verifier;
    let session = visit.session()?;
    let listed = verifier.sessions_of(session).await?;
    verifier.end_session(session, &id).await?;
    let was_this = listed.iter().any(|one| one.is_this && one.id == id);
    if !was_this {
        return Ok(visit.go_on(PATH, &Notice::of("notices.session_ended", "")));
    }
    let notice = Notice::of("notices.signed_out", "");
    let mut response = visit.go_on("/console/sign-in", &notice);
    let cookie = visit.cookies.forget(Cookie::Session);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}
