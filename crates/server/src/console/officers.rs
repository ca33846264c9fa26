//! Officers: who may use the console, how far each reaches, and links for those who cannot sign in.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use challenge::officers::{Denied, Officer, Power, Reach, Role};
use protocols::management::acts;
use protocols::management::paging::Paging;
use protocols::management::precondition::{IfMatch, Tagged};
use protocols::management::refusal::Refusal;
use protocols::management::shapes::officers::{LinkBody, OfficerBody, OfficerShown};
use protocols::management::shapes::told::ToldOnce;
use secrecy::SecretString;
use serde_json::json;

use super::ask::AskPage;
use super::field::Field;
use super::form::Form;
use super::mistakes::Mistakes;
use super::moment::Moment;
use super::notice::Notice;
use super::page::{Page, role_key};
use super::pager::Pager;
use super::place::Place;
use super::shared::Console;
use super::told::ToldPage;
use super::trouble::Trouble;
use super::visit::Visit;

const PATH: &str = "/console/officers";

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/officers/new", get(ask_new).post(invite))
        .route("/console/officers/{id}", get(show).post(change))
        .route("/console/officers/{id}/link", post(make_link))
        .route(
            "/console/officers/{id}/remove",
            get(ask_removal).post(remove),
        )
}

#[derive(Template)]
#[template(path = "console/officers.html")]
struct ListPage {
    page: Page,
    officers: Vec<OfficerShown>,
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
    let found = acts::officers::list(&console.desk, officer, &Paging::after(after)?).await?;
    Ok(visit.show(&ListPage {
        page: visit.page(Place::Officers),
        pager: Pager::new(visit.words, PATH, &[], after, found.next.as_deref()),
        officers: found.items,
    }))
}

/// The choice of a role.
pub(super) fn role_field(page: &Page, chosen: &str) -> Field {
    let choice = |role: Role| (role.name().to_owned(), page.t(role_key(role)).to_owned());
    // The least powerful one is what somebody gets who did not look.
    let choices = Role::ALL.into_iter().rev().map(choice).collect();
    Field::choice("role", page.t("officers.role"), choices)
        .value(chosen)
        .hint(page.t("officers.role_hint"))
}

/// How far somebody is to reach: one tenant, or, where the officer does so, the whole server, which nobody
/// gets by leaving a field empty.
pub(super) fn reach_fields(
    (page, officer): (&Page, &Officer),
    (tenant, whole): (&str, bool),
    wrong: &Mistakes,
) -> Vec<Field> {
    let is_whole = officer.reach == Reach::Server;
    let hint = if is_whole {
        "officers.tenant_named"
    } else {
        "officers.tenant_hint"
    };
    let tenant = Field::text("tenant", page.t("officers.tenant"))
        .value(tenant)
        .hint(page.t(hint))
        .wrong(wrong.at("/tenant"))
        .with("autocomplete", "off")
        .with("spellcheck", "false");
    let mut fields = vec![tenant];
    if is_whole {
        let ticked = if whole { "on" } else { "" };
        fields.push(Field::tick("whole", page.t("officers.whole")).value(ticked));
    }
    fields
}

/// The tenant that a form gives as the reach; nothing: as far as the officer reaches, said in so many words
/// where that is the whole server.
pub(super) fn tenant_of(visit: &Visit, form: &Form) -> Result<Option<String>, Mistakes> {
    let is_whole = visit
        .signed_in()
        .is_some_and(|officer| officer.reach == Reach::Server);
    let tenant = form.given("tenant").map(str::to_owned);
    if is_whole && tenant.is_some() == form.ticked("whole") {
        return Err(Mistakes::one(
            "/tenant",
            visit.words.t("officers.reach_wrong"),
        ));
    }
    Ok(tenant)
}

#[derive(Template)]
#[template(path = "console/form.html")]
struct InvitePage {
    page: Page,
    title: &'static str,
    fields: Vec<Field>,
    key: String,
    act: &'static str,
    back: &'static str,
}

