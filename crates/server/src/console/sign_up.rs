//! Signing up: a visitor says an address and a company, proves not to be a robot, and gets a letter; the link
//! in it opens the account by a button, since scanners of mail open what they find.
//!
//! What a page says is the same whether there is an account of the address or not. While the sign-up is
//! closed there are no such pages.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use challenge::officers::{
    ASKED_PER_EMAIL, AccountLetters, AccountWish, COMPANY_MAX, CONFIRM_S, Denied, Letter,
    company_of_unverified, email_of_unverified,
};

use super::captcha::{self, Captcha, Passed};
use super::field::Field;
use super::form::Form;
use super::headers;
use super::page::Page;
use super::place::Place;
use super::shared::Console;
use super::sign_in;
use super::trouble::Trouble;
use super::visit::Visit;
use super::words::Words;

const PATH: &str = "/console/sign-up";
const SENT: &str = "/console/sign-up/sent";

/// What the query of a page without script is.
const PLAIN: &str = "plain";

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(PATH, get(show).post(ask))
        .route(SENT, get(sent))
        .route("/console/sign-up/confirm/{text}", get(button).post(confirm))
}

#[derive(Template)]
#[template(path = "console/sign_up.html")]
struct SignUpPage {
    page: Page,
    fields: Vec<Field>,
    captcha: Captcha,
    trial: String,
    wrong: Option<&'static str>,
}

/// What is wrong with a form, each with the key of its word.
#[derive(Clone, Copy, Default)]
struct Wrong {
    email: Option<&'static str>,
    company: Option<&'static str>,
    code: Option<&'static str>,
    whole: Option<&'static str>,
}

impl SignUpPage {
    /// `plain`: with a drawn code instead of the widget.
    async fn new(
        console: &Console,
        visit: &Visit,
        (form, wrong, plain): (&Form, Wrong, bool),
    ) -> Result<Self, Trouble> {
        let page = visit.page(Place::Nowhere);
        let said = |key: Option<&'static str>| key.map(|key| page.t(key));
        let email = Field::typed("email", page.t("sign_up.email"), "email")
            .value(form.text("email"))
            .hint(page.t("sign_up.email_hint"))
            .wrong(said(wrong.email))
            .required()
            .with("autocomplete", "email")
            .with("maxlength", "254");
        let company = Field::text("company", page.t("sign_up.company"))
            .value(form.text("company"))
            .hint(page.t("sign_up.company_hint"))
            .wrong(said(wrong.company))
            .required()
            .with("autocomplete", "organization")
            .with("maxlength", COMPANY_MAX.to_string());
        let captcha = if plain {
            Captcha::code(console, visit, (&page, said(wrong.code))).await?
        } else {
            Captcha::widget()
        };
        let days = console.desk.verifier.catalogue.sign_up().trial_days;
        Ok(Self {
            fields: vec![email, company],
            captcha,
            trial: page.count("sign_up.trial", u64::from(days)),
            wrong: said(wrong.whole),
            page,
        })
    }

    fn answer(&self, visit: &Visit, status: StatusCode) -> Response {
        let mut response = visit.show_as(status, self);
        headers::allow_challenge(response.headers_mut());
        response
    }
}

async fn show(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    console.desk.verifier.must_take_sign_ups()?;
    if visit.signed_in().is_some() {
        return Ok(Redirect::to("/console/").into_response());
    }
    let asked = (&Form::default(), Wrong::default(), form.ticked(PLAIN));
    let template = SignUpPage::new(&console, &visit, asked).await?;
    Ok(template.answer(&visit, StatusCode::OK))
}

async fn ask(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let verifier = &console.desk.verifier;
    verifier.must_take_sign_ups()?;
    let (wrong, status) = match look(&console, &visit, &form).await? {
        None => {
            let wish = AccountWish {
                unverified_email: form.text("email"),
                unverified_company: form.text("company"),
            };
            let letters = letters(visit.words, &console.desk.public_url);
            let by = (&*console.desk.public_url, &visit.origin);
            match verifier.ask_for_account(&wish, &letters, by).await {
                Ok(()) => {
                    count("asked");
                    return Ok(Redirect::to(SENT).into_response());
                }
                Err(Denied::TooMany(_)) => {
                    count("limited");
                    let whole = Some("sign_up.too_many");
                    let wrong = Wrong {
                        whole,
                        ..Wrong::default()
                    };
                    (wrong, StatusCode::TOO_MANY_REQUESTS)
                }
                Err(denied) => return Err(denied.into()),
            }
        }
        Some(found) => found,
    };
    // Where no widget ran, none will: the next page has a code.
    let plain = form.given(captcha::BY_WIDGET).is_none();
    let template = SignUpPage::new(&console, &visit, (&form, wrong, plain)).await?;
    Ok(template.answer(&visit, status))
}

