//! An authenticator's page, and what is done with one: followed again, locked, unlocked, enrolled anew, printed,
//! revoked.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use challenge::officers::Power;
use challenge::standing::Status;
use protocols::management::acts;
use protocols::management::precondition::Tagged;
use protocols::management::refusal::Refusal;
use protocols::management::shapes::authenticators::{AuthenticatorShown, ResynchroniseBody};
use protocols::management::shapes::cards::CardShown;
use protocols::management::shapes::users::MovementShown;

use super::person::{kind_word, last_used, next_counter};
use super::{handover, kinds, paths};
use crate::console::field::Field;
use crate::console::form::Form;
use crate::console::moment::Moment;
use crate::console::notice::Notice;
use crate::console::page::Page;
use crate::console::place::TenantPlace;
use crate::console::shared::Console;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(
            "/console/tenants/{name}/authenticators/{serial}",
            get(show).post(resynchronise),
        )
        .route(
            "/console/tenants/{name}/authenticators/{serial}/{act}",
            get(ask).post(act),
        )
}

/// What is done with one, after a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Lock,
    Unlock,
    Again,
    Print,
    Revoke,
}

impl Act {
    const ALL: [Self; 5] = [
        Self::Again,
        Self::Print,
        Self::Unlock,
        Self::Lock,
        Self::Revoke,
    ];

    /// What its path ends in.
    fn name(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Again => "again",
            Self::Print => "print",
            Self::Revoke => "revoke",
        }
    }

    fn named(name: &str) -> Result<Self, Trouble> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|act| act.name() == name);
        found.ok_or(Trouble::NotFound)
    }

    /// The keys of what the button says, of the question, and of what will come of it.
    fn keys(self) -> [&'static str; 3] {
        match self {
            Self::Lock => [
                "authenticators.lock",
                "authenticators.lock_title",
                "authenticators.lock_text",
            ],
            Self::Unlock => [
                "authenticators.unlock",
                "authenticators.unlock_title",
                "authenticators.unlock_text",
            ],
            Self::Again => [
                "authenticators.again",
                "authenticators.again_title",
                "authenticators.again_text",
            ],
            Self::Print => [
                "authenticators.print",
                "authenticators.print_title",
                "authenticators.print_text",
            ],
            Self::Revoke => [
                "authenticators.revoke",
                "authenticators.revoke_title",
                "authenticators.revoke_text",
            ],
        }
    }

    /// Whether there is something to be done so.
    fn fits(self, one: &AuthenticatorShown) -> bool {
        let kind = kinds::named(&one.kind);
        match self {
            Self::Lock => one.status == Status::Active,
            Self::Unlock => one.status == Status::Locked,
            Self::Again => one.status != Status::Revoked && kind.is_some_and(kinds::has_key),
            Self::Print => one.status != Status::Revoked && one.kind == "card",
            Self::Revoke => one.status != Status::Revoked,
        }
    }

    /// Whether it takes something away.
    fn is_danger(self) -> bool {
        matches!(self, Self::Lock | Self::Revoke)
    }
}

#[derive(Template)]
#[template(path = "console/users/authenticator.html")]
struct AuthenticatorPage {
    page: Page,
    path: String,
    user_path: String,
    one: AuthenticatorShown,
    movement: Option<MovementShown>,
    acts: Vec<Act>,
    /// The two codes, where they tell how far it has come.
    fields: Vec<Field>,
}

impl AuthenticatorPage {
    fn kind(&self) -> &'static str {
        kind_word(&self.page, &self.one.kind)
    }

    fn state(&self) -> (&'static str, &'static str) {
        let (key, colour) = kinds::status(self.one.status);
        (self.page.t(key), colour)
    }

    /// What is not taken since the database was restored: in short, and what to do.
    fn lost(&self) -> Option<(&'static str, String)> {
        let (mark, what) = kinds::lost(&self.one)?;
        Some((self.page.t(mark), self.page.with(what, &self.one.serial)))
    }

    fn last_used(&self) -> Option<Moment> {
        last_used(&self.one, self.movement.as_ref()?)
    }

    fn counter(&self) -> Option<u64> {
        next_counter(&self.one, self.movement.as_ref()?)
    }

    /// What it computes with: each with its name.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let one = &self.one;
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let known = [
            ("authenticators.digits", number(one.digits)),
            ("authenticators.algorithm", one.algorithm.clone()),
            ("authenticators.period", number(one.period_s)),
            ("authenticators.look_ahead", number(one.look_ahead)),
            ("authenticators.suite", one.suite.clone()),
            (
                "authenticators.signature_suite",
                one.signature_suite.clone(),
            ),
            ("authenticators.mode", one.grid_mode.clone()),
        ];
        let known = known.into_iter();
        known
            .filter_map(|(key, value)| Some((self.page.t(key), value?)))
            .collect()
    }
}