impl InvitePage {
    fn new(
        console: &Console,
        visit: &Visit,
        (form, wrong): (&Form, &Mistakes),
    ) -> Result<Self, Trouble> {
        let page = visit.page(Place::Officers);
        let reach = (form.text("tenant"), form.ticked("whole"));
        let reach = reach_fields((&page, visit.officer()?), reach, wrong);
        let line = |field: Field, name: &str| field.value(form.text(name));
        let login = Field::text("login_name", page.t("officers.login_name"))
            .required()
            .with("autocomplete", "off")
            .with("autocapitalize", "none")
            .with("maxlength", "256");
        let others = ["/display_name", "/email", "/role", "/tenant"];
        let mut fields = vec![
            line(login, "login_name").wrong(wrong.first("/login_name", &others)),
            line(
                Field::text("display_name", page.t("officers.display_name")),
                "display_name",
            )
            .wrong(wrong.at("/display_name")),
            line(
                Field::typed("email", page.t("officers.email"), "email"),
                "email",
            )
            .wrong(wrong.at("/email")),
            role_field(&page, form.text("role")).wrong(wrong.at("/role")),
        ];
        fields.extend(reach);
        Ok(Self {
            title: page.t("officers.invite_title"),
            act: page.t("officers.invite"),
            back: PATH,
            key: match form.given("key") {
                Some(key) => key.to_owned(),
                None => console.once_key(),
            },
            page,
            fields,
        })
    }
}

async fn ask_new(State(console): State<Arc<Console>>, visit: Visit) -> Result<Response, Trouble> {
    visit.officer()?.may(Power::Govern)?;
    let (form, wrong) = (Form::default(), Mistakes::default());
    Ok(visit.show(&InvitePage::new(&console, &visit, (&form, &wrong))?))
}

async fn invite(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let again = |wrong: &Mistakes| {
        let template = InvitePage::new(&console, &visit, (&form, wrong))?;
        Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
    };
    let tenant = match tenant_of(&visit, &form) {
        Ok(tenant) => tenant,
        Err(wrong) => return again(&wrong),
    };
    let text = |name: &str| form.given(name).map(str::to_owned);
    let body = OfficerBody {
        login_name: form.text("login_name").to_owned(),
        display_name: text("display_name"),
        email: text("email"),
        role: role_of(&form)?,
        tenant,
    };
    let made = console.once(
        officer,
        (&form, "console officers new"),
        async move |desk, by| acts::officers::create(&desk, &by, &body).await,
    );
    match made.await {
        Ok(made) => {
            let url = made.link.map(|link| link.url).unwrap_or_default();
            Ok(tell_link(&visit, (&made.id, &made.login_name), url))
        }
        Err(refusal) => again(&Mistakes::of(refusal)?),
    }
}

/// The role that a form names.
pub(super) fn role_of(form: &Form) -> Result<Role, Trouble> {
    let role = form.text("role").parse();
    role.map_err(|error: challenge::officers::NoSuchRole| Trouble::Refused(error.to_string()))
}

fn tell_link(visit: &Visit, (id, name): (&str, &str), url: ToldOnce) -> Response {
    let page = visit.page(Place::Officers);
    visit.show(&ToldPage {
        title: page.with("officers.link_title", name),
        text: page.t("officers.link_text"),
        secret: url,
        back: format!("{PATH}/{id}"),
        page,
    })
}

#[derive(Template)]
#[template(path = "console/officer.html")]
struct OfficerPage {
    page: Page,
    officer: OfficerShown,
    tag: String,
    fields: Vec<Field>,
    /// The form for a link; nothing: nobody makes one for themselves.
    link: Option<[Field; 2]>,
}

/// Where what is wrong with the password is told.
const PASSWORD: &str = "/current_password";