/// What is wrong with a form. The challenge is consumed only by a form of which all else is right.
async fn look(
    console: &Console,
    visit: &Visit,
    form: &Form,
) -> Result<Option<(Wrong, StatusCode)>, Trouble> {
    let email = email_of_unverified(form.text("email"));
    let company = company_of_unverified(form.text("company"));
    let mut wrong = Wrong {
        email: email.is_none().then_some("sign_up.email_wrong"),
        company: company.is_none().then_some("sign_up.company_wrong"),
        ..Wrong::default()
    };
    if email.is_none() || company.is_none() {
        return Ok(Some((wrong, StatusCode::UNPROCESSABLE_ENTITY)));
    }
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    match captcha::verify(console, visit, form).await? {
        Passed::Yes => return Ok(None),
        Passed::Missing => wrong.whole = Some("sign_up.code_missing"),
        Passed::No if form.given(captcha::BY_WIDGET).is_some() => {
            wrong.whole = Some("sign_up.challenge_wrong");
        }
        Passed::No => wrong.code = Some("sign_up.code_wrong"),
        Passed::Later => {
            wrong.whole = Some("sign_up.later");
            status = StatusCode::TOO_MANY_REQUESTS;
        }
    }
    Ok(Some((wrong, status)))
}

/// What is written to the address, in the language of the page.
fn letters(words: Words, public_url: &str) -> AccountLetters {
    let hours = u64::from(CONFIRM_S / 3600).to_string();
    let values = [("server", public_url), ("hours", &hours)];
    let letter = |subject, text| Letter {
        subject: words.with(subject, &values),
        text: words.with(text, &values),
    };
    AccountLetters {
        confirm: letter("sign_up.confirm_subject", "sign_up.confirm_mail"),
        go_on: letter("sign_up.go_on_subject", "sign_up.go_on_mail"),
        known: letter("sign_up.known_subject", "sign_up.known_mail"),
    }
}

#[derive(Template)]
#[template(path = "console/sign_up_sent.html")]
struct SentPage {
    page: Page,
    hours: String,
    letters: String,
}

async fn sent(State(console): State<Arc<Console>>, visit: Visit) -> Result<Response, Trouble> {
    console.desk.verifier.must_take_sign_ups()?;
    let page = visit.page(Place::Nowhere);
    Ok(visit.show(&SentPage {
        hours: page.count("sign_up.hours", u64::from(CONFIRM_S / 3600)),
        letters: page.count("sign_up.letters", u64::from(ASKED_PER_EMAIL)),
        page,
    }))
}

#[derive(Template)]
#[template(path = "console/sign_up_confirm.html")]
struct ConfirmPage {
    page: Page,
    wrong: Option<&'static str>,
}

impl ConfirmPage {
    fn new(visit: &Visit, wrong: Option<&'static str>) -> Self {
        Self {
            wrong: wrong.map(|key| visit.words.t(key)),
            page: visit.page(Place::Nowhere),
        }
    }
}

async fn button(State(console): State<Arc<Console>>, visit: Visit) -> Result<Response, Trouble> {
    console.desk.verifier.must_take_sign_ups()?;
    Ok(visit.show(&ConfirmPage::new(&visit, None)))
}

async fn confirm(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(unverified_text): Path<String>,
) -> Result<Response, Trouble> {
    let verifier = &console.desk.verifier;
    let origin = visit.origin.clone();
    let key = match verifier.open_account(&unverified_text, origin).await {
        Ok(session) => {
            count("opened");
            return Ok(sign_in::go_on(&visit, &session, ""));
        }
        Err(Denied::NotSignedIn) => "sign_up.link_wrong",
        Err(Denied::Taken(_)) => "sign_up.link_known",
        Err(denied) => return Err(denied.into()),
    };
    let template = ConfirmPage::new(&visit, Some(key));
    Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
}

fn count(step: &'static str) {
    metrics::counter!("countersign_sign_ups_total", "step" => step).increment(1);
}
