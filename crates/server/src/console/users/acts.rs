//! What is done with a user after a question: locked, unlocked, counted anew.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use challenge::officers::Power;
use protocols::management::acts;

use super::paths;
use crate::console::ask::AskPage;
use crate::console::notice::Notice;
use crate::console::place::TenantPlace;
use crate::console::shared::Console;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(
            "/console/tenants/{name}/users/{id}/lock",
            get(ask_lock).post(lock),
        )
        .route(
            "/console/tenants/{name}/users/{id}/unlock",
            get(ask_unlock).post(unlock),
        )
        .route(
            "/console/tenants/{name}/users/{id}/reset/{policy}",
            get(ask_reset).post(reset),
        )
}

/// The keys of a question: its title, what will come of it, and what the button says.
type Question = [&'static str; 3];

/// Asks about a user, or about one of their policies.
async fn ask(
    console: &Console,
    visit: &Visit,
    (tenant, id, policy): (&str, &str, Option<&str>),
    [title, text, act]: Question,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.tenant(&console.desk.verifier.catalogue, tenant, Power::Tend)?;
    let found = acts::users::show(&console.desk, officer, (tenant, id)).await?;
    let page = visit.tenant_page(tenant, TenantPlace::Users);
    Ok(visit.show(&AskPage {
        title: page.with(title, policy.unwrap_or(&found.value.login_name)),
        text: page.t(text),
        act: page.t(act),
        tag: String::new(),
        back: paths::user(tenant, id),
        page,
    }))
}

async fn ask_lock(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let question = ["users.lock_title", "users.lock_text", "users.lock"];
    ask(&console, &visit, (&name, &id, None), question).await
}

async fn lock(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let locked = acts::users::lock(&console.desk, officer, (&name, &id)).await?;
    let notice = Notice::of("notices.locked", &locked.value.login_name);
    Ok(visit.go_on(&paths::user(&name, &id), &notice))
}

async fn ask_unlock(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let question = ["users.unlock_title", "users.unlock_text", "users.unlock"];
    ask(&console, &visit, (&name, &id, None), question).await
}

async fn unlock(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let unlocked = acts::users::unlock(&console.desk, officer, (&name, &id)).await?;
    let notice = Notice::of("notices.unlocked", &unlocked.value.login_name);
    Ok(visit.go_on(&paths::user(&name, &id), &notice))
}

async fn ask_reset(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id, policy)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let question = ["users.reset_title", "users.reset_text", "users.reset"];
    ask(&console, &visit, (&name, &id, Some(&policy)), question).await
}

async fn reset(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id, policy)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    acts::users::reset(&console.desk, officer, (&name, &id), &policy).await?;
    let notice = Notice::of("notices.counts_reset", &policy);
    Ok(visit.go_on(&paths::user(&name, &id), &notice))
}
