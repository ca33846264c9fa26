//! How the server is: its version, its store, its key and its workers; and its settings.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use challenge::officers::Power;
use protocols::management::acts;
use protocols::management::precondition::IfMatch;
use protocols::management::shapes::health::HealthShown;
use protocols::management::shapes::server::ServerShown;
use serde_json::json;

use super::field::Field;
use super::form::Form;
use super::mistakes::Mistakes;
use super::moment::Moment;
use super::notice::Notice;
use super::page::Page;
use super::place::Place;
use super::shared::Console;
use super::trouble::Trouble;
use super::visit::Visit;

const PATH: &str = "/console/server";

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(PATH, get(show).post(change))
}

#[derive(Template)]
#[template(path = "console/health.html")]
struct HealthPage {
    page: Page,
    health: HealthShown,
    server: ServerShown,
    tag: String,
    fields: Vec<Field>,
    may_change: bool,
}

impl HealthPage {
    /// `form`: what was typed, where it was not taken.
    async fn of(
        console: &Console,
        visit: &Visit,
        (form, wrong): (Option<&Form>, &Mistakes),
    ) -> Result<Self, Trouble> {
        let officer = visit.officer()?;
        let health = acts::health::show(&console.desk, officer).await?;
        let server = acts::server::show(&console.desk, officer).await?;
        let page = visit.page(Place::Health);
        let sign_up = server.value.sign_up;
        let is_open = form.map_or(sign_up.open, |form| form.ticked("open"));
        let open = Field::tick("open", page.t("health.sign_up_open"))
            .value(if is_open { "on" } else { "" })
            .wrong(wrong.at("/sign_up/open"));
        let kept_days = sign_up.trial_days.to_string();
        let days = Field::typed("trial_days", page.t("health.trial_days"), "number")
            .value(form.map_or(kept_days, |form| form.text("trial_days").to_owned()))
            .wrong(wrong.first("/sign_up/trial_days", &["/sign_up/open"]))
            .required()
            .with("min", "1")
            .with("max", "3650");
        Ok(Self {
            health,
            tag: server.tag.as_str().to_owned(),
            server: server.value,
            fields: vec![open, days],
            may_change: officer.server(Power::Govern).is_ok(),
            page,
        })
    }
}

async fn show(State(console): State<Arc<Console>>, visit: Visit) -> Result<Response, Trouble> {
    let template = HealthPage::of(&console, &visit, (None, &Mistakes::default())).await?;
    Ok(visit.show(&template))
}

async fn change(
    State(console): State<Arc<Console>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    // What is no number is sent as the text that it is, and refused as that.
    let days = form.text("trial_days");
    let days = days
        .parse::<u32>()
        .map_or_else(|_| json!(days), |days| json!(days));
    let patch = json!({ "sign_up": { "open": form.ticked("open"), "trial_days": days } });
    let if_match = IfMatch::tag(form.raw("tag"));
    match acts::server::change(&console.desk, officer, (&patch, &if_match)).await {
        Ok(_) => Ok(visit.go_on(PATH, &Notice::of("notices.server_changed", ""))),
        Err(refusal) => {
            let asked = (Some(&form), &Mistakes::of(refusal)?);
            let template = HealthPage::of(&console, &visit, asked).await?;
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}