async fn page_of(
    console: &Console,
    visit: &Visit,
    (tenant, serial): (&str, &str),
    wrong: Option<&'static str>,
) -> Result<AuthenticatorPage, Trouble> {
    let (officer, desk) = (visit.officer()?, &console.desk);
    let found = acts::authenticators::show(desk, officer, (tenant, serial)).await?;
    let Tagged { value: one, .. } = found;
    let standing = acts::users::standing(desk, officer, (tenant, &one.user)).await?;
    let page = visit.tenant_page(tenant, TenantPlace::Users);
    let may_tend = officer.may(Power::Tend).is_ok();
    let fits = |act: &Act| may_tend && act.fits(&one);
    let code = |name, label| {
        Field::text(name, page.t(label))
            .with("inputmode", "numeric")
            .with("autocomplete", "off")
            .with("maxlength", "20")
    };
    let follows = kinds::named(&one.kind).is_some_and(kinds::can_resynchronise);
    let fields = if may_tend && follows && one.status == Status::Active {
        vec![
            code("first", "authenticators.first_code")
                .wrong(wrong)
                .required(),
            code("second", "authenticators.second_code"),
        ]
    } else {
        Vec::new()
    };
    Ok(AuthenticatorPage {
        path: paths::authenticator(tenant, serial),
        user_path: paths::user(tenant, &one.user),
        movement: standing.authenticators.get(serial).cloned(),
        acts: Act::ALL.into_iter().filter(fits).collect(),
        fields,
        page,
        one,
    })
}

async fn show(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, serial)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let template = page_of(&console, &visit, (&name, &serial), None).await?;
    Ok(visit.show(&template))
}

/// Takes two codes, or one and the other with the next form.
async fn resynchronise(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, serial)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let code = |name| {
        let digits: String = form.text(name).split_whitespace().collect();
        (!digits.is_empty()).then_some(digits)
    };
    let body = ResynchroniseBody {
        first: code("first").unwrap_or_default().into(),
        second: code("second").map(Into::into),
    };
    let named = (name.as_str(), serial.as_str());
    let done = acts::authenticators::resynchronise(&console.desk, officer, named, &body).await;
    let wrong = match done {
        Ok(done) => {
            let key = if done.done {
                "notices.resynchronised"
            } else {
                "notices.second_code_awaited"
            };
            let path = paths::authenticator(&name, &serial);
            return Ok(visit.go_on(&path, &Notice::of(key, &serial)));
        }
        Err(refusal) => wrong_codes(refusal)?,
    };
    let wrong = Some(visit.words.t(wrong));
    let template = page_of(&console, &visit, named, wrong).await?;
    Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
}

/// The key of what is said of codes that were not taken.
fn wrong_codes(refusal: Refusal) -> Result<&'static str, Trouble> {
    match refusal.to_wire().kind.name {
        "wrong-code" => Ok("authenticators.codes_wrong"),
        "locked" => Ok("authenticators.codes_locked"),
        _ => Err(refusal.into()),
    }
}

#[derive(Template)]
#[template(path = "console/users/ask.html")]
struct QuestionPage {
    page: Page,
    title: String,
    text: &'static str,
    act: &'static str,
    is_danger: bool,
    /// So that a form that is sent twice is told the same twice.
    key: String,
    back: String,
}

async fn ask(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, serial, act)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let act = Act::named(&act)?;
    let officer = visit.officer()?;
    officer.tenant(&console.desk.verifier.catalogue, &name, Power::Tend)?;
    let named = (name.as_str(), serial.as_str());
    acts::authenticators::show(&console.desk, officer, named).await?;
    let page = visit.tenant_page(&name, TenantPlace::Users);
    let [button, title, text] = act.keys();
    Ok(visit.show(&QuestionPage {
        title: page.with(title, &serial),
        text: page.t(text),
        act: page.t(button),
        is_danger: act.is_danger(),
        key: console.once_key(),
        back: paths::authenticator(&name, &serial),
        page,
    }))
}

async fn act(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, serial, act)): Path<(String, String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let (desk, officer) = (&*console.desk, visit.officer()?);
    let named = (name.as_str(), serial.as_str());
    let notice = match Act::named(&act)? {
        Act::Lock => {
            acts::authenticators::lock(desk, officer, named).await?;
            "notices.authenticator_locked"
        }
        Act::Unlock => {
            acts::authenticators::unlock(desk, officer, named).await?;
            "notices.authenticator_unlocked"
        }
        Act::Revoke => {
            acts::authenticators::revoke(desk, officer, named).await?;
            "notices.authenticator_revoked"
        }
        Act::Print => {
            let card = acts::authenticators::print(desk, officer, named).await?;
            return Ok(show_card(&visit, named, card));
        }
        Act::Again => {
            let what = format!("console authenticators again {name} {serial}");
            let (tenant, token) = (name.clone(), serial.clone());
            let drawn = console.once(officer, (&form, &what), async move |desk, by| {
                acts::authenticators::enrol(&desk, &by, (&tenant, &token)).await
            });
            let drawn = drawn.await?;
            return Ok(handover::tell(&console, &visit, &name, drawn));
        }
    };
    let path = paths::authenticator(&name, &serial);
    Ok(visit.go_on(&path, &Notice::of(notice, &serial)))
}

/// A card to be printed.
#[derive(Template)]
#[template(path = "console/users/card.html")]
struct CardPage {
    page: Page,
    title: String,
    card: CardShown,
    back: String,
}

fn show_card(visit: &Visit, (tenant, serial): (&str, &str), card: CardShown) -> Response {
    let page = visit.tenant_page(tenant, TenantPlace::Users);
    visit.show(&CardPage {
        title: page.with("authenticators.card_title", serial),
        back: paths::authenticator(tenant, serial),
        card,
        page,
    })
}
