//! Tokens: what programs use at the management API. A token's text is told once, to whoever makes it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use challenge::officers::{DAYS, DAYS_MAX, NAME_MAX, Power};
use protocols::management::acts;
use protocols::management::paging::Paging;
use protocols::management::precondition::IfMatch;
use protocols::management::shapes::tokens::{TokenBody, TokenShown};

use super::ask::AskPage;
use super::field::Field;
use super::form::Form;
use super::mistakes::Mistakes;
use super::moment::Moment;
use super::notice::Notice;
use super::officers::{reach_fields, role_field, role_of, tenant_of};
use super::page::Page;
use super::pager::Pager;
use super::place::Place;
use super::shared::Console;
use super::told::ToldPage;
use super::trouble::Trouble;
use super::visit::Visit;

const PATH: &str = "/console/tokens";

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/tokens/new", get(ask_new).post(make))
        .route("/console/tokens/{id}/revoke", get(ask_end).post(revoke))
}

#[derive(Template)]
#[template(path = "console/tokens.html")]
struct ListPage {
    page: Page,
    tokens: Vec<TokenShown>,
    pager: Pager,
}

async fn list(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.may(Power::Govern)?;
    let after = form.given("after");
    let found = acts::tokens::list(&console.desk, officer, &Paging::after(after)?).await?;
    Ok(visit.show(&ListPage {
        page: visit.page(Place::Tokens),
        pager: Pager::new(visit.words, PATH, &[], after, found.next.as_deref()),
        tokens: found.items,
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
    fn new(
        console: &Console,
        visit: &Visit,
        (form, wrong): (&Form, &Mistakes),
    ) -> Result<Self, Trouble> {
        let page = visit.page(Place::Tokens);
        let reach = (form.text("tenant"), form.ticked("whole"));
        let reach = reach_fields((&page, visit.officer()?), reach, wrong);
        let name = Field::text("name", page.t("tokens.name"))
            .value(form.text("name"))
            .hint(page.t("tokens.name_hint"))
            .wrong(wrong.first("/name", &["/role", "/tenant", "/days"]))
            .required()
            .with("maxlength", NAME_MAX.to_string())
            .with("autocomplete", "off");
        let days = Field::typed("days", page.t("tokens.days"), "number")
            .value(
                form.given("days")
                    .map_or_else(|| DAYS.to_string(), str::to_owned),
            )
            .wrong(wrong.at("/days"))
            .with("min", "1")
            .with("max", DAYS_MAX.to_string());
        let role = role_field(&page, form.text("role")).wrong(wrong.at("/role"));
        let fields = [name, role].into_iter().chain(reach).chain([days]);
        Ok(Self {
            title: page.t("tokens.make"),
            act: page.t("tokens.make"),
            back: PATH,
            key: match form.given("key") {
                Some(key) => key.to_owned(),
                None => console.once_key(),
            },
            fields: fields.collect(),
            page,
        })
    }
}

async fn ask_new(State(console): State<Arc<Console>>, visit: Visit) -> Result<Response, Trouble> {
    visit.officer()?.may(Power::Govern)?;
    let (form, wrong) = (Form::default(), Mistakes::default());
    Ok(visit.show(&MakePage::new(&console, &visit, (&form, &wrong))?))
}

async fn make(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let days = form.given("days").map(str::parse).transpose();
    let made = match (days, tenant_of(&visit, &form)) {
        (Ok(days), Ok(tenant)) => {
            let body = TokenBody {
                name: form.text("name").to_owned(),
                role: role_of(&form)?,
                tenant,
                days,
            };
            let made = console.once(
                officer,
                (&form, "console tokens new"),
                async move |desk, by| acts::tokens::create(&desk, &by, &body).await,
            );
            made.await.map_err(Mistakes::of)
        }
        (Err(_), _) => Err(Ok(Mistakes::one("/days", format!("1–{DAYS_MAX}")))),
        (_, Err(wrong)) => Err(Ok(wrong)),
    };
    match made {
        Ok(made) => Ok(tell(&visit, made)),
        Err(wrong) => {
            let template = MakePage::new(&console, &visit, (&form, &wrong?))?;
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}

fn tell(visit: &Visit, made: TokenShown) -> Response {
    let page = visit.page(Place::Tokens);
    visit.show(&ToldPage {
        title: page.with("tokens.told_title", &made.name),
        text: page.t("tokens.told_text"),
        secret: made.token.unwrap_or_default(),
        back: PATH.to_owned(),
        page,
    })
}

async fn ask_end(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.may(Power::Govern)?;
    let found = acts::tokens::show(&console.desk, officer, &id).await?;
    let page = visit.page(Place::Tokens);
    Ok(visit.show(&AskPage {
        title: page.with("tokens.revoke_title", &found.value.name),
        text: page.t("tokens.revoke_text"),
        act: page.t("tokens.revoke"),
        tag: String::new(),
        back: PATH.to_owned(),
        page,
    }))
}

async fn revoke(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let found = acts::tokens::show(&console.desk, officer, &id).await?;
    acts::tokens::revoke(&console.desk, officer, &id, &IfMatch::whatever()).await?;
    let notice = Notice::of("notices.token_revoked", &found.value.name);
    Ok(visit.go_on(PATH, &notice))
}
