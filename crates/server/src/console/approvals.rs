//! What phones are being asked, and were asked: the sessions of a tenant, each with whom, what and until when.
//! One that waits can be withdrawn.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use challenge::officers::Power;
use protocols::management::acts;
use protocols::management::acts::sessions::Wanted;
use protocols::management::paging::Paging;
use protocols::management::shapes::moving::{DeviceShown, SessionShown};
use protocols::management::shapes::users::UserShown;

use super::ask::AskPage;
use super::field::Field;
use super::form::Form;
use super::moment::Moment;
use super::notice::Notice;
use super::page::Page;
use super::pager::Pager;
use super::place::{TenantPlace, tenant_path};
use super::shared::Console;
use super::trouble::Trouble;
use super::visit::Visit;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/tenants/{name}/approvals", get(list))
        .route("/console/tenants/{name}/approvals/{id}", get(show))
        .route(
            "/console/tenants/{name}/approvals/{id}/withdraw",
            get(ask_end).post(withdraw),
        )
}

/// The key of the word for a state, and how it is coloured.
pub(super) fn state(state: &str) -> (&'static str, &'static str) {
    match state {
        "pending" => ("approvals.pending", "warn"),
        "answered" => ("approvals.answered", "good"),
        "declined" => ("approvals.declined", "bad"),
        "refused" => ("approvals.refused", "bad"),
        "cancelled" => ("approvals.withdrawn", ""),
        _ => ("approvals.expired", ""),
    }
}

#[derive(Template)]
#[template(path = "console/approvals.html")]
struct ListPage {
    page: Page,
    path: String,
    fields: Vec<Field>,
    sessions: Vec<SessionShown>,
    pager: Pager,
    may_tend: bool,
}

async fn list(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path(tenant): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let after = form.given("after");
    let wanted = Wanted {
        user: form.given("user").map(str::to_owned),
        pending: form.text("state") != "all",
    };
    let asked = (&wanted, &Paging::after(after)?);
    let found = acts::sessions::list(&console.desk, officer, &tenant, asked).await?;
    let page = visit.tenant_page(&tenant, TenantPlace::Approvals);
    let path = tenant_path(&tenant, TenantPlace::Approvals);
    let choice = |value: &str, key| (value.to_owned(), page.t(key).to_owned());
    let states = vec![
        choice("", "approvals.only_pending"),
        choice("all", "approvals.every_state"),
    ];
    let fields = vec![
        Field::choice("state", page.t("approvals.state"), states).value(form.text("state")),
        Field::text("user", page.t("approvals.user_id"))
            .value(form.text("user"))
            .with("inputmode", "numeric")
            .with("autocomplete", "off"),
    ];
    let kept = ["state", "user"].map(|name| (name, form.text(name)));
    Ok(visit.show(&ListPage {
        pager: Pager::new(visit.words, &path, &kept, after, found.next.as_deref()),
        sessions: found.items,
        may_tend: officer.may(Power::Tend).is_ok(),
        fields,
        page,
        path,
    }))
}

#[derive(Template)]
#[template(path = "console/approval.html")]
struct SessionPage {
    page: Page,
    tenant: String,
    path: String,
    session: SessionShown,
    /// The user, if still there.
    user: Option<UserShown>,
    /// The phone, if it is still known.
    device: Option<DeviceShown>,
    may_tend: bool,
}

async fn show(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, id)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let (desk, officer) = (&console.desk, visit.officer()?);
    let session = acts::sessions::show(desk, officer, (&tenant, &id)).await?;
    let user = acts::users::show(desk, officer, (&tenant, &session.user_id)).await;
    let device = acts::devices::show(desk, officer, (&tenant, &session.device)).await;
    Ok(visit.show(&SessionPage {
        page: visit.tenant_page(&tenant, TenantPlace::Approvals),
        path: tenant_path(&tenant, TenantPlace::Approvals),
        session,
        user: user.ok().map(|user| user.value),
        device: device.ok(),
        tenant,
        may_tend: officer.may(Power::Tend).is_ok(),
    }))
}

async fn ask_end(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, id)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    officer.may(Power::Tend)?;
    let session = acts::sessions::show(&console.desk, officer, (&tenant, &id)).await?;
    let page = visit.tenant_page(&tenant, TenantPlace::Approvals);
    let path = tenant_path(&tenant, TenantPlace::Approvals);
    Ok(visit.show(&AskPage {
        title: page.with("approvals.withdraw_title", &session.header),
        text: page.t("approvals.withdraw_text"),
        act: page.t("approvals.withdraw"),
        tag: String::new(),
        back: format!("{path}/{}", session.id),
        page,
    }))
}

async fn withdraw(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((tenant, id)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let ended = acts::sessions::cancel(&console.desk, officer, (&tenant, &id)).await?;
    let notice = Notice::of("notices.withdrawn", &ended.header);
    Ok(visit.go_on(&tenant_path(&tenant, TenantPlace::Approvals), &notice))
}