impl OfficerPage {
    fn new(visit: &Visit, found: Tagged<OfficerShown>, wrong: &Mistakes) -> Result<Self, Trouble> {
        let page = visit.page(Place::Officers);
        let Tagged { value, tag } = found;
        let role = role_field(&page, value.role.name());
        let mut fields = vec![role.wrong(wrong.first("/role", &["/tenant", PASSWORD]))];
        let tenant = value.tenant.as_deref().unwrap_or_default();
        let reach = (tenant, value.tenant.is_none());
        fields.extend(reach_fields((&page, visit.officer()?), reach, wrong));
        let is_oneself = visit.session()?.administrator.id.to_string() == value.id;
        let link = || {
            let forget = Field::tick("forget_factor", page.t("officers.forget_factor"));
            let ticked = if wrong.at(PASSWORD).is_some() {
                "on"
            } else {
                ""
            };
            let password = Field::secret("current_password", page.t("sign_in.current_password"))
                .hint(page.t("officers.forget_password"))
                .wrong(wrong.at(PASSWORD))
                .with("autocomplete", "current-password");
            [forget.value(ticked), password]
        };
        Ok(Self {
            link: (!is_oneself).then(link),
            fields,
            officer: value,
            tag: tag.as_str().to_owned(),
            page,
        })
    }

    /// The page once more, with what was wrong.
    async fn again(
        console: &Console,
        visit: &Visit,
        id: &str,
        wrong: &Mistakes,
    ) -> Result<Response, Trouble> {
        let found = acts::officers::show(&console.desk, visit.officer()?, id).await?;
        let template = Self::new(visit, found, wrong)?;
        Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
    }
}

async fn show(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.may(Power::Govern)?;
    let found = acts::officers::show(&console.desk, officer, &id).await?;
    Ok(visit.show(&OfficerPage::new(&visit, found, &Mistakes::default())?))
}

async fn change(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let tenant = match tenant_of(&visit, &form) {
        Ok(tenant) => tenant,
        Err(wrong) => return OfficerPage::again(&console, &visit, &id, &wrong).await,
    };
    let patch = json!({ "role": role_of(&form)?.name(), "tenant": tenant });
    let if_match = IfMatch::tag(form.raw("tag"));
    let changed = acts::officers::change(&console.desk, officer, &id, (&patch, &if_match));
    match changed.await {
        Ok(found) => {
            let notice = Notice::of("notices.officer_changed", &found.value.login_name);
            Ok(visit.go_on(PATH, &notice))
        }
        Err(refusal) => OfficerPage::again(&console, &visit, &id, &Mistakes::of(refusal)?).await,
    }
}

async fn make_link(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let body = LinkBody {
        forget_factor: form.ticked("forget_factor"),
    };
    if body.forget_factor {
        // Whoever finds a session open is not to take over others' accounts with it.
        officer.may(Power::Govern)?;
        let current: SecretString = form.raw("current_password").into();
        let session = visit.session()?;
        let verifier = &console.desk.verifier;
        match verifier
            .prove_again(session, Some(&current), &*console.hasher)
            .await
        {
            Ok(()) => {}
            Err(Denied::NotVerified) => {
                let wrong = Mistakes::one(PASSWORD, visit.words.t("sign_in.current_wrong"));
                return OfficerPage::again(&console, &visit, &id, &wrong).await;
            }
            Err(denied) => return Err(denied.into()),
        }
    }
    let link = acts::officers::link(&console.desk, officer, &id, &body).await?;
    let found = acts::officers::show(&console.desk, officer, &id).await?;
    Ok(tell_link(&visit, (&id, &found.value.login_name), link.url))
}

async fn ask_removal(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.may(Power::Govern)?;
    let found = acts::officers::show(&console.desk, officer, &id).await?;
    let page = visit.page(Place::Officers);
    Ok(visit.show(&AskPage {
        title: page.with("officers.remove_title", &found.value.login_name),
        text: page.t("officers.remove_text"),
        act: page.t("officers.remove"),
        tag: found.tag.as_str().to_owned(),
        back: format!("{PATH}/{id}"),
        page,
    }))
}

async fn remove(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let found = acts::officers::show(&console.desk, officer, &id).await?;
    let if_match = IfMatch::tag(form.raw("tag"));
    let removed = acts::officers::remove(&console.desk, officer, &id, &if_match).await;
    removed.map_err(|refusal: Refusal| Trouble::from(refusal))?;
    let notice = Notice::of("notices.officer_removed", &found.value.login_name);
    Ok(visit.go_on(PATH, &notice))
}
