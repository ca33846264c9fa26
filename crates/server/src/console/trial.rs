//! A tenant's trial, by buttons: extended, ended by an activation, suspended, resumed. For officers of the whole
//! server; each is a change of the tenant's settings like any other.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use challenge::clock::Timestamp;
use challenge::directory::TenantStatus;
use challenge::officers::Power;
use protocols::management::precondition::IfMatch;
use protocols::management::shapes::tenants::OkayShown;
use protocols::management::{acts, moment};
use serde_json::{Value, json};

use super::form::Form;
use super::notice::Notice;
use super::page::Page;
use super::shared::Console;
use super::trouble::Trouble;
use super::visit::Visit;

/// Seconds by which a trial is extended: 30 days.
const EXTENSION_S: u32 = 30 * 24 * 3600;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/tenants/{name}/trial", post(act))
}

/// What may be done about a tenant as it is, each with its word.
pub(super) fn acts(page: &Page, okay: Option<&OkayShown>) -> Vec<(&'static str, &'static str)> {
    let Some(okay) = okay else {
        return Vec::new();
    };
    let is_active = okay.status == TenantStatus::Active;
    let is_on_trial = okay.trial_expires.is_some();
    let offered = [
        (is_on_trial, "extend", page.t("trial.extend")),
        (is_on_trial, "activate", page.t("trial.activate")),
        (is_active, "suspend", page.t("trial.suspend")),
        (!is_active, "resume", page.t("trial.resume")),
    ];
    let offered = offered.into_iter().filter(|(is_offered, ..)| *is_offered);
    offered.map(|(_, act, called)| (act, called)).collect()
}

/// The change that a button stands for.
fn patch_of(act: &str, ends: Option<Timestamp>, now: Timestamp) -> Option<Value> {
    let okay = match act {
        "extend" => {
            let from = ends.map_or(now, |end| end.max(now));
            json!({ "trial_expires": moment::show(from.plus_s(EXTENSION_S)) })
        }
        "activate" => json!({ "status": "active", "trial_expires": null }),
        "suspend" => json!({ "status": "inactive" }),
        "resume" => json!({ "status": "active" }),
        _ => return None,
    };
    Some(json!({ "okay": okay }))
}

async fn act(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let verifier = &console.desk.verifier;
    let view = officer.tenant(&verifier.catalogue, &name, Power::Read)?;
    officer.server(Power::Govern)?;
    let okay = view.tenant.okay.as_ref().ok_or(Trouble::NotFound)?;
    let patch = patch_of(form.raw("act"), okay.trial_expires, verifier.now());
    let patch = patch.ok_or(Trouble::NotFound)?;
    let if_match = IfMatch::tag(form.raw("tag"));
    acts::tenants::change(&console.desk, officer, &name, (&patch, &if_match)).await?;
    let path = format!("/console/tenants/{name}/settings");
    Ok(visit.go_on(&path, &Notice::of("notices.tenant_saved", &name)))
}
