//! `/api/v1/tenants/{tenant}/users/{user}/authenticators` and `/api/v1/tenants/{tenant}/authenticators`

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::authenticators;
use crate::management::paging::Page;
use crate::management::request::Call;
use crate::management::response::{self, Told};
use crate::management::shapes::authenticators::{
    AuthenticatorBody, AuthenticatorShown, ResynchroniseBody, ResynchronisedShown,
};
use crate::management::shapes::cards::CardShown;

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change))
        .routes(routes!(enrol))
        .routes(routes!(lock))
        .routes(routes!(unlock))
        .routes(routes!(revoke))
        .routes(routes!(resynchronise))
        .routes(routes!(print))
}

/// A user's authenticators, revoked ones included, by serial.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users/{user}/authenticators", tag = "management", operation_id = "authenticatorList",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = String, Path, description = "The user's id"),
    ),
    responses((status = 200, body = Page<AuthenticatorShown>, description = "A page of them")),
)]
async fn list(call: Call) -> Told {
    let named = (call.named("tenant"), call.named("user"));
    let page = authenticators::list(&call.desk, &call.officer, named, &call.paging()?).await?;
    response::ok(&page)
}

/// Enrols an authenticator for a user.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/users/{user}/authenticators", tag = "management", operation_id = "authenticatorCreate",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = String, Path, description = "The user's id"),
    ),
    request_body = AuthenticatorBody,
    responses((status = 201, body = AuthenticatorShown, description = "It is enrolled")),
)]
async fn create(call: Call) -> Told {
    let (desk, officer) = (Arc::clone(&call.desk), call.officer.clone());
    let of = |name: &str| call.named(name).to_owned();
    let (tenant, user) = (of("tenant"), of("user"));
    let body: AuthenticatorBody = call.json()?;
    let act = async move { authenticators::create(&desk, &officer, (&tenant, &user), &body).await };
    let made = call.once(act).await?;
    response::created(&place(&call, &made), &made)
}

/// An authenticator.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/authenticators/{serial}", tag = "management", operation_id = "authenticatorShow",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("serial" = String, Path, description = "Its serial number"),
    ),
    responses((status = 200, body = AuthenticatorShown, headers(("ETag" = String)), description = "It")),
)]
async fn show(call: Call) -> Told {
    let shown = authenticators::show(&call.desk, &call.officer, named(&call)).await?;
    response::tagged(&call, &shown)
}

/// Changes an authenticator. What it spent stays spent; another key enrols it anew.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/authenticators/{serial}", tag = "management", operation_id = "authenticatorChange",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("serial" = String, Path, description = "Its serial number"),
    ),
    request_body(content = AuthenticatorBody, content_type = "application/merge-patch+json"),
    responses((status = 200, body = AuthenticatorShown, headers(("ETag" = String)), description = "As it is now")),
)]
async fn change(call: Call) -> Told {
    let wish = (&call.patch()?, &call.if_match()?);
    let shown = authenticators::change(&call.desk, &call.officer, named(&call), wish).await?;
    response::tagged(&call, &shown)
}

/// Enrols an authenticator anew with a key that is drawn, and told once, in this answer.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/authenticators/{serial}/enrolment", tag = "management", operation_id = "authenticatorEnrol",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("serial" = String, Path, description = "Its serial number"),
    ),
    responses((status = 201, body = AuthenticatorShown, description = "It has another key")),
)]
async fn enrol(call: Call) -> Told {
    let (desk, officer) = (Arc::clone(&call.desk), call.officer.clone());
    let (tenant, serial) = named(&call);
    let (tenant, serial) = (tenant.to_owned(), serial.to_owned());
    let act = async move { authenticators::enrol(&desk, &officer, (&tenant, &serial)).await };
    let made = call.once(act).await?;
    response::created(&place(&call, &made), &made)
}

/// Locks an authenticator until unlocked.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/authenticators/{serial}/lock", tag = "management", operation_id = "authenticatorLock",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("serial" = String, Path, description = "Its serial number"),
    ),
    responses((status = 200, body = AuthenticatorShown, headers(("ETag" = String)), description = "Done")),
)]
async fn lock(call: Call) -> Told {
    let shown = authenticators::lock(&call.desk, &call.officer, named(&call)).await?;
    response::tagged(&call, &shown)
}

/// Unlocks an authenticator.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/authenticators/{serial}/unlock", tag = "management", operation_id = "authenticatorUnlock",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("serial" = String, Path, description = "Its serial number"),
    ),
    responses((status = 200, body = AuthenticatorShown, headers(("ETag" = String)), description = "Done")),
)]
async fn unlock(call: Call) -> Told {
    let shown = authenticators::unlock(&call.desk, &call.officer, named(&call)).await?;
    response::tagged(&call, &shown)
}

/// Revokes an authenticator for good; what it spent stays spent.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/authenticators/{serial}/revoke", tag = "management", operation_id = "authenticatorRevoke",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("serial" = String, Path, description = "Its serial number"),
    ),
    responses((status = 200, body = AuthenticatorShown, headers(("ETag" = String)), description = "Done")),
)]
async fn revoke(call: Call) -> Told {
    let shown = authenticators::revoke(&call.desk, &call.officer, named(&call)).await?;
    response::tagged(&call, &shown)
}

/// Follows an authenticator again by two consecutive codes. A wrong one counts as everywhere.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/authenticators/{serial}/resynchronise", tag = "management", operation_id = "authenticatorResynchronise",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("serial" = String, Path, description = "Its serial number"),
    ),
    request_body = ResynchroniseBody,
    responses((status = 200, body = ResynchronisedShown, description = "Done")),
)]
async fn resynchronise(call: Call) -> Told {
    let body: ResynchroniseBody = call.json()?;
    let (desk, officer) = (&call.desk, &call.officer);
    let told = authenticators::resynchronise(desk, officer, named(&call), &body).await?;
    response::ok(&told)
}

/// What is on a card, to be printed. The audit log tells of it.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/authenticators/{serial}/card", tag = "management", operation_id = "authenticatorCard",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("serial" = String, Path, description = "Its serial number"),
    ),
    responses((status = 200, body = CardShown, description = "Done")),
)]
async fn print(call: Call) -> Told {
    let card = authenticators::print(&call.desk, &call.officer, named(&call)).await?;
    response::ok(&card)
}

/// Where one that was made is.
fn place<'a>(call: &'a Call, made: &'a AuthenticatorShown) -> [&'a str; 4] {
    let tenant = call.named("tenant");
    ["tenants", tenant, "authenticators", &made.serial]
}

fn named(call: &Call) -> (&str, &str) {
    (call.named("tenant"), call.named("serial"))
}
